"""Search the rounds of a day: from the known order where there is one, and a second round for who is back early."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from meloko.relay_points.hours import Span
from meloko.rounds.gathering import DayToPlan, FreeVehicle, depot_id, trips_of
from meloko.rounds.planning import as_planned, plan_of, usual_orders, vehicle_of, without_habit
from routing.plan import Budget, LeftOut, Plan, Reason, Route
from routing.problem import Problem
from routing.search import ENGINE_VERSION, Progress, iterations_for, plan_day, replan
from routing.wishes import visits_named

SEED = 62
# A day that is planned already changes little: enough for some stops more or less.
REPLAN_ITERATIONS = 3_000


@dataclass(frozen=True, slots=True)
class Road:
    """What plans drive in all: metres, and seconds at the wheel."""

    distance_m: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class Found:
    """The rounds that were found, and what they were found with.

    `vehicles` are all that drive, second rounds included, by their id in the routes; `cheapest` is what the day would
    drive if nobody were used to anything, None when nobody is.
    """

    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...]
    vehicles: Mapping[str, FreeVehicle]
    budget: Budget
    stopped_early: bool
    driven: Road
    cheapest: Road | None
    engine_version: str = ENGINE_VERSION


def find_rounds(day: DayToPlan, problem: Problem, progress: Progress, *, anew: bool = False) -> Found:
    """Search the day: rounds that are planned already keep what they can, unless it is asked `anew`."""
    asked = problem if anew else as_planned(day, problem)
    plan = _search(asked, {} if anew else usual_orders(day, asked), progress, few=bool(day.planned))
    free = {each.id: each for each in day.vehicles}
    routes, left_out, stopped = list(plan.routes), plan.left_out, plan.stopped_early
    driven = list(plan.routes)
    while not stopped:
        more, trips = _second_rounds(problem, routes, left_out, free, progress)
        if not more.routes:
            break
        routes += more.routes
        free |= {each.id: each for each in trips}
        served = {visit.stop_id for route in more.routes for visit in route.visits}
        left_out, stopped = tuple(one for one in left_out if one.stop_id not in served), more.stopped_early
    return Found(
        routes=tuple(routes),
        left_out=left_out,
        vehicles=free,
        budget=plan.budget,
        stopped_early=stopped,
        driven=_road(driven),
        cheapest=None if stopped else _cheapest(problem, plan, progress),
    )


def _search(problem: Problem, orders: Mapping[str, Sequence[str]], progress: Progress, *, few: bool) -> Plan:
    """Search from an order that is known, or from nothing; `few` when the rounds are planned already."""
    iterations = iterations_for(problem)
    if not orders:
        return plan_day(problem, Budget(iterations, SEED), progress)
    budget = Budget(min(iterations, REPLAN_ITERATIONS) if few else iterations, SEED)
    return replan(problem, plan_of(orders, problem, ENGINE_VERSION), budget, progress)


def _cheapest(problem: Problem, chosen: Plan, progress: Progress) -> Road | None:
    """Search the same day for somebody who is used to nothing; None without a habit, or when it is no comparison."""
    if not any(stop.habit is not None for stop in problem.stops) or not problem.weights.per_drift_s:
        return None
    plan = plan_day(without_habit(problem), Budget(iterations_for(problem), SEED), progress)
    if plan.stopped_early or {one.stop_id for one in plan.left_out} != {one.stop_id for one in chosen.left_out}:
        return None
    return _road(min(plan.routes, chosen.routes, key=lambda routes: _price(problem, routes)))


def _second_rounds(
    problem: Problem,
    routes: Sequence[Route],
    left_out: Iterable[LeftOut],
    free: Mapping[str, FreeVehicle],
    progress: Progress,
) -> tuple[Plan, tuple[FreeVehicle, ...]]:
    """Plan those for whom the day was too full, and whose place nobody has fixed, on what is left of vehicles' days."""
    fixed = {one for pin in problem.pins for one in visits_named(pin)}
    waiting = {one.stop_id for one in left_out if one.reason is Reason.DAY_FULL} - fixed
    trips = tuple(_left_of_the_day(routes, free)) if waiting else ()
    starts = {vehicle.start.id: vehicle.start for vehicle in problem.vehicles}
    stops = tuple(stop for stop in problem.stops if stop.id in waiting and trips)
    vehicles = tuple(vehicle_of(each, starts[depot_id(each.depot)]) for each in trips)
    rest = replace(problem, stops=stops, vehicles=vehicles, pins=())
    return plan_day(rest, Budget(iterations_for(rest) if trips else 0, SEED), progress), trips


def _left_of_the_day(routes: Sequence[Route], free: Mapping[str, FreeVehicle]) -> Iterator[FreeVehicle]:
    numbers = {each.vehicle.id: 0 for each in free.values()}
    for each in free.values():
        numbers[each.vehicle.id] = max(numbers[each.vehicle.id], each.trip)
    for route in sorted(routes, key=lambda route: route.vehicle_id):
        of = free[route.vehicle_id]
        for trip in trips_of(of, (Span(route.departure_s, route.return_s),)):
            numbers[of.vehicle.id] += 1
            yield replace(trip, trip=numbers[of.vehicle.id])


def _road(routes: Iterable[Route]) -> Road:
    legs = [leg for route in routes for leg in route.legs]
    return Road(sum(leg.distance_m for leg in legs), sum(leg.duration_s for leg in legs))


def _price(problem: Problem, routes: Iterable[Route]) -> int:
    a_metre = {vehicle.id: problem.price_a_metre(vehicle) for vehicle in problem.vehicles}
    legs = [(leg, a_metre[route.vehicle_id]) for route in routes for leg in route.legs]
    return sum(leg.distance_m * price + leg.duration_s * problem.weights.per_driving_s for leg, price in legs)
