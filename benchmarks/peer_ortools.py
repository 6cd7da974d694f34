"""Let OR-Tools' routing library plan a day.

A farm call that feeds many drops is modelled as its users do: a pick-up node at the farm for each drop, paired with the
drop, where further pick-ups of one farm in a row take no minutes. A drop of several farms is a drop node for each, at
one place, in a row without more minutes, held on one vehicle by a price. In the judged order a farm is called at once,
first to last, and such a drop is made at its last node. The rest is what it has a name for: two loads (on board at the
start, picked up, taken back), several windows, hours, longest day, breaks, price of use and ways, a penalty for who is
left out. Not expressed: waiting has no price, for a priced slack slowed it down more than it gained.

It is stopped by the clock only and may go on longer: of its solutions, the best is taken that was there before its CPU
seconds were over. On days so large that it has none by then, its first one counts, however late (tried and no quicker:
local cheapest insertion, cheapest arc, fewer neighbours, no breaks, no equal loads).
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.instances import Orders
from routing.problem import Load, Problem, Stop, Vehicle, Window
from routing.refusals import LAST_SECOND

_LONGEST_CLOCK = 10
_NEVER = 10**9
_NO_COST = 2**62


class NotForOrtools(Exception):
    """Refuse a day that OR-Tools cannot be given."""


@dataclass(frozen=True, slots=True)
class _Node:
    """One node of the model: what it is called with us, where it lies, and what it does to the loads."""

    name: str
    place: int
    windows: tuple[Window, ...]
    service_s: int
    change: tuple[int, int]
    returns: tuple[int, int] = (0, 0)
    penalty: int = 0


@dataclass(slots=True)
class Reading:
    """Keep the model, its nodes by number and the vehicles by number."""

    nodes: list[_Node]
    vehicles: list[Vehicle]
    pairs: list[tuple[int, int]] = field(default_factory=list)
    together: list[list[int]] = field(default_factory=list)
    manager: Any = None
    model: Any = None


def prepare(problem: Problem, everybody: bool) -> Reading:
    """Write the day as a routing model."""
    if problem.pins or len({vehicle.speed_percent for vehicle in problem.vehicles}) != 1:
        raise NotForOrtools("No vehicle, vehicles of several speeds, or pins.")
    vehicles = sorted(problem.vehicles, key=lambda vehicle: vehicle.id)
    reading = Reading([], vehicles)
    ends = sorted({place.id: place for vehicle in vehicles for place in (vehicle.start, vehicle.end)}.items())
    for _, place in ends:
        reading.nodes.append(_Node("", problem.matrix.index[place.id], (), 0, (0, 0)))
    for stop in sorted(problem.stops, key=lambda stop: stop.id):
        _add_stop(reading, problem, stop)
    number = {place_id: i for i, (place_id, _) in enumerate(ends)}
    reading.manager = pywrapcp.RoutingIndexManager(
        len(reading.nodes),
        len(vehicles),
        [number[vehicle.start.id] for vehicle in vehicles],
        [number[vehicle.end.id] for vehicle in vehicles],
    )
    reading.model = pywrapcp.RoutingModel(reading.manager)
    _price(reading, problem)
    _tell_loads(reading)
    _tell_hours(reading, problem)
    _tell_choices(reading, problem)
    return reading


def solve(reading: Reading, seconds: float, seed: int) -> Orders:
    """Search for so many CPU seconds; answer the visits of each vehicle. The search has no seed of its own."""
    end_s = time.process_time() + seconds
    model, best_cost, best = reading.model, _NO_COST, Orders()

    def note() -> None:
        nonlocal best_cost, best
        cost = model.CostVar().Value()
        if cost < best_cost and (time.process_time() <= end_s or not best):
            best_cost, best = cost, _orders(reading)
        if time.process_time() > end_s:
            model.solver().FinishCurrentSearch()

    model.AddAtSolutionCallback(note)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    strategies = routing_enums_pb2.FirstSolutionStrategy
    parameters.first_solution_strategy = strategies.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(_LONGEST_CLOCK * seconds * 1_000))
    model.SolveWithParameters(parameters)
    return best


def _add_stop(reading: Reading, problem: Problem, stop: Stop) -> None:
    """Add a pick-up and a drop for each farm of the stop, or one drop when it has none."""
    index = problem.matrix.index
    if stop.place is None or stop.vehicle_ids is not None or stop.habit is not None:
        raise NotForOrtools(f"Stop {stop.id} wants particular vehicles or hours, or has no place.")
    own = [goods.load for goods in stop.goods if goods.farm_id is None]
    fed_by: list[tuple[str | None, Load]] = [
        (goods.farm_id, goods.load) for goods in stop.goods if goods.farm_id is not None
    ]
    back = (stop.returns.ambient, stop.returns.chilled)
    change = (back[0] - sum(load.ambient for load in own), back[1] - sum(load.chilled for load in own))
    worth = (problem.weights.left_out + stop.worth) // max(1, len(fed_by))
    farms = {farm.id: farm for farm in problem.farms}
    drops: list[int] = []
    for farm_id, load in fed_by or [(None, Load())]:
        if drops:
            change, back = (0, 0), (0, 0)
        dropped = (change[0] - load.ambient, change[1] - load.chilled)
        drop = _Node(stop.id, index[stop.place.id], stop.windows, stop.service_s, dropped, back, worth)
        drops.append(_add(reading, drop))
        if farm_id is not None:
            place = farms[farm_id].place
            if place is None:
                raise NotForOrtools(f"Farm {farm_id} has no place.")
            taken = (load.ambient, load.chilled)
            call = _Node(farm_id, index[place.id], farms[farm_id].windows, farms[farm_id].service_s, taken)
            reading.pairs.append((_add(reading, call), drops[-1]))
    if len(drops) > 1:
        reading.together.append(drops)


def _add(reading: Reading, node: _Node) -> int:
    reading.nodes.append(node)
    return len(reading.nodes) - 1


def _durations(reading: Reading, problem: Problem) -> NDArray[np.int64]:
    places = [node.place for node in reading.nodes]
    seconds = problem.matrix.durations_s.astype(np.int64)[np.ix_(places, places)]
    speed = reading.vehicles[0].speed_percent
    return np.where(seconds < 0, _NEVER, -(-seconds * 100 // speed))


def _price(reading: Reading, problem: Problem) -> None:
    places = [node.place for node in reading.nodes]
    metres = problem.matrix.distances_m.astype(np.int64)[np.ix_(places, places)]
    price = _durations(reading, problem) * problem.weights.per_driving_s + metres * problem.weights.per_m
    reading.model.SetArcCostEvaluatorOfAllVehicles(reading.model.RegisterTransitMatrix(price.tolist()))
    for k, vehicle in enumerate(reading.vehicles):
        reading.model.SetFixedCostOfVehicle(vehicle.use_cost, k)


def _tell_loads(reading: Reading) -> None:
    """Let each load begin with what is on board, so that nothing but what is taken back is left at the end."""
    model, solver = reading.model, reading.model.solver()
    for kind, name in enumerate(("ambient", "chilled")):
        most = [(v.capacity.ambient, v.capacity.chilled)[kind] for v in reading.vehicles]
        changes = model.RegisterUnaryTransitVector([node.change[kind] for node in reading.nodes])
        model.AddDimensionWithVehicleCapacity(changes, 0, most, False, name)
        load = model.GetDimensionOrDie(name)
        returned = [node.returns[kind] for node in reading.nodes]
        if not any(returned):
            for k in range(len(reading.vehicles)):
                load.CumulVar(model.End(k)).SetMax(0)
            continue
        model.AddDimensionWithVehicleCapacity(
            model.RegisterUnaryTransitVector(returned), 0, [10**9] * len(most), True, f"{name} back"
        )
        back = model.GetDimensionOrDie(f"{name} back")
        for k in range(len(reading.vehicles)):
            solver.Add(load.CumulVar(model.End(k)) == back.CumulVar(model.End(k)))


def _tell_hours(reading: Reading, problem: Problem) -> None:
    model = reading.model
    seconds = _durations(reading, problem)
    names = np.array([node.name for node in reading.nodes])
    service = np.array([node.service_s for node in reading.nodes])
    seconds += np.where(names[:, None] == names[None, :], 0, service[:, None])
    model.AddDimension(model.RegisterTransitMatrix(seconds.tolist()), LAST_SECOND, LAST_SECOND, False, "time")
    hours = model.GetDimensionOrDie("time")
    for number, node in enumerate(reading.nodes):
        if node.name and node.windows:
            begins = hours.CumulVar(reading.manager.NodeToIndex(number))
            windows = sorted(node.windows)
            begins.SetRange(windows[0].start_s, windows[-1].end_s)
            for before, after in pairwise(windows):
                begins.RemoveInterval(before.end_s + 1, after.start_s - 1)
    for k, vehicle in enumerate(reading.vehicles):
        hours.CumulVar(model.Start(k)).SetRange(vehicle.hours.start_s, vehicle.hours.end_s)
        hours.CumulVar(model.End(k)).SetRange(vehicle.hours.start_s, vehicle.hours.end_s)
        if vehicle.max_duration_s < LAST_SECOND:
            hours.SetSpanUpperBoundForVehicle(vehicle.max_duration_s, k)
        if vehicle.rest is not None:
            _tell_rest(reading, hours, k, vehicle)


def _tell_rest(reading: Reading, hours: Any, k: int, vehicle: Vehicle) -> None:
    """Give the vehicle one break that it may take, and the longest work without one."""
    model, rest = reading.model, vehicle.rest
    if rest is None:
        return
    asked = (vehicle.hours.start_s, vehicle.hours.end_s, rest.duration_s, True, f"rest {k}")
    visits = [0] * model.Size()
    for number, node in enumerate(reading.nodes):
        if node.name:
            visits[reading.manager.NodeToIndex(number)] = node.service_s
    hours.SetBreakIntervalsOfVehicle([model.solver().FixedDurationIntervalVar(*asked)], k, visits)
    hours.SetBreakDistanceDurationOfVehicle(rest.after_s, rest.duration_s, k)


def _tell_choices(reading: Reading, problem: Problem) -> None:
    model, manager, solver = reading.model, reading.manager, reading.model.solver()
    hours = model.GetDimensionOrDie("time")
    for number, node in enumerate(reading.nodes):
        if node.name:
            model.AddDisjunction([manager.NodeToIndex(number)], node.penalty)
    for call, drop in reading.pairs:
        a, b = manager.NodeToIndex(call), manager.NodeToIndex(drop)
        model.AddPickupAndDelivery(a, b)
        solver.Add(model.VehicleVar(a) == model.VehicleVar(b))
        solver.Add(hours.CumulVar(a) <= hours.CumulVar(b))
    for drops in reading.together:
        model.AddSoftSameVehicleConstraint([manager.NodeToIndex(one) for one in drops], problem.weights.left_out)


def _orders(reading: Reading) -> Orders:
    """Read the current solution: the visits of each vehicle, a farm at its first call, a stop at its last node."""
    model, manager = reading.model, reading.manager
    parts = Counter(node.name for node in reading.nodes)
    parts.update({farm: 1 - parts[farm] for farm in {reading.nodes[call].name for call, _ in reading.pairs}})
    orders: Orders = {}
    for k, vehicle in enumerate(reading.vehicles):
        index, names = model.NextVar(model.Start(k)).Value(), []
        while not model.IsEnd(index):
            names.append(reading.nodes[manager.IndexToNode(index)].name)
            index = model.NextVar(index).Value()
        times = Counter(names)
        visits: list[str] = []
        for name in names:
            times[name] -= 1
            first, last = name not in visits, times[name] == 0
            if (parts[name] == 1 and first) or (parts[name] > 1 and last and names.count(name) == parts[name]):
                visits.append(name)
        if visits:
            orders[vehicle.id] = visits
    return orders
