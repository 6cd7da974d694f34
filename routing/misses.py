"""Measure by how much a stop misses a vehicle: the smallest breach over all places it could take."""

from itertools import pairwise

from routing.day import FAR_S, Day
from routing.pins import PinRules
from routing.plan import Nearest, Why
from routing.timing import begin
from routing.tour import Tour, build, loads_of

_NEVER = (10**9,)


def miss(day: Day, pins: PinRules, tour: Tour, stop: int) -> tuple[Nearest, list[int]]:
    """Return what stands between the stop and this tour at the place where least does, and the order tried there.

    The order is empty when pins leave no place to try.
    """
    vehicle_id = day.vehicles[tour.vehicle].id
    low, high = pins.span(stop, tour.nodes, tour.lock)
    missing = sorted(farm for farm in day.farm_goods[stop] if farm not in tour.nodes)
    present = [tour.nodes.index(farm) for farm in day.farm_goods[stop] if farm in tour.nodes]
    best: tuple[tuple[int, ...], Nearest] = (_NEVER, Nearest(vehicle_id, Why.PINNED))
    best_order: list[int] = []
    for p in range(max([low, *present]), high + 1):
        order = [*tour.nodes[: p + 1], *missing, stop, *tour.nodes[p + 1 :]]
        tried = _breaches(day, tour, order)
        if tried[0] < best[0]:
            best, best_order = tried, order
    return best[1], best_order


def closeness(nearest: Nearest) -> tuple[int, int]:
    """Order misses: what would fit with one change first, what nothing measures last."""
    measured = nearest.by_s > 0 or nearest.by_load > 0
    return (0 if nearest.fits else 1 if measured else 2, nearest.by_s + nearest.by_load)


def _breaches(day: Day, tour: Tour, order: list[int]) -> tuple[tuple[int, ...], Nearest]:
    """Return how bad an order is (rules broken, then by how much) and its largest breach."""
    found = [*_too_much(day, tour, order), *_too_late(day, tour, order)]
    if not found:
        # All single rules hold: what is left is the rest, or waiting that makes the day too long.
        asked = day.vehicles[tour.vehicle]
        if build(day, tour.vehicle, order, tour.lock) is None and asked.rest is not None:
            found.append(Nearest(asked.id, Why.NO_REST))
    worst = max(
        found, key=lambda one: one.by_s + one.by_load, default=Nearest(day.vehicles[tour.vehicle].id, Why.PINNED)
    )
    return (len(found), worst.by_s + worst.by_load), worst


def _too_much(day: Day, tour: Tour, order: list[int]) -> list[Nearest]:
    loads = loads_of(day, order)
    if loads is None:
        return []
    asked = day.vehicles[tour.vehicle]
    found = []
    for why, room, after in (
        (Why.AMBIENT_OVER, asked.capacity.ambient, loads[0]),
        (Why.CHILLED_OVER, asked.capacity.chilled, loads[1]),
    ):
        most = max(after)
        if most > room:
            found.append(Nearest(asked.id, why, by_load=most - room, at_id=_name(day, order[after.index(most)])))
    return found


def _too_late(day: Day, tour: Tour, order: list[int]) -> list[Nearest]:
    """Drive the order at once, beginning late where it must, and note every lateness, the return and the length."""
    asked = day.vehicles[tour.vehicle]
    duration = day.duration[tour.vehicle]
    ready = asked.hours.start_s
    work = 0
    found = []
    for a, b in pairwise(order):
        leg = duration[a][b]
        if leg >= FAR_S:
            return [Nearest(asked.id, Why.NO_WAY, at_id=_name(day, b))]
        arrival = ready + leg
        start = begin(day.windows[tour.vehicle][b], arrival)
        if start < 0:
            start = arrival
            lateness = arrival - max((end for _, end in day.windows[tour.vehicle][b]), default=0)
            why = Why.BACK_LATE if b == order[-1] else Why.LATE
            found.append(Nearest(asked.id, why, lateness, at_id=_name(day, b)))
        ready = start + day.service[b]
        work += leg + day.service[b]
    if work > asked.max_duration_s:
        found.append(Nearest(asked.id, Why.TOO_LONG, work - asked.max_duration_s))
    return found


def _name(day: Day, node: int) -> str | None:
    return day.thing(node).id if node < day.n_visits else None
