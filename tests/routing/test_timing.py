from dataclasses import replace

from hypothesis import given, settings

from routing.day import Day, merged, most_work
from routing.plan import Budget, Route
from routing.problem import Habit, Problem, Rest, Window
from routing.search import plan_day
from tests.routing.days import HOUR, days, line, problem, stop, van


def the_route(day: Problem) -> Route:
    plan = plan_day(day, Budget(20))
    assert plan.left_out == ()
    assert len(plan.routes) == 1
    return plan.routes[0]


def test_the_van_leaves_as_late_as_costs_nobody_an_hour() -> None:
    route = the_route(problem([stop("p0", windows=(Window(10 * HOUR, 11 * HOUR),))], line(20)))

    assert route.departure_s == 10 * HOUR - 1_200
    assert route.visits[0].arrival_s == route.visits[0].start_s == 10 * HOUR
    assert route.visits[0].slack_s == HOUR


def test_without_waiting_the_van_leaves_at_its_first_hour() -> None:
    assert the_route(problem([stop("p0")], line(20))).departure_s == 8 * HOUR


def test_a_place_open_twice_is_waited_for_at_noon() -> None:
    lunch = (Window(8 * HOUR, 9 * HOUR), Window(14 * HOUR, 15 * HOUR))
    early = stop("p0", windows=(Window(8 * HOUR, 8 * HOUR + 1_800),))
    visits = the_route(problem([early, stop("p1", windows=lunch)], line(20, 90))).visits

    assert [visit.visit_id for visit in visits] == ["p0", "p1"]
    assert visits[1].start_s == 14 * HOUR


def test_a_long_day_has_a_rest_before_the_sixth_hour_ends() -> None:
    stops = [stop(f"p{i}", service_s=HOUR, goods=()) for i in range(7)]
    route = the_route(problem(stops, line(*range(5, 40, 5))))

    assert route.return_s - route.departure_s == 7 * HOUR + 70 * 60 + 1_200
    rested = [visit for visit in route.visits if visit.rest_s]
    assert [visit.rest_s for visit in rested] == [1_200]
    assert rested[0].departure_s - 1_200 - route.departure_s <= 6 * HOUR


def test_waiting_long_enough_is_a_rest() -> None:
    morning = [stop(f"p{i}", service_s=HOUR, goods=(), windows=(Window(8 * HOUR, 11 * HOUR),)) for i in range(3)]
    evening = [stop(f"p{i}", service_s=HOUR, goods=(), windows=(Window(13 * HOUR, 18 * HOUR),)) for i in range(3, 6)]
    route = the_route(problem(morning + evening, line(1, 2, 3, 4, 5, 6)))

    assert route.return_s - route.departure_s > 6 * HOUR
    assert all(visit.rest_s == 0 for visit in route.visits)


def test_a_slow_vehicle_needs_its_time_rounded_up() -> None:
    day = problem([stop("p0")], line(20), [van(speed_percent=70)])

    assert the_route(day).legs[0].duration_s == 1_715  # 1200 / 0.7 = 1714.28…


def test_a_habit_far_from_the_hour_costs_drift() -> None:
    at_two = Habit(14 * HOUR, "van", 5)
    day = problem([stop("p0", habit=at_two)], line(20))
    without = replace(day, stops=(stop("p0"),))

    drift_s = 14 * HOUR - (8 * HOUR + 1_200) - 900
    assert the_route(day).cost - the_route(without).cost == 100 * drift_s


@settings(max_examples=100, deadline=None)
@given(day=days(most_stops=6))
def test_nothing_after_a_visit_breaks_when_it_begins_later_by_its_slack(day: Problem) -> None:
    plan = plan_day(day, Budget(5))
    limits = {vehicle.id: vehicle for vehicle in day.vehicles}
    windows = {stop.id: stop.windows for stop in day.stops} | {farm.id: farm.windows for farm in day.farms}
    for route in plan.routes:
        for i, visit in enumerate(route.visits):
            start = visit.start_s + visit.slack_s
            assert any(window.start_s <= start <= window.end_s for window in windows[visit.visit_id])
            ready = start + visit.departure_s - visit.start_s
            for later, leg in zip(route.visits[i + 1 :], route.legs[i + 1 :], strict=False):
                arrival = ready + leg.duration_s
                begins = [max(arrival, w.start_s) for w in windows[later.visit_id] if w.end_s >= arrival]
                assert begins
                ready = min(begins) + later.departure_s - later.start_s
            assert ready + route.legs[-1].duration_s <= limits[route.vehicle_id].hours.end_s


def test_windows_that_touch_are_one() -> None:
    assert merged((Window(50, 60), Window(10, 20), Window(21, 30), Window(55, 58))) == [(10, 30), (50, 60)]


def test_the_longest_work_leaves_room_for_the_rests_it_needs() -> None:
    ten_hours = van(max_duration_s=10 * HOUR, rest=Rest(6 * HOUR, 1_200))

    assert most_work(ten_hours) == 10 * HOUR - 1_200
    assert most_work(replace(ten_hours, max_duration_s=6 * HOUR + 600)) == 6 * HOUR
    assert most_work(replace(ten_hours, rest=None)) == 10 * HOUR


def test_nodes_are_numbered_by_id_whatever_the_order_of_the_input() -> None:
    day = Day(problem([stop("p1"), stop("p0")], line(10, 20), [van("b"), van("a")]))

    assert [one.id for one in day.stops] == ["p0", "p1"]
    assert [one.id for one in day.vehicles] == ["a", "b"]
