"""Let our own planner race: a number of iterations that fits the CPU seconds, stopped through `progress`.

A budget is iterations, never seconds: the first short slice of the race, counted in its seconds, finds out how many fit
on this machine. If the guess was too high, `progress` ends the search in time.
"""

import time
from dataclasses import dataclass

from benchmarks.instances import Orders
from routing.plan import Budget, Plan
from routing.problem import Problem
from routing.search import plan_day

_SLICE = 0.04
_FIRST_SLICE = 16
# A cold search changes less and takes a little less time than the slice: too many iterations are cut off, too few lost.
_FASTER_LATER = 1.05
_GROWTH_ITERATIONS = 2_000


@dataclass(slots=True)
class _Pace:
    """Know how long an iteration takes and how long the work around the iterations (building, reasons, checking)."""

    per_iteration_s: float = 0.0
    around_s: float = 0.0


def prepare(problem: Problem, everybody: bool) -> Problem:
    """Load or compile the search; that everybody fits makes no difference to it."""
    plan_day(problem, Budget(1))
    return problem


def solve(problem: Problem, seconds: float, seed: int) -> Orders:
    """Plan the day within so many CPU seconds."""
    return orders_of(plan_within(problem, seconds, seed))


def plan_within(problem: Problem, seconds: float, seed: int) -> Plan:
    """Plan the day within so many CPU seconds, the slice that measures the pace included."""
    began = time.process_time()
    pace = _pace(problem, seconds, seed)
    left_s = seconds - (time.process_time() - began) - pace.around_s
    iterations = max(1, int(left_s * _FASTER_LATER / pace.per_iteration_s))
    end_s = began + seconds - pace.around_s / 2

    def in_time(done: int, of: int, best: int) -> bool:
        return time.process_time() < end_s

    return plan_day(problem, Budget(iterations, seed), in_time)


def orders_of(plan: Plan) -> Orders:
    """Return the visits of each vehicle in order."""
    return {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}


def _pace(problem: Problem, seconds: float, seed: int) -> _Pace:
    """Measure slices of growing length until one is long enough to say something."""
    iterations = _FIRST_SLICE
    while True:
        marks: list[float] = []

        def mark(done: int, of: int, best: int, marks: list[float] = marks) -> bool:
            marks.append(time.process_time())
            return True

        began = time.process_time()
        plan_day(problem, Budget(iterations, seed), mark)
        whole_s = time.process_time() - began
        searched_s = max(1e-6, marks[-1] - marks[0]) if marks else whole_s
        if searched_s >= _SLICE * seconds or whole_s >= seconds / 4 or iterations >= 10**7:
            return _Pace(searched_s / iterations, max(0.0, whole_s - searched_s))
        iterations *= 4


def first_complete(problem: Problem, fewest_left_out: int, limit_s: float) -> float | None:
    """Return the CPU seconds of the shortest search that leaves out no more than this; None beyond the limit."""
    prepare(problem, False)
    for iterations in (0, 16, 64, 256, 1_024, 4_096):
        began = time.process_time()
        plan = plan_day(problem, Budget(iterations))
        took_s = time.process_time() - began
        if len(plan.left_out) <= fewest_left_out:
            return took_s
        if took_s > limit_s:
            break
    return None


def per_iteration_s(problem: Problem) -> float:
    """Return the CPU seconds of one iteration, the work around the iterations taken off."""
    prepare(problem, False)
    took = []
    for iterations in (_GROWTH_ITERATIONS // 10, _GROWTH_ITERATIONS):
        began = time.process_time()
        plan_day(problem, Budget(iterations))
        took.append(time.process_time() - began)
    return (took[1] - took[0]) / (_GROWTH_ITERATIONS - _GROWTH_ITERATIONS // 10)
