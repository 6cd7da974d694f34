"""Plan a day: ruin a few strings of neighbouring stops, recreate, accept by annealing, again and again.

The method is SISR (Christiaens & Vanden Berghe 2020, doi 10.1287/trsc.2019.0914) with farm calls that come and go with
the drops that need them, loads of two kinds that change along the way, pins, and nobody left out who fits. The loops
are compiled (`routing.annealing`); this module prepares them, runs them in slices and reports what they found.
Everything is a whole number and every tie is broken by index: the same problem, budget and seed give the same plan.
"""

from collections.abc import Callable
from datetime import date

import numpy as np

from routing.annealing import BEGIN, LAY, SEARCH, TAKE_IN, run
from routing.checker import check
from routing.columns import (
    BEST,
    COST,
    COUNTING,
    ITERATION,
    LENGTH,
    NODE,
    ORDER,
    STEPS,
    TOUCHED_COUNT,
    WHERE,
)
from routing.cooling import Cooling
from routing.day import Day
from routing.explain import BY_TRAVEL, hopeless, reasons
from routing.insertion import base_tours
from routing.laying import state_of, tables_of
from routing.pins import PinRules
from routing.plan import Budget, Plan, PlannerError
from routing.problem import Load, Place, Problem, Stop, Vehicle, Weights, Window
from routing.refusals import LAST_SECOND
from routing.tour import Tour, build
from routing.travel import TravelMatrix
from routing.writing import route_of

ENGINE_VERSION = "ruin-recreate-3"
Progress = Callable[[int, int, int], bool | None]

# Stops of the day -> iterations; the next larger entry counts.
_ITERATIONS = ((1, 0), (3, 100), (10, 5_000), (25, 20_000), (60, 40_000), (120, 40_000), (10**9, 30_000))

_REPORTS = 100
_HOT_PERCENT, _WARM_PERCENT = 200, 5
_SEARCH_STEPS = 20_000  # beginnings of farm-call orders that one try of a stop looks at
_LAST_STEPS = 3_000_000
# While somebody is left out, one stop may be traded for others in so many of so many parts of a search.
_COUNTING_REPORTS, _COUNTING_ROUND = 5, 10


def iterations_for(problem: Problem) -> int:
    """Return the iterations that plan this day well enough in reasonable time, from its number of stops."""
    return next(iterations for stops, iterations in _ITERATIONS if len(problem.stops) <= stops)


def plan_day(problem: Problem, budget: Budget, progress: Progress | None = None) -> Plan:
    """Plan the day.

    `progress(done, of, best_cost)` is called about a hundred times; when it returns False the search ends there with
    the best plan so far (`Plan.stopped_early`). Every plan is judged by `checker.check` before it is returned:
    PlannerError when it breaks a rule, which is a fault of the planner.
    """
    return _Search(problem, budget).answer({}, progress)


def replan(problem: Problem, plan: Plan, budget: Budget, progress: Progress | None = None) -> Plan:
    """Plan the day again from an older plan, perhaps of another problem, changing little more than must be.

    Stops that are gone leave their routes, new ones are put in, locked beginnings are kept stop for stop. Reports and
    refusals are those of `plan_day`.
    """
    orders = {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}
    return _Search(problem, budget).answer(orders, progress)


def warm_up() -> None:
    """Compile the search, or load it from numba's cache (below `NUMBA_CACHE_DIR`), by planning a tiny day."""
    depot, door = Place("depot", 0.0, 0.0), Place("door", 0.0, 0.0)
    stops = tuple(Stop(name, door, (Window(0, LAST_SECOND),), 0) for name in ("a", "b"))
    minutes = np.array([[0, 1], [1, 0]], dtype=np.int32)
    vehicle = Vehicle("van", depot, depot, Window(0, LAST_SECOND), LAST_SECOND, Load())
    travel = TravelMatrix(("depot", "door"), minutes, minutes)
    plan_day(Problem(date.min, stops, (), (vehicle,), (), Weights(), travel), Budget(1))


class _Search:
    """Search one day."""

    def __init__(self, problem: Problem, budget: Budget) -> None:
        self.problem, self.budget = problem, budget
        self.day = Day(problem)
        self.pins = PinRules(self.day)
        self.lost = hopeless(self.day, self.pins)
        self.base = base_tours(self.day, self.pins)
        self.tables = tables_of(self.day, self.pins, [tour is not None for tour in self.base])
        self.state = state_of(self.day, self.pins, budget.seed)
        self.state.numbers[STEPS] = _SEARCH_STEPS
        self.stopped = False
        for stop in self.lost:
            self.state.lists[WHERE, stop] = -2

    def answer(self, orders: dict[str, list[str]], progress: Progress | None) -> Plan:
        """Search and write the plan down."""
        if self.day.vehicles and self.day.n_stops:
            self._lay_first(orders)
            self._do(BEGIN)
            self._run(progress, warm=bool(orders))
            self._take_in_who_fits()
        return self._plan()

    def _lay_first(self, orders: dict[str, list[str]]) -> None:
        """Give the vehicles their locked beginnings, and then what of their older routes can still be driven."""
        rides: dict[int, int] = {}
        for k, tour in enumerate(self.base):
            if tour is not None:
                self._lay(k, tour.nodes)
                rides.update((node, k) for node in tour.nodes if node < self.day.n_stops)
        for k, tour in enumerate(self.base):
            older = [self.day.node[one] for one in orders.get(self.day.vehicles[k].id, []) if one in self.day.node]
            if tour is not None and older:
                older = [node for node in older if node not in tour.nodes and self._may_be_laid(node)]
                self._lay_older(k, tour.nodes, older, rides)

    def _may_be_laid(self, node: int) -> bool:
        """Tell whether an older route may keep the node: also what only a way through another place had reached."""
        return node not in self.lost or self.lost[node].reason in BY_TRAVEL

    def _lay_older(self, k: int, base: list[int], older: list[int], rides: dict[int, int]) -> None:
        """Lay an older route behind its locked beginning, without what cannot be driven any more."""
        n_stops = self.day.n_stops
        fitting = []
        for node in older:
            if node >= n_stops or (self.pins.may_ride(node, k) and node not in rides):
                fitting.append(node)
                rides.update({node: k} if node < n_stops else {})
        if not self._lay_sound(k, base, fitting, rides):
            kept: list[int] = []
            for node in fitting:
                if self._lay_sound(k, base, [*kept, node], rides):
                    kept.append(node)
            self._lay_sound(k, base, kept, rides)
        riding = set(self._nodes(k))
        for node in fitting:
            if node < n_stops and node not in riding:
                del rides[node]

    def _lay_sound(self, k: int, base: list[int], more: list[int], rides: dict[int, int]) -> bool:
        """Lay a route if it keeps pins, farms and hours; the farm calls nobody needs are left out."""
        n_stops, farm_goods = self.day.n_stops, self.day.farm_goods
        drops = [node for node in (*base, *more) if node < n_stops]
        needed = {farm for node in drops for farm in farm_goods[node]}
        nodes = [*base[:-1], *(node for node in more if node < n_stops or node in needed), base[-1]]
        called: set[int] = set()
        for node in nodes:
            if node < n_stops and not called.issuperset(farm_goods[node]):
                return False
            called.add(node)
        if any(rides.get(other, k) != k for node in drops for other in self.pins.partners(node)):
            return False
        return self.pins.allow_order(nodes) and self._lay(k, nodes)

    def _lay(self, k: int, nodes: list[int]) -> bool:
        self.state.scratch[ORDER, : len(nodes)] = nodes
        return run(self.tables, self.state, np.array([len(nodes)], dtype=np.int64), LAY, k) == 1

    def _do(self, task: int) -> None:
        run(self.tables, self.state, np.zeros(1, dtype=np.int64), task, 0)

    def _run(self, progress: Progress | None, warm: bool) -> None:
        """Spend the budget, or less when `progress` says so."""
        numbers = self.state.numbers
        iterations = self.budget.iterations if self.day.n_stops - len(self.lost) > 1 else 0
        cooling = Cooling(self._hottest(warm), iterations)
        done = 0
        for report in range(min(_REPORTS, iterations)):
            if progress is not None:
                self.stopped = progress(done, iterations, int(numbers[BEST])) is False
                if self.stopped:
                    return
            until = iterations * (report + 1) // min(_REPORTS, iterations)
            numbers[COUNTING] = report % _COUNTING_ROUND < _COUNTING_REPORTS
            run(self.tables, self.state, cooling.slice(done, until), SEARCH, until - done)
            done = until
        if progress is not None:
            progress(iterations, iterations, int(numbers[BEST]))

    def _hottest(self, warm: bool) -> int:
        """Start annealing at a share of the mean price of serving one stop."""
        driven = [k for k in range(len(self.base)) if self.state.heads[k, LENGTH] > 2]
        cost = sum(int(self.state.heads[k, COST]) - self.day.vehicles[k].use_cost for k in driven)
        served = max(1, int((self.state.lists[WHERE, : self.day.n_stops] >= 0).sum()))
        return max(0, cost) * (_WARM_PERCENT if warm else _HOT_PERCENT) // (100 * served)

    def _take_in_who_fits(self) -> None:
        """Try everybody absent at every place of the best plan until nobody more fits, whatever it costs.

        Stops out of reach by the direct way are tried too: where a way through another place is shorter, they may fit.
        """
        state = self.state
        state.numbers[ITERATION] += 1
        state.numbers[TOUCHED_COUNT] = 0
        for k in range(len(self.base)):
            self._lay(k, self._nodes(k + 2 * len(self.base)))
        for stop, left in self.lost.items():
            if left.reason in BY_TRAVEL and state.lists[WHERE, stop] < 0:
                state.lists[WHERE, stop] = -1
        state.numbers[STEPS] = _LAST_STEPS
        self._do(TAKE_IN)

    def _nodes(self, k: int) -> list[int]:
        nodes: list[int] = self.state.routes[k, NODE, : self.state.heads[k, LENGTH]].tolist()
        return nodes

    def _plan(self) -> Plan:
        tours: list[Tour | None] = []
        for k, base in enumerate(self.base):
            nodes = self._nodes(k) if self.day.n_stops else [] if base is None else base.nodes
            tour = None if base is None else build(self.day, k, nodes, base.lock)
            if tour is None and base is not None:
                raise PlannerError(f"The search gave vehicle {self.day.vehicles[k].id} a route that breaks a rule.")
            tours.append(tour)
        driven = [tour for tour in tours if tour is not None and not tour.is_empty]
        left_out = reasons(self.day, self.pins, tours, self.lost)
        cost = sum(tour.cost for tour in driven)
        cost += sum(self.day.left_out_cost(self.day.node[left.stop_id]) for left in left_out)
        routes = tuple(route_of(self.day, tour) for tour in driven)
        fingerprint = self.problem.fingerprint()
        plan = Plan(routes, left_out, cost, fingerprint, self.budget, ENGINE_VERSION, self.stopped)
        breaches = check(self.problem, plan)
        if breaches:
            raise PlannerError("; ".join(f"{b.kind} {b.vehicle_id} {b.visit_id}: {b.detail}" for b in breaches))
        return plan
