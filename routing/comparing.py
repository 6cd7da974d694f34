"""Say what changed between two plans of one day: who rides elsewhere, whose hour moved, how far each vehicle drives."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.plan import Plan, Route, Visit


@dataclass(frozen=True, slots=True)
class Moved:
    """Report one visit that is in both plans: its vehicles, and by how many seconds its start moved (later is more)."""

    visit_id: str
    vehicle_before: str
    vehicle_after: str
    start_before_s: int
    start_after_s: int
    promise_kept: bool  # the new start lies in the hours promised before

    @property
    def by_s(self) -> int:
        """Return by how much later it begins; less than nothing for earlier."""
        return self.start_after_s - self.start_before_s

    @property
    def changes_vehicle(self) -> bool:
        """Tell whether another vehicle serves it."""
        return self.vehicle_before != self.vehicle_after


@dataclass(frozen=True, slots=True)
class VehicleChange:
    """Report one vehicle: metres and the hours of leaving and return before and after; None where it stays at home."""

    vehicle_id: str
    metres_before: int
    metres_after: int
    departure_before_s: int | None
    departure_after_s: int | None
    return_before_s: int | None
    return_after_s: int | None
    kept: int  # stops that stand in both routes in the same order (the longest such series)
    stops_before: int
    stops_after: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Gather all that changed; tuples are ordered by id.

    `moved` holds stops whose vehicle or start changed. `new`: served now, unknown before. `taken_in`: left out before,
    served now. `left_out`: known before, or new, and not served now. `gone`: no longer of the day at all.
    """

    moved: tuple[Moved, ...]
    new: tuple[str, ...]
    taken_in: tuple[str, ...]
    left_out: tuple[str, ...]
    gone: tuple[str, ...]
    vehicles: tuple[VehicleChange, ...]
    cost: int

    @property
    def metres(self) -> int:
        """Return how much longer all routes are together."""
        return sum(one.metres_after - one.metres_before for one in self.vehicles)

    @property
    def is_nothing(self) -> bool:
        """Tell whether a printed plan still says the truth."""
        vehicles = any(
            (one.departure_before_s, one.return_before_s) != (one.departure_after_s, one.return_after_s)
            for one in self.vehicles
        )
        return not (self.moved or self.new or self.taken_in or self.left_out or self.gone or vehicles)


def compare(before: Plan, after: Plan) -> Changes:
    """Return what changed from one plan to another; seconds, metres, units of cost."""
    old, new = _served(before), _served(after)
    out_before = {left.stop_id for left in before.left_out}
    out_after = {left.stop_id for left in after.left_out}
    moved = [_moved(*old[one], *new[one]) for one in sorted(old.keys() & new.keys())]
    return Changes(
        moved=tuple(one for one in moved if one.by_s or one.changes_vehicle),
        new=tuple(sorted(new.keys() - old.keys() - out_before)),
        taken_in=tuple(sorted(new.keys() & out_before)),
        left_out=tuple(sorted(out_after - out_before)),
        gone=tuple(sorted((old.keys() | out_before) - new.keys() - out_after)),
        vehicles=_vehicles(before, after),
        cost=after.cost - before.cost,
    )


def metres(plan: Plan) -> int:
    """Return the metres of all routes."""
    return sum(_metres(route) for route in plan.routes)


def _served(plan: Plan) -> dict[str, tuple[Visit, str]]:
    return {
        visit.stop_id: (visit, route.vehicle_id)
        for route in plan.routes
        for visit in route.visits
        if visit.stop_id is not None
    }


def _moved(before: Visit, vehicle_before: str, after: Visit, vehicle_after: str) -> Moved:
    kept = before.promise.start_s <= after.start_s <= before.promise.end_s
    return Moved(after.visit_id, vehicle_before, vehicle_after, before.start_s, after.start_s, kept)


def _vehicles(before: Plan, after: Plan) -> tuple[VehicleChange, ...]:
    old: Mapping[str, Route] = {route.vehicle_id: route for route in before.routes}
    new: Mapping[str, Route] = {route.vehicle_id: route for route in after.routes}
    found = []
    for vehicle_id in sorted(old.keys() | new.keys()):
        a, b = old.get(vehicle_id), new.get(vehicle_id)
        stops_a, stops_b = _stops(a), _stops(b)
        found.append(
            VehicleChange(
                vehicle_id=vehicle_id,
                metres_before=_metres(a),
                metres_after=_metres(b),
                departure_before_s=None if a is None else a.departure_s,
                departure_after_s=None if b is None else b.departure_s,
                return_before_s=None if a is None else a.return_s,
                return_after_s=None if b is None else b.return_s,
                kept=_kept(stops_a, stops_b),
                stops_before=len(stops_a),
                stops_after=len(stops_b),
            )
        )
    return tuple(found)


def _metres(route: Route | None) -> int:
    return 0 if route is None else sum(leg.distance_m for leg in route.legs)


def _stops(route: Route | None) -> list[str]:
    return [] if route is None else [visit.stop_id for visit in route.visits if visit.stop_id is not None]


def _kept(before: list[str], after: list[str]) -> int:
    """Return the length of the longest series of stops that both orders hold."""
    best = [0] * (len(after) + 1)
    for one in before:
        row = [0]
        for j, other in enumerate(after):
            row.append(best[j] + 1 if one == other else max(best[j + 1], row[j]))
        best = row
    return best[-1]
