from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings

from routing.by_hand import Judge
from routing.facts import Facts
from routing.overlooked import ways_in
from routing.plan import Budget, LeftOut, Nearest, Plan, Reason, Why
from routing.problem import Before, Goods, Load, Pin, Problem, Weights, Window
from routing.search import plan_day
from tests.routing.days import HOUR, days, line, problem, stop


def orders(plan: Plan) -> dict[str, list[str]]:
    return {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}


def fits(day: Problem, routes: dict[str, list[str]], vehicle_id: str, stop_id: str) -> bool:
    """Tell whether any order of the vehicle's visits and the stop can be driven, pins included."""
    facts = Facts(day)
    judge = Judge(facts)
    before = routes.get(vehicle_id, [*facts.locked.get(vehicle_id, ())])
    return any(
        judge.drivable(vehicle_id, order) and not any(facts.broken_pins({**routes, vehicle_id: order}))
        for order in ways_in(facts.stops[stop_id], before)
    )


def with_it(day: Problem, nearest: Nearest) -> Problem:
    """Make the change that the planner says is enough."""

    def until(windows: tuple[Window, ...]) -> tuple[Window, ...]:
        return (*windows, Window(max(window.start_s for window in windows), nearest.end_s or 0))

    stops, farms, vehicles = list(day.stops), list(day.farms), list(day.vehicles)
    mine = next(i for i, one in enumerate(vehicles) if one.id == nearest.vehicle_id)
    van_, room = vehicles[mine], vehicles[mine].capacity
    match nearest.why:
        case Why.LATE:
            stops = [replace(s, windows=until(s.windows)) if s.id == nearest.at_id else s for s in stops]
            farms = [replace(f, windows=until(f.windows)) if f.id == nearest.at_id else f for f in farms]
        case Why.BACK_LATE:
            vehicles[mine] = replace(van_, hours=Window(van_.hours.start_s, nearest.end_s or 0))
        case Why.TOO_LONG:
            vehicles[mine] = replace(van_, max_duration_s=van_.max_duration_s + nearest.by_s)
        case Why.AMBIENT_OVER:
            vehicles[mine] = replace(van_, capacity=Load(room.ambient + nearest.by_load, room.chilled))
        case Why.CHILLED_OVER:
            vehicles[mine] = replace(van_, capacity=Load(room.ambient, room.chilled + nearest.by_load))
        case _:
            pytest.fail(f"{nearest.why} is nothing that can be granted")
    return replace(day, stops=tuple(stops), farms=tuple(farms), vehicles=tuple(vehicles))


def grants(day: Problem, plan: Plan) -> Iterator[tuple[LeftOut, Nearest]]:
    for left in plan.left_out:
        for nearest in left.misses:
            if nearest.fits:
                yield left, nearest


@pytest.mark.parametrize("quantile", [50, 80])
def test_what_is_said_to_be_enough_is_enough(quantile: int) -> None:
    seen: set[Why] = set()

    @settings(max_examples=60, deadline=None)
    @given(day=days())
    def holds(day: Problem) -> None:
        day = replace(day, weights=replace(day.weights, hours_quantile=quantile))
        plan = plan_day(day, Budget(3))
        for left, nearest in grants(day, plan):
            routes = orders(plan) if left.reason == Reason.DAY_FULL else {}
            alone = left.reason == Reason.TOO_FAR_ALONE  # told without pins and without the others
            before = replace(day, pins=()) if alone else day
            assert not fits(before, routes, nearest.vehicle_id, left.stop_id)
            changed = with_it(before, nearest)
            assert fits(changed, routes, nearest.vehicle_id, left.stop_id)
            seen.add(nearest.why)

    holds()
    assert seen


@settings(max_examples=60, deadline=None)
@given(day=days())
def test_whom_to_leave_instead_makes_room(day: Problem) -> None:
    plan = plan_day(day, Budget(3))
    for left in plan.left_out:
        if left.instead_id is None:
            continue
        routes = {vehicle: [one for one in ids if one != left.instead_id] for vehicle, ids in orders(plan).items()}
        facts = Facts(day)
        for vehicle_id, ids in routes.items():
            needless = facts.idle_farms(facts.vehicles[vehicle_id], ids)
            routes[vehicle_id] = [one for one in ids if one not in needless]
        routes = {vehicle: ids for vehicle, ids in routes.items() if ids}
        assert any(fits(day, routes, vehicle.id, left.stop_id) for vehicle in day.vehicles)


def test_with_the_quantile_of_the_day_the_window_named_is_long_enough_to_plan_into() -> None:
    nine = (Window(9 * HOUR, 9 * HOUR + 600),)
    stops = [stop("p0", windows=nine, worth=10**8), stop("p1", windows=nine)]
    day = problem(stops, line(30, 60), weights=Weights(hours_quantile=80))
    left = plan_day(day, Budget(10)).left_out[0]

    assert left.nearest is not None
    assert left.nearest.fits
    assert left.nearest.end_s is not None
    longer = replace(day, stops=(stops[0], replace(stops[1], windows=(Window(9 * HOUR, left.nearest.end_s),))))
    assert plan_day(longer, Budget(10)).left_out == ()


def test_the_smallest_set_of_contradicting_pins_is_named_not_just_one_that_cannot_be_cut() -> None:
    ring: list[Pin] = [Before("p0", "p1"), Before("p1", "p2"), Before("p2", "p0")]
    day = problem([stop(f"p{i}") for i in range(3)], line(10, 20, 30), pins=[*ring, Before("p0", "p2")])
    plan = plan_day(day, Budget(10))

    assert {left.reason for left in plan.left_out} == {Reason.PIN_CONFLICT}
    assert [set(left.pins) for left in plan.left_out] == [{Before("p2", "p0"), Before("p0", "p2")}]


def test_goods_over_by_a_little_are_said_to_fit_with_a_little_more_room() -> None:
    heavy = [stop(f"p{i}", goods=(Goods(None, Load(600, 0)),)) for i in range(2)]
    left = plan_day(problem(heavy, line(10, 20)), Budget(10)).left_out[0]

    assert left.nearest == Nearest("van", Why.AMBIENT_OVER, by_load=200, fits=True)
