from dataclasses import replace

import pytest
from hypothesis import given, settings

from routing.by_hand import Fault, FaultKind, TimedPlan, time_plan
from routing.plan import Budget
from routing.problem import Before, Farm, Goods, Last, Load, LockedPrefix, Problem, Rest, Weights, Window
from routing.refusals import UnknownId
from routing.search import plan_day
from tests.routing.days import ALL_DAY, HOUR, days, line, matrix, place, problem, stop, van

NINE = (Window(9 * HOUR, 9 * HOUR + 600),)


def one_fault(day: Problem, *visits: str, departure_s: int | None = None) -> Fault:
    timed = time_plan(day, {"van": visits}, None if departure_s is None else {"van": departure_s})
    assert len(timed.faults) == 1, timed.faults
    return timed.faults[0]


@pytest.mark.parametrize("quantile", [50, 80])
def test_an_order_of_the_planner_is_given_the_planners_own_hours(quantile: int) -> None:
    @settings(max_examples=120, deadline=None)
    @given(day=days())
    def holds(day: Problem) -> None:
        day = replace(day, weights=replace(day.weights, hours_quantile=quantile))
        plan = plan_day(day, Budget(5))
        orders = {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}
        timed = time_plan(day, orders)
        broken = [pin for fault in timed.faults if (pin := fault.pin) is not None]

        assert timed == TimedPlan(plan.routes, tuple(left.stop_id for left in plan.left_out), (), plan.cost), broken

    holds()


@settings(max_examples=60, deadline=None)
@given(day=days())
def test_every_order_is_timed_however_absurd(day: Problem) -> None:
    visits = [*(one.id for one in day.stops), *(one.id for one in day.farms)]
    timed = time_plan(day, {vehicle.id: visits for vehicle in day.vehicles})

    assert [route.vehicle_id for route in timed.routes] == sorted(one.id for one in day.vehicles if visits)
    if len(timed.routes) > 1 and day.stops:
        assert FaultKind.TWICE in {fault.kind for fault in timed.faults}


def test_a_visit_after_its_window_says_by_how_much() -> None:
    day = problem([stop("p0", windows=NINE), stop("p1", windows=NINE)], line(10, 25))

    assert one_fault(day, "p0", "p1") == Fault(FaultKind.LATE, "van", "p1", by_s=600)


def test_a_visit_too_late_in_its_window_for_the_quantile_is_tight() -> None:
    day = problem([stop("p0"), stop("p1", windows=NINE)], line(60, 65), weights=Weights(hours_quantile=80))
    fault = one_fault(
        replace(day, stops=(day.stops[0], replace(day.stops[1], windows=(Window(0, 33_100),)))), "p0", "p1"
    )

    assert (fault.kind, fault.at_id) == (FaultKind.TIGHT, "p1")
    assert 0 < fault.by_s < 600


@pytest.mark.parametrize(
    ("day", "fault"),
    [
        (problem([stop("p0", windows=())], line(10)), Fault(FaultKind.CLOSED, "van", "p0")),
        (
            problem([stop("p0")], line(60), [van(hours=Window(8 * HOUR, 10 * HOUR))]),
            Fault(FaultKind.BACK_LATE, "van", by_s=300),
        ),
        (problem([stop("p0")], line(60), [van(max_duration_s=HOUR)]), Fault(FaultKind.TOO_LONG, "van", by_s=3_900)),
        (
            problem([stop("p0")], matrix(["depot", "p0"], [[0, 3_600], [600, 0]]), [van(rest=Rest(3_000, 600))]),
            Fault(FaultKind.NO_REST, "van", "p0", by_s=900),
        ),
        (
            problem([stop("p0", goods=(Goods(None, Load(1_100, 0)),))], line(10)),
            Fault(FaultKind.AMBIENT_OVER, "van", None, by_load=100),
        ),
        (
            problem([stop("p0", returns=Load(0, 510))], line(10)),
            Fault(FaultKind.CHILLED_OVER, "van", "p0", by_load=10),
        ),
        (
            problem([stop("p0", vehicle_ids=frozenset())], line(10)),
            Fault(FaultKind.WRONG_VEHICLE, "van", "p0"),
        ),
        (
            problem(
                [stop("p0", goods=(Goods("p1", Load(1, 0)),))],
                line(10, 20),
                farms=[Farm("p1", place("p1"), ALL_DAY, 0)],
            ),
            Fault(FaultKind.FARM_MISSING, "van", "p0", other_id="p1"),
        ),
        (problem([stop("p0", road_gap_m=400)], line(10)), None),
    ],
)
def test_every_fault_of_one_visit_says_where_and_by_how_much(day: Problem, fault: Fault | None) -> None:
    if fault is None:
        found = time_plan(day, {"van": ["p0"]}).faults
        assert found == (Fault(FaultKind.NO_WAY, "van", "p0"), Fault(FaultKind.NO_WAY, "van"))
    else:
        assert one_fault(day, "p0") == fault


def test_a_farm_called_at_for_nobody_and_a_stop_served_twice_are_noted() -> None:
    day = problem([stop("p0")], line(10, 20), farms=[Farm("p1", place("p1"), ALL_DAY, 0)])

    assert one_fault(day, "p0", "p1") == Fault(FaultKind.FARM_FOR_NOBODY, "van", "p1")
    assert one_fault(day, "p0", "p0") == Fault(FaultKind.TWICE, "van", "p0")


@pytest.mark.parametrize("pin", [Before("p0", "p1"), Last("p1"), LockedPrefix("van", ("p0",))])
def test_a_pin_that_the_order_does_not_keep_is_named(pin: Before | Last | LockedPrefix) -> None:
    day = problem([stop("p0"), stop("p1")], line(10, 20), pins=[pin])

    assert one_fault(day, "p1", "p0") == Fault(FaultKind.PIN, None, pin=pin)


def test_a_fixed_departure_is_kept_and_may_be_too_early() -> None:
    day = problem([stop("p0")], line(10))
    timed = time_plan(day, {"van": ["p0"]}, {"van": 9 * HOUR})

    assert (timed.routes[0].departure_s, timed.routes[0].visits[0].arrival_s) == (9 * HOUR, 9 * HOUR + 600)
    assert one_fault(day, "p0", departure_s=7 * HOUR) == Fault(FaultKind.LEAVES_EARLY, "van", by_s=HOUR)


def test_who_is_in_no_order_is_absent_and_priced() -> None:
    day = problem([stop("p0"), stop("p1", worth=7)], line(10, 20))
    timed = time_plan(day, {"van": ["p0"]})

    assert timed.absent == ("p1",)
    assert timed.cost == timed.routes[0].cost + day.weights.left_out + 7
    assert time_plan(day, {"van": []}).routes == ()


def test_an_order_of_strangers_is_refused_by_name() -> None:
    day = problem([stop("p0")], line(10))

    with pytest.raises(UnknownId, match="nobody"):
        time_plan(day, {"van": ["nobody"]})
    with pytest.raises(UnknownId, match="no van"):
        time_plan(day, {"no van": ["p0"]})


def test_no_way_to_a_place_is_noted_and_the_rest_is_timed() -> None:
    day = problem([stop("p0"), stop("p1")], matrix(["depot", "p0", "p1"], [[0, 60, 60], [60, 0, -1], [60, 60, 0]]))

    assert one_fault(day, "p0", "p1") == Fault(FaultKind.NO_WAY, "van", "p1")
