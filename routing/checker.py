"""Judge a plan without trusting whoever made it: plain integers, nothing shared with the search.

Everything is recomputed from the problem alone (`facts`).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from routing.facts import Facts, joined
from routing.plan import Plan, Route
from routing.problem import Problem, Vehicle
from routing.spread import pad_s


class BreachKind(StrEnum):
    """Name the rule that a plan breaks."""

    STOPS = "stops"  # every stop visited or left out, once
    VEHICLE = "vehicle"  # known, used once, allowed for the stop
    FARM = "farm"  # called once, before its drops, only with drops
    LOAD = "load"
    WINDOW = "window"
    HOURS = "hours"  # departure + leg = arrival, and so on
    LEG = "leg"
    VEHICLE_HOURS = "vehicle_hours"
    DURATION = "duration"
    REST = "rest"
    PIN = "pin"
    COST = "cost"
    IDENTITY = "identity"  # a plan of another problem
    OVERLOOKED = "overlooked"


@dataclass(frozen=True, slots=True)
class Breach:
    """Report one broken rule, where, in one English line."""

    kind: BreachKind
    vehicle_id: str | None
    visit_id: str | None
    detail: str


def check(problem: Problem, plan: Plan) -> list[Breach]:
    """Return every rule the plan breaks, an empty list for a sound one."""
    day = Facts(problem)
    breaches = list(_identity(problem, plan))
    breaches += _everybody_once(day, plan)
    known = [route for route in plan.routes if _is_known(day, route)]
    for route in known:
        vehicle = day.vehicles[route.vehicle_id]
        for rule in (_legs, _hours, _windows, _vehicle_hours, _rest, _loads, _farms, _vehicle_allowed, _route_cost):
            breaches += rule(day, vehicle, route)
    breaches += _pins(day, known)
    breaches += _plan_cost(day, plan)
    return breaches


def _identity(problem: Problem, plan: Plan) -> Iterator[Breach]:
    if plan.problem_hash != problem.fingerprint():
        yield Breach(BreachKind.IDENTITY, None, None, "the plan answers another problem")


def _everybody_once(day: Facts, plan: Plan) -> Iterator[Breach]:
    seen = Counter(visit.stop_id for route in plan.routes for visit in route.visits if visit.stop_id is not None)
    seen.update(left.stop_id for left in plan.left_out)
    for stop_id in sorted({*seen, *day.stops}):
        if stop_id not in day.stops:
            yield Breach(BreachKind.STOPS, None, stop_id, "is not a stop of the day")
        elif seen[stop_id] != 1:
            yield Breach(BreachKind.STOPS, None, stop_id, f"comes {seen[stop_id]} times among visits and left out")
    for vehicle_id, times in Counter(route.vehicle_id for route in plan.routes).items():
        if vehicle_id not in day.vehicles or times > 1:
            yield Breach(BreachKind.VEHICLE, vehicle_id, None, f"drives {times} routes")
    for route in plan.routes:
        yield from _sensible_visits(day, route)


def _sensible_visits(day: Facts, route: Route) -> Iterator[Breach]:
    if not route.visits:
        yield Breach(BreachKind.VEHICLE, route.vehicle_id, None, "drives without a visit")
    for visit in route.visits:
        if (visit.stop_id is None) == (visit.farm_id is None):
            yield Breach(BreachKind.STOPS, route.vehicle_id, visit.stop_id, "is both or neither of stop and farm")
        if visit.farm_id is not None and visit.farm_id not in day.farms:
            yield Breach(BreachKind.FARM, route.vehicle_id, visit.farm_id, "is not a farm of the day")


def _is_known(day: Facts, route: Route) -> bool:
    known = {*day.stops, *day.farms}
    return route.vehicle_id in day.vehicles and all(visit.visit_id in known for visit in route.visits)


def _legs(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    legs = day.legs(vehicle, [visit.visit_id for visit in route.visits])
    if list(route.legs) != legs:
        yield Breach(BreachKind.LEG, vehicle.id, None, "its legs are not those of the matrix")


def _hours(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    if len(route.legs) != len(route.visits) + 1:
        yield Breach(BreachKind.HOURS, vehicle.id, None, "has not one leg more than visits")
        return
    ready_s = route.departure_s
    for visit, leg in zip(route.visits, route.legs, strict=False):
        service_s = day.thing(visit.visit_id).service_s
        if visit.arrival_s != ready_s + leg.duration_s or visit.start_s < visit.arrival_s:
            yield Breach(BreachKind.HOURS, vehicle.id, visit.visit_id, "its arrival does not follow from the departure")
        if visit.departure_s != visit.start_s + service_s + visit.rest_s or visit.rest_s < 0:
            yield Breach(BreachKind.HOURS, vehicle.id, visit.visit_id, "its departure does not follow from its start")
        if not visit.promise.start_s <= visit.start_s <= visit.promise.end_s or visit.slack_s < 0:
            yield Breach(BreachKind.HOURS, vehicle.id, visit.visit_id, "its promise does not hold its own hour")
        ready_s = visit.departure_s
    if route.return_s != ready_s + route.legs[-1].duration_s:
        yield Breach(BreachKind.HOURS, vehicle.id, None, "its return does not follow from the last departure")


def _windows(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    for visit in route.visits:
        if not _may_begin(day, vehicle, visit.visit_id, visit.start_s):
            windows = day.thing(visit.visit_id).windows
            yield Breach(BreachKind.WINDOW, vehicle.id, visit.visit_id, f"begins at {visit.start_s}, outside {windows}")


def _may_begin(day: Facts, vehicle: Vehicle, visit_id: str, moment_s: int) -> bool:
    """Tell whether the moment lies in a window and, if in its second half, early enough for the day's quantile.

    What is locked on the vehicle is decided already: for that the whole window counts.
    """
    if day.is_locked(vehicle, visit_id):
        pad = 0
    else:
        pad = pad_s(moment_s - vehicle.hours.start_s, day.problem.weights.hours_quantile, day.problem.spread)
    for start_s, end_s in joined(day.thing(visit_id).windows):
        if start_s <= moment_s <= end_s:
            return moment_s + pad <= end_s or moment_s - start_s <= -(-(end_s - start_s) // 2)
    return False


def _vehicle_hours(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    if route.departure_s < vehicle.hours.start_s or route.return_s > vehicle.hours.end_s:
        yield Breach(BreachKind.VEHICLE_HOURS, vehicle.id, None, f"is away {route.departure_s}–{route.return_s}")
    if route.return_s - route.departure_s > vehicle.max_duration_s:
        yield Breach(BreachKind.DURATION, vehicle.id, None, f"is away {route.return_s - route.departure_s} s")


def _rest(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    if vehicle.rest is None:
        return
    pauses = [(route.departure_s, route.departure_s)]
    for visit in route.visits:
        pauses.append((visit.arrival_s, visit.start_s))
        pauses.append((visit.departure_s - visit.rest_s, visit.departure_s))
    long_enough = [pause for pause in pauses[1:] if pause[1] - pause[0] >= vehicle.rest.duration_s]
    marks = [pauses[0], *long_enough, (route.return_s, route.return_s)]
    for (_, begin_s), (end_s, _) in pairwise(marks):
        if end_s - begin_s > vehicle.rest.after_s:
            yield Breach(BreachKind.REST, vehicle.id, None, f"works {end_s - begin_s} s without a rest")


def _loads(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    loads = day.loads_of([visit.visit_id for visit in route.visits])
    told = [route.load_at_start, *(visit.load_after for visit in route.visits)]
    for position, ((ambient, chilled), load) in enumerate(zip(loads, told, strict=True)):
        visit_id = route.visits[position - 1].visit_id if position else None
        if (load.ambient, load.chilled) != (ambient, chilled):
            yield Breach(BreachKind.LOAD, vehicle.id, visit_id, f"says {load}, carries {ambient}, {chilled}")
        if ambient < 0 or chilled < 0 or ambient > vehicle.capacity.ambient or chilled > vehicle.capacity.chilled:
            yield Breach(BreachKind.LOAD, vehicle.id, visit_id, f"carries {ambient}, {chilled}")
    back = [day.stops[visit.stop_id].returns for visit in route.visits if visit.stop_id is not None]
    if loads[-1] != (sum(load.ambient for load in back), sum(load.chilled for load in back)):
        yield Breach(BreachKind.LOAD, vehicle.id, None, "comes home with goods not delivered")


def _farms(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    visit_ids = [visit.visit_id for visit in route.visits]
    for farm_id, times in Counter(one for one in visit_ids if one in day.farms).items():
        if times > 1:
            yield Breach(BreachKind.FARM, vehicle.id, farm_id, f"is called at {times} times")
    for farm_id, drop_id in day.unfed(visit_ids):
        yield Breach(BreachKind.FARM, vehicle.id, farm_id, f"is not called at before {drop_id}")
    for farm_id in day.idle_farms(vehicle, visit_ids):
        yield Breach(BreachKind.FARM, vehicle.id, farm_id, "is called at for nobody")


def _vehicle_allowed(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    for visit in route.visits:
        stop = day.stops.get(visit.stop_id or "")
        if stop is not None and stop.vehicle_ids is not None and vehicle.id not in stop.vehicle_ids:
            yield Breach(BreachKind.VEHICLE, vehicle.id, stop.id, "is not to be served by this vehicle")


def _route_cost(day: Facts, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    cost = day.cost_of(vehicle, route.visits, route.legs)
    if cost != route.cost:
        yield Breach(BreachKind.COST, vehicle.id, None, f"says {route.cost}, costs {cost}")


def _plan_cost(day: Facts, plan: Plan) -> Iterator[Breach]:
    cost = sum(route.cost for route in plan.routes)
    cost += day.left_out_cost(left.stop_id for left in plan.left_out if left.stop_id in day.stops)
    if cost != plan.cost:
        yield Breach(BreachKind.COST, None, None, f"says {plan.cost}, costs {cost}")


def _pins(day: Facts, routes: list[Route]) -> Iterator[Breach]:
    for pin in day.broken_pins({route.vehicle_id: [visit.visit_id for visit in route.visits] for route in routes}):
        yield Breach(BreachKind.PIN, None, None, f"{pin} does not hold")
