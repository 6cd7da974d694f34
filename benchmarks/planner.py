"""Measure the planner on generated days: sound plans, nobody overlooked, and how far below greedy insertion they lie.

The floor is the same planner without a single iteration: everybody inserted once at the cheapest place. Both sides run
in one process, one after the other, and are judged by the checker. Prices are compared where both serve as many.
"""

import argparse
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.days import day
from benchmarks.table import Row
from routing.checker import check
from routing.overlooked import overlooked
from routing.plan import Budget, Plan
from routing.problem import Problem
from routing.search import iterations_for, plan_day

# homes, relay points, vans
SIZES = ((16, 4, 1), (48, 12, 3), (100, 20, 5))


@dataclass(frozen=True, slots=True)
class _Run:
    """Keep what one day gave."""

    breaches: int
    overlooked: int
    left_out: int
    left_out_by_greedy: int
    ratio: float | None
    cpu_s: float


def measure(arguments: list[str]) -> list[Row]:
    """Plan days of 20, 60 and 120 stops, with farms and without, for several seeds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks planner")
    parser.add_argument("--days", default="1-3", metavar="FIRST-LAST", help="seeds of the days (default 1-3)")
    parser.add_argument("--iterations", type=int, help="instead of the number chosen by the size of the day")
    chosen = parser.parse_args(arguments)
    first, _, last = chosen.days.partition("-")
    if not (first.isdigit() and (last or first).isdigit() and int(first) <= int(last or first)):
        parser.error(f"--days wants FIRST-LAST, such as 1-3, not {chosen.days!r}")
    seeds = range(int(first), int(last or first) + 1)
    rows: list[Row] = []
    for homes, relays, vans in SIZES:
        for farms in (0, 2 + vans):
            runs = [_run(day(homes, relays, farms, vans, seed), chosen.iterations) for seed in seeds]
            rows += _rows(f"{homes + relays} stops, {farms or 'no'} farms", runs)
    return rows


def _run(problem: Problem, iterations: int | None) -> _Run:
    greedy = plan_day(problem, Budget(0))
    began = time.process_time()
    plan = plan_day(problem, Budget(iterations_for(problem) if iterations is None else iterations))
    cpu_s = time.process_time() - began
    same = len(plan.left_out) == len(greedy.left_out)
    return _Run(
        len(check(problem, plan)) + len(check(problem, greedy)),
        len(overlooked(problem, plan)),
        len(plan.left_out),
        len(greedy.left_out),
        _driven(plan) / max(1, _driven(greedy)) if same else None,
        cpu_s,
    )


def _driven(plan: Plan) -> int:
    return sum(route.cost for route in plan.routes)


def _rows(name: str, runs: list[_Run]) -> list[Row]:
    breaches = sum(run.breaches for run in runs)
    missed = sum(run.overlooked for run in runs)
    more = max(run.left_out - run.left_out_by_greedy for run in runs)
    rows = [
        Row(f"{name}: breaches in {len(runs)} plans", breaches, "= 0", breaches == 0),
        Row(f"{name}: left out although they fit", missed, "= 0", missed == 0),
        Row(f"{name}: left out beyond greedy, worst day", more, "≤ 0", more <= 0),
    ]
    ratios = [run.ratio for run in runs if run.ratio is not None]
    if ratios:
        rows.append(Row(f"{name}: price / greedy, median of {len(ratios)}", median(ratios), "≤ 1", median(ratios) <= 1))
    rows.append(Row(f"{name}: CPU seconds, median", median(run.cpu_s for run in runs), "reported", True))
    return rows
