from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.contradictions import contradiction
from routing.facts import Facts
from routing.problem import Before, First, Last, LockedPrefix, OnVehicle, Pin, Problem
from tests.routing.days import line, pin_sets, problem, stop, van


def day_of(pins: list[Pin], stops: int = 3) -> Problem:
    return problem([stop(f"p{i}") for i in range(stops)], line(*range(1, stops + 1)), [van("a"), van("b")], pins=pins)


@pytest.mark.parametrize(
    "pins",
    [
        (Before("p0", "p1"), Before("p1", "p0")),
        (Before("p0", "p1"), Before("p1", "p2"), Before("p2", "p0")),
        (First("p0"), Before("p1", "p0")),
        (Last("p0"), Before("p0", "p1")),
        (Before("p0", "p1"), OnVehicle("p0", "a"), OnVehicle("p1", "b")),
        (First("p0"), LockedPrefix("a", ("p1", "p0"))),
        (Last("p0"), LockedPrefix("a", ("p0", "p1"))),
        (First("p0"), OnVehicle("p0", "a"), LockedPrefix("a", ("p1",))),
        (Before("p2", "p0"), LockedPrefix("a", ("p0", "p1"))),
        (OnVehicle("p0", "b"), LockedPrefix("a", ("p0",))),
    ],
)
def test_pins_that_contradict_each_other_are_found_and_no_others(pins: tuple[Pin, ...]) -> None:
    assert set(contradiction(day_of([OnVehicle("p2", "b"), *pins]), "p0")) == set(pins)


def test_pins_that_can_be_kept_on_two_vehicles_do_not_contradict_each_other() -> None:
    assert contradiction(day_of([First("p0"), First("p1"), Last("p2"), Before("p0", "p2")]), "p0") == ()


def test_a_contradiction_among_others_is_none_of_the_stops_business() -> None:
    assert contradiction(day_of([Before("p0", "p1"), Before("p1", "p0"), First("p2")]), "p2") == ()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_share_out_and_no_order_keeps_a_contradiction_and_each_smaller_set_can_be_kept(data: st.DataObject) -> None:
    pins = data.draw(pin_sets(["p0", "p1", "p2"], [], ["a", "b"]))
    found = contradiction(day_of(list(pins)), "p0")

    def can_be_kept(some: tuple[Pin, ...]) -> bool:
        facts = Facts(day_of(list(some)))
        named = sorted({one for pin in some for one in _named(pin)})
        orders = (
            {"a": list(order[:cut]), "b": list(order[cut:])}
            for order in permutations(named)
            for cut in range(len(named) + 1)
        )
        return any(not any(facts.broken_pins(routes)) for routes in orders)

    if found:
        assert not can_be_kept(found)
        assert all(can_be_kept(tuple(pin for pin in found if pin is not gone)) for gone in found)
    elif 0 < len(pins) <= 3 and all("p0" in _named(pin) for pin in pins):
        assert can_be_kept(pins)


def _named(pin: Pin) -> tuple[str, ...]:
    if isinstance(pin, LockedPrefix):
        return pin.visit_ids
    return (pin.stop_id, pin.then_id) if isinstance(pin, Before) else (pin.stop_id,)
