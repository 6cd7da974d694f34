"""Hold every plan of every day to what the house promises, absurd days included."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.overlooked import overlooked
from routing.plan import Budget, Reason
from routing.problem import (
    Before,
    Farm,
    First,
    Goods,
    Last,
    Load,
    LockedPrefix,
    OnVehicle,
    Pin,
    Problem,
    Weights,
    Window,
)
from routing.search import plan_day
from routing.travel import TravelMatrix
from tests.routing.days import HOUR, days, line, matrix, place, problem, stop, van

NIGHT = (Window(0, 1),)
ISLANDS = matrix(["depot", "p0", "p1"], [[0, -1, 5], [-1, 0, -1], [5, -1, 0]])
CIRCLE: list[Pin] = [Before("p0", "p1"), Before("p1", "p0"), First("p0"), First("p1"), Last("p0"), Last("p1")]
FARM = Farm("p1", place("p1"), (), 300)


@settings(max_examples=100, deadline=None)
@given(day=days(), quantile=st.sampled_from((50, 65, 80, 95)))
def test_plans_for_hours_that_are_true_are_sound_and_overlook_nobody(day: Problem, quantile: int) -> None:
    careful = replace(day, weights=replace(day.weights, hours_quantile=quantile))
    plan = plan_day(careful, Budget(3))

    assert check(careful, plan) == []
    assert overlooked(careful, plan) == []


@pytest.mark.parametrize(
    ("day", "reasons"),
    [
        # windows that are over before anybody can be there
        (problem([stop("p0", windows=NIGHT), stop("p1", windows=NIGHT)], line(5, 9)), {Reason.TOO_FAR_ALONE}),
        (problem([stop("p0"), stop("p1")], line(5, 9), [van(capacity=Load(0, 0))]), {Reason.TOO_BIG}),
        (problem([stop("p0"), stop("p1")], line(5, 9), []), {Reason.NO_VEHICLE}),
        (problem([stop("p0"), stop("p1")], line(5, 9), [van(max_duration_s=0)]), {Reason.TOO_FAR_ALONE}),
        (problem([stop("p0"), stop("p1")], ISLANDS), {Reason.CUT_OFF}),
        (problem([stop("p0"), stop("p1")], line(5, 9), pins=CIRCLE), {Reason.PIN_CONFLICT}),
        (problem([stop("p0", goods=(Goods("p1", Load(1, 0)),))], line(5, 9), farms=[FARM]), {Reason.FARM_CLOSED}),
        (
            problem(
                [stop("p0")], line(5), [van(), van("b")], pins=[OnVehicle("p0", "b"), LockedPrefix("van", ("p0",))]
            ),
            {Reason.NO_VEHICLE},
        ),
        (problem([stop("p0", vehicle_ids=frozenset())], line(5)), {Reason.NO_VEHICLE}),
        (problem([stop("p0", service_s=100_000)], line(5)), {Reason.TOO_FAR_ALONE}),
    ],
)
def test_an_absurd_day_comes_back_with_the_reason_for_each_and_no_crash(day: Problem, reasons: set[Reason]) -> None:
    plan = plan_day(day, Budget(10))

    assert check(day, plan) == []
    assert overlooked(day, plan) == []
    assert {left.reason for left in plan.left_out} == reasons


def test_windows_are_planned_at_the_four_fifths_arrival() -> None:
    nine = (Window(8 * HOUR, 9 * HOUR),)
    stops = [stop("p0", windows=nine, worth=10**8), stop("p1", windows=nine)]
    day = problem(stops, line(50, 55))

    assert plan_day(day, Budget(10)).left_out == ()
    careful = replace(day, weights=Weights(hours_quantile=80), stops=(stops[0], stops[1]))
    assert [left.stop_id for left in plan_day(careful, Budget(10)).left_out] == ["p1"]


def test_a_day_on_which_nothing_exists_is_a_plan() -> None:
    empty = problem([], TravelMatrix((), line().durations_s[:0, :0], line().distances_m[:0, :0]), [])

    assert plan_day(empty, Budget(10)).routes == ()
