from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings

from routing.by_hand import time_plan
from routing.habits import Familiarity, Prices, Served, habit_of, prices, template_orders
from routing.plan import Budget, Plan
from routing.problem import Farm, Goods, Habit, Load, LockedPrefix, Problem, Weights
from routing.refusals import BadNumber
from tests.routing.days import ALL_DAY, HOUR, days, line, place, problem, stop, van

FIRST = date(2026, 9, 1)


def served(*rounds: tuple[int, str]) -> list[Served]:
    return [Served(FIRST + timedelta(weeks=i), arrival, vehicle) for i, (arrival, vehicle) in enumerate(rounds)]


def by_hand(day: Problem, orders: dict[str, list[str]]) -> Plan:
    timed = time_plan(day, orders)
    assert timed.absent == ()
    return Plan(timed.routes, (), timed.cost, day.fingerprint(), Budget(0), "by hand")


def test_a_habit_is_the_median_hour_and_the_most_frequent_vehicle_of_the_last_six_rounds() -> None:
    rounds = served(
        (1, "old"),
        (1, "old"),
        (9 * HOUR, "a"),
        (31_000, "b"),
        (33_000, "a"),
        (34_000, "b"),
        (35_000, "b"),
        (60_000, "a"),
    )

    assert habit_of(reversed(rounds)) == Habit(33_000, "a", 8)


def test_two_rounds_make_no_habit() -> None:
    assert habit_of(served((1, "a"), (2, "a"))) is None
    assert habit_of(served((1, "a"), (2, "a"), (3, "b"))) == Habit(2, "a", 3)


def test_familiarity_goes_from_no_price_to_a_high_one_without_a_step_back() -> None:
    asked = [Familiarity(setting).weights(Weights()) for setting in range(101)]

    assert (asked[0].per_drift_s, asked[0].change_vehicle) == (0, 0)
    assert asked[50] == Weights()
    assert asked[100].change_vehicle == 16 * Weights().change_vehicle
    assert all(a.change_vehicle <= b.change_vehicle for a, b in pairwise(asked))
    with pytest.raises(BadNumber, match="familiarity"):
        Familiarity(101)


def test_the_prices_of_a_familiar_round_leave_out_what_habit_itself_is_worth() -> None:
    stops = [stop("p0", habit=Habit(14 * HOUR, "other", 6)), stop("p1")]
    day = problem(stops, line(10, 20), [van("other"), van()])
    cheapest, chosen = by_hand(day, {"van": ["p0", "p1"]}), by_hand(day, {"van": ["p1"], "other": ["p0"]})

    # Another van on the road: to p0 and back once more, and the use of it.
    assert prices(cheapest, chosen, day) == Prices(12_000, 1_200, 1_200 * 700 + 12_000 * 25 + 1_000)


def test_the_template_is_the_usual_round_cut_to_todays_stops() -> None:
    last = [
        {"a": ["p0", "p1", "p2"], "b": ["p3"]},
        {"a": ["p0", "p1"], "b": ["p2", "p3"]},
        {"a": ["p1", "p0", "gone"], "b": ["p2", "p3"], "sold": ["p3"]},
    ]
    day = problem([stop(f"p{i}") for i in range(5)], line(1, 2, 3, 4, 5), [van("a"), van("b")])

    assert template_orders(last, day) == {"a": ("p0", "p1"), "b": ("p2", "p3")}


def test_the_template_keeps_the_locked_beginning_and_calls_at_farms_first() -> None:
    cheese = stop("p1", goods=(Goods("p2", Load(1, 0)),))
    day = problem(
        [stop("p0"), cheese, stop("p3", vehicle_ids=frozenset())],
        line(1, 2, 3, 4),
        farms=[Farm("p2", place("p2"), ALL_DAY, 0)],
        pins=[LockedPrefix("van", ("p0",))],
    )

    assert template_orders([{"van": ["p1", "p3", "p0"]}], day) == {"van": ("p0", "p2", "p1")}
    assert template_orders([], day) == {"van": ("p0",)}
    assert template_orders([{"van": ["p1"]}], replace(day, vehicles=(), pins=(), stops=())) == {}


@settings(max_examples=60, deadline=None)
@given(day=days())
def test_a_template_can_always_be_timed_and_names_nobody_twice(day: Problem) -> None:
    visits = [one.id for one in day.stops]
    template = template_orders([{vehicle.id: visits for vehicle in day.vehicles}, {"sold": visits}], day)
    timed = time_plan(day, template)

    assert {fault.kind for fault in timed.faults}.isdisjoint({"twice", "farm_for_nobody"})
