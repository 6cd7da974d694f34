from dataclasses import replace
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.by_hand import FaultKind, time_plan
from routing.plan import Budget, Reason
from routing.problem import Weights, Window
from routing.refusals import BadNumber
from routing.search import plan_day
from routing.spread import USUAL_SPREAD, Spread, last_begin_s, pad_s
from tests.routing.days import HOUR, line, problem, stop

QUANTILES = st.integers(50, 95)


@given(elapsed_s=st.integers(-3_600, 100_000), quantile=QUANTILES)
def test_the_pad_follows_the_spread_of_steps_and_pace(elapsed_s: int, quantile: int) -> None:
    steps = max(0, elapsed_s) / 780
    deviation = (steps * (72**2 + 105**2) + (0.06 * 480 * steps) ** 2) ** 0.5

    assert pad_s(elapsed_s, quantile, USUAL_SPREAD) == pytest.approx(
        NormalDist().inv_cdf(quantile / 100) * deviation, rel=0.03, abs=4
    )


@given(elapsed_s=st.integers(-10, 100_000), quantile=QUANTILES)
def test_the_pad_never_falls(elapsed_s: int, quantile: int) -> None:
    def pad(elapsed_s: int, quantile: int) -> int:
        return pad_s(elapsed_s, quantile, Spread(90_000, 200_000, 300_000, (("relay", 500_000),)))

    assert 0 == pad(elapsed_s, 50) <= pad(elapsed_s, quantile) <= pad(elapsed_s + 1, quantile)
    assert pad(elapsed_s, quantile) <= pad(elapsed_s, 95)


@pytest.mark.parametrize(
    ("spread", "deviation"),
    [
        (Spread(pace=0, leg=100_000, stop=0), 48 * 10**0.5),
        (Spread(pace=0, leg=0, stop=200_000), 60 * 10**0.5),
        (Spread(pace=0, leg=0, stop=200_000, by_kind=(("home", 100_000), ("relay", 700_000))), 150 * 10**0.5),
        (Spread(pace=100_000, leg=0, stop=0), 480),
    ],
)
def test_the_pad_follows_what_was_learnt(spread: Spread, deviation: float) -> None:
    assert pad_s(7_800, 80, spread) == pytest.approx(NormalDist().inv_cdf(0.8) * deviation, rel=0.01, abs=1)


def test_a_day_whose_hours_are_learnt_to_stray_more_is_planned_more_carefully() -> None:
    at_nine = (Window(8 * HOUR, 9 * HOUR),)
    day = problem([stop("p0", windows=at_nine)], line(50), weights=Weights(hours_quantile=80))
    wild = replace(day, spread=Spread(pace=300_000, leg=300_000, stop=600_000))

    assert time_plan(day, {"van": ["p0"]}).faults == ()
    assert [fault.kind for fault in time_plan(wild, {"van": ["p0"]}).faults] == [FaultKind.TIGHT]
    assert plan_day(day, Budget(5)).left_out == ()
    assert [left.reason for left in plan_day(wild, Budget(5)).left_out] == [Reason.TOO_FAR_ALONE]


@given(
    start_s=st.integers(0, 80_000),
    width_s=st.integers(0, 40_000),
    first_hour_s=st.integers(0, 90_000),
    quantile=QUANTILES,
)
def test_a_window_is_shrunk_to_what_is_in_time_but_never_to_less_than_half(
    start_s: int, width_s: int, first_hour_s: int, quantile: int
) -> None:
    end_s = start_s + width_s
    last_s = last_begin_s(start_s, end_s, first_hour_s, quantile, USUAL_SPREAD)

    assert end_s - width_s // 2 <= last_s <= end_s
    late = last_s + pad_s(last_s - first_hour_s, quantile, USUAL_SPREAD) > end_s
    assert not late or last_s == end_s - width_s // 2
    assert last_s == end_s or last_s + 1 + pad_s(last_s + 1 - first_hour_s, quantile, USUAL_SPREAD) > end_s


@pytest.mark.parametrize("quantile", [49, 96, 80.0, True])
def test_a_quantile_that_is_none_is_refused_by_name(quantile: int) -> None:
    with pytest.raises(BadNumber, match="hours_quantile"):
        Weights(hours_quantile=quantile)


def test_the_fingerprint_sees_the_quantile() -> None:
    plain = problem([stop("p0")], line(5))

    assert problem([stop("p0")], line(5), weights=Weights(hours_quantile=80)).fingerprint() != plain.fingerprint()
