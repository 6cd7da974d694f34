from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.problem import Before, First, Goods, Load, LockedPrefix, OnVehicle, Place, Problem, Window
from routing.refusals import BadMatrix, BadNumber, BadPin, BadPlace, BadWindow, ProblemError, TwiceTheSameId, UnknownId
from routing.spread import Spread
from routing.travel import TravelMatrix
from tests.routing.days import days, line, problem, shuffled, stop, van


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        # one thing by itself
        (BadWindow, lambda: Window(36_000, 28_800)),
        (BadNumber, lambda: Window(-1, 28_800)),
        (BadNumber, lambda: Window(0, 10**9)),
        (BadNumber, lambda: Load(-1, 0)),
        (BadNumber, lambda: Load(1.5, 0)),  # type: ignore[arg-type]
        (BadNumber, lambda: stop("a", service_s=-60)),
        (BadNumber, lambda: van(speed_percent=0)),
        (BadNumber, lambda: van(per_m=-1)),
        (BadNumber, lambda: van(capacity=Load(0, -5))),
        (BadWindow, lambda: van(hours=None)),
        (BadNumber, lambda: Spread(leg=-1)),
        (BadNumber, lambda: Spread(by_kind=(("café", 2_000_000),))),
        (TwiceTheSameId, lambda: Spread(by_kind=(("café", 1), ("café", 2)))),
        (BadPlace, lambda: Place("a", 91.0, 2.0)),
        (BadPlace, lambda: Place("a", float("nan"), 2.0)),
        (UnknownId, lambda: Place("", 50.0, 2.0)),
        (BadPin, lambda: Before("a", "a")),
        (BadPin, lambda: LockedPrefix("van", ())),
        (TwiceTheSameId, lambda: LockedPrefix("van", ("a", "a"))),
        # things that do not fit together
        (TwiceTheSameId, lambda: problem([stop("p0"), stop("p0")], line(5))),
        (TwiceTheSameId, lambda: problem([stop("p0")], line(5), [van(), van()])),
        (UnknownId, lambda: problem([stop("elsewhere")], line(5))),
        (UnknownId, lambda: problem([stop("p0", goods=(Goods("no farm", Load()),))], line(5))),
        (UnknownId, lambda: problem([stop("p0", vehicle_ids=frozenset({"no van"}))], line(5))),
        (UnknownId, lambda: problem([stop("p0")], line(5), pins=[First("nobody")])),
        (UnknownId, lambda: problem([stop("p0")], line(5), pins=[OnVehicle("p0", "no van")])),
        (TwiceTheSameId, lambda: problem([stop("p0")], line(5), pins=[LockedPrefix("van", ("p0",))] * 2)),
    ],
)
def test_nonsense_is_refused_by_name(kind: type[ProblemError], make: Callable[[], object]) -> None:
    with pytest.raises(kind) as refused:
        make()

    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "durations",
    [
        np.zeros((2, 3), dtype=np.int32),
        np.array([[0, -2], [3, 0]], dtype=np.int32),
        np.array([[1, 2], [3, 0]], dtype=np.int32),
        np.array([[0, 2**40], [3, 0]], dtype=np.int64),
        np.array([[0.0, 1.5], [3.0, 0.0]]),
    ],
)
def test_a_matrix_that_is_no_matrix_is_refused(durations: np.ndarray) -> None:
    with pytest.raises(BadMatrix):
        TravelMatrix(("a", "b"), durations, np.zeros((2, 2), dtype=np.int32))


def test_a_matrix_answers_by_name_and_cannot_be_changed() -> None:
    travel = TravelMatrix(
        ("a", "b"), np.array([[0, 7], [-1, 0]], dtype=np.int32), np.array([[0, 70], [-1, 0]], np.int32)
    )

    assert (travel.duration_s("a", "b"), travel.distance_m("a", "b"), travel.duration_s("b", "a")) == (7, 70, -1)
    with pytest.raises(ValueError, match="read-only"):
        travel.durations_s[0, 1] = 8


def test_a_stop_without_a_point_needs_no_travel_times() -> None:
    day = problem([stop("p0", place=None), stop("far", road_gap_m=800)], line())

    assert len(day.stops) == 2


@settings(max_examples=60, deadline=None)
@given(day=days(), seed=st.integers(0, 99))
def test_the_fingerprint_does_not_see_the_order_of_the_input(day: Problem, seed: int) -> None:
    assert shuffled(day, seed).fingerprint() == day.fingerprint()


@pytest.mark.parametrize(
    "other",
    [
        problem([stop("p0", service_s=301)], line(5)),
        problem([stop("p0", returns=Load(1, 0))], line(5)),
        problem([stop("p0")], line(6)),
        problem([stop("p0")], line(5), [van(max_duration_s=1)]),
        problem([stop("p0")], line(5), pins=[First("p0")]),
        problem([stop("p0", goods=(Goods(None, Load(0, 100)),))], line(5)),
        problem([stop("p0", kind="café")], line(5)),
        replace(problem([stop("p0")], line(5)), spread=Spread(pace=1)),
    ],
)
def test_the_fingerprint_sees_every_change(other: Problem) -> None:
    day = problem([stop("p0")], line(5))

    assert other.fingerprint() != day.fingerprint()
    assert replace(day).fingerprint() == day.fingerprint()
