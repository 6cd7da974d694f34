"""Read the public test sets as days of the planner: Solomon, Gehring & Homberger (VRPTW), Li & Lim (PDPTW).

Time is scaled into whole seconds so that the horizon just fits the two days a round may last, and durations are rounded
up: a plan that holds here holds in the instance. The price is the distance alone, in thousandths of a unit; what is
judged is the Euclidean distance itself, not rounded. A pair of Li & Lim is a farm with one drop.
"""

import csv
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, hypot
from pathlib import Path

import numpy as np

from routing.problem import (
    Farm,
    Goods,
    Load,
    Place,
    Problem,
    Stop,
    Vehicle,
    Weights,
    Window,
)
from routing.refusals import LAST_SECOND
from routing.travel import TravelMatrix

PER_UNIT = 1_000
_MOST_SECONDS_PER_UNIT = 200

Row = tuple[int, ...]
Orders = dict[str, list[str]]


class BadInstance(Exception):
    """Refuse a file that is not an instance, by its name and what is wrong."""


@dataclass(frozen=True, slots=True)
class Instance:
    """Keep one instance: the day, where its places lie, and the best distance known (None when nobody says)."""

    name: str
    problem: Problem
    at: dict[str, tuple[float, float]]
    best_known: float | None

    def length(self, orders: Orders) -> float:
        """Return the Euclidean length of routes, each from the depot through its visits and back."""
        total = 0.0
        for visits in orders.values():
            ids = ["depot", *visits, "depot"] if visits else []
            points = [self.at[one] for one in ids]
            total += sum(hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(points))
        return total


@dataclass(frozen=True, slots=True)
class BestKnown:
    """Say what the literature knows of an instance: vehicles first, and distance alone where it is recorded."""

    vehicles: int
    distance: float
    distance_only: float | None


def best_known(folder: Path) -> dict[tuple[str, str], BestKnown]:
    """Read `best_known.csv`, keyed by kind (VRPTW, PDPTW) and instance; empty when the file is not there."""
    path = folder / "best_known.csv"
    if not path.exists():
        return {}
    found = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            try:
                alone = row["bks_distance_only"]
                found[row["kind"], row["instance"].lower()] = BestKnown(
                    int(row["bks_vehicles_first_vehicles"]),
                    float(row["bks_vehicles_first_distance"]),
                    float(alone) if alone else None,
                )
            except (KeyError, ValueError, TypeError, AttributeError) as wrong:
                raise BadInstance(f"{path}: a line is not one of best known values ({wrong}).") from wrong
    return found


def instances(folder: Path, kind: str) -> list[Path]:
    """List the instance files of one kind by name; BadInstance when there are none."""
    paths = sorted((folder / kind).glob("*.txt"))
    if not paths:
        raise BadInstance(f"{folder / kind} holds no instance (*.txt).")
    return paths


def read_vrptw(path: Path, known: BestKnown | None = None) -> Instance:
    """Read a Solomon or Homberger file: customers of the depot, the fleet of the file."""
    lines = _lines(path)
    heads = [i for i, words in enumerate(lines) if words and words[0].upper() in ("NUMBER", "CUST")]
    if len(heads) != 2:
        raise BadInstance(f"{path}: not a Solomon file: no NUMBER or CUST NO. line.")
    number, capacity = _whole(path, lines[heads[0] + 1], 2)
    rows = [_whole(path, words, 7) for words in lines[heads[1] + 1 :]]
    depot, customers = _depot(path, rows)
    seconds = _seconds_per_unit(depot[5])
    stops = tuple(
        Stop(f"c{row[0]}", _place(row), _windows(path, row, seconds), row[6] * seconds, (Goods(None, Load(row[3])),))
        for row in customers
    )
    at = {f"c{row[0]}": (float(row[1]), float(row[2])) for row in customers}
    problem = _problem(rows, stops, (), number, capacity, seconds)
    reference = None if known is None else known.distance_only or known.distance
    return Instance(path.stem.lower(), problem, at | {"depot": (float(depot[1]), float(depot[2]))}, reference)


def read_pdptw(path: Path, known: BestKnown | None = None) -> Instance:
    """Read a Li & Lim file: pairs of pick-up and drop, with the fleet of the best known plan (else of the file)."""
    lines = _lines(path)
    if not lines or len(lines[0]) != 3:
        raise BadInstance(f"{path}: not a Li & Lim file: the first line must hold vehicles, capacity and speed.")
    number, capacity, _ = _whole(path, lines[0], 3)
    rows = [_whole(path, words, 9) for words in lines[1:]]
    depot, customers = _depot(path, rows)
    seconds = _seconds_per_unit(depot[5])
    by_number = {row[0]: row for row in customers}
    farms, stops = [], []
    at = {"depot": (float(depot[1]), float(depot[2]))}
    for row in customers:
        if row[8] == 0:
            continue
        drop = by_number.get(row[8])
        if drop is None or drop[7] != row[0] or drop[3] != -row[3]:
            raise BadInstance(f"{path}: pick-up {row[0]} and drop {row[8]} do not name each other with one amount.")
        farm_id, stop_id = f"p{row[0]}", f"d{drop[0]}"
        farms.append(Farm(farm_id, _place(row), _windows(path, row, seconds), row[6] * seconds))
        goods = (Goods(farm_id, Load(row[3])),)
        stops.append(Stop(stop_id, _place(drop), _windows(path, drop, seconds), drop[6] * seconds, goods))
        at[farm_id], at[stop_id] = (float(row[1]), float(row[2])), (float(drop[1]), float(drop[2]))
    fleet = number if known is None else known.vehicles
    problem = _problem(rows, tuple(stops), tuple(farms), fleet, capacity, seconds)
    return Instance(path.stem.lower(), problem, at, None if known is None else known.distance)


def _lines(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInstance(f"{path}: cannot be read as text ({wrong}).") from wrong
    return [line.split() for line in text.splitlines() if line.split()]


def _whole(path: Path, words: list[str], count: int) -> Row:
    try:
        numbers = tuple(int(float(word)) for word in words)
    except ValueError as wrong:
        raise BadInstance(f"{path}: “{' '.join(words)}” should hold {count} numbers.") from wrong
    if len(numbers) != count:
        raise BadInstance(f"{path}: “{' '.join(words)}” should hold {count} numbers.")
    return numbers


def _depot(path: Path, rows: list[Row]) -> tuple[Row, list[Row]]:
    if len(rows) < 2 or rows[0][0] != 0 or rows[0][5] < 1:
        raise BadInstance(f"{path}: the first place must be the depot, number 0, and customers must follow.")
    return rows[0], rows[1:]


def _seconds_per_unit(horizon: int) -> int:
    return max(1, min(_MOST_SECONDS_PER_UNIT, LAST_SECOND // horizon))


def _place(row: Row) -> Place:
    return Place(str(row[0]), row[2] / PER_UNIT, row[1] / PER_UNIT)


def _windows(path: Path, row: Row, seconds: int) -> tuple[Window, ...]:
    if row[4] > row[5]:
        raise BadInstance(f"{path}: place {row[0]} closes at {row[5]} before it opens at {row[4]}.")
    return (Window(row[4] * seconds, min(row[5] * seconds, LAST_SECOND)),)


def _problem(
    rows: list[Row], stops: tuple[Stop, ...], farms: tuple[Farm, ...], number: int, capacity: int, seconds: int
) -> Problem:
    """Gather the day: every vehicle of the fleet from the depot, distance the only price."""
    depot = _place(rows[0])
    hours = Window(rows[0][4] * seconds, min(rows[0][5] * seconds, LAST_SECOND))
    fleet = tuple(
        Vehicle(f"v{k:03}", depot, depot, hours, LAST_SECOND, Load(capacity), rest=None) for k in range(number)
    )
    distances = [[hypot(a[1] - b[1], a[2] - b[2]) for b in rows] for a in rows]
    matrix = TravelMatrix(
        tuple(str(row[0]) for row in rows),
        # A hair is taken off before rounding up: 3 units of way are 3 units, whatever the last bit says.
        np.array([[ceil(d * seconds - 1e-6) for d in line] for line in distances], dtype=np.int32),
        np.array([[round(d * PER_UNIT) for d in line] for line in distances], dtype=np.int32),
    )
    weights = Weights(per_driving_s=0, per_m=1, per_waiting_s=0)
    return Problem(date(2026, 11, 24), stops, farms, fleet, (), weights, matrix)
