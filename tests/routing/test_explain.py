from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.by_hand import Judge
from routing.explain import explain
from routing.facts import Facts
from routing.overlooked import ways_in
from routing.plan import Budget, LeftOut, Nearest, Plan, Reason, Why
from routing.problem import (
    Before,
    Farm,
    First,
    Goods,
    Last,
    Load,
    LockedPrefix,
    OnVehicle,
    Problem,
    Rest,
    Vehicle,
    Window,
)
from routing.search import plan_day
from routing.wishes import visits_named
from tests.routing.days import ALL_DAY, HOUR, days, line, matrix, place, problem, stop, van

MORNING = (Window(8 * HOUR, 9 * HOUR),)


def left_out(day: Problem) -> LeftOut:
    plan = plan_day(day, Budget(30))
    assert len(plan.left_out) == 1, plan.left_out
    return plan.left_out[0]


def test_nobody_is_left_out_of_an_easy_day() -> None:
    assert plan_day(problem([stop("p0"), stop("p1")], line(10, 20)), Budget(10)).left_out == ()


def test_an_address_without_a_point() -> None:
    assert left_out(problem([stop("p0", place=None)], line(10))).reason == Reason.NO_POINT


def test_a_place_far_from_every_road_says_how_far() -> None:
    left = left_out(problem([stop("p0", road_gap_m=412)], line(10)))

    assert (left.reason, left.by) == (Reason.OFF_ROAD, 412)


def test_a_place_that_can_be_reached_but_not_left() -> None:
    island = matrix(["depot", "p0"], [[0, 600], [-1, 0]])

    assert left_out(problem([stop("p0")], island)).reason == Reason.CUT_OFF


def test_a_stop_that_is_closed_all_day() -> None:
    assert left_out(problem([stop("p0", windows=())], line(10))).reason == Reason.CLOSED


def test_a_day_without_vehicles() -> None:
    assert left_out(problem([stop("p0")], line(10), vehicles=[])).reason == Reason.NO_VEHICLE


def test_a_vehicle_whose_day_has_no_length_serves_nobody_and_says_so() -> None:
    left = left_out(problem([stop("p0")], line(10), [van(hours=Window(8 * HOUR, 8 * HOUR))]))

    assert (left.reason, left.nearest) == (
        Reason.TOO_FAR_ALONE,
        Nearest("van", Why.BACK_LATE, 1_500, end_s=8 * HOUR + 1_500, fits=True),
    )


def test_a_window_that_ends_before_the_vehicle_is_there_says_until_when_it_would_have_to_last() -> None:
    left = left_out(problem([stop("p0", windows=(Window(0, 6 * HOUR),))], line(10)))

    assert (left.reason, left.by) == (Reason.TOO_FAR_ALONE, 2 * HOUR + 600)
    assert left.nearest == Nearest("van", Why.LATE, 2 * HOUR + 600, at_id="p0", end_s=8 * HOUR + 600, fits=True)


def test_two_pins_that_name_two_vehicles_exclude_all() -> None:
    pins = [OnVehicle("p0", "a"), OnVehicle("p0", "b")]
    left = left_out(problem([stop("p0")], line(10), [van("a"), van("b")], pins=list(pins)))

    assert (left.reason, set(left.pins)) == (Reason.NO_VEHICLE, set(pins))


def test_more_crates_than_any_vehicle_carries_says_how_many_more() -> None:
    left = left_out(problem([stop("p0", goods=(Goods(None, Load(0, 620)),))], line(10), [van("a"), van("b")]))

    assert (left.reason, left.by) == (Reason.TOO_BIG, 120)


def test_a_farm_that_opens_after_its_only_drop_closes() -> None:
    farm = Farm("farm", place("p1"), (Window(12 * HOUR, 13 * HOUR),), 300)
    drop = stop("p0", windows=MORNING, goods=(Goods("farm", Load(100, 0)),))
    left = left_out(problem([drop], line(10, 20), farms=[farm]))

    assert (left.reason, left.at_id) == (Reason.FARM_CLOSED, "farm")


@pytest.mark.parametrize(
    "farm",
    [
        Farm("farm", None, ALL_DAY, 300),
        Farm("farm", place("x"), ALL_DAY, 300, road_gap_m=900),
        Farm("farm", place("p1"), (), 300),
    ],
)
def test_a_farm_that_cannot_be_called_at_at_all(farm: Farm) -> None:
    left = left_out(problem([stop("p0", goods=(Goods("farm", Load(100, 0)),))], line(10, 20), farms=[farm]))

    assert (left.reason, left.at_id) == (Reason.FARM_CLOSED, "farm")


def test_too_far_even_alone_says_by_how_many_minutes() -> None:
    left = left_out(problem([stop("p0", windows=MORNING)], line(75), [van("a"), van("b", speed_percent=50)]))

    assert (left.reason, left.by) == (Reason.TOO_FAR_ALONE, 15 * 60)
    assert left.nearest == Nearest("a", Why.LATE, 15 * 60, at_id="p0", end_s=9 * HOUR + 900, fits=True)
    assert [one.vehicle_id for one in left.misses] == ["a", "b"]


def test_too_far_to_be_back_in_time() -> None:
    left = left_out(problem([stop("p0")], line(60), [van(hours=Window(8 * HOUR, 10 * HOUR))]))

    assert (left.reason, left.nearest) == (
        Reason.TOO_FAR_ALONE,
        Nearest("van", Why.BACK_LATE, 300, end_s=10 * HOUR + 300, fits=True),
    )


def test_too_far_for_a_driver_who_must_rest() -> None:
    left = left_out(problem([stop("p0")], line(60), [van(rest=Rest(3_000, 600))]))

    assert left.nearest is not None
    assert (left.reason, left.nearest.why) == (Reason.TOO_FAR_ALONE, Why.NO_REST)


def test_pins_that_contradict_each_other_are_named_and_no_others() -> None:
    circle = {Before("p0", "p1"), Before("p1", "p0")}
    left = left_out(problem([stop("p0"), stop("p1"), stop("p2")], line(10, 20, 30), pins=[First("p2"), *circle]))

    assert (left.reason, set(left.pins)) == (Reason.PIN_CONFLICT, circle)


def test_two_who_must_both_be_first_contradict_each_other() -> None:
    left = left_out(problem([stop("p0"), stop("p1")], line(10, 20), pins=[First("p0"), First("p1")]))

    assert (left.reason, set(left.pins)) == (Reason.PIN_CONFLICT, {First("p0"), First("p1")})


def test_a_locked_beginning_that_cannot_be_driven_keeps_the_vehicle_at_home() -> None:
    locked = LockedPrefix("van", ("p0", "p1"))
    stops = [stop("p0"), stop("p1", windows=MORNING), stop("p2", goods=())]
    day = problem(stops, line(50, 10, 20), pins=[locked, Last("p2")])
    plan = plan_day(day, Budget(10))

    assert plan.routes == ()
    assert {left.stop_id: (left.reason, left.pins) for left in plan.left_out} == {
        "p0": (Reason.PIN_CONFLICT, (locked,)),
        "p1": (Reason.PIN_CONFLICT, (locked,)),
        "p2": (Reason.PIN_CONFLICT, (locked,)),
    }


@pytest.mark.parametrize("load", [Load(600, 0), Load(0, 300)])
def test_a_locked_beginning_that_is_too_heavy_keeps_the_vehicle_at_home(load: Load) -> None:
    heavy = [stop(f"p{i}", goods=(Goods(None, load),)) for i in range(2)]
    plan = plan_day(problem(heavy, line(10, 20), pins=[LockedPrefix("van", ("p0", "p1"))]), Budget(10))

    assert [left.reason for left in plan.left_out] == [Reason.PIN_CONFLICT] * 2


def test_a_full_van_says_how_many_crates_are_over_and_who_could_stay() -> None:
    goods = (Goods(None, Load(0, 300)),)
    cheap, dear = stop("p0", goods=goods, worth=10**7), stop("p1", goods=goods, worth=10**8)
    left = left_out(problem([dear, cheap, stop("p2", goods=())], line(10, 20, 30)))

    assert (left.stop_id, left.reason, left.instead_id) == ("p0", Reason.DAY_FULL, "p1")
    assert left.nearest is not None
    assert (left.nearest.why, left.nearest.by_load, left.nearest.fits) == (Why.CHILLED_OVER, 100, True)


def test_two_at_the_same_hour_say_how_late_the_second_would_be() -> None:
    at_nine = (Window(9 * HOUR, 9 * HOUR + 300),)
    left = left_out(problem([stop("p0", windows=at_nine), stop("p1", windows=at_nine, worth=10**8)], line(10, 25)))

    # Five minutes at the one and fifteen of way: a quarter of an hour more than the window lasts.
    assert (left.stop_id, left.reason) == ("p0", Reason.DAY_FULL)
    assert left.nearest == Nearest("van", Why.LATE, 15 * 60, at_id="p1", end_s=9 * HOUR + 1_200, fits=True)


def test_explaining_a_plan_again_gives_the_same_reasons() -> None:
    at_nine = (Window(9 * HOUR, 9 * HOUR + 300),)
    stops = [stop(f"p{i}", windows=at_nine) for i in range(3)]
    day = problem([*stops, stop("p3", place=None)], line(10, 25, 40))
    plan = plan_day(day, Budget(10))

    assert len(plan.left_out) == 3
    assert explain(day, plan) == plan.left_out


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days())
def test_what_would_be_enough_is_enough(day: Problem) -> None:
    """Grant whoever is left out the one thing that is said to be missing, and the plan can take him in."""
    plan = plan_day(day, Budget(6))
    orders = {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}
    for left in plan.left_out:
        near = left.nearest
        if near is None or not near.fits or near.why not in (Why.BACK_LATE, Why.TOO_LONG, Why.AMBIENT_OVER):
            continue
        granted = tuple(_with(vehicle, near) if vehicle.id == near.vehicle_id else vehicle for vehicle in day.vehicles)
        judge = Judge(Facts(replace(day, vehicles=granted)))
        stop_of = next(one for one in day.stops if one.id == left.stop_id)
        ways = ways_in(stop_of, [] if left.reason is Reason.TOO_FAR_ALONE else orders.get(near.vehicle_id, []))
        assert any(judge.drivable(near.vehicle_id, way) for way in ways)


def _with(vehicle: Vehicle, near: Nearest) -> Vehicle:
    if near.why is Why.BACK_LATE:
        return replace(vehicle, hours=Window(vehicle.hours.start_s, near.end_s or 0))
    if near.why is Why.TOO_LONG:
        return replace(vehicle, max_duration_s=vehicle.max_duration_s + near.by_s)
    room = vehicle.capacity
    return replace(vehicle, capacity=Load(room.ambient + near.by_load, room.chilled))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days(), others=st.integers(0, 9))
def test_a_reason_of_the_stop_alone_does_not_depend_on_the_others(day: Problem, others: int) -> None:
    alone = {Reason.NO_POINT, Reason.OFF_ROAD, Reason.CLOSED, Reason.NO_VEHICLE, Reason.TOO_BIG}
    told = {left.stop_id: left.reason for left in plan_day(day, Budget(3)).left_out}
    kept = tuple(one for i, one in enumerate(day.stops) if i % 3 or told.get(one.id) in alone or i == others)
    ids = {one.id for one in kept}
    pins = tuple(pin for pin in day.pins if not isinstance(pin, LockedPrefix) and ids.issuperset(visits_named(pin)))
    fewer = {left.stop_id: left.reason for left in plan_day(replace(day, stops=kept, pins=pins), Budget(3)).left_out}

    locked = {one for pin in day.pins if isinstance(pin, LockedPrefix) for one in pin.visit_ids}
    for stop_id, reason in told.items():
        if reason in alone and stop_id not in locked:
            assert fewer[stop_id] == reason


def test_a_plan_that_cannot_be_driven_is_not_explained() -> None:
    day = problem([stop("p0")], line(10))
    plan: Plan = plan_day(day, Budget(1))

    with pytest.raises(ValueError, match="cannot be driven"):
        explain(replace(day, vehicles=(van(capacity=Load(0, 0)),)), plan)
