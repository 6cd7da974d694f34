"""Keep what people are used to: their hour, their driver, the usual round; and say what keeping it costs.

Consistency as in ConVRP (Groër, Golden & Wasil 2009, doi 10.1287/msom.1080.0243), as a price instead of a rule.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from routing.comparing import metres
from routing.plan import Plan
from routing.problem import Habit, LockedPrefix, Problem, Weights
from routing.refusals import LAST_SECOND, named, whole

ROUNDS = 6  # the last so many rounds make a habit
FEWEST = 3
_TEMPLATE_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Served:
    """Remember when and by whom a stop was served on one day."""

    day: date
    arrival_s: int
    vehicle_id: str

    def __post_init__(self) -> None:
        whole("The hour of a served stop", self.arrival_s, 0, LAST_SECOND)
        named("The vehicle of a served stop", self.vehicle_id)


def habit_of(served: Iterable[Served]) -> Habit | None:
    """Return the habit that the last six rounds of a stop make, None when there are fewer than three.

    The hour is the median arrival (of an even number the earlier of the middle two), the vehicle the most frequent, of
    equals the latest; `weeks` counts the calendar weeks in which it was served at all.
    """
    every = sorted(served, key=lambda one: one.day, reverse=True)
    latest = every[:ROUNDS]
    if len(latest) < FEWEST:
        return None
    arrivals = sorted(one.arrival_s for one in latest)
    counts = Counter(one.vehicle_id for one in latest)  # first seen first: of equals `most_common` gives the latest
    weeks = len({one.day.isocalendar()[:2] for one in every})
    return Habit(arrivals[(len(arrivals) - 1) // 2], counts.most_common(1)[0][0], weeks)


@dataclass(frozen=True, slots=True)
class Familiarity:
    """Say how much habit counts, from 0 (cheapest) to 100 (most familiar); 50 is what `Weights` says by itself."""

    setting: int = 50

    def __post_init__(self) -> None:
        whole("The familiarity of a plan", self.setting, 0, 100)

    def weights(self, weights: Weights) -> Weights:
        """Return the weights with the prices of drift and change of vehicle × 0 at 0, × 1 at 50, × 16 at 100.

        Below 50 the price grows evenly, above it doubles every 12.5 steps (in steps of an eighth of a doubling).
        """
        if self.setting <= 50:
            share = self.setting * 20
        else:
            doublings, eighths = divmod((self.setting - 50) * 16 // 25, 8)
            share = 1_000 * 2**doublings * (8 + eighths) // 8
        return replace(
            weights,
            per_drift_s=weights.per_drift_s * share // 1_000,
            change_vehicle=weights.change_vehicle * share // 1_000,
        )


@dataclass(frozen=True, slots=True)
class Prices:
    """Say what a plan costs beyond the cheapest: metres, seconds driven, and cost without habit's own price."""

    metres: int
    driving_s: int
    cost: int


def prices(cheapest: Plan, chosen: Plan, problem: Problem) -> Prices:
    """Return the difference between two plans of the day's stops; what habit itself is worth does not count.

    `problem` gives weights and vehicles. A plan that leaves fewer out drives more: compare plans that serve the same.
    """
    driving_s = _driving_s(chosen) - _driving_s(cheapest)
    return Prices(metres(chosen) - metres(cheapest), driving_s, _money(chosen, problem) - _money(cheapest, problem))


def _driving_s(plan: Plan) -> int:
    return sum(leg.duration_s for route in plan.routes for leg in route.legs)


def _money(plan: Plan, problem: Problem) -> int:
    """Return what the routes cost without drift and change of vehicle."""
    weights = problem.weights
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    driven = [(vehicles[route.vehicle_id], sum(leg.distance_m for leg in route.legs)) for route in plan.routes]
    waits = [visit.start_s - visit.arrival_s for route in plan.routes for visit in route.visits]
    return (
        sum(vehicle.use_cost + length * problem.price_a_metre(vehicle) for vehicle, length in driven)
        + _driving_s(plan) * weights.per_driving_s
        + sum(max(0, wait - weights.waiting_free_s) for wait in waits) * weights.per_waiting_s
    )


def template_orders(rounds: Sequence[Mapping[str, Sequence[str]]], problem: Problem) -> dict[str, tuple[str, ...]]:
    """Return the usual routes (visits by vehicle) cut to today's stops, farm calls added, to start a search from.

    `rounds`: past orders by vehicle, the latest first; the first six count. A stop goes to the vehicle that served it
    most often (of equals the latest), to its mean place along that vehicle's routes. Stops that nobody knows are not in
    it, nor are vehicles that the day does not have. Locked beginnings are the caller's: they come first as they are.
    """
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    locked = {pin.vehicle_id: pin.visit_ids for pin in problem.pins if isinstance(pin, LockedPrefix)}
    fixed = {one for ids in locked.values() for one in ids}
    stops = {stop.id: stop for stop in problem.stops if stop.id not in fixed}
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for orders in rounds[:_TEMPLATE_ROUNDS]:
        for vehicle_id, ids in orders.items():
            for position, one in enumerate(ids):
                allowed = stops[one].vehicle_ids if one in stops else frozenset[str]()
                if vehicle_id in vehicles and (allowed is None or vehicle_id in allowed):
                    places[one].append((vehicle_id, (2 * position + 1) * 500_000 // len(ids)))
    routes: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for one in sorted(places):
        vehicle_id = Counter(name for name, _ in places[one]).most_common(1)[0][0]
        along = [place for name, place in places[one] if name == vehicle_id]
        routes[vehicle_id].append((sum(along) // len(along), one))
    template = {}
    for vehicle_id in sorted(routes.keys() | locked.keys()):
        order = [one for _, one in sorted(routes[vehicle_id])]
        template[vehicle_id] = _with_farms(locked.get(vehicle_id, ()), order, problem)
    return template


def _with_farms(locked: Sequence[str], order: Sequence[str], problem: Problem) -> tuple[str, ...]:
    """Call at each farm just before the first drop of its goods, where the locked beginning does not already."""
    goods = {stop.id: stop.goods for stop in problem.stops}
    done = list(locked)
    for one in order:
        farms = sorted({each.farm_id for each in goods.get(one, ()) if each.farm_id is not None})
        done += [farm for farm in farms if farm not in done]
        done.append(one)
    return tuple(done)
