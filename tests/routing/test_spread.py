from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.problem import Weights
from routing.refusals import BadNumber
from routing.spread import last_begin_s, pad_s
from tests.routing.days import line, problem, stop

QUANTILES = st.integers(50, 95)


@given(elapsed_s=st.integers(-3_600, 100_000), quantile=QUANTILES)
def test_the_pad_follows_the_spread_of_steps_and_pace(elapsed_s: int, quantile: int) -> None:
    steps = max(0, elapsed_s) / 780
    deviation = (steps * (72**2 + 105**2) + (0.06 * 480 * steps) ** 2) ** 0.5

    assert pad_s(elapsed_s, quantile) == pytest.approx(
        NormalDist().inv_cdf(quantile / 100) * deviation, rel=0.03, abs=4
    )


@given(elapsed_s=st.integers(-10, 100_000), quantile=QUANTILES)
def test_the_pad_never_falls(elapsed_s: int, quantile: int) -> None:
    assert 0 == pad_s(elapsed_s, 50) <= pad_s(elapsed_s, quantile) <= pad_s(elapsed_s + 1, quantile)
    assert pad_s(elapsed_s, quantile) <= pad_s(elapsed_s, 95)


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
    last_s = last_begin_s(start_s, end_s, first_hour_s, quantile)

    assert end_s - width_s // 2 <= last_s <= end_s
    late = last_s + pad_s(last_s - first_hour_s, quantile) > end_s
    assert not late or last_s == end_s - width_s // 2
    assert last_s == end_s or last_s + 1 + pad_s(last_s + 1 - first_hour_s, quantile) > end_s


@pytest.mark.parametrize("quantile", [49, 96, 80.0, True])
def test_a_quantile_that_is_none_is_refused_by_name(quantile: int) -> None:
    with pytest.raises(BadNumber, match="hours_quantile"):
        Weights(hours_quantile=quantile)


def test_the_fingerprint_sees_the_quantile() -> None:
    plain = problem([stop("p0")], line(5))

    assert problem([stop("p0")], line(5), weights=Weights(hours_quantile=80)).fingerprint() != plain.fingerprint()
