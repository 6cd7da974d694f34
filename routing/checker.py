"""Judge a plan without trusting whoever made it: plain integers, nothing shared with the search.

`check` finds what is wrong in a plan; `overlooked` finds stops that were left out although they fit. Both recompute
everything from the problem alone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from routing.plan import Leg, Plan, Route, Visit
from routing.problem import (
    Before,
    Farm,
    First,
    Last,
    Load,
    LockedPrefix,
    OnVehicle,
    Place,
    Problem,
    Stop,
    Vehicle,
    Window,
)
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


class _Day:
    """Look things of the problem up by id."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.stops = {stop.id: stop for stop in problem.stops}
        self.farms = {farm.id: farm for farm in problem.farms}
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self.locked = {pin.vehicle_id: pin.visit_ids for pin in problem.pins if isinstance(pin, LockedPrefix)}

    def thing(self, visit_id: str) -> Stop | Farm:
        return self.stops.get(visit_id) or self.farms[visit_id]

    def on_road(self, visit_id: str) -> Place | None:
        thing = self.thing(visit_id)
        return thing.place if thing.road_gap_m is None else None

    def leg(self, vehicle: Vehicle, a: Place | None, b: Place | None) -> Leg | None:
        """Return the drive at the vehicle's speed, None when there is no way."""
        index = self.problem.matrix.index
        if a is None or b is None or a.id not in index or b.id not in index:
            return None
        seconds = self.problem.matrix.duration_s(a.id, b.id)
        metres = self.problem.matrix.distance_m(a.id, b.id)
        if seconds < 0 or metres < 0:
            return None
        return Leg(-(-seconds * 100 // vehicle.speed_percent), metres)

    def legs(self, vehicle: Vehicle, visit_ids: list[str]) -> list[Leg] | None:
        places = [vehicle.start, *(self.on_road(one) for one in visit_ids), vehicle.end]
        legs = [self.leg(vehicle, a, b) for a, b in pairwise(places)]
        return None if None in legs else [leg for leg in legs if leg is not None]


def check(problem: Problem, plan: Plan) -> list[Breach]:
    """Return every rule the plan breaks, an empty list for a sound one."""
    day = _Day(problem)
    breaches = list(_identity(problem, plan))
    breaches += _everybody_once(day, plan)
    known = [route for route in plan.routes if _is_known(day, route)]
    for route in known:
        vehicle = day.vehicles[route.vehicle_id]
        for rule in (_legs, _hours, _windows, _vehicle_hours, _rest, _loads, _farms, _vehicle_allowed, _route_cost):
            breaches += rule(day, vehicle, route)
    breaches += _pins(day, {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in known})
    breaches += _plan_cost(day, plan)
    return breaches


def _identity(problem: Problem, plan: Plan) -> Iterator[Breach]:
    if plan.problem_hash != problem.fingerprint():
        yield Breach(BreachKind.IDENTITY, None, None, "the plan answers another problem")


def _everybody_once(day: _Day, plan: Plan) -> Iterator[Breach]:
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


def _sensible_visits(day: _Day, route: Route) -> Iterator[Breach]:
    if not route.visits:
        yield Breach(BreachKind.VEHICLE, route.vehicle_id, None, "drives without a visit")
    for visit in route.visits:
        if (visit.stop_id is None) == (visit.farm_id is None):
            yield Breach(BreachKind.STOPS, route.vehicle_id, visit.stop_id, "is both or neither of stop and farm")
        if visit.farm_id is not None and visit.farm_id not in day.farms:
            yield Breach(BreachKind.FARM, route.vehicle_id, visit.farm_id, "is not a farm of the day")


def _is_known(day: _Day, route: Route) -> bool:
    known = {*day.stops, *day.farms}
    return route.vehicle_id in day.vehicles and all(visit.visit_id in known for visit in route.visits)


def _legs(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    legs = day.legs(vehicle, [visit.visit_id for visit in route.visits])
    if legs is None or list(route.legs) != legs:
        yield Breach(BreachKind.LEG, vehicle.id, None, "its legs are not those of the matrix")


def _hours(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
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


def _windows(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    for visit in route.visits:
        if not _may_begin(day, vehicle, visit.visit_id, visit.start_s):
            windows = day.thing(visit.visit_id).windows
            yield Breach(BreachKind.WINDOW, vehicle.id, visit.visit_id, f"begins at {visit.start_s}, outside {windows}")


def _may_begin(day: _Day, vehicle: Vehicle, visit_id: str, moment_s: int) -> bool:
    """Tell whether the moment lies in a window and, if in its second half, early enough for the day's quantile.

    What is locked on the vehicle is decided already: for that the whole window counts.
    """
    if visit_id in day.locked.get(vehicle.id, ()):
        pad = 0
    else:
        pad = pad_s(moment_s - vehicle.hours.start_s, day.problem.weights.hours_quantile)
    for start_s, end_s in _joined(day.thing(visit_id).windows):
        if start_s <= moment_s <= end_s:
            return moment_s + pad <= end_s or moment_s - start_s <= -(-(end_s - start_s) // 2)
    return False


def _joined(windows: tuple[Window, ...]) -> list[tuple[int, int]]:
    """Return the stretches that the windows cover together, those that overlap or touch made one."""
    stretches: list[tuple[int, int]] = []
    for start_s, end_s in sorted((window.start_s, window.end_s) for window in windows):
        if stretches and start_s - stretches[-1][1] <= 1:
            start_s, before_s = stretches.pop()
            end_s = max(before_s, end_s)
        stretches.append((start_s, end_s))
    return stretches


def _vehicle_hours(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    if route.departure_s < vehicle.hours.start_s or route.return_s > vehicle.hours.end_s:
        yield Breach(BreachKind.VEHICLE_HOURS, vehicle.id, None, f"is away {route.departure_s}–{route.return_s}")
    if route.return_s - route.departure_s > vehicle.max_duration_s:
        yield Breach(BreachKind.DURATION, vehicle.id, None, f"is away {route.return_s - route.departure_s} s")


def _rest(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
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


def _loads(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    loads = _loads_of(day, [visit.visit_id for visit in route.visits])
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


def _loads_of(day: _Day, visit_ids: list[str]) -> list[tuple[int, int]]:
    """Return the load at the start and after each visit."""
    drops = [day.stops[one] for one in visit_ids if one in day.stops]
    ambient, chilled = _taken_on(drops, None)
    loads = [(ambient, chilled)]
    for visit_id in visit_ids:
        if visit_id in day.farms:
            more = _taken_on(drops, visit_id)
            ambient, chilled = ambient + more[0], chilled + more[1]
        else:
            stop = day.stops[visit_id]
            ambient += stop.returns.ambient - sum(goods.load.ambient for goods in stop.goods)
            chilled += stop.returns.chilled - sum(goods.load.chilled for goods in stop.goods)
        loads.append((ambient, chilled))
    return loads


def _taken_on(drops: list[Stop], farm_id: str | None) -> tuple[int, int]:
    loads: list[Load] = [goods.load for stop in drops for goods in stop.goods if goods.farm_id == farm_id]
    return sum(load.ambient for load in loads), sum(load.chilled for load in loads)


def _farms(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    for farm_id, detail in _farm_faults(day, vehicle.id, [visit.visit_id for visit in route.visits]):
        yield Breach(BreachKind.FARM, vehicle.id, farm_id, detail)


def _farm_faults(day: _Day, vehicle_id: str, visit_ids: list[str]) -> Iterator[tuple[str, str]]:
    called: set[str] = set()
    needed: set[str] = set()
    for visit_id in visit_ids:
        if visit_id in day.farms:
            if visit_id in called:
                yield visit_id, "is called at twice"
            called.add(visit_id)
            continue
        for goods in day.stops[visit_id].goods:
            if goods.farm_id is not None:
                needed.add(goods.farm_id)
                if goods.farm_id not in called:
                    yield goods.farm_id, f"is not called at before {visit_id}"
    for farm_id in sorted(called - needed - set(day.locked.get(vehicle_id, ()))):
        yield farm_id, "is called at for nobody"


def _vehicle_allowed(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    for visit in route.visits:
        stop = day.stops.get(visit.stop_id or "")
        if stop is not None and stop.vehicle_ids is not None and vehicle.id not in stop.vehicle_ids:
            yield Breach(BreachKind.VEHICLE, vehicle.id, stop.id, "is not to be served by this vehicle")


def _route_cost(day: _Day, vehicle: Vehicle, route: Route) -> Iterator[Breach]:
    weights = day.problem.weights
    cost = vehicle.use_cost
    cost += sum(leg.duration_s * weights.per_driving_s + leg.distance_m * weights.per_m for leg in route.legs)
    for visit in route.visits:
        cost += weights.per_waiting_s * max(0, visit.start_s - visit.arrival_s - weights.waiting_free_s)
        cost += _habit_cost(day, vehicle, visit)
    if cost != route.cost:
        yield Breach(BreachKind.COST, vehicle.id, None, f"says {route.cost}, costs {cost}")


def _habit_cost(day: _Day, vehicle: Vehicle, visit: Visit) -> int:
    weights = day.problem.weights
    stop = day.stops.get(visit.stop_id or "")
    if stop is None or stop.habit is None:
        return 0
    drift_s = max(0, abs(visit.arrival_s - stop.habit.arrival_s) - weights.drift_free_s)
    changed = weights.change_vehicle if stop.habit.vehicle_id != vehicle.id else 0
    return weights.per_drift_s * drift_s + changed


def _plan_cost(day: _Day, plan: Plan) -> Iterator[Breach]:
    cost = sum(route.cost for route in plan.routes)
    for left in plan.left_out:
        if left.stop_id in day.stops:
            cost += day.problem.weights.left_out + day.stops[left.stop_id].worth
    if cost != plan.cost:
        yield Breach(BreachKind.COST, None, None, f"says {plan.cost}, costs {cost}")


def _pins(day: _Day, routes: dict[str, list[str]]) -> Iterator[Breach]:
    served_by = {one: vehicle_id for vehicle_id, ids in routes.items() for one in ids if one in day.stops}
    for pin in day.problem.pins:
        match pin:
            case LockedPrefix():
                holds = _prefix_holds(pin, routes.get(pin.vehicle_id, []), served_by)
            case OnVehicle():
                holds = served_by.get(pin.stop_id, pin.vehicle_id) == pin.vehicle_id
            case Before():
                holds = _before_holds(pin, routes, served_by)
            case First() | Last():
                drops = [one for one in routes.get(served_by.get(pin.stop_id, ""), []) if one in day.stops]
                holds = not drops or drops[0 if isinstance(pin, First) else -1] == pin.stop_id
                if holds and drops and isinstance(pin, Last):
                    holds = routes[served_by[pin.stop_id]][-1] == pin.stop_id
        if not holds:
            yield Breach(BreachKind.PIN, None, None, f"{pin} does not hold")


def _prefix_holds(pin: LockedPrefix, visit_ids: list[str], served_by: dict[str, str]) -> bool:
    if not visit_ids:
        return not any(one in served_by for one in pin.visit_ids)
    return tuple(visit_ids[: len(pin.visit_ids)]) == pin.visit_ids


def _before_holds(pin: Before, routes: dict[str, list[str]], served_by: dict[str, str]) -> bool:
    if pin.stop_id not in served_by or pin.then_id not in served_by:
        return True
    if served_by[pin.stop_id] != served_by[pin.then_id]:
        return False
    order = routes[served_by[pin.stop_id]]
    return order.index(pin.stop_id) < order.index(pin.then_id)


def overlooked(problem: Problem, plan: Plan) -> list[Breach]:
    """Return the stops left out that would fit somewhere in the plan as it stands, farm calls included.

    Tries every place of every route and every vehicle at home, with a missing farm at every place before: slow and
    plain, for tests and benchmarks.
    """
    day = _Day(problem)
    routes: dict[str, list[str]] = {vehicle.id: [] for vehicle in problem.vehicles}
    routes |= {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}
    found = []
    for left in plan.left_out:
        stop = day.stops[left.stop_id]
        for vehicle_id in sorted(routes):
            if any(_drivable(day, vehicle_id, tried, routes) for tried in _ways_in(stop, routes[vehicle_id])):
                detail = f"was left out ({left.reason}) and fits"
                found.append(Breach(BreachKind.OVERLOOKED, vehicle_id, stop.id, detail))
                break
    return found


def _ways_in(stop: Stop, visit_ids: list[str]) -> Iterator[list[str]]:
    missing = {goods.farm_id for goods in stop.goods if goods.farm_id is not None} - set(visit_ids)
    tried: set[tuple[str, ...]] = set()
    for position in range(len(visit_ids) + 1):
        for head in _with_farms(visit_ids[:position], sorted(missing)):
            order = [*head, stop.id, *visit_ids[position:]]
            if tuple(order) not in tried:
                tried.add(tuple(order))
                yield order


def _with_farms(head: list[str], missing: list[str]) -> Iterator[list[str]]:
    if not missing:
        yield head
        return
    for position in range(len(head) + 1):
        yield from _with_farms([*head[:position], missing[0], *head[position:]], missing[1:])


def _drivable(day: _Day, vehicle_id: str, visit_ids: list[str], routes: dict[str, list[str]]) -> bool:
    vehicle = day.vehicles[vehicle_id]
    allowed = (day.stops[one].vehicle_ids for one in visit_ids if one in day.stops)
    if any(ids is not None and vehicle_id not in ids for ids in allowed):
        return False
    for ambient, chilled in _loads_of(day, visit_ids):
        if ambient > vehicle.capacity.ambient or chilled > vehicle.capacity.chilled:
            return False
    if any(True for _ in _farm_faults(day, vehicle_id, visit_ids)):
        return False
    if any(True for _ in _pins(day, {**{k: v for k, v in routes.items() if v}, vehicle_id: visit_ids})):
        return False
    return _fits_in_time(day, vehicle, visit_ids)


def _fits_in_time(day: _Day, vehicle: Vehicle, visit_ids: list[str]) -> bool:
    """Tell whether the order can be driven by the rule of `timing`: late departure, rests only where they must be."""
    legs = day.legs(vehicle, visit_ids)
    if legs is None:
        return False
    things = [day.thing(one) for one in visit_ids]
    for obeys_rest in (False, True):
        at_once = _drive(vehicle, things, legs, vehicle.hours.start_s, obeys_rest)
        if at_once is None or at_once[0] > vehicle.hours.end_s:
            return False
        departure_s = _latest_departure(things, legs, at_once)
        later = _drive(vehicle, things, legs, departure_s, obeys_rest)
        if later is None or later[0] > at_once[0]:
            departure_s = vehicle.hours.start_s
        strict = _drive(vehicle, things, legs, departure_s, True)
        if strict is not None and not (any(strict[1]) and not obeys_rest):
            return strict[0] - departure_s <= vehicle.max_duration_s
    return False


def _latest_departure(things: list[Stop | Farm], legs: list[Leg], driven: tuple[int, list[int]]) -> int:
    latest_s = driven[0]
    for thing, leg, rest_s in zip(reversed(things), reversed(legs[1:]), reversed(driven[1]), strict=True):
        ready_s = latest_s - leg.duration_s - rest_s - thing.service_s
        latest_s = max(min(ready_s, window.end_s) for window in thing.windows if window.start_s <= ready_s)
    return latest_s - legs[0].duration_s


def _begin(thing: Stop | Farm, arrival_s: int) -> int | None:
    moments = [max(arrival_s, window.start_s) for window in thing.windows if window.end_s >= arrival_s]
    return min(moments, default=None)


def _drive(
    vehicle: Vehicle, things: list[Stop | Farm], legs: list[Leg], departure_s: int, obeys_rest: bool
) -> tuple[int, list[int]] | None:
    """Return the hour of return and the rest after each visit, each taken as late as the law lets it be."""
    rest = vehicle.rest if obeys_rest else None
    ready_s = fresh_s = departure_s
    rests = []
    for position, thing in enumerate(things):
        arrival_s = ready_s + legs[position].duration_s
        start_s = _begin(thing, arrival_s)
        if start_s is None:
            return None
        if rest is not None and start_s - arrival_s >= rest.duration_s:
            if arrival_s - fresh_s > rest.after_s:
                return None
            fresh_s = start_s
        ready_s = start_s + thing.service_s
        rests.append(0)
        if rest is None:
            continue
        following = things[position + 1] if position + 1 < len(things) else None
        if _next_pause(ready_s + legs[position + 1].duration_s, following, rest.duration_s) - fresh_s > rest.after_s:
            if ready_s - fresh_s > rest.after_s:
                return None
            rests[-1] = rest.duration_s
            ready_s += rest.duration_s
            fresh_s = ready_s
    return_s = ready_s + legs[-1].duration_s
    if rest is not None and return_s - fresh_s > rest.after_s:
        return None
    return return_s, rests


def _next_pause(arrival_s: int, following: Stop | Farm | None, pause_s: int) -> int:
    """Return the next moment at which work may pause, driving on without a rest now."""
    if following is None:
        return arrival_s
    start_s = _begin(following, arrival_s)
    if start_s is None or start_s - arrival_s >= pause_s:
        return arrival_s
    return start_s + following.service_s
