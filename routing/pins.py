"""Turn pins into the places of a route between which a stop may go."""

from routing.day import Day
from routing.problem import Before, First, Last, LockedPrefix, OnVehicle, Pin


class PinRules:
    """Know, for each stop, what the pins of the day (or only some of them) ask of it.

    `locks` gives each vehicle the nodes its route must begin with.
    """

    def __init__(self, day: Day, some: tuple[Pin, ...] | None = None) -> None:
        self.day = day
        self.locks: list[list[int]] = [[] for _ in day.vehicles]
        self.first: set[int] = set()
        self.last: set[int] = set()
        self.earlier: dict[int, list[int]] = {}  # stop -> those to come before it
        self.later: dict[int, list[int]] = {}
        self.vehicles: dict[int, set[int]] = {}
        for pin in day.problem.pins if some is None else some:
            if isinstance(pin, First):
                self.first.add(day.node[pin.stop_id])
            elif isinstance(pin, Last):
                self.last.add(day.node[pin.stop_id])
            elif isinstance(pin, Before):
                before, then = day.node[pin.stop_id], day.node[pin.then_id]
                self.earlier.setdefault(then, []).append(before)
                self.later.setdefault(before, []).append(then)
            elif isinstance(pin, OnVehicle):
                self._only(day.node[pin.stop_id], day.vehicle_index[pin.vehicle_id])
            else:
                self._lock(pin)

    def _lock(self, pin: LockedPrefix) -> None:
        vehicle = self.day.vehicle_index[pin.vehicle_id]
        self.locks[vehicle] = [self.day.node[one] for one in pin.visit_ids]
        for node in self.locks[vehicle]:
            if node < self.day.n_stops:
                self._only(node, vehicle)

    def _only(self, stop: int, vehicle: int) -> None:
        self.vehicles[stop] = self.vehicles.get(stop, {vehicle}) & {vehicle}

    def may_ride(self, stop: int, vehicle: int) -> bool:
        """Tell whether the stop may be served by the vehicle, pins and its own list taken together."""
        return self.day.allowed[stop][vehicle] and vehicle in self.vehicles.get(stop, (vehicle,))

    def partners(self, stop: int) -> list[int]:
        """Return the stops that must ride on the same vehicle when they are served."""
        return self.earlier.get(stop, []) + self.later.get(stop, [])

    def may_join(self, stop: int, nodes: list[int], routes: list[list[int]]) -> bool:
        """Tell whether no route but `nodes` holds a stop that must ride with this one."""
        for partner in self.partners(stop):
            if partner not in nodes and any(partner in route for route in routes):
                return False
        return True

    def span(self, stop: int, nodes: list[int], lock: int) -> tuple[int, int]:
        """Return the first and last index after which the stop may be put; an empty span when there is none.

        `nodes` is the route with the vehicle's start and end, `lock` the number of visits that may not move.
        """
        low, high = lock, len(nodes) - 2
        earlier, later = self.earlier.get(stop, ()), self.later.get(stop, ())
        n_stops = self.day.n_stops
        for i in range(1, len(nodes) - 1):
            other = nodes[i]
            if other in earlier or (other in self.first):
                low = max(low, i)
            if other in later or other in self.last:
                high = min(high, i - 1)
            if other < n_stops and stop in self.first:
                high = min(high, i - 1)
        if stop in self.last:
            low = max(low, len(nodes) - 2)
        return low, high

    def allow_order(self, nodes: list[int]) -> bool:
        """Tell whether the pins allow the order of a whole route (first, last, before)."""
        visits = nodes[1:-1]
        drops = [node for node in visits if node < self.day.n_stops]
        place = {node: i for i, node in enumerate(visits)}
        if any(node in self.first for node in drops[1:]) or any(node in self.last for node in visits[:-1]):
            return False
        return all(
            place[before] < place[then] for then in drops for before in self.earlier.get(then, ()) if before in place
        )
