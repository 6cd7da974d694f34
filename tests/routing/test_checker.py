from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.by_hand import time_plan
from routing.checker import BreachKind, check
from routing.overlooked import overlooked
from routing.plan import Budget, LeftOut, Plan, Reason, Route, Visit
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
    Problem,
    Rest,
    Weights,
    Window,
)
from routing.search import plan_day
from tests.routing.days import ALL_DAY, HOUR, days, line, place, problem, stop, van

# A farm, a drop of its goods and of the depot's, one that gives empties back; everything fits with room to spare.
FARM = Farm("farm", place("p0"), (Window(8 * HOUR, 10 * HOUR),), 600)
CHEESE = stop(
    "p1",
    windows=(Window(8 * HOUR, 9 * HOUR + 1_200),),
    goods=(Goods("farm", Load(200, 100)), Goods(None, Load(100, 0))),
)
HABIT = Habit(9 * HOUR, "van", 4)
CAFE = stop(
    "p2", windows=(Window(9 * HOUR + 1_800, 10 * HOUR), Window(14 * HOUR, 15 * HOUR)), returns=Load(50, 0), habit=HABIT
)
DAY = problem([CHEESE, CAFE], line(10, 20, 30), farms=[FARM])
PLAN = plan_day(DAY, Budget(20))


def with_route(plan: Plan, **changes: object) -> Plan:
    return replace(plan, routes=(replace(plan.routes[0], **changes), *plan.routes[1:]))  # type: ignore[arg-type]


def with_visit(plan: Plan, position: int, **changes: object) -> Plan:
    visits = list(plan.routes[0].visits)
    visits[position] = replace(visits[position], **changes)  # type: ignore[arg-type]
    return with_route(plan, visits=tuple(visits))


def kinds(day: Problem, plan: Plan) -> set[BreachKind]:
    return {breach.kind for breach in check(day, plan)}


def test_a_sound_plan_has_no_breach() -> None:
    assert [visit.visit_id for visit in PLAN.routes[0].visits] == ["farm", "p1", "p2"]
    assert check(DAY, PLAN) == []


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        # who is served
        (BreachKind.STOPS, lambda p: with_route(p, visits=p.routes[0].visits[:-1])),
        (BreachKind.STOPS, lambda p: replace(p, left_out=(LeftOut("p1", Reason.DAY_FULL, ""),))),
        (BreachKind.STOPS, lambda p: replace(p, left_out=(LeftOut("nobody", Reason.DAY_FULL, ""),))),
        (BreachKind.VEHICLE, lambda p: replace(p, routes=p.routes * 2)),
        (BreachKind.VEHICLE, lambda p: with_route(p, vehicle_id="no van")),
        (BreachKind.FARM, lambda p: with_visit(p, 0, farm_id="no farm")),
        (BreachKind.FARM, lambda p: with_route(p, visits=p.routes[0].visits[1:])),
        (BreachKind.FARM, lambda p: with_route(p, visits=p.routes[0].visits[::-1])),
        (BreachKind.FARM, lambda p: with_route(p, visits=(p.routes[0].visits[0], *p.routes[0].visits))),
        # hours
        (BreachKind.HOURS, lambda p: with_route(p, departure_s=p.routes[0].departure_s - 60)),
        (BreachKind.HOURS, lambda p: with_visit(p, 1, arrival_s=p.routes[0].visits[1].arrival_s + 1)),
        (BreachKind.HOURS, lambda p: with_visit(p, 1, departure_s=p.routes[0].visits[1].departure_s + 1)),
        (BreachKind.HOURS, lambda p: with_visit(p, 1, promise=Window(0, 1))),
        (BreachKind.HOURS, lambda p: with_visit(p, 1, slack_s=-1)),
        (BreachKind.HOURS, lambda p: with_route(p, return_s=p.routes[0].return_s + 1)),
        (BreachKind.WINDOW, lambda p: with_visit(p, 2, start_s=10 * HOUR + 1)),
        (BreachKind.LEG, lambda p: with_route(p, legs=p.routes[0].legs[::-1])),
        # loads and price
        (BreachKind.LOAD, lambda p: with_route(p, load_at_start=Load(9, 9))),
        (BreachKind.LOAD, lambda p: with_visit(p, 0, load_after=Load(9, 9))),
        (BreachKind.COST, lambda p: with_route(p, cost=p.routes[0].cost - 1)),
        (BreachKind.COST, lambda p: replace(p, cost=p.cost + 1)),
        (BreachKind.IDENTITY, lambda p: replace(p, problem_hash="another")),
    ],
)
def test_a_spoilt_plan_is_caught(kind: BreachKind, spoil: Callable[[Plan], Plan]) -> None:
    assert kind in kinds(DAY, spoil(PLAN))


@pytest.mark.parametrize(
    ("kind", "stricter"),
    [
        (BreachKind.VEHICLE_HOURS, replace(DAY, vehicles=(van(hours=Window(8 * HOUR, 9 * HOUR)),))),
        (BreachKind.DURATION, replace(DAY, vehicles=(van(max_duration_s=HOUR),))),
        (BreachKind.REST, replace(DAY, vehicles=(van(rest=Rest(1_200, 600)),))),
        (BreachKind.LOAD, replace(DAY, vehicles=(van(capacity=Load(399, 500)),))),
        (BreachKind.LOAD, replace(DAY, vehicles=(van(capacity=Load(1_000, 99)),))),
        (BreachKind.VEHICLE, replace(DAY, stops=(replace(CHEESE, vehicle_ids=frozenset()), CAFE))),
        (BreachKind.LEG, replace(DAY, vehicles=(van(speed_percent=90),))),
        (BreachKind.COST, replace(DAY, stops=(CHEESE, replace(CAFE, habit=Habit(12 * HOUR, "van", 4))))),
        (BreachKind.LEG, replace(DAY, stops=(CHEESE, replace(CAFE, road_gap_m=300)))),
        (BreachKind.PIN, replace(DAY, pins=(First("p2"),))),
        (BreachKind.PIN, replace(DAY, pins=(Last("p1"),))),
        (BreachKind.PIN, replace(DAY, pins=(Before("p2", "p1"),))),
        (BreachKind.PIN, replace(DAY, pins=(LockedPrefix("van", ("farm", "p2")),))),
        (BreachKind.PIN, replace(DAY, vehicles=(van(), van("other")), pins=(OnVehicle("p1", "other"),))),
        (BreachKind.PIN, replace(DAY, vehicles=(van(), van("other")), pins=(LockedPrefix("other", ("p2",)),))),
    ],
)
def test_a_plan_is_caught_by_every_rule_that_it_does_not_know_of(kind: BreachKind, stricter: Problem) -> None:
    assert kind in kinds(stricter, PLAN)


@pytest.mark.parametrize(
    ("start_s", "quantile", "breaks"), [(9 * HOUR, 50, False), (9 * HOUR, 80, True), (8 * HOUR + 900, 95, False)]
)
def test_a_visit_that_is_planned_too_late_in_its_window_for_the_quantile_is_caught(
    start_s: int, quantile: int, breaks: bool
) -> None:
    asked = stop("p0", windows=(Window(8 * HOUR, 9 * HOUR),))
    day = problem([asked], line(10), weights=Weights(hours_quantile=quantile))
    route = time_plan(day, {"van": ["p0"]}, {"van": start_s - 600}).routes[0]
    plan = Plan((route,), (), route.cost, day.fingerprint(), Budget(0), "by hand")

    assert kinds(day, plan) == ({BreachKind.WINDOW} if breaks else set())
    assert kinds(replace(day, pins=(LockedPrefix("van", ("p0",)),)), plan) == {BreachKind.IDENTITY}


@settings(max_examples=80, deadline=None)
@given(day=days(), data=st.data())
def test_whatever_hour_load_or_price_of_a_plan_is_changed_is_caught(day: Problem, data: st.DataObject) -> None:
    plan = plan_day(day, Budget(3))
    assume(plan.routes)
    route = data.draw(st.sampled_from(plan.routes))
    visit = data.draw(st.sampled_from(route.visits))
    by = data.draw(st.integers(1, 500))
    spoilt: list[Visit | Route] = [
        replace(visit, arrival_s=visit.arrival_s + by),
        replace(visit, departure_s=visit.departure_s + by),
        replace(visit, load_after=replace(visit.load_after, ambient=visit.load_after.ambient + by)),
        replace(visit, load_after=replace(visit.load_after, chilled=visit.load_after.chilled + by)),
        replace(visit, promise=Window(visit.start_s + by, visit.start_s + by)),
        replace(route, departure_s=route.departure_s - by),
        replace(route, return_s=route.return_s + by),
        replace(route, cost=route.cost + by),
        replace(route, load_at_start=replace(route.load_at_start, ambient=route.load_at_start.ambient + by)),
        replace(route, visits=tuple(one for one in route.visits if one is not visit)),
        replace(route, visits=(*route.visits, visit)),
        replace(route, legs=route.legs[:-1]),
        replace(route, legs=tuple(replace(leg, distance_m=leg.distance_m + by) for leg in route.legs)),
    ]
    for other in spoilt:
        if isinstance(other, Visit):
            other = replace(route, visits=tuple(other if one is visit else one for one in route.visits))
        assert check(day, replace(plan, routes=tuple(other if one is route else one for one in plan.routes)))


def test_before_asks_for_the_same_vehicle() -> None:
    day = problem(
        [stop("p0"), stop("p1")], line(10, 20), [van("a"), van("b")], pins=[OnVehicle("p0", "a"), OnVehicle("p1", "b")]
    )
    apart = plan_day(day, Budget(5))

    assert kinds(replace(day, pins=(Before("p0", "p1"),)), apart) == {BreachKind.IDENTITY, BreachKind.PIN}


def test_goods_of_two_farms_and_the_depot_are_weighed_together() -> None:
    farms = [Farm(f"f{i}", place(f"p{i}"), ALL_DAY, 60) for i in range(2)]
    goods = (Goods(None, Load(400, 0)), Goods("f0", Load(400, 0)), Goods("f1", Load(400, 0)))
    day = problem([stop("p2", goods=goods)], line(5, 10, 15), [van(capacity=Load(1_200, 0))], farms)
    plan = plan_day(day, Budget(5))

    assert plan.routes
    assert kinds(replace(day, vehicles=(van(capacity=Load(1_199, 0)),)), plan) == {BreachKind.IDENTITY, BreachKind.LOAD}


def test_a_farm_called_at_for_nobody_is_caught() -> None:
    day = replace(DAY, stops=(replace(CHEESE, goods=(Goods(None, Load(300, 100)),)), CAFE))

    assert BreachKind.FARM in kinds(day, PLAN)


def test_somebody_left_out_who_fits_is_found() -> None:
    nobody_drives = replace(
        PLAN,
        routes=(),
        left_out=tuple(LeftOut(one.id, Reason.DAY_FULL, "") for one in DAY.stops),
        cost=2 * DAY.weights.left_out,
    )

    assert check(DAY, nobody_drives) == []
    found = overlooked(DAY, nobody_drives)
    assert [(breach.kind, breach.visit_id) for breach in found] == [
        (BreachKind.OVERLOOKED, one) for one in ("p1", "p2")
    ]


def test_a_visit_that_is_neither_stop_nor_farm_is_caught() -> None:
    route = PLAN.routes[0]
    ghost = Visit(None, None, 0, 0, 0, Load(), 0, Window(0, 0))
    haunted = replace(PLAN, routes=(Route("van", (*route.visits, ghost), route.legs, 0, 0, Load(), 0),))

    assert BreachKind.STOPS in kinds(DAY, haunted)


def test_every_kind_of_breach_is_one_that_these_tests_bring_about() -> None:
    own = Path(__file__).read_text()

    assert {kind for kind in BreachKind if f"BreachKind.{kind.name}" in own} == set(BreachKind)
