"""Let PyVRP plan a day.

It gets everything but farms that feed several drops: both loads out and back, several windows (one exclusive client for
each), hours, longest day, price of use, of driving and of waiting, and what leaving a stop out costs (a prize). A pair
is its Shipment. It has no rest and no waiting that is free: days given to it have neither. Its solution may be
infeasible; then it is judged as it is. Pairs stay optional: required ones it served worse (tried). It is stopped by
its CPU seconds.
"""

import time
from dataclasses import dataclass, replace

import pyvrp

from benchmarks.instances import Orders
from routing.problem import Farm, Goods, Load, Problem, Stop, Vehicle


class NotForPyvrp(Exception):
    """Refuse a day that PyVRP cannot be given."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Keep the model and what its clients and vehicle types are called with us."""

    model: pyvrp.Model
    clients: list[str]
    pairs: list[tuple[str, str]]
    vehicles: list[list[str]]


class _CpuSeconds:
    """Stop after so many CPU seconds of this process."""

    def __init__(self, seconds: float) -> None:
        self._end_s = time.process_time() + seconds

    def __call__(self, best_cost: int) -> bool:
        return time.process_time() >= self._end_s


def prepare(problem: Problem, everybody: bool) -> Reading:
    """Write the day as a PyVRP model; `everybody`: nobody is optional, which is quicker where all fit for sure."""
    if len({vehicle.speed_percent for vehicle in problem.vehicles}) > 1 or problem.pins:
        raise NotForPyvrp("Vehicles of several speeds, or pins.")
    model = pyvrp.Model()
    places = {name: model.add_location(0, 0, name=name) for name in problem.matrix.place_ids}
    depots: dict[str, pyvrp.Depot] = {}
    for vehicle in sorted(problem.vehicles, key=lambda vehicle: vehicle.id):
        for place in (vehicle.start, vehicle.end):
            if place.id not in depots:
                depots[place.id] = model.add_depot(places[place.id], name=place.id)
    vehicles = [_add_vehicles(model, problem, kind, depots) for kind in _kinds(problem)]
    farms = {farm.id: farm for farm in problem.farms}
    clients: list[str] = []
    pairs: list[tuple[str, str]] = []
    for stop in sorted(problem.stops, key=lambda stop: stop.id):
        fed_by = [goods for goods in stop.goods if goods.farm_id is not None]
        if fed_by:
            pairs.append(_add_pair(model, problem, stop, fed_by, farms, places))
        else:
            clients += _add_client(model, problem, stop, places, everybody)
    _add_edges(model, problem, places)
    return Reading(model, clients, pairs, vehicles)


def solve(reading: Reading, seconds: float, seed: int) -> Orders:
    """Search for so many CPU seconds; answer the visits of each vehicle."""
    result = reading.model.solve(_CpuSeconds(seconds), seed=seed, collect_stats=False, display=False)
    orders: Orders = {}
    names = [list(kind) for kind in reading.vehicles]
    for route in result.best.routes():
        visits = []
        for activity in route.schedule():
            if activity.type == pyvrp.ActivityType.CLIENT:
                visits.append(reading.clients[activity.idx])
            elif activity.type == pyvrp.ActivityType.PICKUP:
                visits.append(reading.pairs[activity.idx][0])
            elif activity.type == pyvrp.ActivityType.DELIVERY:
                visits.append(reading.pairs[activity.idx][1])
        orders[names[route.vehicle_type()].pop(0)] = visits
    return orders


def _two(load: Load) -> list[int]:
    return [load.ambient, load.chilled]


def _kinds(problem: Problem) -> list[list[Vehicle]]:
    """Gather vehicles that differ in nothing but their name: PyVRP searches faster with few types."""
    kinds: dict[Vehicle, list[Vehicle]] = {}
    for vehicle in sorted(problem.vehicles, key=lambda vehicle: vehicle.id):
        kinds.setdefault(replace(vehicle, id="any"), []).append(vehicle)
    return list(kinds.values())


def _add_vehicles(
    model: pyvrp.Model, problem: Problem, kind: list[Vehicle], depots: dict[str, pyvrp.Depot]
) -> list[str]:
    vehicle = kind[0]
    model.add_vehicle_type(
        num_available=len(kind),
        capacity=_two(vehicle.capacity),
        start_depot=depots[vehicle.start.id],
        end_depot=depots[vehicle.end.id],
        fixed_cost=vehicle.use_cost,
        tw_early=vehicle.hours.start_s,
        tw_late=vehicle.hours.end_s,
        shift_duration=vehicle.max_duration_s,
        unit_duration_cost=problem.weights.per_waiting_s,
    )
    return [one.id for one in kind]


def _add_client(
    model: pyvrp.Model, problem: Problem, stop: Stop, places: dict[str, pyvrp.Location], everybody: bool
) -> list[str]:
    if stop.place is None or stop.vehicle_ids is not None or stop.habit is not None:
        raise NotForPyvrp(f"Stop {stop.id} wants particular vehicles or hours, or has no place.")
    group = model.add_client_group(required=False, name=stop.id) if len(stop.windows) > 1 else None
    everybody = everybody and group is None
    prize = problem.weights.left_out + stop.worth + problem.weights.per_waiting_s * stop.service_s
    for window in stop.windows:
        model.add_client(
            places[stop.place.id],
            delivery=_two(_sum(stop.goods)),
            pickup=_two(stop.returns),
            service_duration=stop.service_s,
            tw_early=window.start_s,
            tw_late=window.end_s,
            prize=0 if everybody else prize,
            required=everybody,
            group=group,
            name=stop.id,
        )
    return [stop.id] * len(stop.windows)


def _sum(goods: tuple[Goods, ...]) -> Load:
    return Load(sum(one.load.ambient for one in goods), sum(one.load.chilled for one in goods))


def _add_pair(
    model: pyvrp.Model,
    problem: Problem,
    stop: Stop,
    fed_by: list[Goods],
    farms: dict[str, Farm],
    places: dict[str, pyvrp.Location],
) -> tuple[str, str]:
    farm = farms[fed_by[0].farm_id or ""]
    if len(stop.goods) > 1 or stop.place is None or farm.place is None or stop.returns != Load():
        raise NotForPyvrp(f"Stop {stop.id} is more than one pair of pick-up and drop.")
    if len(farm.windows) > 1 or len(stop.windows) > 1:
        raise NotForPyvrp(f"The pair of {stop.id} has several windows.")
    model.add_shipment(
        places[farm.place.id],
        places[stop.place.id],
        pickup_tw_early=farm.windows[0].start_s,
        pickup_tw_late=farm.windows[0].end_s,
        pickup_service_duration=farm.service_s,
        delivery_tw_early=stop.windows[0].start_s,
        delivery_tw_late=stop.windows[0].end_s,
        delivery_service_duration=stop.service_s,
        amount=_two(fed_by[0].load),
        prize=problem.weights.left_out + stop.worth,
        required=False,
        name=stop.id,
    )
    return farm.id, stop.id


def _add_edges(model: pyvrp.Model, problem: Problem, places: dict[str, pyvrp.Location]) -> None:
    """Price driving; each second of a route costs as waiting does, which is taken off the way again."""
    weights, travel = problem.weights, problem.matrix
    speed = problem.vehicles[0].speed_percent
    for a, row in zip(
        travel.place_ids, zip(travel.durations_s.tolist(), travel.distances_m.tolist(), strict=True), strict=True
    ):
        for b, seconds, metres in zip(travel.place_ids, *row, strict=True):
            if seconds >= 0 and a != b:
                seconds = -(-seconds * 100 // speed)
                price = seconds * (weights.per_driving_s - weights.per_waiting_s) + metres * weights.per_m
                model.add_edge(places[a], places[b], distance=price, duration=seconds)
