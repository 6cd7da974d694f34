"""Find pins that contradict each other whatever the hours, the loads and the roads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product

from routing.problem import Before, First, Last, LockedPrefix, OnVehicle, Pin, Problem

# Sets of so many pins are looked for; with many pins on the day only pairs, for triples grow with the cube.
_LARGEST = 3
_FEW_PINS = 40


def contradiction(problem: Problem, stop_id: str) -> tuple[Pin, ...]:
    """Return a smallest set of pins, one of which names the stop, that no round can keep; () when none is found.

    The stops that the pins name are all to be served; which vehicles each stop allows counts as given. Sets of up to
    three pins are looked for.
    """
    pins = sorted(set(problem.pins), key=repr)
    allowed = {stop.id: stop.vehicle_ids for stop in problem.stops}
    vehicles = sorted(vehicle.id for vehicle in problem.vehicles)
    for size in range(1, (_LARGEST if len(pins) <= _FEW_PINS else 2) + 1):
        for some in combinations(pins, size):
            if not any(stop_id in stops_of(pin) for pin in some) or _keepable(some, allowed, vehicles):
                continue
            if all(_keepable(fewer, allowed, vehicles) for fewer in combinations(some, size - 1)):
                return some
    return ()


def stops_of(pin: Pin) -> tuple[str, ...]:
    """Return the ids that a pin names: stops, for a locked beginning farms too."""
    match pin:
        case LockedPrefix():
            return pin.visit_ids
        case Before():
            return (pin.stop_id, pin.then_id)
        case _:
            return (pin.stop_id,)


def _keepable(pins: Sequence[Pin], allowed: Mapping[str, frozenset[str] | None], vehicles: Sequence[str]) -> bool:
    """Tell whether some share-out among vehicles and some order keeps all pins."""
    groups = _riding_together(pins, allowed)
    choices = []
    for group in groups:
        fit = [one for one in vehicles if all(_may_ride(stop, one, pins, allowed) for stop in group)]
        if not fit:
            return False
        choices.append(fit)
    for share_out in product(*choices):
        rides = {stop: vehicle for group, vehicle in zip(groups, share_out, strict=True) for stop in group}
        if all(_has_order(vehicle, pins, rides) for vehicle in sorted(set(share_out))):
            return True
    return False


def _riding_together(pins: Iterable[Pin], allowed: Mapping[str, object]) -> list[set[str]]:
    """Return the named stops in groups that ride on one vehicle."""
    groups: list[set[str]] = []
    for pin in pins:
        group = {one for one in stops_of(pin) if one in allowed}
        for other in [other for other in groups if other & group]:
            groups.remove(other)
            group |= other
        if group:
            groups.append(group)
    return groups


def _may_ride(stop: str, vehicle: str, pins: Iterable[Pin], allowed: Mapping[str, frozenset[str] | None]) -> bool:
    own = allowed[stop]
    if own is not None and vehicle not in own:
        return False
    asked = (pin.vehicle_id for pin in pins if isinstance(pin, OnVehicle | LockedPrefix) and stop in stops_of(pin))
    return all(one == vehicle for one in asked)


def _has_order(vehicle: str, pins: Iterable[Pin], rides: Mapping[str, str]) -> bool:
    """Tell whether the stops on one vehicle can be put in an order that the pins allow: no circle of who goes first."""
    aboard = {stop for stop in rides if rides[stop] == vehicle}
    earlier: dict[str, set[str]] = {stop: set() for stop in aboard}
    for pin in pins:
        for before, then in _pairs(pin, vehicle, aboard):
            earlier[then].add(before)
    while earlier:
        free = [stop for stop, before in earlier.items() if not before & earlier.keys()]
        if not free:
            return False
        for stop in free:
            del earlier[stop]
    return True


def _pairs(pin: Pin, vehicle: str, aboard: set[str]) -> Iterator[tuple[str, str]]:
    """Yield who must come before whom on this vehicle."""
    match pin:
        case LockedPrefix() if pin.vehicle_id == vehicle:
            locked = [one for one in pin.visit_ids if one in aboard]
            yield from combinations(locked, 2)
            yield from product(locked, aboard - set(locked))
        case Before() if pin.stop_id in aboard:
            yield pin.stop_id, pin.then_id
        case First() if pin.stop_id in aboard:
            yield from product([pin.stop_id], aboard - {pin.stop_id})
        case Last() if pin.stop_id in aboard:
            yield from product(aboard - {pin.stop_id}, [pin.stop_id])
        case _:
            pass
