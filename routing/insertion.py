"""Find whether and where one can take one more stop on board of a tour, with the farm calls it still needs."""

from routing.day import Day
from routing.pins import PinRules
from routing.timing import begin
from routing.tour import Tour, build

# Farm calls at every place in every order grow fast: so many beginnings of an order are looked at, at most (no day seen
# comes near).
MOST_STEPS = 300_000


def base_tours(day: Day, pins: PinRules) -> list[Tour | None]:
    """Return each vehicle with its locked beginning only; None for one that cannot drive its locked beginning."""
    tours: list[Tour | None] = []
    rides: dict[int, int] = {}
    for vehicle, lock in enumerate(pins.locks):
        nodes = [day.start(vehicle), *lock, day.start(vehicle) + 1]
        drops = [node for node in lock if node < day.n_stops]
        sound = all(pins.may_ride(stop, vehicle) for stop in drops) and pins.allow_order(nodes)
        sound = sound and all(rides.get(other, vehicle) == vehicle for stop in drops for other in pins.partners(stop))
        tour = build(day, vehicle, nodes, len(lock)) if sound else None
        tours.append(tour)
        if tour is not None:
            rides.update(dict.fromkeys(drops, vehicle))
    return tours


def ways_in(day: Day, pins: PinRules, tour: Tour, stop: int) -> list[list[int]]:
    """Return every order of the tour with the stop that pins, windows, loads and working time allow."""
    return _Attempt(day, pins, tour, stop).orders()


def fits(day: Day, pins: PinRules, tour: Tour, stop: int) -> bool:
    """Tell whether the tour can really take the stop, by the whole rules."""
    return any(build(day, tour.vehicle, nodes, tour.lock) is not None for nodes in ways_in(day, pins, tour, stop))


class _Attempt:
    """Enumerate the places of one stop on one tour."""

    def __init__(self, day: Day, pins: PinRules, tour: Tour, stop: int) -> None:
        self.day, self.tour, self.stop = day, tour, stop
        self.duration = day.duration[tour.vehicle]
        self.low, self.high = pins.span(stop, tour.nodes, tour.lock)
        self.missing: list[int] = []
        for farm in day.farm_goods[stop]:
            if farm in tour.nodes:
                self.low = max(self.low, tour.nodes.index(farm))
            else:
                self.missing.append(farm)
        asked = day.vehicles[tour.vehicle]
        self.room_s = day.most_work[tour.vehicle] - tour.work_s - day.service[stop]
        self.room_s -= sum(day.service[farm] for farm in self.missing)
        self.capacity = (asked.capacity.ambient, asked.capacity.chilled)
        self.steps = MOST_STEPS
        self.found: list[list[int]] = []

    def orders(self) -> list[list[int]]:
        """Return the orders found."""
        if self.low > self.high or self.room_s < 0:
            return []
        if self.missing:
            start = self.tour.nodes[0]
            self._walk(0, start, self.tour.early[0], 0, ())
        else:
            self._scan()
        return self.found

    def _gap(self, p: int) -> int:
        """Return the seconds of the leg after index p; nothing when the vehicle stayed at home."""
        return 0 if self.tour.is_empty else self.duration[self.tour.nodes[p]][self.tour.nodes[p + 1]]

    def _scan(self) -> None:
        """Try the stop alone at each place: farms it needs are called at already."""
        tour, stop, day = self.tour, self.stop, self.day
        nodes, early, late, service = tour.nodes, tour.early, tour.late, day.service
        duration, windows = self.duration, day.windows[tour.vehicle]
        from_stop = duration[stop]
        for p in range(self.low, self.high + 1):
            a, b = nodes[p], nodes[p + 1]
            leg = duration[a][stop]
            if leg + from_stop[b] - self._gap(p) > self.room_s:
                continue
            start = begin(windows[stop], early[p] + service[a] + leg)
            if start < 0 or start > late[p + 1]:
                continue
            following = begin(windows[b], start + service[stop] + from_stop[b])
            if following < 0 or following > late[p + 1] or not self._carries(p, ()):
                continue
            self.found.append([*nodes[: p + 1], stop, *nodes[p + 1 :]])

    def _walk(self, p: int, last: int, start_s: int, extra_s: int, calls: tuple[tuple[int, int], ...]) -> None:
        """Go on from the tour's index p, having last begun at node `last`, with the farm calls inserted so far.

        Every order of the missing farms at every place is reached; a branch ends when it is too late for the next
        visit's windows, not when it is too late for what follows: the stop itself may shorten the way from there.
        """
        self.steps -= 1
        if self.steps < 0:
            return
        day, nodes = self.day, self.tour.nodes
        ready = start_s + day.service[last]
        if p >= self.tour.lock:
            for farm in self.missing:
                if all(farm != called for _, called in calls):
                    leg = self.duration[last][farm]
                    start = begin(day.windows[self.tour.vehicle][farm], ready + leg)
                    if start >= 0:
                        self._walk(p, farm, start, extra_s + leg, (*calls, (p, farm)))
        if len(calls) == len(self.missing) and p >= self.low:
            self._drop(p, last, ready, extra_s, calls)
        if p < self.high:
            leg = self.duration[last][nodes[p + 1]]
            start = begin(day.windows[self.tour.vehicle][nodes[p + 1]], ready + leg)
            if start >= 0:
                self._walk(p + 1, nodes[p + 1], start, extra_s + leg - self._gap(p), calls)

    def _drop(self, p: int, last: int, ready: int, extra_s: int, calls: tuple[tuple[int, int], ...]) -> None:
        """Put the stop after `last`, which stands after the tour's index p, if it fits there."""
        day, nodes, stop = self.day, self.tour.nodes, self.stop
        b = nodes[p + 1]
        leg, onward = self.duration[last][stop], self.duration[stop][b]
        start = begin(day.windows[self.tour.vehicle][stop], ready + leg)
        if start < 0 or extra_s + leg + onward - self._gap(p) > self.room_s:
            return
        following = begin(day.windows[self.tour.vehicle][b], start + day.service[stop] + onward)
        if not 0 <= following <= self.tour.late[p + 1] or not self._carries(p, calls):
            return
        order = [*nodes[: p + 1]]
        for shift, (place, farm) in enumerate(calls):
            order.insert(place + 1 + shift, farm)
        self.found.append([*order, stop, *nodes[p + 1 :]])

    def _carries(self, p: int, calls: tuple[tuple[int, int], ...]) -> bool:
        """Tell whether the loads allow the stop after index p: all its goods together, from wherever they come."""
        tour, stop = self.tour, self.stop
        taken, back = self.day.taken[stop], self.day.back[stop]
        if tour.tail_ambient[p] + back[0] > self.capacity[0] or tour.tail_chilled[p] + back[1] > self.capacity[1]:
            return False
        room = (self.capacity[0] - tour.head_ambient[p], self.capacity[1] - tour.head_chilled[p])
        if taken[0] <= room[0] and taken[1] <= room[1]:
            return True
        own = self.day.own[stop]
        if own[0] > room[0] or own[1] > room[1] or own == taken:
            return False
        return self._carries_from_farms(p, calls)

    def _carries_from_farms(self, p: int, calls: tuple[tuple[int, int], ...]) -> bool:
        tour, goods = self.tour, self.day.farm_goods[self.stop]
        inserted = {farm: place for place, farm in calls}
        since = sorted((inserted.get(farm, -1), farm) for farm in goods)
        places = [(tour.nodes.index(farm) if place < 0 else place, farm) for place, farm in since]
        for i in range(p + 1):
            ambient = tour.load_ambient[i] + self.day.own[self.stop][0]
            chilled = tour.load_chilled[i] + self.day.own[self.stop][1]
            for place, farm in places:
                if place <= i:
                    ambient += goods[farm][0]
                    chilled += goods[farm][1]
            if ambient > self.capacity[0] or chilled > self.capacity[1]:
                return False
        return True
