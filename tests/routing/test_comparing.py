from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.by_hand import time_plan
from routing.comparing import Moved, compare
from routing.plan import Budget, LeftOut, Plan, Reason
from routing.problem import Problem
from routing.search import plan_day
from tests.routing.days import HOUR, days, line, problem, stop, van

DAY = problem([stop(f"p{i}") for i in range(4)], line(10, 20, 30, 40), [van("a"), van("b")])


def plan(orders: Mapping[str, Sequence[str]], day: Problem = DAY, departures: Mapping[str, int] | None = None) -> Plan:
    timed = time_plan(day, orders, departures)
    left = tuple(LeftOut(one, Reason.DAY_FULL, "") for one in timed.absent)
    return Plan(timed.routes, left, timed.cost, day.fingerprint(), Budget(0), "by hand")


@settings(max_examples=40, deadline=None)
@given(day=days())
def test_a_plan_compared_with_itself_has_not_changed(day: Problem) -> None:
    orders = {day.vehicles[0].id: [one.id for one in day.stops]} if day.vehicles else {}
    same = plan(orders, day)

    assert compare(same, same).is_nothing


@settings(max_examples=60, deadline=None)
@given(day=days(), seed=st.integers(0, 3))
def test_a_change_told_backwards_is_the_change_undone(day: Problem, seed: int) -> None:
    before, after = plan_day(day, Budget(2, seed)), plan_day(day, Budget(25, seed + 1))
    there, back = compare(before, after), compare(after, before)

    assert (there.taken_in, there.left_out) == (back.left_out, back.taken_in)
    assert there.metres == -back.metres
    assert {(one.visit_id, one.by_s) for one in there.moved} == {(one.visit_id, -one.by_s) for one in back.moved}
    assert not there.new
    assert not there.gone


def test_who_moves_to_another_vehicle_is_named_with_the_minutes() -> None:
    start = {"a": 9 * HOUR, "b": 9 * HOUR}
    before = plan({"a": ["p0", "p1", "p2", "p3"]}, departures={"a": 9 * HOUR})
    changes = compare(before, plan({"a": ["p0", "p2", "p3"], "b": ["p1"]}, departures=start))

    assert changes.moved == (
        Moved("p1", "a", "b", 9 * HOUR + 1_500, 9 * HOUR + 1_200, promise_kept=True),
        Moved("p2", "a", "a", 9 * HOUR + 2_400, 9 * HOUR + 2_100, promise_kept=True),
        Moved("p3", "a", "a", 9 * HOUR + 3_300, 9 * HOUR + 3_000, promise_kept=True),
    )
    assert [one.changes_vehicle for one in changes.moved] == [True, False, False]
    assert [one.by_s for one in changes.moved] == [-300] * 3
    a, b = changes.vehicles
    assert (a.kept, a.stops_before, a.stops_after, a.metres_after - a.metres_before) == (3, 4, 3, 0)
    assert (b.return_before_s, b.return_after_s, b.metres_after) == (None, 9 * HOUR + 2_700, 24_000)
    assert changes.metres == 24_000


def test_an_hour_outside_what_was_promised_is_told() -> None:
    before = plan({"a": ["p0"]}, departures={"a": 9 * HOUR})
    after = plan({"a": ["p0"]}, departures={"a": 10 * HOUR})

    assert [one.promise_kept for one in compare(before, after).moved] == [False]


def test_who_is_new_gone_taken_in_or_left_out_is_told_apart() -> None:
    before = plan({"a": ["p0", "p1"]})
    today = replace(DAY, stops=(*(one for one in DAY.stops if one.id != "p0"), stop("p5", at="p0")))
    changes = compare(before, plan({"a": ["p5", "p2"]}, today))

    assert (changes.new, changes.taken_in, changes.left_out, changes.gone) == (("p5",), ("p2",), ("p1",), ("p0",))


def test_a_route_turned_round_keeps_one_stop_in_its_place() -> None:
    changes = compare(plan({"a": ["p0", "p1", "p2", "p3"]}), plan({"a": ["p3", "p2", "p1", "p0"]}))

    assert changes.vehicles[0].kept == 1
