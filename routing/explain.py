"""Say why a stop is left out: facts in a fixed order, the first that holds is the reason.

NO_POINT, OFF_ROAD, CUT_OFF, CLOSED, NO_VEHICLE, TOO_BIG, FARM_CLOSED and TOO_FAR_ALONE are facts of the stop alone and
keep it out of the search; PIN_CONFLICT and DAY_FULL are facts of the plan.
"""

from collections.abc import Callable

from routing.by_hand import Judge
from routing.contradictions import contradiction
from routing.day import FAR_S, Day
from routing.facts import Facts
from routing.granting import granted
from routing.insertion import base_tours, fits
from routing.misses import closeness, miss
from routing.pins import PinRules
from routing.plan import LeftOut, Nearest, Plan, Reason
from routing.problem import LockedPrefix, OnVehicle, Pin, Problem
from routing.timing import begin
from routing.tour import Tour, build

# Reasons that rest on travel times: true of every road network, but not of every matrix.
BY_TRAVEL = (Reason.CUT_OFF, Reason.FARM_CLOSED, Reason.TOO_FAR_ALONE)
# Looking for a stop to leave instead costs a try for each stop of the day: not for more people than staff would read.
_INSTEAD_FOR = 20


def explain(problem: Problem, plan: Plan) -> tuple[LeftOut, ...]:
    """Return everybody whom the plan leaves out, with the reason, by stop id.

    ValueError when a route of the plan cannot be driven on this problem: then it is not a plan of it.
    """
    day = Day(problem)
    pins = PinRules(day)
    tours = base_tours(day, pins)
    for route in plan.routes:
        vehicle = day.vehicle_index[route.vehicle_id]
        start = day.start(vehicle)
        nodes = [start, *(day.node[visit.visit_id] for visit in route.visits), start + 1]
        tour = build(day, vehicle, nodes, len(pins.locks[vehicle]))
        if tour is None:
            raise ValueError(f"The route of vehicle {route.vehicle_id} cannot be driven on this day.")
        tours[vehicle] = tour
    return reasons(day, pins, tours, hopeless(day, pins))


def hopeless(day: Day, pins: PinRules) -> dict[int, LeftOut]:
    """Return the stops that cannot be served even alone, by node."""
    lost: dict[int, LeftOut] = {}
    for stop in range(day.n_stops):
        for test in _TESTS:
            found = test(day, pins, stop)
            if found is not None:
                lost[stop] = found
                break
    return lost


def reasons(day: Day, pins: PinRules, tours: list[Tour | None], lost: dict[int, LeftOut]) -> tuple[LeftOut, ...]:
    """Return everybody who is on no tour, with the reason; `lost` are those known to be hopeless."""
    served = {node for tour in tours if tour is not None for node in tour.nodes}
    absent = [stop for stop in range(day.n_stops) if stop not in served]
    result = []
    searched = 0
    for stop in absent:
        if stop in lost:
            result.append(lost[stop])
            continue
        conflict = _pin_conflict(day, pins, tours, stop)
        if conflict is None:
            searched += 1
            conflict = _day_full(day, pins, tours, stop, searched <= _INSTEAD_FOR)
        result.append(conflict)
    return tuple(result)


def _riders(day: Day, pins: PinRules, stop: int) -> list[int]:
    return [vehicle for vehicle in range(len(day.vehicles)) if pins.may_ride(stop, vehicle)]


def _no_point(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    asked = day.stops[stop]
    if asked.place is None and asked.road_gap_m is None:
        return LeftOut(asked.id, Reason.NO_POINT, "its address has no point on the map")
    return None


def _off_road(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    asked = day.stops[stop]
    if asked.road_gap_m is None:
        return None
    return LeftOut(asked.id, Reason.OFF_ROAD, f"the nearest road is {asked.road_gap_m} m away", by=asked.road_gap_m)


def _cut_off(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    for vehicle in range(len(day.vehicles)):
        start, duration = day.start(vehicle), day.duration[vehicle]
        if duration[start][stop] < FAR_S and duration[stop][start + 1] < FAR_S:
            return None
    if not day.vehicles or _fits_alone(day, stop, _riders(day, pins, stop)):
        return None
    return LeftOut(day.stops[stop].id, Reason.CUT_OFF, "no road leads there and back again")


def _closed(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    if day.opening[stop]:
        return None
    return LeftOut(day.stops[stop].id, Reason.CLOSED, "it has no window on this day")


def _no_vehicle(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    if _riders(day, pins, stop):
        return None
    asked = day.stops[stop]
    named = tuple(
        pin
        for pin in _sorted(day.problem.pins)
        if (isinstance(pin, OnVehicle) and pin.stop_id == asked.id)
        or (isinstance(pin, LockedPrefix) and asked.id in pin.visit_ids)
    )
    return LeftOut(asked.id, Reason.NO_VEHICLE, "pins or its own list exclude every vehicle", pins=named)


def _too_big(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    overs = []
    for vehicle in _riders(day, pins, stop):
        room = day.vehicles[vehicle].capacity
        ambient = max(day.taken[stop][0], day.back[stop][0]) - room.ambient
        chilled = max(day.taken[stop][1], day.back[stop][1]) - room.chilled
        overs.append(max(0, ambient) + max(0, chilled))
    over = min(overs)
    if over == 0:
        return None
    detail = f"its crates are {over} hundredths more than any vehicle carries"
    return LeftOut(day.stops[stop].id, Reason.TOO_BIG, detail, by=over)


def _farm_closed(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    riders = _riders(day, pins, stop)
    if not any(_reaches(day, vehicle, [stop]) for vehicle in riders):
        return None
    for farm in sorted(day.farm_goods[stop]):
        if not any(_reaches(day, vehicle, [farm, stop]) for vehicle in riders):
            if _fits_alone(day, stop, riders):
                return None
            farm_id = day.thing(farm).id
            detail = f"farm {farm_id} cannot be called at before its windows"
            return LeftOut(day.stops[stop].id, Reason.FARM_CLOSED, detail, at_id=farm_id)
    return None


def _reaches(day: Day, vehicle: int, nodes: list[int]) -> bool:
    moment, last = day.vehicles[vehicle].hours.start_s, day.start(vehicle)
    for node in nodes:
        moment = begin(day.windows[vehicle][node], moment + day.service[last] + day.duration[vehicle][last][node])
        if moment < 0:
            return False
        last = node
    return True


def _fits_alone(day: Day, stop: int, riders: list[int]) -> bool:
    """Tell whether any vehicle could serve the stop and nobody else: a way may lead there over another farm only."""
    free = PinRules(day, ())
    empty = (build(day, vehicle, [day.start(vehicle), day.start(vehicle) + 1], 0) for vehicle in riders)
    return any(tour is not None and fits(day, free, tour, stop) for tour in empty)


def _too_far_alone(day: Day, pins: PinRules, stop: int) -> LeftOut | None:
    free = PinRules(day, ())
    judge = Judge(Facts(day.problem))
    misses = []
    for vehicle in _riders(day, pins, stop):
        tour = build(day, vehicle, [day.start(vehicle), day.start(vehicle) + 1], 0)
        if tour is not None:
            if fits(day, free, tour, stop):
                return None
            misses.append(_miss(day, free, judge, tour, stop))
    nearest = min(misses, key=closeness)
    detail = f"even alone it does not fit: {_told(nearest)}"
    stop_id = day.stops[stop].id
    return LeftOut(stop_id, Reason.TOO_FAR_ALONE, detail, nearest, tuple(misses), by=nearest.by_s)


_TESTS: tuple[Callable[[Day, PinRules, int], LeftOut | None], ...] = (
    _no_point,
    _off_road,
    _cut_off,
    _closed,
    _no_vehicle,
    _too_big,
    _farm_closed,
    _too_far_alone,
)


def _told(nearest: Nearest) -> str:
    by = f" by {nearest.by_s} s" if nearest.by_s else f" by {nearest.by_load} hundredths" if nearest.by_load else ""
    at = f" at {nearest.at_id}" if nearest.at_id else ""
    alone = ", and only that" if nearest.fits else ""
    return f"vehicle {nearest.vehicle_id} {nearest.why.replace('_', ' ')}{by}{at}{alone}"


def _sorted(pins: tuple[Pin, ...]) -> tuple[Pin, ...]:
    return tuple(sorted(pins, key=repr))


def _pin_conflict(day: Day, pins: PinRules, tours: list[Tour | None], stop: int) -> LeftOut | None:
    """Tell whether pins alone keep the stop out: a smallest set that contradicts itself, or else one that does here."""
    asked = day.stops[stop]
    every = _sorted(day.problem.pins)
    if not every:
        return None
    broken = next((pin for pin in every if isinstance(pin, LockedPrefix) and asked.id in pin.visit_ids), None)

    def fails(some: tuple[Pin, ...]) -> bool:
        if broken is not None:
            return broken in some and not _lock_holds(day, some, broken)
        return not _fits(day, tours, some, stop)

    kept = contradiction(day.problem, asked.id)
    if not kept:
        if not fails(every) or fails(()):
            return None
        kept = every
        for pin in every:
            fewer = tuple(other for other in kept if other is not pin)
            if fails(fewer):
                kept = fewer
    detail = "it cannot be served as these pins ask: " + "; ".join(map(repr, kept))
    return LeftOut(asked.id, Reason.PIN_CONFLICT, detail, pins=kept)


def _lock_holds(day: Day, some: tuple[Pin, ...], lock: LockedPrefix) -> bool:
    vehicle = day.vehicle_index[lock.vehicle_id]
    return base_tours(day, PinRules(day, some))[vehicle] is not None


def _fits(day: Day, tours: list[Tour | None], some: tuple[Pin, ...], stop: int) -> bool:
    """Tell whether the stop fits into the tours as they stand when only some pins count."""
    rules = PinRules(day, some)
    base = base_tours(day, rules)
    for vehicle in _riders(day, rules, stop):
        tour = tours[vehicle] or base[vehicle]
        if tour is None or not rules.may_join(stop, tour.nodes, [t.nodes for t in tours if t is not None]):
            continue
        freed = build(day, vehicle, tour.nodes, len(rules.locks[vehicle]))
        if freed is not None and fits(day, rules, freed, stop):
            return True
    return False


def _day_full(day: Day, pins: PinRules, tours: list[Tour | None], stop: int, look_for_another: bool) -> LeftOut:
    judge = Judge(Facts(day.problem)) if look_for_another else None
    misses = tuple(
        _miss(day, pins, judge, tour, stop) for tour in tours if tour is not None and pins.may_ride(stop, tour.vehicle)
    )
    nearest = min(misses, key=closeness, default=None)
    instead = _instead(day, pins, tours, stop) if look_for_another else None
    detail = "it fits alone, not beside the others" + (f": {_told(nearest)}" if nearest is not None else "")
    return LeftOut(day.stops[stop].id, Reason.DAY_FULL, detail, nearest, misses, instead_id=instead)


def _miss(day: Day, pins: PinRules, judge: Judge | None, tour: Tour, stop: int) -> Nearest:
    """Return what stands between the stop and the tour; with a judge, whether it is all that does."""
    nearest, order = miss(day, pins, tour, stop)
    if judge is None or not order:
        return nearest
    visit_ids = [day.thing(node).id for node in order[1:-1]]
    return granted(day.problem, judge, day.vehicles[tour.vehicle].id, visit_ids) or nearest


def _instead(day: Day, pins: PinRules, tours: list[Tour | None], stop: int) -> str | None:
    """Return the stop of least worth whose place the left-out one could take."""
    riding = [
        (day.stops[node].worth, node, tour)
        for tour in tours
        if tour is not None and pins.may_ride(stop, tour.vehicle)
        for node in tour.nodes[tour.lock + 1 : -1]
        if node < day.n_stops
    ]
    every = [tour.nodes for tour in tours if tour is not None]
    for _, node, tour in sorted(riding, key=lambda one: one[:2]):
        if not pins.may_join(stop, tour.nodes, every):
            continue
        shorter = build(day, tour.vehicle, _without(day, tour, node), tour.lock)
        if shorter is not None and fits(day, pins, shorter, stop):
            return day.stops[node].id
    return None


def _without(day: Day, tour: Tour, gone: int) -> list[int]:
    kept = [node for node in tour.nodes if node != gone]
    needed = {farm for node in kept if node < day.n_stops for farm in day.farm_goods[node]}
    locked = set(tour.nodes[: tour.lock + 1])
    return [node for node in kept if not day.n_stops <= node < day.n_visits or node in needed or node in locked]
