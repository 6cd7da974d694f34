"""What a change by hand brings before it is saved: hours, kilometres, who is served when, which rules it breaks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from meloko.errors import Refusal
from meloko.rounds.effect_words import busy_words, fault_words
from meloko.rounds.gathering import LONGEST_DAY_S, FreeVehicle, depot_id
from meloko.rounds.grounds import Ground, place_of
from meloko.rounds.habits import place_id
from meloko.rounds.models import Drop, Round, Stop, StopKind
from meloko.rounds.planning import problem_of
from meloko.rounds.shapes import Line, Shape
from meloko.rounds.stops import goods_at, stop_of
from routing.by_hand import Fault, FaultKind, TimedPlan, time_plan
from routing.comparing import Moved, compare
from routing.plan import Budget, Leg, Plan, Route, Visit
from routing.problem import Load, Window

# A watch on a doorstep shows minutes.
SAME_MINUTE_S = 60
# The goods would not be on board, or nobody could drive there: no order of the day can be so.
_IMPOSSIBLE = frozenset({FaultKind.FARM_MISSING, FaultKind.NO_WAY, FaultKind.TWICE})


class PlaceNotMeasured(Refusal):
    """A place that is on no road of the day's travel times."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} : les temps de route vers ce lieu ne sont pas encore mesurés. Placez-le sur la carte,"
            " puis attendez la fin de la mesure."
        )


@dataclass(frozen=True, slots=True)
class Shift:
    """One stop whose hour or round changes; seconds since local midnight."""

    name: str
    before_s: int
    after_s: int
    kept: bool
    changes_round: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One round before and after: None where it does not drive."""

    letter: str
    departure_before_s: int | None
    departure_after_s: int | None
    return_before_s: int | None
    return_after_s: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A shape with its hours: the rounds it would make, by number, and all that it changes."""

    before: Shape
    after: Shape
    rounds: Mapping[int, Round]
    gone: tuple[int, ...]
    metres: int
    turns: tuple[Turn, ...]
    shifts: tuple[Shift, ...]
    broken: tuple[str, ...]
    impossible: tuple[str, ...]
    warnings: tuple[str, ...]
    left: tuple[int, ...]


def propose(ground: Ground, asked: Shape) -> Proposal:
    """Work out a shape: farm calls that it needs are added, those that nobody needs any more go."""
    _refuse_unmeasured(ground, asked)
    touched = asked.touched(ground.shape)
    after = asked
    for number in touched:
        after = after.with_line(_with_farms(ground, after, after.lines[number]))
    driven = [number for number in touched if after.lines[number].places]
    before_faults = {_same(fault) for fault in _time(ground, ground.shape, touched).faults}
    timed, of = _time(ground, after, driven), _numbers(ground, after, driven)
    rounds = {of[route.vehicle_id]: _round(ground, after, of[route.vehicle_id], route) for route in timed.routes}
    faults = [fault for fault in timed.faults if fault.kind in _IMPOSSIBLE or _same(fault) not in before_faults]
    names = ground.names | {van: f"la tournée {_letter(number)}" for van, number in of.items()}
    old = _plan(ground.rounds[number] for number in touched if number in ground.rounds)
    changes = compare(old, _plan(rounds.values()))
    served = {order for place in _places(after) for order in after.drops.get(place, ())}
    return Proposal(
        before=ground.shape,
        after=after,
        rounds=rounds,
        gone=tuple(number for number in touched if number not in rounds),
        metres=changes.metres,
        turns=tuple(
            Turn(_letter(number), *_ends(ground.rounds.get(number), rounds.get(number), "departure_s"),
                 *_ends(ground.rounds.get(number), rounds.get(number), "return_s"))
            for number in touched
        ),
        shifts=tuple(_shift(ground, moved) for moved in sorted(changes.moved, key=lambda one: one.start_after_s)
                     if abs(moved.by_s) >= SAME_MINUTE_S or moved.changes_vehicle),
        broken=tuple(fault_words(one, names) for one in faults if one.kind not in _IMPOSSIBLE),
        impossible=tuple(fault_words(one, names) for one in faults if one.kind in _IMPOSSIBLE),
        warnings=tuple(_conflicts(ground, rounds)),
        left=tuple(sorted({one for ids in ground.shape.drops.values() for one in ids} - served)),
    )  # fmt: skip


def _refuse_unmeasured(ground: Ground, shape: Shape) -> None:
    for place in _places(shape):
        if place not in ground.points:
            raise PlaceNotMeasured(ground.names.get(place, "Ce lieu"))


def _with_farms(ground: Ground, shape: Shape, line: Line) -> Line:
    """Call at the farms whose goods the round carries, each before its first drop, where it is least out of the way."""
    farm = f"{StopKind.FARM.value}:"
    orders = [order for place in line.places for order in ground.call(place, shape).orders]
    goods = {ground.day.producer_of.get(row.product_id) for order in orders for row in order.lines} - {None}
    needed = {place_id(StopKind.FARM, owner) for owner in goods if owner is not None}
    places = tuple(place for place in line.places if not place.startswith(farm) or place in needed)
    for missing in sorted(needed - {*places}):
        if missing in ground.points:
            places = _called_at(ground, shape, line, places, missing)
    return replace(line, places=places)


def _called_at(ground: Ground, shape: Shape, line: Line, places: tuple[str, ...], farm: str) -> tuple[str, ...]:
    owner = int(farm.partition(":")[2])
    home = depot_id(ground.vehicles[line.vehicle_id][1])
    wanting = [n for n, place in enumerate(places) if ground.day.farm_lines(ground.call(place, shape).orders, owner)]
    best = min(range(wanting[0] + 1), key=lambda at: detour_s(ground, (home, *places, home), at, farm))
    return (*places[:best], farm, *places[best:])


def least_detour(ground: Ground, line: Line, place: str) -> str | None:
    """Return the place before which another is least out of the way, None for the end of the round."""
    if place not in ground.points:
        raise PlaceNotMeasured(ground.names.get(place, "Ce lieu"))
    home = depot_id(ground.vehicles[line.vehicle_id][1])
    at = min(range(len(line.places) + 1), key=lambda n: detour_s(ground, (home, *line.places, home), n, place))
    return line.places[at] if at < len(line.places) else None


def detour_s(ground: Ground, way: Sequence[str], at: int, place: str) -> int:
    """Return the seconds that calling at a place after the visit number `at` of a way adds."""
    a, b = way[at], way[at + 1]
    if not {a, b, place} <= ground.points.keys():
        return 10**9
    legs = [ground.matrix.duration_s(a, place), ground.matrix.duration_s(place, b)]
    return 10**9 if min(legs) < 0 else sum(legs) - max(0, ground.matrix.duration_s(a, b))


def _free(ground: Ground, shape: Shape, numbers: Iterable[int]) -> dict[int, FreeVehicle]:
    """Return a vehicle for each round: one that drives twice is there twice."""
    trips: Counter[int] = Counter()
    free = {}
    for number in numbers:
        vehicle, depot = ground.vehicles[shape.lines[number].vehicle_id]
        trips[vehicle.id] += 1
        from_s, until_s = (hour.hour * 3600 + hour.minute * 60 for hour in (vehicle.works_from, vehicle.works_until))
        free[number] = FreeVehicle(vehicle, depot, from_s, until_s, LONGEST_DAY_S, trips[vehicle.id])
    return free


def _numbers(ground: Ground, shape: Shape, numbers: Iterable[int]) -> dict[str, int]:
    return {each.id: number for number, each in _free(ground, shape, numbers).items()}


def _time(ground: Ground, shape: Shape, numbers: Sequence[int]) -> TimedPlan:
    there = [number for number in numbers if number in shape.lines]
    free = _free(ground, shape, there)
    places = {place for number in there for place in shape.lines[number].places}
    calls = [ground.call(place, shape) for place in sorted(places)]
    day = replace(
        ground.day,
        vehicles=tuple(free.values()),
        calls=tuple(call for call in calls if call.kind is not StopKind.FARM),
        farms=tuple(call for place, call in sorted(ground.calls.items()) if call.kind is StopKind.FARM),
    )
    fixed = {free[n].id: at for n in there if (at := shape.lines[n].departure_s) is not None}
    orders = {free[number].id: shape.lines[number].places for number in there}
    return time_plan(problem_of(day, ground.matrix, {}), orders, fixed)


def _round(ground: Ground, shape: Shape, number: int, route: Route) -> Round:
    """Write the proposal for one round down as the version that it would be; nothing of it is stored."""
    line, old = shape.lines[number], ground.rounds.get(number)
    vehicle = ground.vehicles[line.vehicle_id][0]
    kept = old is not None and tuple(map(place_of, old.stops)) == line.places and old.vehicle_id == line.vehicle_id
    row = Round(
        delivery_day_id=ground.day.day.id,
        number=number,
        version=old.version if old else 0,
        vehicle_id=line.vehicle_id,
        driver_id=line.driver_id,
        departure_s=route.departure_s,
        departure_fixed=line.departure_s is not None,
        return_s=route.return_s,
        distance_m=sum(leg.distance_m for leg in route.legs),
        duration_s=route.return_s - route.departure_s,
        return_leg_duration_s=route.legs[-1].duration_s,
        return_leg_distance_m=route.legs[-1].distance_m,
        return_leg_classes=dict(old.return_leg_classes) if old and kept else {},
        way=list(old.way) if old and kept else [],
    )
    row.vehicle = vehicle
    row.stops = _stops(ground, shape, route, old if kept else None)
    return row


def _stops(ground: Ground, shape: Shape, route: Route, same: Round | None) -> list[Stop]:
    known = {drop.order_id: drop.order for row in ground.rounds.values() for stop in row.stops for drop in stop.drops}
    on_board = [order for visit in route.visits for order in ground.call(visit.visit_id, shape).orders]
    stops = []
    for position, (visit, leg) in enumerate(zip(route.visits, route.legs, strict=False), 1):
        place = visit.visit_id
        call = ground.call(place, shape)
        stop = stop_of(position, visit, leg, call, goods_at(ground.day, call, on_board))
        if call.point is None:
            stop.lat, stop.lon = ground.points[place]
        stop.pinned = place in shape.pinned
        stop.leg_classes = dict(same.stops[position - 1].leg_classes) if same else {}
        stop.drops = []
        for order_id in () if call.kind is StopKind.FARM else shape.drops.get(place, ()):
            drop = Drop(order_id=order_id)
            drop.order = ground.orders.get(order_id) or known[order_id]
            stop.drops.append(drop)
        stops.append(stop)
    return stops


def _plan(rows: Iterable[Round]) -> Plan:
    """Write rounds down as a plan, to be compared; a farm is a stop of its round."""
    routes = tuple(
        Route(
            vehicle_id=str(row.number),
            visits=tuple(_visit(row, stop) for stop in row.stops),
            legs=(
                *(Leg(stop.leg_duration_s, stop.leg_distance_m) for stop in row.stops),
                Leg(0, max(0, row.distance_m - sum(stop.leg_distance_m for stop in row.stops))),
            ),
            departure_s=row.departure_s,
            return_s=row.return_s,
            load_at_start=Load(),
            cost=0,
        )
        for row in rows
    )
    return Plan(routes, (), 0, "", Budget(0), "")


def _visit(row: Round, stop: Stop) -> Visit:
    name = f"{place_of(stop)}:{row.number}" if stop.kind is StopKind.FARM else place_of(stop)
    promise = Window(stop.promise_from_s, max(stop.promise_from_s, stop.promise_until_s))
    return Visit(name, None, stop.arrival_s, stop.start_s, stop.departure_s, Load(), 0, promise)


def _shift(ground: Ground, moved: Moved) -> Shift:
    place = ":".join(moved.visit_id.split(":")[:2])
    name = ground.names.get(place, "")
    return Shift(name, moved.start_before_s, moved.start_after_s, moved.promise_kept, moved.changes_vehicle)


def _conflicts(ground: Ground, rounds: Mapping[int, Round]) -> Iterable[str]:
    """Yield who or what would be in two places at once."""
    mine = {row.id for row in ground.rounds.values()}
    still = [(row, "") for number, row in ground.rounds.items() if number not in rounds]
    others = [*((row, zone) for row, zone in ground.away if row.id not in mine), *still]
    rows = list(rounds.values())
    for n, row in enumerate(rows):
        for other, zone in [*others, *((later, "") for later in rows[n + 1 :])]:
            if other.departure_s < row.return_s and row.departure_s < other.return_s:
                yield from busy_words(row, other, zone, ground.vehicles, ground.drivers)


def _ends(old: Round | None, new: Round | None, what: str) -> tuple[int | None, int | None]:
    return (None if old is None else getattr(old, what)), (None if new is None else getattr(new, what))


def _places(shape: Shape) -> list[str]:
    return [place for line in shape.lines.values() for place in line.places]


def _same(fault: Fault) -> tuple[object, ...]:
    """Return what makes two faults the same one: a larger one is still known."""
    return fault.kind, fault.at_id, fault.other_id


def _letter(number: int) -> str:
    return Round.letter_of(number)
