"""Let VROOM plan an instance, at its most thorough level of exploration (5), on one thread.

It gets jobs and shipments, loads out and back, windows, hours and the price of the ways. It can only be stopped by the
clock: where it is given CPU seconds and the clock took away more than a twentieth of them, it runs again with as much
longer a time, and has what it finds then. Its longest day counts only driving: a day with one is refused.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import vroom

from benchmarks.instances import Orders
from routing.problem import Load, Problem, Stop, Window
from routing.refusals import LAST_SECOND

LEVEL = 5
_AGAIN = 3
_CUT_SHORT = 0.95


class NotForVroom(Exception):
    """Refuse a day that VROOM cannot be given."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Keep the day and what its jobs and vehicles are called with us."""

    problem: Problem
    visits: dict[int, str]
    vehicles: dict[int, str]


def prepare(problem: Problem, everybody: bool) -> Reading:
    """Give visits and vehicles their numbers; the input itself is made for each run, for a run uses it up."""
    things = sorted([*(stop.id for stop in problem.stops), *(farm.id for farm in problem.farms)])
    vehicles = sorted(vehicle.id for vehicle in problem.vehicles)
    return Reading(problem, dict(enumerate(things)), dict(enumerate(vehicles)))


def solve(reading: Reading, seconds: float | None, seed: int) -> Orders:
    """Search until it ends by itself, or for about so many CPU seconds; its search has no seed."""
    wall_s = seconds
    for _ in range(_AGAIN):
        given = _input(reading)
        began, clock = time.process_time(), time.perf_counter()
        timeout = None if wall_s is None else timedelta(seconds=wall_s)
        solution = given.solve(exploration_level=LEVEL, nb_threads=1, timeout=timeout)
        cpu_s, took_s = time.process_time() - began, time.perf_counter() - clock
        if seconds is None or wall_s is None or took_s < _CUT_SHORT * wall_s or cpu_s >= _CUT_SHORT * seconds:
            break
        wall_s *= seconds / cpu_s
    orders: Orders = {}
    for step in solution.routes.itertuples():
        visits = orders.setdefault(reading.vehicles[step.vehicle_id], [])
        if step.type in ("job", "pickup", "delivery"):
            visits.append(reading.visits[int(step.id)])
    return orders


def _input(reading: Reading) -> vroom.Input:
    problem = reading.problem
    number = {name: one for one, name in reading.visits.items()}
    index = problem.matrix.index
    given = vroom.Input()
    given.set_durations_matrix("car", problem.matrix.durations_s.astype(np.uint32))
    weights = problem.weights
    price = problem.matrix.durations_s.astype(np.int64) * weights.per_driving_s
    price += problem.matrix.distances_m.astype(np.int64) * weights.per_m
    given.set_costs_matrix("car", price.astype(np.uint32))
    for one, vehicle_id in reading.vehicles.items():
        vehicle = next(vehicle for vehicle in problem.vehicles if vehicle.id == vehicle_id)
        if vehicle.max_duration_s < LAST_SECOND or vehicle.rest is not None or vehicle.use_cost:
            raise NotForVroom(f"Vehicle {vehicle_id} has a longest day, a rest or a price of use.")
        given.add_vehicle(
            vroom.Vehicle(
                one,
                start=index[vehicle.start.id],
                end=index[vehicle.end.id],
                capacity=_two(vehicle.capacity),
                time_window=(vehicle.hours.start_s, vehicle.hours.end_s),
            )
        )
    for stop in problem.stops:
        _add(given, problem, stop, number)
    return given


def _add(given: vroom.Input, problem: Problem, stop: Stop, number: dict[str, int]) -> None:
    index = problem.matrix.index
    fed_by = [goods for goods in stop.goods if goods.farm_id is not None]
    if stop.place is None or (fed_by and (len(stop.goods) > 1 or stop.returns != Load())):
        raise NotForVroom(f"Stop {stop.id} is more than one pair of pick-up and drop, or has no place.")
    at = index[stop.place.id]
    windows = _windows(stop.windows)
    if not fed_by:
        out = Load(sum(g.load.ambient for g in stop.goods), sum(g.load.chilled for g in stop.goods))
        given.add_job(
            vroom.Job(
                number[stop.id],
                at,
                default_service=stop.service_s,
                delivery=_two(out),
                pickup=_two(stop.returns),
                time_windows=windows,
            )
        )
        return
    farm = next(farm for farm in problem.farms if farm.id == fed_by[0].farm_id)
    if farm.place is None:
        raise NotForVroom(f"Farm {farm.id} has no place.")
    given.add_shipment(
        vroom.ShipmentStep(
            number[farm.id], index[farm.place.id], default_service=farm.service_s, time_windows=_windows(farm.windows)
        ),
        vroom.ShipmentStep(number[stop.id], at, default_service=stop.service_s, time_windows=windows),
        amount=vroom.Amount(_two(fed_by[0].load)),
    )


def _two(load: Load) -> list[int]:
    return [load.ambient, load.chilled]


def _windows(windows: tuple[Window, ...]) -> list[tuple[int, int]]:
    return [(window.start_s, window.end_s) for window in windows]
