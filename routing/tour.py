"""Hold one vehicle's order of visits with all that makes trying one more visit cheap.

A tour is never changed: an insertion or removal makes a new one.
"""

from routing.day import Day
from routing.timing import Schedule, begin, begin_latest, schedule


class Tour:
    """Know an order that can be driven: hours, loads, price. Lists follow `nodes`, vehicle's start and end included.

    `early` and `late` are the first and last start at each node without rests: what they refuse cannot be driven, what
    they allow is settled by building the tour.
    """

    __slots__ = (
        "cost",
        "early",
        "head_ambient",
        "head_chilled",
        "hours",
        "late",
        "load_ambient",
        "load_chilled",
        "lock",
        "nodes",
        "tail_ambient",
        "tail_chilled",
        "vehicle",
        "work_s",
    )

    def __init__(self, vehicle: int, nodes: list[int], lock: int) -> None:
        self.vehicle = vehicle
        self.nodes = nodes
        self.lock = lock
        self.cost = 0
        self.work_s = 0
        self.early: list[int] = []
        self.late: list[int] = []
        self.load_ambient: list[int] = []
        self.load_chilled: list[int] = []
        self.head_ambient: list[int] = []
        self.head_chilled: list[int] = []
        self.tail_ambient: list[int] = []
        self.tail_chilled: list[int] = []
        self.hours: Schedule | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether the vehicle stays at home."""
        return len(self.nodes) == 2


def build(day: Day, vehicle: int, nodes: list[int], lock: int) -> Tour | None:
    """Return the tour along `nodes`, None when windows, loads, farms, hours, duration or rest forbid it.

    Pins are not looked at. A tour without a visit costs nothing and is always possible.
    """
    tour = Tour(vehicle, nodes, lock)
    if not _fits(day, tour):
        return None
    if len(nodes) == 2:
        hours = day.vehicles[vehicle].hours
        tour.early, tour.late = [hours.start_s, hours.end_s], [hours.start_s, hours.end_s]
        return tour
    if not _in_time(day, tour):
        return None
    tour.hours = schedule(day, vehicle, nodes, tour.early[-1])
    if tour.hours is None:
        return None
    tour.cost = cost_of(day, vehicle, nodes, tour.hours)
    return tour


def _in_time(day: Day, tour: Tour) -> bool:
    """Fill in the earliest and latest starts and the work of the tour."""
    vehicle, nodes = tour.vehicle, tour.nodes
    duration, service, windows = day.duration[vehicle], day.service, day.windows[vehicle]
    hours = day.vehicles[vehicle].hours
    moment = hours.start_s
    early = [moment]
    work = 0
    for i in range(1, len(nodes)):
        node = nodes[i]
        leg = duration[nodes[i - 1]][node]
        moment = begin(windows[node], moment + leg)
        if moment < 0:
            return False
        early.append(moment)
        moment += service[node]
        work += leg + service[node]
    moment = hours.end_s
    late = [moment]
    for i in range(len(nodes) - 2, -1, -1):
        node = nodes[i]
        moment = begin_latest(windows[node], moment - duration[node][nodes[i + 1]] - service[node])
        late.append(moment)
    late.reverse()
    tour.early, tour.late, tour.work_s = early, late, work
    return work <= day.most_work[vehicle]


def _fits(day: Day, tour: Tour) -> bool:
    """Fill in the loads; refuse too much on board and a drop before its farm."""
    loads = loads_of(day, tour.nodes)
    if loads is None:
        return False
    capacity = day.vehicles[tour.vehicle].capacity
    ambient, chilled = loads
    if max(ambient) > capacity.ambient or max(chilled) > capacity.chilled:
        return False
    tour.load_ambient, tour.load_chilled = ambient, chilled
    tour.head_ambient, tour.head_chilled = _heads(ambient), _heads(chilled)
    tour.tail_ambient, tour.tail_chilled = _heads(ambient[::-1])[::-1], _heads(chilled[::-1])[::-1]
    return True


def _heads(loads: list[int]) -> list[int]:
    most = loads[0]
    heads = []
    for load in loads:
        if load > most:
            most = load
        heads.append(most)
    return heads


def loads_of(day: Day, nodes: list[int]) -> tuple[list[int], list[int]] | None:
    """Return ambient and chilled load after each node, None when a drop comes before one of its farms."""
    n_stops = day.n_stops
    ambient = chilled = 0
    from_farm: dict[int, tuple[int, int]] = {}
    for node in nodes:
        if node < n_stops:
            ambient += day.own[node][0]
            chilled += day.own[node][1]
            for farm, load in day.farm_goods[node].items():
                before = from_farm.get(farm, (0, 0))
                from_farm[farm] = (before[0] + load[0], before[1] + load[1])
    loads_ambient, loads_chilled = [ambient], [chilled]
    called: set[int] = set()
    for node in nodes[1:]:
        if node < n_stops:
            for farm in day.farm_goods[node]:
                if farm not in called:
                    return None
            ambient += day.back[node][0] - day.taken[node][0]
            chilled += day.back[node][1] - day.taken[node][1]
        elif node in from_farm:
            called.add(node)
            ambient += from_farm[node][0]
            chilled += from_farm[node][1]
        loads_ambient.append(ambient)
        loads_chilled.append(chilled)
    return loads_ambient, loads_chilled


def cost_of(day: Day, vehicle: int, nodes: list[int], hours: Schedule) -> int:
    """Return the price of a driven route: use, driving, waiting, drift from the habitual hour, change of vehicle."""
    weights = day.problem.weights
    price = day.price[vehicle]
    cost = day.vehicles[vehicle].use_cost
    for i in range(len(nodes) - 1):
        cost += price[nodes[i]][nodes[i + 1]]
    vehicle_id = day.vehicles[vehicle].id
    for i, node in enumerate(nodes[1:-1]):
        arrival = hours.arrivals[i]
        waiting = hours.starts[i] - arrival - weights.waiting_free_s
        if waiting > 0:
            cost += weights.per_waiting_s * waiting
        habit = day.stops[node].habit if node < day.n_stops else None
        if habit is not None:
            cost += weights.per_drift_s * max(0, abs(arrival - habit.arrival_s) - weights.drift_free_s)
            cost += 0 if habit.vehicle_id == vehicle_id else weights.change_vehicle
    return cost
