"""Tell how far real hours stray from planned ones, in whole numbers.

A round is a chain of steps, each a leg of about 8 minutes and a stop of about 5 minutes, all driven at the pace of the
day. How far each strays (± 15 %, 35 % and 6 % of the time on the road, before anything is learnt) is a `Spread`. The
steps stray independently: their variance grows with their number, taken as elapsed time over the mean step. The pace is
one for the whole day: it strays with the time itself.
"""

from dataclasses import dataclass
from math import isqrt

from routing.refusals import distinct, whole

SAFEST_QUANTILE = 95
EVEN_QUANTILE = 50

_LEG_S, _STOP_S = 480, 300
_STEP_S = _LEG_S + _STOP_S
# How many thousandths of a deviation lie below each quantile from 50 to 95 % of a normal distribution.
_DEVIATIONS = (
    *(0, 25, 50, 75, 100, 126, 151, 176, 202, 228, 253, 279, 305, 332, 358, 385, 412, 440, 468, 496, 524, 553, 583),
    *(613, 643, 674, 706, 739, 772, 806, 842, 878, 915, 954, 994, 1036, 1080, 1126, 1175, 1227, 1282, 1341, 1405),
    *(1476, 1555, 1645),
)
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Spread:
    """Say how far the hours of a round stray: deviations of the logarithm in millionths, at most 1.

    `pace` is shared by all legs of a round, `leg` is each leg's own, `stop` that of the minutes at a place; `by_kind`
    gives kinds of places their own instead, such as `(("café", 280_000),)`.
    """

    pace: int = 60_000
    leg: int = 150_000
    stop: int = 350_000
    by_kind: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        for what, deviation in (("pace", self.pace), ("leg", self.leg), ("stop", self.stop), *self.by_kind):
            whole(f"The spread of {what}", deviation, 0, _MILLION)
        distinct("The spreads", [kind for kind, _ in self.by_kind])
        object.__setattr__(self, "by_kind", tuple(sorted(self.by_kind)))

    def at(self, kind: str) -> int:
        """Return the deviation of the minutes at a place of this kind."""
        return dict(self.by_kind).get(kind, self.stop)

    @property
    def step_variance(self) -> int:
        """Return the variance of one step in square seconds; kinds of places whose own spread is told count alike."""
        stops = [deviation for _, deviation in self.by_kind] or [self.stop]
        at_stops = sum((_STOP_S * deviation // _MILLION) ** 2 for deviation in stops) // len(stops)
        return (_LEG_S * self.leg // _MILLION) ** 2 + at_stops


USUAL_SPREAD = Spread()


def pad_s(elapsed_s: int, quantile: int, spread: Spread) -> int:
    """Return the seconds by which an arrival, planned so long after the vehicle's first hour, may be late.

    `quantile` per cent of such arrivals are later by no more when hours stray as `spread` says. Never falls when
    `elapsed_s` grows; 0 at quantile 50 and before the first hour. IndexError outside 50 to 95.
    """
    if elapsed_s <= 0:
        return 0
    pace_s = elapsed_s * _LEG_S * spread.pace // (_STEP_S * _MILLION)
    deviation_s = isqrt(spread.step_variance * elapsed_s // _STEP_S + pace_s * pace_s)
    return deviation_s * _DEVIATIONS[quantile - EVEN_QUANTILE] // 1_000


def last_begin_s(window_start_s: int, window_end_s: int, first_hour_s: int, quantile: int, spread: Spread) -> int:
    """Return the last moment at which a visit may be planned to begin in a window.

    It is the last moment from which `pad_s` does not lead beyond the end, so that a whole window stays one window, only
    shorter; never shorter than half. `first_hour_s` is the first hour of the vehicle.
    """
    low, high = window_end_s - (window_end_s - window_start_s) // 2, window_end_s
    while low < high:
        middle = (low + high + 1) // 2
        if middle + pad_s(middle - first_hour_s, quantile, spread) <= window_end_s:
            low = middle
        else:
            high = middle - 1
    return low
