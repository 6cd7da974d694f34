"""Draw days for the planner, sensible and absurd ones."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from random import Random
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from routing.problem import (
    Before,
    Farm,
    First,
    Goods,
    Habit,
    Last,
    Load,
    LockedPrefix,
    OnVehicle,
    Pin,
    Place,
    Problem,
    Rest,
    Stop,
    Vehicle,
    Weights,
    Window,
)
from routing.travel import TravelMatrix

T = TypeVar("T")
HOUR = 3_600
DEPOT = Place("depot", 50.5, 2.6)
RARELY = st.sampled_from((False,) * 11 + (True,))
ALL_DAY = (Window(0, 86_400),)


def matrix(names: list[str], seconds: list[list[int]], metres_a_second: int = 10) -> TravelMatrix:
    """Make a travel matrix whose metres follow from its seconds."""
    durations = np.array(seconds, dtype=np.int32).reshape(len(names), len(names))
    return TravelMatrix(tuple(names), durations, np.where(durations < 0, -1, durations * metres_a_second))


def line(*minutes_from_depot: int) -> TravelMatrix:
    """Put places p0, p1, … on one straight road, so many minutes from the depot each."""
    at = [0, *minutes_from_depot]
    names = ["depot", *(f"p{i}" for i in range(len(minutes_from_depot)))]
    return matrix(names, [[abs(a - b) * 60 for b in at] for a in at])


def place(name: str) -> Place:
    """Make a place somewhere; only its name counts."""
    return Place(name, 50.5, 2.6)


def stop(name: str, at: str | None = None, **changes: object) -> Stop:
    """Make a stop of five minutes and one crate that is open all day."""
    made = Stop(name, place(at or name), ALL_DAY, 300, (Goods(None, Load(100, 0)),))
    return replace(made, **changes)  # type: ignore[arg-type]


def van(name: str = "van", **changes: object) -> Vehicle:
    """Make a van of ten crates and five chilled ones, away from 8 to 18."""
    made = Vehicle(name, DEPOT, DEPOT, Window(8 * HOUR, 18 * HOUR), 10 * HOUR, Load(1_000, 500), 1_000)
    return replace(made, **changes)  # type: ignore[arg-type]


def problem(
    stops: list[Stop],
    travel: TravelMatrix,
    vehicles: list[Vehicle] | None = None,
    farms: list[Farm] | None = None,
    pins: list[Pin] | None = None,
    weights: Weights | None = None,
) -> Problem:
    """Make a day with one van unless others are given."""
    fleet = (van(),) if vehicles is None else tuple(vehicles)
    asked = (tuple(stops), tuple(farms or ()), fleet, tuple(pins or ()))
    return Problem(date(2026, 11, 24), *asked, weights or Weights(), travel)


def shuffled(day: Problem, seed: int) -> Problem:
    """Give the same day with everything in another order, the matrix included."""
    dice = Random(seed)  # noqa: S311
    order = list(range(len(day.matrix.place_ids)))
    dice.shuffle(order)
    picked = np.ix_(order, order)
    travel = TravelMatrix(
        tuple(day.matrix.place_ids[i] for i in order), day.matrix.durations_s[picked], day.matrix.distances_m[picked]
    )

    def mixed(things: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(dice.sample(things, len(things)))

    stops = tuple(replace(one, goods=mixed(one.goods), windows=mixed(one.windows)) for one in mixed(day.stops))
    return Problem(day.date, stops, mixed(day.farms), mixed(day.vehicles), mixed(day.pins), day.weights, travel)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    """Draw a few separate windows between midnight and two, now and then none."""
    if draw(st.integers(0, 2)) == 0:
        return (Window(0, 20_000),)
    count = draw(st.sampled_from((0, 1, 1, 1, 1, 1, 2, 2, 2, 3)))
    marks = sorted(draw(st.lists(st.integers(0, 12_000), min_size=2 * count, max_size=2 * count)))
    return tuple(Window(a, b) for a, b in list(pairwise(marks))[::2])


@st.composite
def loads(draw: st.DrawFn, most: int) -> Load:
    """Draw a load, often nothing of one kind."""
    return Load(draw(st.integers(0, most)), draw(st.sampled_from((0, most // 3, most))))


@st.composite
def travels(draw: st.DrawFn, names: list[str]) -> TravelMatrix:
    """Draw travel times: on a plane, or at random without any triangle; some ways may be missing."""
    dice = Random(draw(st.integers(0, 10**6)))  # noqa: S311
    plane: bool = draw(st.booleans())
    gaps = draw(st.sampled_from((0, 0, 0, 0, 20)))
    spots = [(dice.randrange(500), dice.randrange(500)) for _ in names]
    seconds = [
        [
            0
            if a == b
            else -1
            if dice.randrange(100) < gaps
            else abs(spots[a][0] - spots[b][0]) + abs(spots[a][1] - spots[b][1])
            if plane
            else dice.randrange(900)
            for b in range(len(names))
        ]
        for a in range(len(names))
    ]
    return matrix(names, seconds)


@st.composite
def stops(draw: st.DrawFn, name: str, farms: list[Farm], fleet: list[Vehicle]) -> Stop:
    """Draw a stop, now and then one without a point or far from every road."""
    ids = st.sampled_from([one.id for one in fleet]) if fleet else None
    goods = [Goods(None, draw(loads(300)))] if draw(st.booleans()) else []
    from_farms = draw(st.lists(st.sampled_from(farms), max_size=2)) if farms else []
    goods += [Goods(farm.id, draw(loads(300))) for farm in from_farms]
    habit = Habit(draw(st.integers(0, 8_000)), draw(ids), 3) if ids is not None and draw(RARELY) else None
    allowed = draw(st.frozensets(ids)) if ids is not None and draw(RARELY) else None
    return Stop(
        name,
        None if draw(RARELY) else place(name),
        draw(windows()),
        draw(st.sampled_from((0, 60, 300, 900))),
        tuple(goods),
        draw(loads(200)) if draw(st.booleans()) else Load(),
        worth=draw(st.sampled_from((0, 10**8))),
        habit=habit,
        vehicle_ids=allowed,
        road_gap_m=412 if draw(RARELY) else None,
    )


@st.composite
def vans(draw: st.DrawFn, name: str) -> Vehicle:
    """Draw a van between a tight one and one for which nothing is a limit."""
    start = draw(st.sampled_from((0, 0, 1_000, 4_000)))
    return Vehicle(
        name,
        DEPOT,
        draw(st.sampled_from((DEPOT, place("yard")))),
        Window(start, draw(st.sampled_from((5_000, 9_000, 30_000, 30_000)))),
        draw(st.sampled_from((3_000, 5_000, 30_000, 30_000))),
        draw(st.sampled_from((Load(600, 300), Load(1_500, 900), Load(10_000, 10_000), Load(0, 400)))),
        draw(st.sampled_from((0, 1_000, 1_000_000))),
        draw(st.sampled_from((100, 100, 70, 130))),
        draw(st.sampled_from((None, Rest(), Rest(1_500, 200), Rest(3_000, 600)))),
        draw(st.sampled_from((None, None, None, 0, 60))),
    )


@st.composite
def pin_sets(draw: st.DrawFn, stop_ids: list[str], farm_ids: list[str], van_ids: list[str]) -> tuple[Pin, ...]:
    """Draw pins that may well contradict each other."""
    pins: list[Pin] = []
    if not stop_ids or not van_ids or draw(st.booleans()):
        return ()
    one = st.sampled_from(stop_ids)
    for kind in draw(st.lists(st.sampled_from(("first", "last", "before", "before", "on")), max_size=4)):
        a, b = draw(one), draw(one)
        if kind == "first":
            pins.append(First(a))
        elif kind == "last":
            pins.append(Last(a))
        elif kind == "on":
            pins.append(OnVehicle(a, draw(st.sampled_from(van_ids))))
        elif a != b:
            pins.append(Before(a, b))
    if draw(st.integers(0, 2)) == 0:
        ids = draw(st.lists(st.sampled_from(stop_ids + farm_ids), min_size=1, max_size=4, unique=True))
        pins.append(LockedPrefix(draw(st.sampled_from(van_ids)), tuple(ids)))
    return tuple(pins)


@st.composite
def days(draw: st.DrawFn, most_stops: int = 9) -> Problem:
    """Draw a whole day: up to nine stops, three farms, three vans, pins; any of them may be absent or absurd."""
    farms = [
        Farm(f"f{i}", place(f"f{i}"), draw(windows()), draw(st.sampled_from((0, 300))))
        for i in range(draw(st.integers(0, 3)))
    ]
    fleet = [draw(vans(f"v{i}")) for i in range(draw(st.sampled_from((1, 1, 1, 2, 2, 2, 2, 3, 3, 0))))]
    asked = [draw(stops(f"s{i}", farms, fleet)) for i in range(draw(st.integers(0, most_stops)))]
    names = ["depot", "yard", *(farm.id for farm in farms), *(one.id for one in asked)]
    pins = draw(pin_sets([one.id for one in asked], [farm.id for farm in farms], [one.id for one in fleet]))
    return problem(asked, draw(travels(names)), fleet, farms, list(pins))
