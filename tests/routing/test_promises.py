import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.problem import Window
from routing.promises import Step, _exponential, _factors, _splitmix, promises
from routing.spread import Spread

STILL = Spread(0, 0, 0)
OPEN = (Window(0, 90_000),)


def step(
    name: str, start_s: int, *, leg_s: int = 600, windows: tuple[Window, ...] = OPEN, spread: int = 350_000
) -> Step:
    return Step(name, leg_s, start_s, 300, 0, windows, spread)


def test_factors_are_lognormal_with_the_median_one() -> None:
    factors = np.sort(np.concatenate([_factors(f"draw {i}", 350_000) for i in range(50)])) / 1_000_000
    logs = np.log(factors)

    assert np.median(factors) == pytest.approx(1, rel=0.01)
    assert logs.std() == pytest.approx(0.35, rel=0.02)
    assert np.quantile(logs, [0.1, 0.9]) == pytest.approx([-0.4485, 0.4485], rel=0.03)


@given(st.integers(-6_000_000, 6_000_000))
def test_the_exponential_is_one(millionths: int) -> None:
    found = int(_exponential(np.array([millionths], dtype=np.int64))[0])

    assert found == pytest.approx(np.exp(millionths / 1e6) * 1e6, rel=1e-3, abs=10)


def test_the_generator_is_splitmix64() -> None:
    assert [int(one) for one in _splitmix(1234567, 3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_the_same_round_is_promised_the_same_hours_on_every_machine() -> None:
    steps = [step(f"p{i}", 30_600 + i * 900) for i in range(12)]
    told = promises("van", 30_000, steps, Spread())

    assert [(one.start_s, one.end_s) for one in told[::5]] == [(30_300, 31_500), (34_500, 36_000), (39_000, 40_800)]
    assert [int(one) for one in _factors("leg p0", 150_000)[:4]] == [921_615, 1_205_048, 1_051_612, 1_032_619]


def test_a_visit_keeps_its_promise_when_only_those_after_it_change() -> None:
    steps = [step(f"p{i}", 30_600 + i * 900) for i in range(12)]

    assert promises("van", 30_000, steps[:6], Spread()) == promises("van", 30_000, steps, Spread())[:6]


def test_waiting_at_a_window_takes_the_delay_up() -> None:
    late = step("p3", 40_000, windows=(Window(40_000, 50_000),))
    told = promises("van", 30_000, [step("p1", 30_600), step("p2", 31_500), late], Spread())[-1]

    assert told == Window(40_000, 41_400)


def test_a_promise_does_not_open_before_the_place_does() -> None:
    told = promises("van", 30_000, [step("p0", 30_720, leg_s=700, windows=(Window(30_720, 40_000),))], Spread())

    assert told[0].start_s == 30_720


def test_a_visit_begun_after_its_last_window_is_promised_all_the_same() -> None:
    told = promises("van", 30_000, [step("p0", 30_600, windows=(Window(0, 20_000),))], STILL)

    assert told[0] == Window(30_600, 31_800)


@given(
    st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 1_000_000)), min_size=1, max_size=30),
    st.integers(0, 30_000),
)
def test_a_promise_holds_the_planned_hour_on_five_minute_marks(legs: list[tuple[int, int]], departure_s: int) -> None:
    ready_s, steps = departure_s, []
    for i, (leg_s, spread) in enumerate(legs):
        steps.append(step(f"p{i}", ready_s + leg_s, leg_s=leg_s, spread=spread))
        ready_s += leg_s + 300
    for asked, told in zip(steps, promises("van", departure_s, steps, Spread()), strict=True):
        assert told.start_s % 300 == told.end_s % 300 == 0
        assert told.start_s <= asked.start_s <= told.end_s
        assert told.end_s - told.start_s >= 1_200


def test_the_promise_holds_four_fifths_of_the_runs_where_it_is_wide() -> None:
    steps = [step(f"p{i}", 30_600 + i * 900) for i in range(40)]
    told = promises("van", 30_000, steps, Spread())[-1]
    pace, ready = _factors("pace another day", 60_000) / 1e6, np.full(400, 30_000.0)
    for i in range(40):
        begins = ready + 600 * pace * _factors(f"another leg {i}", 150_000) / 1e6
        ready = begins + 300 * _factors(f"another stop {i}", 350_000) / 1e6

    assert 0.78 <= np.mean((told.start_s <= begins) & (begins <= told.end_s)) <= 0.9
