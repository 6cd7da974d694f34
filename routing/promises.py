"""Promise hours that hold: the middle 80 % of 400 seeded runs of a round in its fixed order.

In every run each leg takes its time × a lognormal factor × the pace of the day, which is one for the whole round, and
each stop its time × a lognormal factor; the van waits where a window is not open yet and takes its rests. All factors
have the median 1. Everything is a whole number and drawn by splitmix64 from the ids of vehicle and visits, so a visit
keeps its draws on every machine and whatever else of the day changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from routing.problem import Window
from routing.refusals import LAST_SECOND
from routing.spread import Spread

RUNS = 400
MARK_S = 300
NARROWEST_S = 1_200
_TENTH = RUNS // 10

_MILLION = 1_000_000
_POINT = 24  # bits after the point of an exponential
_HALVINGS = 8

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """Describe one visit and the leg that leads to it; `spread` is the deviation of its minutes in millionths."""

    visit_id: str
    leg_s: int
    start_s: int
    service_s: int
    rest_s: int
    windows: tuple[Window, ...]
    spread: int


def promises(vehicle_id: str, departure_s: int, steps: Sequence[Step], spread: Spread) -> tuple[Window, ...]:
    """Return the hours to tell for each visit of a route: from the 10 % to the 90 % run.

    On five-minute marks, at least 20 minutes wide, around the planned start, and not before the visit's own window
    opens (then it is the opening that counts, mark or not).
    """
    pace = _factors(f"pace {vehicle_id}", spread.pace)
    ready: Whole = np.full(RUNS, departure_s, dtype=np.int64)
    told = []
    for step in steps:
        leg = step.leg_s * pace // _MILLION * _factors(f"leg {step.visit_id}", spread.leg) // _MILLION
        begins = _begin(step.windows, ready + leg)
        told.append(_told(step, np.sort(begins)))
        ready = begins + step.service_s * _factors(f"stop {step.visit_id}", step.spread) // _MILLION + step.rest_s
    return tuple(told)


def _begin(windows: tuple[Window, ...], arrival_s: Whole) -> Whole:
    """Return when each run begins the visit: at once after the last window, for the customer waits for the van."""
    begins = arrival_s
    for window in sorted(windows, reverse=True):
        begins = np.where(arrival_s <= window.end_s, np.maximum(arrival_s, window.start_s), begins)
    return begins


def _told(step: Step, begins: Whole) -> Window:
    opening_s = max((window.start_s for window in step.windows if window.start_s <= step.start_s), default=0)
    first_s = min(int(begins[_TENTH]), step.start_s) // MARK_S * MARK_S
    last_s = -(-max(int(begins[-1 - _TENTH]), step.start_s) // MARK_S) * MARK_S
    last_s = min(max(last_s, first_s + NARROWEST_S), LAST_SECOND)
    if first_s < opening_s:
        first_s = opening_s
        last_s = min(max(last_s, -(-(first_s + NARROWEST_S) // MARK_S) * MARK_S), LAST_SECOND)
    return Window(first_s, last_s)


def _factors(name: str, deviation: int) -> Whole:
    """Draw a lognormal factor in millionths for each run, from a normal deviation in millionths."""
    return _exponential(_normals(name) * deviation // 2**16)


def _normals(name: str) -> Whole:
    """Draw from a normal distribution in 16 bits after the point: twelve uniform numbers less six."""
    draws = _splitmix(int.from_bytes(sha256(name.encode()).digest()[:8], "big"), 3 * RUNS)
    parts: NDArray[np.uint16] = draws.astype("<u8").view("<u2").reshape(RUNS, 12)
    sums: Whole = parts.sum(axis=1, dtype=np.int64)
    return sums - 6 * 2**16


def _splitmix(seed: int, count: int) -> NDArray[np.uint64]:
    """Return so many numbers of splitmix64 (Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195)."""
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _exponential(millionths: Whole) -> Whole:
    """Return e to the power of each number, both in millionths, without any machine's own rounding."""
    one = 1 << _POINT
    x = millionths * one // (_MILLION << _HALVINGS)
    power = one + x + (x * x >> (_POINT + 1)) + x * x // 6 * x // (one * one)
    for _ in range(_HALVINGS):
        power = power * power >> _POINT
    factor: Whole = power * _MILLION >> _POINT
    return factor
