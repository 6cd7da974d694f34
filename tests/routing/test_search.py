import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.days import day as benchmark_day
from routing.annealing import draw
from routing.checker import check
from routing.columns import DICE
from routing.cooling import SURPRISE_16, Cooling
from routing.overlooked import overlooked
from routing.plan import Budget, Plan, PlannerError
from routing.problem import Before, Farm, Goods, Load, Problem, Stop, Window
from routing.search import iterations_for, plan_day
from routing.travel import TravelMatrix
from tests.routing.days import ALL_DAY, HOUR, days, line, matrix, place, problem, shuffled, stop, van

LIVELY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def orders(plan: Plan) -> dict[str, list[str]]:
    return {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}


@LIVELY
@given(day=days(), seed=st.integers(0, 3))
def test_every_plan_of_every_day_is_sound_and_overlooks_nobody(day: Problem, seed: int) -> None:
    plan = plan_day(day, Budget(12, seed))

    assert check(day, plan) == []
    assert overlooked(day, plan) == []


@LIVELY
@given(day=days(most_stops=7), seed=st.integers(0, 9))
def test_the_order_of_the_input_changes_nothing(day: Problem, seed: int) -> None:
    assert plan_day(shuffled(day, seed), Budget(6)) == plan_day(day, Budget(6))


@LIVELY
@given(day=days(most_stops=7))
def test_the_best_price_never_rises_during_a_run(day: Problem) -> None:
    seen: list[int] = []

    plan_day(day, Budget(30), lambda done, of, best: seen.append(best))

    assert seen == sorted(seen, reverse=True)


def test_a_small_delay_that_misses_a_window_and_waits_for_the_next_is_counted_whole() -> None:
    """A maximum duration of 50 minutes is kept although two minutes more may cost a visit half an hour of waiting."""
    legs = [
        [0, 156, 152, 281, 221, 275, 172],
        [156, 0, 62, 161, 329, 309, 138],
        [152, 62, 0, 129, 325, 371, 86],
        [281, 161, 129, 0, 454, 470, 215],
        [221, 329, 325, 454, 0, 200, 393],
        [275, 309, 371, 470, 200, 0, 447],
        [172, 138, 86, 215, 393, 447, 0],
    ]
    seconds = np.array(legs, dtype=np.int32)
    twice = Stop("p3", place("p3"), (Window(0, 421), Window(2250, 2532)), 0)
    once = Stop("p4", place("p4"), (Window(0, 538), Window(2532, 2532)), 0, (Goods("farm", Load(0, 0)),))
    day = problem(
        [stop("p1", service_s=0), stop("p2", service_s=0), twice, once],
        TravelMatrix(("depot", "p0", "farm", "p1", "p2", "p3", "p4"), seconds, seconds * 10),
        farms=[Farm("farm", place("farm"), ALL_DAY, 300)],
        vehicles=[van(name, hours=Window(0, 5000), max_duration_s=3000) for name in ("a", "b")],
    )

    for seed in range(60):
        assert check(day, plan_day(day, Budget(seed, seed))) == []


def test_a_farm_from_which_only_another_farm_can_be_reached_is_called_at_first() -> None:
    seconds = [[0, 388, 96, 29], [738, 0, -1, 31], [-1, 554, 0, -1], [702, 29, 227, 0]]
    farms = [Farm(name, place(name), ALL_DAY, 0) for name in ("f0", "f1")]
    both = stop("p0", service_s=0, goods=(Goods("f0", Load(0, 0)), Goods("f1", Load(0, 0))))

    plan = plan_day(problem([both], matrix(["depot", "f0", "f1", "p0"], seconds), farms=farms), Budget(0))

    assert orders(plan) == {"van": ["f1", "f0", "p0"]}


def test_a_farms_detour_that_the_stop_itself_makes_up_for_is_found() -> None:
    """Between p0 and p1 the way over p2 is the shorter one: with it there is time for the farm that p2 waits for."""
    seconds = [
        [0, 300, 100, 900, 900],
        [900, 0, 300, 900, -1],
        [900, 900, 0, 1_000, 100],
        [100, 900, 900, 0, 900],
        [900, 900, 900, 100, 0],
    ]
    farms = [Farm("f", place("f"), ALL_DAY, 0)]
    first, last = (stop(name, service_s=0) for name in ("p0", "p1"))
    between = stop("p2", service_s=0, goods=(Goods("f", Load(0, 0)),))
    in_order = [Before("p0", "p1")]
    travel = matrix(["depot", "f", "p0", "p1", "p2"], seconds)
    day = problem([first, last, between], travel, [van(hours=Window(0, 1_300))], farms, list(in_order))

    assert orders(plan_day(day, Budget(0))) == {"van": ["f", "p0", "p2", "p1"]}


def test_a_day_without_stops_is_a_plan_without_routes() -> None:
    plan = plan_day(problem([], line()), Budget(100))

    assert (plan.routes, plan.left_out, plan.cost) == ((), (), 0)


def test_a_day_of_one_stop_is_one_route() -> None:
    assert orders(plan_day(problem([stop("p0")], line(10)), Budget(100))) == {"van": ["p0"]}


def test_a_small_day_is_driven_the_shortest_way() -> None:
    plan = plan_day(problem([stop(f"p{i}") for i in range(6)], line(30, 10, 60, 50, 20, 40)), Budget(200))

    assert sum(leg.duration_s for leg in plan.routes[0].legs) == 2 * 60 * 60


def test_one_farm_call_feeds_many_drops() -> None:
    farm = Farm("farm", place("p0"), ALL_DAY, 300)
    drops = [stop(f"p{i}", goods=(Goods("farm", Load(100, 0)),)) for i in range(1, 5)]
    (visits,) = orders(plan_day(problem(drops, line(10, 20, 30, 40, 50), farms=[farm]), Budget(50))).values()

    assert visits[0] == "farm"
    assert sorted(visits[1:]) == ["p1", "p2", "p3", "p4"]


def test_a_drop_of_three_farms_comes_after_all_of_them() -> None:
    farms = [Farm(f"f{i}", place(f"p{i}"), ALL_DAY, 300) for i in range(3)]
    goods = tuple(Goods(farm.id, Load(100, 100)) for farm in farms)
    plan = plan_day(problem([stop("p3", goods=goods)], line(30, 10, 20, 5), farms=farms), Budget(50))

    # Out to the farthest and back, the drop last: no order of the farms is shorter.
    assert sum(leg.duration_s for leg in plan.routes[0].legs) == 2 * 30 * 60
    assert orders(plan)["van"][-1] == "p3"


def test_two_vans_call_at_one_farm_when_its_goods_do_not_fit_into_one() -> None:
    farm = Farm("farm", place("p0"), ALL_DAY, 300)
    drops = [stop(f"p{i}", goods=(Goods("farm", Load(700, 0)),)) for i in (1, 2)]
    planned = orders(plan_day(problem(drops, line(10, 20, 30), [van("a"), van("b")], [farm]), Budget(50)))

    assert {order[0] for order in planned.values()} == {"farm"}
    assert len(planned) == 2


def test_empties_taken_back_fill_the_van() -> None:
    full = (Goods(None, Load(500, 0)),)
    giving = stop("p0", goods=full, returns=Load(700, 0))
    taking = stop("p1", goods=full)
    (order,) = orders(plan_day(problem([giving, taking], line(10, 20)), Budget(50))).values()

    # The other way round five crates on board and seven taken back would be too many.
    assert order == ["p1", "p0"]


def test_a_stop_worth_more_stays_when_not_both_fit() -> None:
    at_nine = (Window(9 * HOUR, 9 * HOUR),)
    stops = [stop("p0", windows=at_nine), stop("p1", windows=at_nine, worth=10**8)]

    assert orders(plan_day(problem(stops, line(10, 30)), Budget(50))) == {"van": ["p1"]}


def test_a_van_that_costs_is_left_at_home_when_one_is_enough() -> None:
    stops = [stop(f"p{i}") for i in range(4)]
    vans = [van("a", use_cost=10**7), van("b", use_cost=10**7), van("c", use_cost=10)]

    assert set(orders(plan_day(problem(stops, line(10, 20, 30, 40), vans), Budget(100)))) == {"c"}


def test_a_car_that_is_dear_by_the_kilometre_drives_the_short_way() -> None:
    stops = [stop("p0"), stop("p1")]
    sides = matrix(["depot", "p0", "p1"], [[0, 600, 3_000], [600, 0, 3_600], [3_000, 3_600, 0]])
    half = Load(100, 0)  # each can take one of the two
    vans = [van("car", per_m=90, capacity=half), van("van", capacity=half)]

    assert orders(plan_day(problem(stops, sides, vans), Budget(50))) == {"car": ["p0"], "van": ["p1"]}
    cheap = [van("car", per_m=10, capacity=half), van("van", capacity=half)]
    assert orders(plan_day(problem(stops, sides, cheap), Budget(50))) == {"car": ["p1"], "van": ["p0"]}


def test_a_way_round_is_taken_when_the_direct_one_does_not_exist() -> None:
    # From the depot only p0 is reached, from p1 only the depot.
    travel = matrix(["depot", "p0", "p1"], [[0, 600, -1], [600, 0, 600], [600, -1, 0]])

    assert orders(plan_day(problem([stop("p0"), stop("p1")], travel), Budget(20))) == {"van": ["p0", "p1"]}


def test_the_search_stops_when_told_and_keeps_the_best() -> None:
    calls: list[int] = []

    def enough(done: int, of: int, best: int) -> bool:
        calls.append(done)
        return done < 50

    plan = plan_day(problem([stop(f"p{i}") for i in range(5)], line(1, 2, 3, 4, 5)), Budget(1_000), enough)

    assert plan.stopped_early
    assert max(calls) < 100
    assert plan.left_out == ()


def test_another_seed_is_another_search_and_the_same_seed_the_same() -> None:
    day = benchmark_day(24, 6, 2, 2, 5)

    assert plan_day(day, Budget(40, 1)) == plan_day(day, Budget(40, 1))
    assert len({plan_day(day, Budget(40, seed)).cost for seed in range(4)}) > 1


def test_other_processes_with_other_hash_seeds_find_the_same_plan() -> None:
    program = (
        "import hashlib;from benchmarks.days import day;from routing.plan import Budget;"
        "from routing.search import plan_day;"
        "print(hashlib.sha256(repr(plan_day(day(20, 4, 2, 2, 3), Budget(60))).encode()).hexdigest())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }

    assert len(answers) == 1


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_code_compiled_now_and_code_read_from_the_cache_find_the_same_plan(tmp_path: Path) -> None:
    program = (
        "from benchmarks.days import day;from routing.plan import Budget;from routing.search import plan_day,replan;"
        "d=day(20,4,2,2,3);p=plan_day(d,Budget(60));print(repr(p),repr(replan(d,p,Budget(30,1))))"
    )

    def answer(cache: Path) -> str:
        environ = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
        return subprocess.run(
            [sys.executable, "-c", program], env=environ, check=True, capture_output=True, text=True
        ).stdout

    cold = answer(tmp_path)
    compiled = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")}

    assert compiled
    assert answer(tmp_path) == cold
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")} == compiled


@pytest.mark.slow
def test_a_day_of_three_hundred_stops_comes_back_sound() -> None:
    day = benchmark_day(260, 40, 6, 9, 1)

    assert check(day, plan_day(day, Budget(60))) == []


def test_a_day_far_too_full_leaves_out_with_reasons_and_overlooks_nobody() -> None:
    day = benchmark_day(60, 10, 3, 1, 2)
    plan = plan_day(day, Budget(40))

    assert len(plan.left_out) > 10
    assert overlooked(day, plan) == []


def test_a_plan_that_breaks_a_rule_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.tour.cost_of", lambda *_: 1)

    with pytest.raises(PlannerError, match="cost van"):
        plan_day(problem([stop("p0")], line(10)), Budget(1))


def test_larger_days_get_a_budget_that_one_core_can_spend() -> None:
    sizes = (0, 1, 20, 60, 120, 300)
    budgets = [iterations_for(problem([stop(f"p{i}") for i in range(n)], line(*range(n)))) for n in sizes]

    assert budgets[:2] == [0, 0]
    assert all(1_000 <= budget <= 200_000 for budget in budgets[2:])


def test_dice_are_the_published_generator() -> None:
    state = SimpleNamespace(numbers=np.zeros(DICE + 1, np.int64))
    state.numbers[DICE] = 1_234_567
    # The compiled loop's own text, run by Python; its sums wrap around as they are meant to.
    in_python = vars(draw)["py_func"]
    with np.errstate(over="ignore"):
        drawn = [in_python(state, 2**32) for _ in range(3)]

    # The first numbers of splitmix64 from this seed, as published with its C code: their upper halves.
    assert drawn == [one >> 32 for one in (6457827717110365317, 3203168211198807973, 9817491932198370423)]


def test_the_allowance_cools_to_a_hundredth() -> None:
    cooling = Cooling(10**6, 1_000)
    hot, cold = cooling.slice(0, 1), cooling.slice(999, 1_000)

    assert hot.tolist() == [10**6 << 8]
    assert 9_900 < cold[0] / 256 < 10_300


def test_surprises_are_exponential() -> None:
    # The mean of -ln(u) is 1, in 16 bits after the point.
    assert len(SURPRISE_16) == 1024
    assert abs(sum(SURPRISE_16) / 1024 / 65_536 - 1) < 0.001
