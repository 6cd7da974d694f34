import pytest

from routing.plan import Budget, Plan
from routing.problem import Before, Farm, First, Goods, Last, Load, LockedPrefix, OnVehicle, Pin, Problem
from routing.search import plan_day
from tests.routing.days import ALL_DAY, line, place, problem, stop, van

FAR_TO_NEAR = line(10, 20, 30, 40)
FOUR = [stop(f"p{i}") for i in range(4)]


def day(*pins: Pin) -> Problem:
    return problem(FOUR, FAR_TO_NEAR, [van("a"), van("b")], pins=list(pins))


def orders(plan: Plan) -> dict[str, list[str]]:
    assert plan.left_out == ()
    return {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}


@pytest.mark.parametrize("which", ["p0", "p1", "p2", "p3"])
def test_any_stop_can_be_first_or_last(which: str) -> None:
    (first,) = orders(plan_day(day(First(which)), Budget(50))).values()
    (last,) = orders(plan_day(day(Last(which)), Budget(50))).values()

    assert (first[0], last[-1]) == (which, which)


def test_one_stop_may_be_first_and_last_and_alone() -> None:
    planned = orders(plan_day(day(First("p1"), Last("p1")), Budget(50)))

    assert ["p1"] in planned.values()


def test_this_before_that_brings_both_on_one_vehicle() -> None:
    pins = (Before("p3", "p0"), OnVehicle("p3", "a"), OnVehicle("p1", "b"))
    planned = orders(plan_day(day(*pins), Budget(50)))

    assert planned["a"].index("p3") < planned["a"].index("p0")
    assert "p1" in planned["b"]


def test_a_chain_of_befores_is_kept() -> None:
    (order,) = orders(plan_day(day(Before("p3", "p2"), Before("p2", "p1"), Before("p1", "p0")), Budget(50))).values()

    assert order == ["p3", "p2", "p1", "p0"]


def test_a_locked_beginning_is_kept_stop_for_stop() -> None:
    planned = orders(plan_day(day(LockedPrefix("b", ("p2", "p0", "p3"))), Budget(50)))

    assert planned["b"][:3] == ["p2", "p0", "p3"]


def test_a_locked_farm_call_stays_even_with_nobody_to_bring_its_goods() -> None:
    farm = Farm("farm", place("p0"), ALL_DAY, 60)
    locked = problem([stop("p1")], line(10, 20), farms=[farm], pins=[LockedPrefix("van", ("farm",))])

    assert orders(plan_day(locked, Budget(5))) == {"van": ["farm", "p1"]}


def test_first_lets_farm_calls_come_earlier() -> None:
    farm = Farm("farm", place("p0"), ALL_DAY, 60)
    cheese = stop("p2", goods=(Goods("farm", Load(100, 0)),))
    planned = orders(
        plan_day(problem([stop("p1"), cheese], line(10, 20, 30), farms=[farm], pins=[First("p2")]), Budget(20))
    )

    assert planned == {"van": ["farm", "p2", "p1"]}


def test_a_stop_locked_on_a_vehicle_follows_its_partner() -> None:
    planned = orders(plan_day(day(LockedPrefix("b", ("p2",)), Before("p2", "p0")), Budget(50)))

    assert "p0" in planned["b"]
