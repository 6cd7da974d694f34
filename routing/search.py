"""Plan a day: ruin a few strings of neighbouring stops, recreate, accept by annealing, again and again.

The method is SISR (Christiaens & Vanden Berghe 2020, doi 10.1287/trsc.2019.0914) with farm calls that come and go with
the drops that need them, loads of two kinds that change along the way, pins, and nobody left out who fits.
Everything is a whole number and every tie is broken by index: the same problem, budget and seed give the same plan.
"""

from collections.abc import Callable

from routing.checker import check
from routing.day import Day
from routing.dice import Cooling, Dice
from routing.explain import BY_TRAVEL, hopeless, reasons
from routing.insertion import Inserter, base_tours
from routing.pins import PinRules
from routing.plan import Budget, Plan, PlannerError
from routing.problem import Problem
from routing.tour import Tour, Way, build
from routing.writing import route_of

ENGINE_VERSION = "ruin-recreate-1"
Progress = Callable[[int, int, int], bool | None]

# Stops of the day -> iterations; the next larger entry counts. Chosen so that one busy core needs 10 s for 60 stops
# and 30 s for 200.
_ITERATIONS = ((1, 0), (3, 50), (10, 600), (25, 2_000), (60, 3_000), (120, 3_600), (200, 3_200), (10**9, 2_400))

_LONGEST_STRING = 10
_MEAN_REMOVED = 8
_MOST_TRIED = 12
_SORTS = (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 4, 5, 5)  # shares of the orders of re-insertion, see `_in_order`
_REPORTS = 100


def iterations_for(problem: Problem) -> int:
    """Return the iterations that plan this day well enough in reasonable time, from its number of stops."""
    return next(iterations for stops, iterations in _ITERATIONS if len(problem.stops) <= stops)


def plan_day(problem: Problem, budget: Budget, progress: Progress | None = None) -> Plan:
    """Plan the day.

    `progress(done, of, best_cost)` is called about a hundred times; when it returns False the search ends there with
    the best plan so far (`Plan.stopped_early`). Every plan is judged by `checker.check` before it is returned:
    PlannerError when it breaks a rule, which is a fault of the planner.
    """
    day = Day(problem)
    pins = PinRules(day)
    lost = hopeless(day, pins)
    search = Search(day, pins, [stop for stop in range(day.n_stops) if stop not in lost], budget)
    search.run(progress)
    search.take_in_who_fits([stop for stop, left in lost.items() if left.reason in BY_TRAVEL])
    tours = [tour for tour in search.best.tours if tour is not None and not tour.is_empty]
    routes = tuple(route_of(day, tour) for tour in tours)
    left_out = reasons(day, pins, search.best.tours, lost)
    cost = sum(tour.cost for tour in tours)
    cost += sum(day.left_out_cost(day.node[left.stop_id]) for left in left_out)
    plan = Plan(routes, left_out, cost, problem.fingerprint(), budget, ENGINE_VERSION, search.stopped)
    breaches = check(problem, plan)
    if breaches:
        raise PlannerError("; ".join(f"{b.kind} {b.vehicle_id} {b.visit_id}: {b.detail}" for b in breaches))
    return plan


class Solution:
    """Hold one complete answer: a tour a vehicle, who is absent, and the price of both."""

    __slots__ = ("absent", "cost", "tours")

    def __init__(self, tours: list[Tour | None], absent: list[int], cost: int) -> None:
        self.tours = tours
        self.absent = absent
        self.cost = cost


class Search:
    """Search one day."""

    def __init__(self, day: Day, pins: PinRules, stops: list[int], budget: Budget) -> None:
        self.day, self.pins, self.stops, self.budget = day, pins, stops, budget
        self.inserter = Inserter(day, pins)
        self.dice = Dice(budget.seed)
        self.base = base_tours(day, pins)
        self.stopped = False
        locked = {node for tour in self.base if tour is not None for node in tour.nodes}
        self.where = [-1] * day.n_stops
        self.neighbours = self._neighbours()
        self.measures = self._measures()
        self.current = self._recreate(list(self.base), [stop for stop in stops if stop not in locked], [])
        self._settle(self.current)
        self.best = self.current

    def run(self, progress: Progress | None) -> None:
        """Spend the budget, or less when `progress` says so."""
        iterations = self.budget.iterations if len(self.stops) > 1 else 0
        cooling = Cooling(self._hottest(), iterations)
        for done in range(iterations):
            if progress is not None and done % max(1, iterations // _REPORTS) == 0:
                self.stopped = progress(done, iterations, self.best.cost) is False
                if self.stopped:
                    return
            tours, pool = self._ruin()
            tried, waiting = self._draw_lots(self.current.absent)
            trial = self._recreate(tours, pool + tried, waiting)
            if trial.cost < self.current.cost + cooling.allowance(done, self.dice):
                self._settle(trial)
                if trial.cost < self.best.cost:
                    self.best = trial
        if progress is not None:
            progress(iterations, iterations, self.best.cost)

    def take_in_who_fits(self, doubtful: list[int]) -> None:
        """Try everybody absent at every place of the best answer until nobody more fits, whatever it costs.

        `doubtful`: stops out of reach by the direct way; where a way through another place is shorter, they may fit.
        """
        tours, absent = list(self.best.tours), sorted([*self.best.absent, *doubtful])
        changed = True
        while changed:
            changed = False
            for stop in list(absent):
                ways = [self._last_try(tour, tours, stop) for tour in tours]
                found = [way.tour for way in sorted(filter(None, ways), key=_estimate) if way.tour is not None]
                if found:
                    tours[found[0].vehicle] = found[0]
                    absent.remove(stop)
                    changed = True
        self.best = self._solution(tours, absent)

    def _last_try(self, tour: Tour | None, tours: list[Tour | None], stop: int) -> Way | None:
        routes = [other.nodes for other in tours if other is not None]
        if tour is None or not self._may_join(stop, tour, routes):
            return None
        way = self.inserter.first_sound(tour, stop)
        if way is not None and way.tour is not None:
            way.estimate = way.tour.cost - tour.cost
        return way

    def _hottest(self) -> int:
        """Start annealing at a third of the mean price of serving one stop."""
        driven = [tour for tour in self.current.tours if tour is not None and not tour.is_empty]
        use = sum(self.day.vehicles[tour.vehicle].use_cost for tour in driven)
        return (sum(tour.cost for tour in driven) - use) // (3 * max(1, len(self.stops)))

    def _neighbours(self) -> list[list[int]]:
        """Give each stop all others, nearest first."""
        near: list[list[int]] = [[] for _ in range(self.day.n_stops)]
        for stop in self.stops if self.day.vehicles else []:
            row = self.day.price[0][stop]
            keyed = sorted((row[other] + self.day.price[0][other][stop], other) for other in self.stops)
            near[stop] = [stop, *(other for _, other in keyed if other != stop)]
        return near

    def _measures(self) -> list[list[int]]:
        """Give each stop its keys for the orders of re-insertion, smallest first."""
        day = self.day
        load: list[int] = []
        far: list[int] = []
        width: list[int] = []
        opening: list[int] = []
        for stop in range(day.n_stops):
            windows = day.opening[stop] or [(0, 0)]
            load.append(-sum(day.taken[stop]))
            far.append(-min((day.price[k][day.start(k)][stop] for k in range(len(day.vehicles))), default=0))
            width.append(sum(end - start for start, end in windows))
            opening.append(windows[0][0])
        return [load, far, [-value for value in far], width, opening]

    def _settle(self, solution: Solution) -> None:
        """Make a solution the current one and note who rides where."""
        self.current = solution
        for stop in solution.absent:
            self.where[stop] = -1
        for vehicle, tour in enumerate(solution.tours):
            if tour is not None:
                for node in tour.nodes:
                    if node < self.day.n_stops:
                        self.where[node] = vehicle

    def _solution(self, tours: list[Tour | None], absent: list[int]) -> Solution:
        cost = sum(tour.cost for tour in tours if tour is not None)
        return Solution(tours, absent, cost + sum(self.day.left_out_cost(stop) for stop in absent))

    def _ruin(self) -> tuple[list[Tour | None], list[int]]:
        """Remove strings of stops near a random one from several tours, or now and then all drops of one farm call."""
        tours = list(self.current.tours)
        pool: list[int] = []
        seed = self.stops[self.dice.below(len(self.stops))]
        if self.day.farm_goods[seed] and self.where[seed] >= 0 and self.dice.below(8) == 0:
            self._ruin_farm(tours, pool, seed)
            return tours, pool
        served = len(self.stops) - len(self.current.absent)
        driven = sum(1 for tour in tours if tour is not None and not tour.is_empty)
        longest = min(_LONGEST_STRING, max(1, served // max(1, driven)))
        strings = 1 + self.dice.below(max(1, 4 * _MEAN_REMOVED // (1 + longest)))
        ruined: set[int] = set()
        for stop in self.neighbours[seed]:
            vehicle = self.where[stop]
            if vehicle < 0 or vehicle in ruined:
                continue
            tour = tours[vehicle]
            if tour is None or stop in tour.nodes[1 : tour.lock + 1]:
                continue
            removed = self._string(tour, stop, longest)
            tours[vehicle] = self._without(tour, removed, pool)
            ruined.add(vehicle)
            if len(ruined) == strings:
                break
        return tours, pool

    def _string(self, tour: Tour, stop: int, longest: int) -> set[int]:
        """Choose a string of drops around the stop, half of the time with some in the middle spared."""
        drops = [node for node in tour.nodes[tour.lock + 1 : -1] if node < self.day.n_stops]
        length = 1 + self.dice.below(min(longest, len(drops)))
        spared = 0
        if length > 1 and self.dice.below(2):
            while length + spared < len(drops) and self.dice.below(100) >= 1 and spared < longest:
                spared += 1
                if self.dice.below(2):
                    break
        at = drops.index(stop)
        span = length + spared
        first = max(0, at - self.dice.below(span))
        first = min(first, len(drops) - span)
        string = drops[first : first + span]
        if spared:
            skip = self.dice.below(length + 1)
            string = string[:skip] + string[skip + spared :]
        return set(string)

    def _ruin_farm(self, tours: list[Tour | None], pool: list[int], seed: int) -> None:
        """Remove all drops of one farm of the seed's tour, so that the call may move to another vehicle."""
        tour = tours[self.where[seed]]
        if tour is None:
            return
        farms = sorted(self.day.farm_goods[seed])
        farm = farms[self.dice.below(len(farms))]
        free = tour.nodes[tour.lock + 1 : -1]
        removed = {node for node in free if node < self.day.n_stops and farm in self.day.farm_goods[node]}
        tours[tour.vehicle] = self._without(tour, removed, pool)

    def _without(self, tour: Tour, removed: set[int], pool: list[int]) -> Tour | None:
        """Take stops out of a tour, with the farm calls that nobody needs any more."""
        kept = [node for node in tour.nodes if node not in removed]
        needed = {farm for node in kept if node < self.day.n_stops for farm in self.day.farm_goods[node]}
        head = kept[: tour.lock + 1]
        tail = [
            node for node in kept[tour.lock + 1 :] if not self.day.n_stops <= node < self.day.n_visits or node in needed
        ]
        shorter = build(self.day, tour.vehicle, head + tail, tour.lock)
        if shorter is None:
            # A way past a stop may be longer than the way through it; then the whole free part goes.
            shorter = self.base[tour.vehicle]
            removed = {node for node in tour.nodes[tour.lock + 1 : -1] if node < self.day.n_stops}
        pool.extend(sorted(removed))
        return shorter

    def _in_order(self, pool: list[int]) -> list[int]:
        """Order those to re-insert: at random, by load, far first, near first, narrow first or early first."""
        pool = sorted(pool)
        self.dice.shuffle(pool)
        kind = _SORTS[self.dice.below(len(_SORTS))]
        if kind:
            pool.sort(key=self.measures[kind - 1].__getitem__)
        return pool

    def _draw_lots(self, absent: list[int]) -> tuple[list[int], list[int]]:
        """Choose who of the absent is tried now, and who waits: on a day far too full most would only cost time."""
        if len(absent) <= _MOST_TRIED:
            return absent, []
        lots = sorted(absent)
        self.dice.shuffle(lots)
        return lots[:_MOST_TRIED], lots[_MOST_TRIED:]

    def _recreate(self, tours: list[Tour | None], pool: list[int], waiting: list[int]) -> Solution:
        """Put everybody of the pool where it costs least, one after the other; who fits nowhere stays absent."""
        pool, absent = self._in_order(pool), []
        for stop in pool:
            tour = self._cheapest(tours, stop)
            if tour is None:
                absent.append(stop)
            else:
                tours[tour.vehicle] = tour
        if self.day.farms and tours and self.dice.below(4) == 0:
            self._shift_a_farm(tours)
        return self._solution(tours, absent + waiting)

    def _may_join(self, stop: int, tour: Tour, routes: list[list[int]]) -> bool:
        return self.pins.may_ride(stop, tour.vehicle) and self.pins.may_join(stop, tour.nodes, routes)

    def _cheapest(self, tours: list[Tour | None], stop: int) -> Tour | None:
        """Return the tour that takes the stop at least price; now and then one tour is not looked at."""
        ways: list[tuple[int, Tour, Way]] = []
        empty_kinds: set[int] = set()
        particular = self.day.stops[stop].habit is not None or stop in self.pins.vehicles
        particular = particular or self.day.stops[stop].vehicle_ids is not None
        partners = self.pins.partners(stop)
        routes = [tour.nodes for tour in tours if tour is not None] if partners else []
        for tour in tours:
            if tour is None or self.dice.draw() & 127 == 0 or not self._may_join(stop, tour, routes):
                continue
            if tour.is_empty and not particular:
                kind = self.day.kinds[tour.vehicle]
                if kind in empty_kinds:
                    continue
                empty_kinds.add(kind)
            way = self.inserter.estimate(tour, stop)
            if way is not None:
                ways.append((way.estimate, tour, way))
        while ways:
            best = min(range(len(ways)), key=lambda i: ways[i][0])
            _, tour, way = ways[best]
            if way.tour is not None:
                return way.tour
            settled = self.inserter.settle(tour, stop)
            if settled is None:
                ways.pop(best)
            else:
                ways[best] = (settled.estimate, tour, settled)
        return None

    def _shift_a_farm(self, tours: list[Tour | None]) -> None:
        """Move a random farm call of a random tour to the best of its places before its first drop."""
        tour = tours[self.dice.below(len(tours))]
        if tour is None:
            return
        free = tour.nodes[tour.lock + 1 : -1]
        farms = [node for node in free if node >= self.day.n_stops]
        if not farms:
            return
        farm = farms[self.dice.below(len(farms))]
        others = [node for node in tour.nodes if node != farm]
        best = tour
        for place in range(tour.lock + 1, len(others)):
            shifted = build(self.day, tour.vehicle, [*others[:place], farm, *others[place:]], tour.lock)
            if shifted is not None and shifted.cost < best.cost and self.pins.allow_order(shifted.nodes):
                best = shifted
            if others[place] < self.day.n_stops and farm in self.day.farm_goods[others[place]]:
                break
        tours[tour.vehicle] = best


def _estimate(way: Way) -> int:
    return way.estimate
