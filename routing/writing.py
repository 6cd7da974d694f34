"""Write a tour of the search down as a route of the plan."""

from itertools import pairwise

from routing.day import FAR_S, Day
from routing.plan import Leg, Route, Visit
from routing.problem import Load, Window
from routing.promises import Step, promises
from routing.timing import Schedule, latest_starts
from routing.tour import Tour


def route_of(day: Day, tour: Tour) -> Route:
    """Return the route of a tour with visits, with hours, loads, slack and promises."""
    hours = tour.hours
    if hours is None:
        raise ValueError(f"Vehicle {day.vehicles[tour.vehicle].id} stays at home: it has no route.")
    nodes = tour.nodes
    told = _promises(day, tour, hours)
    return Route(
        vehicle_id=day.vehicles[tour.vehicle].id,
        visits=tuple(_visit(day, tour, hours, i, told[i - 1]) for i in range(1, len(nodes) - 1)),
        legs=tuple(_leg(day, tour.vehicle, a, b) for a, b in pairwise(nodes)),
        departure_s=hours.departure_s,
        return_s=hours.return_s,
        load_at_start=Load(tour.load_ambient[0], tour.load_chilled[0]),
        cost=tour.cost,
    )


def _visit(day: Day, tour: Tour, hours: Schedule, i: int, told: Window) -> Visit:
    node = tour.nodes[i]
    asked = day.vehicles[tour.vehicle]
    start_s, rest_s = hours.starts[i - 1], hours.rests[i - 1]
    back_s = min(asked.hours.end_s, hours.departure_s + asked.max_duration_s)
    latest_s = latest_starts(day, tour.vehicle, tour.nodes, hours.rests, back_s)[i]
    is_stop = node < day.n_stops
    return Visit(
        stop_id=day.thing(node).id if is_stop else None,
        farm_id=None if is_stop else day.thing(node).id,
        arrival_s=hours.arrivals[i - 1],
        start_s=start_s,
        departure_s=start_s + day.service[node] + rest_s,
        load_after=Load(tour.load_ambient[i], tour.load_chilled[i]),
        slack_s=latest_s - start_s,
        promise=told,
        rest_s=rest_s,
    )


def _promises(day: Day, tour: Tour, hours: Schedule) -> tuple[Window, ...]:
    spread = day.problem.spread
    steps = []
    for i, node in enumerate(tour.nodes[1:-1]):
        thing = day.thing(node)
        leg_s = day.duration[tour.vehicle][tour.nodes[i]][node]
        asked = (hours.starts[i], thing.service_s, hours.rests[i], thing.windows, spread.at(thing.kind))
        steps.append(Step(thing.id, leg_s, *asked))
    return promises(day.vehicles[tour.vehicle].id, hours.departure_s, steps, spread)


def _leg(day: Day, vehicle: int, a: int, b: int) -> Leg:
    matrix = day.problem.matrix
    duration_s = day.duration[vehicle][a][b]
    if duration_s >= FAR_S:
        raise ValueError("A route was written over a way that does not exist.")
    return Leg(duration_s, matrix.distance_m(_place(day, a), _place(day, b)))


def _place(day: Day, node: int) -> str:
    if node < day.n_visits:
        place = day.thing(node).place
        return "" if place is None else place.id
    vehicle = day.vehicles[(node - day.n_visits) // 2]
    return vehicle.start.id if (node - day.n_visits) % 2 == 0 else vehicle.end.id
