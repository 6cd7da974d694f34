"""Drive one fixed order by the rule of the house, without refusing it.

Leave as late as comes home no later, begin every visit as soon as its windows let, rest only where one must; a visit
that is too late is begun on arrival, a rest that comes too late is taken and noted. `timing` is the planner's own
writing of the same rule; neither knows the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from routing.plan import Leg
from routing.problem import Vehicle


@dataclass(slots=True)
class Drive:
    """Hold the hours of one drive through an order; `overworked` gives the node and seconds of each missed rest."""

    departure_s: int
    arrivals: list[int]
    starts: list[int]
    rests: list[int]
    return_s: int
    overworked: list[tuple[int, int]]


class Course:
    """Drive one order in several ways."""

    def __init__(
        self, vehicle: Vehicle, legs: list[Leg], windows: list[list[tuple[int, int]]], services: list[int]
    ) -> None:
        self.vehicle, self.services = vehicle, services
        self.legs = [leg.duration_s for leg in legs]
        self.windows = windows

    def leave_late(self) -> Drive:
        """Leave as late as comes home no later than by leaving at once; with rests only where work is too long."""
        first_hour_s = self.vehicle.hours.start_s
        plain = self.drive(self.latest(self.drive(first_hour_s, rests=False))[0], rests=False)
        if not self._overworks(plain):
            return plain
        at_once = self.drive(first_hour_s, rests=True)
        later = self.drive(self.latest(at_once)[0], rests=True)
        worse = later.return_s > at_once.return_s or len(later.overworked) > len(at_once.overworked)
        return at_once if worse else later

    def leave_at(self, departure_s: int) -> Drive:
        """Leave at a fixed hour."""
        plain = self.drive(departure_s, rests=False)
        return self.drive(departure_s, rests=True) if self._overworks(plain) else plain

    def latest(self, driven: Drive, back_s: int | None = None) -> list[int]:
        """Return departure and the latest starts from which the van is back as in `driven` (or at `back_s`)."""
        moment = driven.return_s if back_s is None else back_s
        found = []
        for i in range(len(self.windows) - 1, -1, -1):
            ready_s = moment - self.legs[i + 1] - driven.rests[i] - self.services[i]
            moment = max((min(ready_s, end) for start, end in self.windows[i] if start <= ready_s), default=0)
            if not is_within(self.windows[i], driven.starts[i]):
                moment = max(moment, driven.starts[i])
            found.append(moment)
        return [moment - self.legs[0], *reversed(found)]

    def drive(self, departure_s: int, *, rests: bool) -> Drive:
        """Drive the order, resting (if at all) only when the next pause would come too late."""
        rest = self.vehicle.rest if rests else None
        done = Drive(departure_s, [], [], [], departure_s, [])
        ready_s = fresh_s = departure_s
        for i, service_s in enumerate(self.services):
            arrival_s = ready_s + self.legs[i]
            start_s = self._begin(i, arrival_s)
            if rest is not None and start_s - arrival_s >= rest.duration_s:
                _note(done, i, arrival_s - fresh_s - rest.after_s)
                fresh_s = start_s
            ready_s = start_s + service_s
            rest_s = 0
            if rest is not None and self._next_pause(i + 1, ready_s, rest.duration_s) - fresh_s > rest.after_s:
                _note(done, i, ready_s - fresh_s - rest.after_s)
                rest_s = rest.duration_s
                ready_s = fresh_s = ready_s + rest_s
            done.arrivals.append(arrival_s)
            done.starts.append(start_s)
            done.rests.append(rest_s)
        done.return_s = ready_s + self.legs[-1]
        if rest is not None:
            _note(done, len(self.services), done.return_s - fresh_s - rest.after_s)
        return done

    def _begin(self, i: int, arrival_s: int) -> int:
        return min((max(arrival_s, start) for start, end in self.windows[i] if end >= arrival_s), default=arrival_s)

    def _next_pause(self, i: int, ready_s: int, pause_s: int) -> int:
        """Return the next moment at which work may pause, driving on to visit i without a rest now."""
        arrival_s = ready_s + self.legs[i]
        if i == len(self.services):
            return arrival_s
        start_s = self._begin(i, arrival_s)
        return arrival_s if start_s - arrival_s >= pause_s else start_s + self.services[i]

    def _overworks(self, driven: Drive) -> bool:
        rest = self.vehicle.rest
        if rest is None:
            return False
        waits = zip(driven.arrivals, driven.starts, strict=True)
        pauses = [wait for wait in waits if wait[1] - wait[0] >= rest.duration_s]
        marks = [(driven.departure_s,) * 2, *pauses, (driven.return_s,) * 2]
        return any(end_s - begin_s > rest.after_s for (_, begin_s), (end_s, _) in pairwise(marks))


def _note(done: Drive, i: int, over_s: int) -> None:
    if over_s > 0:
        done.overworked.append((i, over_s))


def is_within(windows: Sequence[tuple[int, int]], moment_s: int) -> bool:
    """Tell whether the moment lies in one of the stretches."""
    return any(start <= moment_s <= end for start, end in windows)
