"""Time an order that people chose: its hours, loads and price, and every rule it breaks, never refusing it.

The hours follow the same rule as the planner's, written a second time (`courses`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from routing.courses import Course, Drive, is_within
from routing.facts import Facts, joined
from routing.plan import Leg, Route, Visit
from routing.problem import Load, Pin, Problem, Vehicle, Window
from routing.promises import Step, promises
from routing.refusals import UnknownId
from routing.spread import last_begin_s


class FaultKind(StrEnum):
    """Name what is wrong with an order; the comments say which figures come with it."""

    LATE = "late"  # at `at_id`, after its last window by `by_s`
    TIGHT = "tight"  # at `at_id`: in its window, but later than the day's quantile asks, by `by_s`
    CLOSED = "closed"  # `at_id` has no window on this day
    LEAVES_EARLY = "leaves_early"  # before the vehicle's hours, by `by_s`
    BACK_LATE = "back_late"  # after the vehicle's hours, by `by_s`
    TOO_LONG = "too_long"  # the vehicle's longest day, by `by_s`
    NO_REST = "no_rest"  # work without a rest beyond what is allowed, by `by_s`, up to `at_id`
    AMBIENT_OVER = "ambient_over"  # after `at_id`, by `by_load` hundredths of a crate
    CHILLED_OVER = "chilled_over"
    FARM_MISSING = "farm_missing"  # `other_id` is not called at before its drop `at_id`
    FARM_FOR_NOBODY = "farm_for_nobody"  # `at_id`
    WRONG_VEHICLE = "wrong_vehicle"  # `at_id` is not to be served by it
    TWICE = "twice"  # `at_id` is served more than once
    NO_WAY = "no_way"  # no road to `at_id` (None: to the end of the route)
    PIN = "pin"  # `pin` does not hold


@dataclass(frozen=True, slots=True)
class Fault:
    """Report one broken rule with all that a sentence about it needs; `at_id` None is the start or end of the route."""

    kind: FaultKind
    vehicle_id: str | None
    at_id: str | None = None
    by_s: int = 0
    by_load: int = 0
    other_id: str | None = None
    pin: Pin | None = None


@dataclass(frozen=True, slots=True)
class TimedPlan:
    """Give the routes of the orders with their hours, who is in none of them (by id), and what is wrong.

    `cost` counts the absent as left out, as in a plan of the planner. Seconds, metres, units of cost.
    """

    routes: tuple[Route, ...]
    absent: tuple[str, ...]
    faults: tuple[Fault, ...]
    cost: int


def time_plan(
    problem: Problem, orders: Mapping[str, Sequence[str]], departures: Mapping[str, int] | None = None
) -> TimedPlan:
    """Time the orders: visits (ids of stops and farms) by vehicle, in a fixed order.

    `departures` fixes when vehicles leave; the others leave as late as costs nobody an hour. UnknownId for a vehicle,
    stop or farm that the problem does not have; every other wrong is a fault in the answer.
    """
    day = Facts(problem)
    fixed = departures or {}
    for vehicle_id in (*orders, *fixed):
        if vehicle_id not in day.vehicles:
            raise UnknownId(f"An order names vehicle {vehicle_id}, which the problem does not have.")
    for visit_id in (one for ids in orders.values() for one in ids):
        if visit_id not in day.stops and visit_id not in day.farms:
            raise UnknownId(f"An order names {visit_id}, which is neither stop nor farm of the problem.")
    driven = {vehicle_id: tuple(orders[vehicle_id]) for vehicle_id in sorted(orders) if orders[vehicle_id]}
    judge = Judge(day)
    routes, faults = [], list(_of_the_day(day, driven))
    for vehicle_id, visit_ids in driven.items():
        times = judge.time(vehicle_id, visit_ids, fixed.get(vehicle_id))
        routes.append(_route(day, times, visit_ids))
        faults += judge.faults(times, visit_ids)
    served = {one for ids in driven.values() for one in ids}
    absent = tuple(sorted(set(day.stops) - served))
    cost = sum(route.cost for route in routes) + day.left_out_cost(absent)
    return TimedPlan(tuple(routes), absent, tuple(faults), cost)


def _of_the_day(day: Facts, driven: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    """Yield what no single route can know: who comes twice, and which pins do not hold."""
    seen: set[str] = set()
    for vehicle_id, visit_ids in driven.items():
        for one in sorted(set(visit_ids)):
            if one in seen or visit_ids.count(one) > 1:
                yield Fault(FaultKind.TWICE, vehicle_id, one)
        seen.update(one for one in visit_ids if one in day.stops)
    for pin in day.broken_pins(driven):
        yield Fault(FaultKind.PIN, None, pin=pin)


@dataclass(slots=True)
class Times:
    """Hold one route as it is driven."""

    vehicle: Vehicle
    legs: list[Leg]
    missing: list[int]  # legs without a way
    drive: Drive
    slacks: list[int]  # by how much each visit may begin later without breaking anything after it


class Judge:
    """Time and judge the orders of one problem, one route at a time; keep it to judge many."""

    def __init__(self, day: Facts) -> None:
        self.day = day
        self._windows: dict[tuple[str, str], list[tuple[int, int]]] = {}

    def time(self, vehicle_id: str, visit_ids: Sequence[str], departure_s: int | None = None) -> Times:
        """Return the hours of a route, leaving at the hour given or as late as costs nobody an hour."""
        vehicle = self.day.vehicles[vehicle_id]
        ways = self.day.legs(vehicle, visit_ids)
        legs = [Leg(0, 0) if way is None else way for way in ways]
        course = Course(vehicle, legs, [self._of(vehicle, one) for one in visit_ids], self._services(visit_ids))
        drive = course.leave_late() if departure_s is None else course.leave_at(departure_s)
        back_s = max(drive.return_s, min(vehicle.hours.end_s, drive.departure_s + vehicle.max_duration_s))
        latest = course.latest(drive, back_s)[1:]
        slacks = [max(0, last - start) for last, start in zip(latest, drive.starts, strict=True)]
        return Times(vehicle, legs, [i for i, way in enumerate(ways) if way is None], drive, slacks)

    def drivable(self, vehicle_id: str, visit_ids: Sequence[str]) -> bool:
        """Tell whether the vehicle can drive the order without breaking a rule of one route (pins are the day's)."""
        return not self.faults(self.time(vehicle_id, visit_ids), visit_ids)

    def faults(self, times: Times, visit_ids: Sequence[str]) -> list[Fault]:
        """Return every rule that the route breaks."""
        found = [Fault(FaultKind.NO_WAY, times.vehicle.id, _at(visit_ids, i)) for i in times.missing]
        found += self._wrong_hours(times, visit_ids)
        found += self._wrong_visits(times, visit_ids)
        found += self._wrong_loads(times, visit_ids)
        return found

    def _services(self, visit_ids: Sequence[str]) -> list[int]:
        return [self.day.thing(one).service_s for one in visit_ids]

    def _of(self, vehicle: Vehicle, visit_id: str) -> list[tuple[int, int]]:
        """Return the moments at which the visit may be planned to begin."""
        key = (vehicle.id, visit_id)
        if key not in self._windows:
            quantile, spread = self.day.problem.weights.hours_quantile, self.day.problem.spread
            whole = joined(self.day.thing(visit_id).windows)
            self._windows[key] = (
                whole
                if self.day.is_locked(vehicle, visit_id)
                else [
                    (start, last_begin_s(start, end, vehicle.hours.start_s, quantile, spread)) for start, end in whole
                ]
            )
        return self._windows[key]

    def _wrong_hours(self, times: Times, visit_ids: Sequence[str]) -> Iterator[Fault]:
        vehicle, drive = times.vehicle, times.drive
        for visit_id, start_s in zip(visit_ids, drive.starts, strict=True):
            planned = self._of(vehicle, visit_id)
            if is_within(planned, start_s):
                continue
            whole = joined(self.day.thing(visit_id).windows)
            if not whole:
                yield Fault(FaultKind.CLOSED, vehicle.id, visit_id)
            elif is_within(whole, start_s):
                last_s = max(end for start, end in planned if start <= start_s)
                yield Fault(FaultKind.TIGHT, vehicle.id, visit_id, start_s - last_s)
            else:
                yield Fault(FaultKind.LATE, vehicle.id, visit_id, start_s - whole[-1][1])
        away_s = drive.return_s - drive.departure_s
        for kind, by_s in (
            (FaultKind.LEAVES_EARLY, vehicle.hours.start_s - drive.departure_s),
            (FaultKind.BACK_LATE, drive.return_s - vehicle.hours.end_s),
            (FaultKind.TOO_LONG, away_s - vehicle.max_duration_s),
        ):
            if by_s > 0:
                yield Fault(kind, vehicle.id, by_s=by_s)
        for i, by_s in drive.overworked:
            yield Fault(FaultKind.NO_REST, vehicle.id, _at(visit_ids, i), by_s)

    def _wrong_visits(self, times: Times, visit_ids: Sequence[str]) -> Iterator[Fault]:
        vehicle_id = times.vehicle.id
        for farm_id, drop_id in self.day.unfed(visit_ids):
            yield Fault(FaultKind.FARM_MISSING, vehicle_id, drop_id, other_id=farm_id)
        for farm_id in self.day.idle_farms(times.vehicle, visit_ids):
            yield Fault(FaultKind.FARM_FOR_NOBODY, vehicle_id, farm_id)
        for visit_id in visit_ids:
            stop = self.day.stops.get(visit_id)
            if stop is not None and stop.vehicle_ids is not None and vehicle_id not in stop.vehicle_ids:
                yield Fault(FaultKind.WRONG_VEHICLE, vehicle_id, visit_id)

    def _wrong_loads(self, times: Times, visit_ids: Sequence[str]) -> Iterator[Fault]:
        loads, room = self.day.loads_of(visit_ids), times.vehicle.capacity
        for kind, most, carried in (
            (FaultKind.AMBIENT_OVER, room.ambient, [load[0] for load in loads]),
            (FaultKind.CHILLED_OVER, room.chilled, [load[1] for load in loads]),
        ):
            over = max(carried) - most
            if over > 0:
                worst = carried.index(max(carried))
                yield Fault(kind, times.vehicle.id, visit_ids[worst - 1] if worst else None, by_load=over)


def _at(visit_ids: Sequence[str], i: int) -> str | None:
    return visit_ids[i] if i < len(visit_ids) else None


def _route(day: Facts, times: Times, visit_ids: Sequence[str]) -> Route:
    vehicle, drive = times.vehicle, times.drive
    loads = [_load(ambient, chilled) for ambient, chilled in day.loads_of(visit_ids)]
    told = _promises(day, times, visit_ids)
    visits = []
    for i, visit_id in enumerate(visit_ids):
        is_stop = visit_id in day.stops
        leaves_s = drive.starts[i] + day.thing(visit_id).service_s + drive.rests[i]
        visits.append(
            Visit(
                stop_id=visit_id if is_stop else None,
                farm_id=None if is_stop else visit_id,
                arrival_s=drive.arrivals[i],
                start_s=drive.starts[i],
                departure_s=leaves_s,
                load_after=loads[i + 1],
                slack_s=times.slacks[i],
                promise=told[i],
                rest_s=drive.rests[i],
            )
        )
    cost = day.cost_of(vehicle, visits, times.legs)
    return Route(vehicle.id, tuple(visits), tuple(times.legs), drive.departure_s, drive.return_s, loads[0], cost)


def _load(ambient: int, chilled: int) -> Load:
    """Write a load down; what a missing farm call leaves below nothing is nothing (and is a fault of its own)."""
    return Load(max(0, ambient), max(0, chilled))


def _promises(day: Facts, times: Times, visit_ids: Sequence[str]) -> tuple[Window, ...]:
    spread = day.problem.spread
    steps = []
    for i, visit_id in enumerate(visit_ids):
        thing = day.thing(visit_id)
        asked = (times.drive.starts[i], thing.service_s, times.drive.rests[i], thing.windows, spread.at(thing.kind))
        steps.append(Step(visit_id, times.legs[i].duration_s, *asked))
    return promises(times.vehicle.id, times.drive.departure_s, steps, spread)
