"""Find the stops that a plan leaves out although they fit: what nobody may do in silence."""

from collections.abc import Iterator

from routing.by_hand import Judge
from routing.checker import Breach, BreachKind
from routing.facts import Facts
from routing.plan import Plan
from routing.problem import Problem, Stop


def overlooked(problem: Problem, plan: Plan) -> list[Breach]:
    """Return the stops left out that would fit somewhere in the plan as it stands, farm calls included.

    Tries every place of every route and every vehicle at home, with a missing farm at every place before: slow and
    plain, for tests and benchmarks.
    """
    day = Facts(problem)
    judge = Judge(day)
    routes: dict[str, list[str]] = {vehicle.id: [] for vehicle in problem.vehicles}
    routes |= {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}
    found = []
    for left in plan.left_out:
        stop = day.stops[left.stop_id]
        for vehicle_id in sorted(routes):
            if any(_fits(day, judge, vehicle_id, tried, routes) for tried in ways_in(stop, routes[vehicle_id])):
                detail = f"was left out ({left.reason}) and fits"
                found.append(Breach(BreachKind.OVERLOOKED, vehicle_id, stop.id, detail))
                break
    return found


def _fits(day: Facts, judge: Judge, vehicle_id: str, visit_ids: list[str], routes: dict[str, list[str]]) -> bool:
    changed = {**{k: v for k, v in routes.items() if v}, vehicle_id: visit_ids}
    return judge.drivable(vehicle_id, visit_ids) and not any(True for _ in day.broken_pins(changed))


def ways_in(stop: Stop, visit_ids: list[str]) -> Iterator[list[str]]:
    """Yield every order in which a route could take the stop on, its missing farms called at anywhere before it."""
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
