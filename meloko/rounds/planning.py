"""A day becomes a routing problem; nothing here searches, reads or writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from meloko.catalogue.models import Temperature
from meloko.errors import Refusal
from meloko.orders.models import OrderLine
from meloko.relay_points.hours import Span
from meloko.rounds.gathering import Call, DayToPlan, FreeVehicle, depot_id
from meloko.rounds.models import StopKind
from routing import problem as planner
from routing.habits import Familiarity, template_orders
from routing.plan import Budget, Plan, Route, Visit
from routing.travel import TravelMatrix
from routing.wishes import visits_named

HOME_S = 300
RELAY_S = 480
RELAY_A_CRATE_S = 20
FARM_S = 600
# Windows are planned so that four arrivals in five are in time.
HOURS_QUANTILE = 80


class NoVehicle(Refusal):
    """A zone without a vehicle that is free."""

    def __init__(self) -> None:
        super().__init__("Aucun véhicule n’est libre pour ce secteur : ajoutez-en un, ou remettez-en un en service.")


def problem_of(day: DayToPlan, matrix: TravelMatrix, gaps_m: Mapping[str, int]) -> planner.Problem:
    """Turn the day into a problem; `gaps_m` has the metres to the nearest road of places that are off every road."""
    if day.calls and not day.vehicles:
        raise NoVehicle
    places = {place_id: planner.Place(place_id, *point) for place_id, point in day.point_of().items()}
    base = planner.Weights(hours_quantile=HOURS_QUANTILE)
    return planner.Problem(
        date=day.day.date,
        stops=tuple(_stop(day, call, places.get(call.id), gaps_m.get(call.id)) for call in day.calls),
        farms=tuple(
            planner.Farm(
                farm.id,
                places.get(farm.id),
                _windows(farm.windows),
                service_s(day, farm, 0),
                gaps_m.get(farm.id),
                kind=farm.kind.value,
            )
            for farm in day.farms
        ),
        vehicles=tuple(vehicle_of(free, places[depot_id(free.depot)]) for free in day.vehicles),
        pins=_pins(day),
        weights=Familiarity(day.day.zone.familiarity).weights(base),
        matrix=matrix,
        spread=day.learnt.spread,
    )


def _pins(day: DayToPlan) -> tuple[planner.Pin, ...]:
    """Return the pins of places and vehicles that the day still has."""
    calls, vehicles = {call.id for call in day.calls}, {free.id for free in day.vehicles}

    known = (pin for pin in day.pins if calls.issuperset(visits_named(pin)))
    return tuple(pin for pin in known if not isinstance(pin, planner.OnVehicle) or pin.vehicle_id in vehicles)


def without_habit(problem: planner.Problem) -> planner.Problem:
    """Return the same day for somebody who is used to nothing."""
    return replace(problem, weights=Familiarity(0).weights(problem.weights))


def as_planned(day: DayToPlan, problem: planner.Problem) -> planner.Problem:
    """Return the same day, in which the hours and vehicles of the rounds as they are planned are dear to everybody.

    After a small change the known order stays: only what must give way does.
    """
    if not day.planned_hours:
        return problem
    base = planner.Weights(hours_quantile=HOURS_QUANTILE)
    stops = (replace(stop, habit=day.planned_hours.get(stop.id, stop.habit)) for stop in problem.stops)
    return replace(problem, stops=tuple(stops), weights=Familiarity(100).weights(base))


def usual_orders(day: DayToPlan, problem: planner.Problem) -> Mapping[str, Sequence[str]]:
    """Return the order to start from: the rounds as they are planned, else the usual ones of the last weeks."""
    if not day.planned:
        return template_orders(day.habits.rounds, problem)
    known = {stop.id for stop in problem.stops if stop.place is not None and stop.road_gap_m is None}
    known |= {farm.id for farm in problem.farms if farm.place is not None and farm.road_gap_m is None}
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    kept = {van: [visit for visit in visits if visit in known] for van, visits in day.planned.items()}
    return {van: visits for van, visits in kept.items() if van in vehicles and visits}


def plan_of(orders: Mapping[str, Sequence[str]], problem: planner.Problem, engine_version: str) -> Plan:
    """Write an order of visits down as a plan without hours: what a new search starts from."""
    farms = {farm.id for farm in problem.farms}
    no_hours = planner.Window(0, 0)

    def visit(name: str) -> Visit:
        farm = name in farms
        return Visit(None if farm else name, name if farm else None, 0, 0, 0, planner.Load(), 0, no_hours)

    routes = tuple(
        Route(van, tuple(map(visit, visits)), (), 0, 0, planner.Load(), 0) for van, visits in sorted(orders.items())
    )
    return Plan(routes, (), 0, problem.fingerprint(), Budget(0), engine_version)


def vehicle_of(free: FreeVehicle, depot: planner.Place) -> planner.Vehicle:
    """Turn a free vehicle into one of the problem, at the place of its depot."""
    vehicle = free.vehicle
    return planner.Vehicle(
        id=free.id,
        start=depot,
        end=depot,
        hours=planner.Window(free.from_s, free.until_s),
        max_duration_s=free.longest_s,
        capacity=planner.Load(vehicle.crates_hundredths, vehicle.chilled_hundredths),
        use_cost=vehicle.cost_cents_per_km * 10_000,
        speed_percent=vehicle.speed_percent,
        # A cent a kilometre is a hundred-thousandth of a euro a metre; whose price nobody wrote costs what any does.
        per_m=vehicle.cost_cents_per_km or None,
    )


def service_s(day: DayToPlan, call: Call, hundredths: int) -> int:
    """Return how long a halt lasts: as learnt, else as the table says."""
    learnt = day.learnt.stop_times.get(call.kind)
    return table_s(call.kind, hundredths) if learnt is None else max(60, learnt.seconds(hundredths))


def table_s(kind: StopKind, hundredths: int) -> int:
    """Return how long a halt lasts before anything is learnt: seconds by kind and hundredths of crates."""
    if kind is StopKind.RELAY:
        return RELAY_S + RELAY_A_CRATE_S * -(-hundredths // 100)
    return FARM_S if kind is StopKind.FARM else HOME_S


def crates(lines: Iterable[OrderLine]) -> tuple[int, int, int]:
    """Sum lines into hundredths of crates: ambient, chilled, frozen."""
    sums = dict.fromkeys(Temperature, 0)
    for line in lines:
        sums[line.temperature] += line.ordered * line.crates_hundredths
    return sums[Temperature.AMBIENT], sums[Temperature.CHILLED], sums[Temperature.FROZEN]


def _stop(day: DayToPlan, call: Call, place: planner.Place | None, gap_m: int | None) -> planner.Stop:
    by_farm: dict[int | None, list[OrderLine]] = {}
    for order in call.orders:
        for line in order.lines:
            by_farm.setdefault(day.producer_of.get(line.product_id), []).append(line)
    goods = []
    for farm, lines in sorted(by_farm.items(), key=lambda item: item[0] or 0):
        ambient, chilled, frozen = crates(lines)
        load = planner.Load(ambient, chilled + frozen)
        goods.append(planner.Goods(None if farm is None else f"farm:{farm}", load))
    return planner.Stop(
        id=call.id,
        place=place,
        windows=_windows(call.windows),
        service_s=service_s(day, call, sum(one.load.ambient + one.load.chilled for one in goods)),
        goods=tuple(goods),
        # When not everybody fits, the place with more orders stays.
        worth=len(call.orders) * 10_000_000,
        habit=day.habits.by_place.get(call.id),
        road_gap_m=gap_m,
        kind=call.kind.value,
    )


def _windows(spans: Iterable[Span]) -> tuple[planner.Window, ...]:
    return tuple(planner.Window(span.from_s, span.until_s) for span in spans)
