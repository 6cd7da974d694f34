"""Give an order of visits its hours: departure, waiting and rests.

The rule, the same for every route (the checker has its own writing of it):

1. Drive at the vehicle's first hour, begin every visit as soon as its windows let, without rests. Then leave as late as
   possible without coming home later. If no stretch of work is too long (waiting as long as a rest is a rest), done.
2. Else drive again from the first hour, resting after a visit only when the next moment at which work could pause
   would come too late; leave as late as those rests allow, if that comes home no later; otherwise leave at once.
"""

from dataclasses import dataclass

from routing.day import Day


@dataclass(slots=True)
class Schedule:
    """Hold the hours of one route, a list entry for each visit (start and end of the vehicle left out)."""

    departure_s: int
    arrivals: list[int]
    starts: list[int]
    rests: list[int]
    return_s: int


def begin(windows: list[tuple[int, int]], arrival_s: int) -> int:
    """Return the first moment in the windows from the arrival on, -1 when there is none."""
    for start_s, end_s in windows:
        if arrival_s <= end_s:
            return arrival_s if arrival_s > start_s else start_s
    return -1


def begin_latest(windows: list[tuple[int, int]], moment_s: int) -> int:
    """Return the last moment in the windows up to the given one, -1 when there is none."""
    for start_s, end_s in reversed(windows):
        if moment_s >= start_s:
            return moment_s if moment_s < end_s else end_s
    return -1


def schedule(day: Day, vehicle: int, nodes: list[int], return_s: int) -> Schedule | None:
    """Return the hours of the route through `nodes` (vehicle's start and end included), None when it cannot be driven.

    `return_s`: when it comes home if it leaves at its first hour, without rests; windows and hours must allow that.
    Rest and maximum duration are obeyed; loads and pins are not looked at.
    """
    asked = day.vehicles[vehicle]
    departure_s = latest_starts(day, vehicle, nodes, [0] * (len(nodes) - 2), return_s)[0]
    found: Schedule | None = _drive_on(day, vehicle, nodes, departure_s)
    if found is not None and not _is_rested(day, vehicle, found):
        found = _with_rests(day, vehicle, nodes)
    if found is None or found.return_s - found.departure_s > asked.max_duration_s:
        return None
    return found


def _with_rests(day: Day, vehicle: int, nodes: list[int]) -> Schedule | None:
    """Leave as late as possible without coming home later than by leaving at once, resting where one must."""
    hours = day.vehicles[vehicle].hours
    at_once = drive(day, vehicle, nodes, hours.start_s)
    if at_once is None or at_once.return_s > hours.end_s:
        return None
    departure_s = latest_starts(day, vehicle, nodes, at_once.rests, at_once.return_s)[0]
    later = drive(day, vehicle, nodes, departure_s)
    if later is None or later.return_s > at_once.return_s:
        return at_once
    return later


def _drive_on(day: Day, vehicle: int, nodes: list[int], departure_s: int) -> Schedule | None:
    """Return the hours without any rest."""
    duration, service, windows = day.duration[vehicle], day.service, day.windows[vehicle]
    arrivals, starts = [], []
    ready, last = departure_s, nodes[0]
    for node in nodes[1:-1]:
        arrival = ready + duration[last][node]
        start = begin(windows[node], arrival)
        if start < 0:
            return None
        arrivals.append(arrival)
        starts.append(start)
        ready, last = start + service[node], node
    return Schedule(departure_s, arrivals, starts, [0] * len(starts), ready + duration[last][nodes[-1]])


def latest_starts(day: Day, vehicle: int, nodes: list[int], rests: list[int], return_s: int) -> list[int]:
    """Return, for each node, the latest start from which the vehicle is still back at `return_s`.

    The order must be one that can be driven back by then; the first entry is the latest departure.
    """
    duration, service, windows = day.duration[vehicle], day.service, day.windows[vehicle]
    latest = [return_s] * len(nodes)
    for i in range(len(nodes) - 2, 0, -1):
        node = nodes[i]
        moment = latest[i + 1] - duration[node][nodes[i + 1]] - service[node] - rests[i - 1]
        latest[i] = begin_latest(windows[node], moment)
    latest[0] = latest[1] - duration[nodes[0]][nodes[1]]
    return latest


def _is_rested(day: Day, vehicle: int, driven: Schedule) -> bool:
    rest = day.vehicles[vehicle].rest
    if rest is None or driven.return_s - driven.departure_s <= rest.after_s:
        return True
    fresh = driven.departure_s
    for arrival, start in zip(driven.arrivals, driven.starts, strict=True):
        if start - arrival >= rest.duration_s:
            if arrival - fresh > rest.after_s:
                return False
            fresh = start
    return driven.return_s - fresh <= rest.after_s


def drive(day: Day, vehicle: int, nodes: list[int], departure_s: int) -> Schedule | None:
    """Return the hours, rests included, when leaving at `departure_s`; None when a window or a rest is missed."""
    rest = day.vehicles[vehicle].rest
    if rest is None:
        return _drive_on(day, vehicle, nodes, departure_s)
    duration, service, windows = day.duration[vehicle], day.service, day.windows[vehicle]
    arrivals, starts, rests = [], [], []
    ready = fresh = departure_s
    for i in range(1, len(nodes) - 1):
        node = nodes[i]
        arrival = ready + duration[nodes[i - 1]][node]
        start = begin(windows[node], arrival)
        if start < 0:
            return None
        ready = start + service[node]
        arrivals.append(arrival)
        starts.append(start)
        rests.append(0)
        if start - arrival >= rest.duration_s:
            if arrival - fresh > rest.after_s:
                return None
            fresh = start
        if _next_pause(day, vehicle, nodes, i, ready, rest.duration_s) - fresh > rest.after_s:
            if ready - fresh > rest.after_s:
                return None
            rests[-1] = rest.duration_s
            ready = fresh = ready + rest.duration_s
    return_s = ready + duration[nodes[-2]][nodes[-1]]
    if return_s - fresh > rest.after_s:
        return None
    return Schedule(departure_s, arrivals, starts, rests, return_s)


def _next_pause(day: Day, vehicle: int, nodes: list[int], i: int, ready: int, pause_s: int) -> int:
    """Return when work could next pause if the vehicle drives on from its i-th node at `ready` without a rest."""
    following = nodes[i + 1]
    arrival = ready + day.duration[vehicle][nodes[i]][following]
    if i + 2 == len(nodes):
        return arrival
    start = begin(day.windows[vehicle][following], arrival)
    if start < 0 or start - arrival >= pause_s:
        return arrival
    return start + day.service[following]
