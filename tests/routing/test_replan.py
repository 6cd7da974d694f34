"""Plan a day again from an older plan: what may change, and what may not."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from benchmarks.days import day as benchmark_day
from routing.by_hand import Judge, time_plan
from routing.checker import check
from routing.comparing import compare
from routing.facts import Facts
from routing.overlooked import overlooked
from routing.plan import Budget, Plan
from routing.problem import Farm, Goods, Habit, Load, LockedPrefix, Problem, Window
from routing.search import plan_day, replan
from tests.routing.days import ALL_DAY, HOUR, days, line, matrix, place, problem, stop, van

LIVELY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
BUDGETS = st.integers(0, 20)


def orders(plan: Plan) -> dict[str, list[str]]:
    return {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}


def is_sound(day: Problem, plan: Plan) -> bool:
    return check(day, plan) == [] and overlooked(day, plan) == []


@LIVELY
@given(day=days(), seed=st.integers(0, 9), first=BUDGETS)
def test_a_plan_searched_no_further_stays_as_it_is(day: Problem, seed: int, first: int) -> None:
    plan = plan_day(day, Budget(first, seed))
    again = replan(day, plan, Budget(0, seed))

    assert (again.routes, again.left_out, again.cost) == (plan.routes, plan.left_out, plan.cost)


@LIVELY
@given(day=days(), seed=st.integers(0, 9), first=BUDGETS, more=BUDGETS)
def test_a_plan_searched_further_is_never_dearer_and_overlooks_nobody(
    day: Problem, seed: int, first: int, more: int
) -> None:
    plan = plan_day(day, Budget(first, seed))
    again = replan(day, plan, Budget(more, seed))

    assert again.cost <= plan.cost
    assert len(again.left_out) <= len(plan.left_out)
    assert is_sound(day, again)


@LIVELY
@given(day=days(), data=st.data(), more=BUDGETS, quantile=st.sampled_from((50, 80)))
def test_locked_beginnings_are_kept_stop_for_stop(day: Problem, data: st.DataObject, more: int, quantile: int) -> None:
    day = replace(day, weights=replace(day.weights, hours_quantile=quantile))
    plan = plan_day(day, Budget(4))
    ends = {vehicle_id: data.draw(st.integers(1, len(visits))) for vehicle_id, visits in orders(plan).items()}
    locks = {vehicle_id: tuple(visits[: ends[vehicle_id]]) for vehicle_id, visits in orders(plan).items()}
    others = tuple(pin for pin in day.pins if not isinstance(pin, LockedPrefix))
    locked = replace(day, pins=(*others, *(LockedPrefix(*lock) for lock in locks.items())))
    # Without a way home from where the locked visits end there is no such beginning; roads have one.
    assume(all(Judge(Facts(locked)).drivable(*lock) for lock in locks.items()))
    again = replan(locked, plan, Budget(more))

    for vehicle_id, visits in locks.items():
        assert tuple(orders(again)[vehicle_id][: len(visits)]) == visits
    assert len(again.left_out) <= len(plan.left_out)
    assert is_sound(locked, again)


@LIVELY
@given(day=days(), other=days(), more=BUDGETS)
def test_any_plan_of_any_other_day_is_a_beginning(day: Problem, other: Problem, more: int) -> None:
    """Stops, farms and vehicles of the same name that are elsewhere, closed, gone or new do no harm."""
    assert is_sound(day, replan(day, plan_day(other, Budget(2)), Budget(more)))


@LIVELY
@given(day=days(), more=BUDGETS)
def test_one_vehicle_more_never_leaves_one_stop_more_out(day: Problem, more: int) -> None:
    plan = plan_day(day, Budget(8))
    richer = replace(day, vehicles=(*day.vehicles, van("another", hours=Window(0, 20_000), use_cost=10**6)))
    again = replan(richer, plan, Budget(more))

    assert len(again.left_out) <= len(plan.left_out)
    assert again.cost <= plan.cost


def test_a_stop_that_only_a_way_over_another_place_reaches_stays_where_it_was() -> None:
    """The way from the depot to p1 is too long, over p0 or p2 it is not: roads have no such ways, matrices may."""
    seconds = [[0, 100, 9_000, 100], [100, 0, 100, 200], [100, 100, 0, 50], [100, 200, 50, 0]]
    early = (Window(0, 8 * HOUR + 1_000),)
    stops = [stop("p0"), stop("p1", windows=early), stop("p2")]
    day = problem(stops, matrix(["depot", "p0", "p1", "p2"], seconds), [van("a"), van("b")])
    timed = time_plan(day, {"a": ["p0", "p1"], "b": ["p2"]})
    assert timed.faults == ()
    plan = Plan(timed.routes, (), timed.cost, day.fingerprint(), Budget(0), "by hand")

    assert orders(replan(day, plan, Budget(0))) == {"a": ["p0", "p1"], "b": ["p2"]}


def test_a_new_stop_goes_in_and_the_known_order_stays() -> None:
    day = benchmark_day(24, 6, 2, 2, 11)
    fewer = replace(day, stops=day.stops[1:])
    known = plan_day(fewer, Budget(400))
    hours = {
        visit.stop_id: (visit.arrival_s, r.vehicle_id) for r in known.routes for visit in r.visits if visit.stop_id
    }
    used = tuple(replace(one, habit=Habit(*hours[one.id], weeks=1)) if one.id in hours else one for one in day.stops)
    dear = replace(day, stops=used, weights=replace(day.weights, per_drift_s=2_000, change_vehicle=10**7))
    changes = compare(known, replan(dear, known, Budget(200)))

    assert (changes.new, changes.gone, changes.left_out) == ((day.stops[0].id,), (), ())
    assert not any(one.changes_vehicle for one in changes.moved)
    kept = sum(vehicle.kept for vehicle in changes.vehicles)
    assert kept >= len(fewer.stops) - 3


def test_a_stop_that_is_gone_takes_its_farm_call_along() -> None:
    farm = Farm("farm", place("p0"), ALL_DAY, 300)
    drops = [stop("p1", goods=(Goods("farm", Load(100, 0)),)), stop("p2")]
    day = problem(drops, line(10, 20, 30), farms=[farm])
    plan = plan_day(day, Budget(20))
    assert orders(plan)["van"].count("farm") == 1

    assert orders(replan(replace(day, stops=day.stops[1:]), plan, Budget(20))) == {"van": ["p2"]}


def test_a_vehicle_that_is_away_gives_its_stops_to_the_others() -> None:
    day = problem([stop(f"p{i}") for i in range(4)], line(10, 20, 30, 40), [van("a"), van("b")])
    known = plan_day(day, Budget(20))
    (driven,) = orders(known)
    (other,) = {"a", "b"} - {driven}
    left = replace(day, vehicles=tuple(one for one in day.vehicles if one.id == other))

    assert sorted(orders(replan(left, known, Budget(20)))[other]) == ["p0", "p1", "p2", "p3"]


def test_a_search_for_a_known_day_stops_when_told_and_keeps_the_best() -> None:
    day = benchmark_day(10, 2, 1, 1, 3)
    plan = plan_day(day, Budget(50))
    again = replan(day, plan, Budget(1_000), lambda done, of, best: done < 100)

    assert again.stopped_early
    assert again.cost <= plan.cost


@pytest.mark.parametrize("seed", range(3))
def test_the_same_plan_and_seed_give_the_same_answer(seed: int) -> None:
    day = benchmark_day(16, 4, 2, 2, seed)
    plan = plan_day(day, Budget(30))

    assert replan(day, plan, Budget(50, seed)) == replan(day, plan, Budget(50, seed))
