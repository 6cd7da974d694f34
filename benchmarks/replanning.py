"""Plan a day again after one changed stop, and count the CPU seconds."""

import time

from benchmarks.days import with_one_changed
from routing.plan import Budget
from routing.problem import Problem
from routing.search import plan_day, replan

_REPLAN_ITERATIONS = 1_500


def replan_s(problem: Problem, times: int) -> list[float]:
    """Return the CPU seconds of re-planning after one changed stop, as often as asked."""
    plan = plan_day(problem, Budget(_REPLAN_ITERATIONS))
    changed = with_one_changed(problem)
    replan(changed, plan, Budget(1))
    took = []
    for seed in range(times):
        began = time.process_time()
        replan(changed, plan, Budget(_REPLAN_ITERATIONS, seed))
        took.append(time.process_time() - began)
    return took
