"""Find shortest ways and tables of them on a customizable contraction hierarchy of the turns of a network.

The only module that knows routingkit_cch (Dibbelt, Strasser & Wagner, Customizable Contraction Hierarchies, J. Exp.
Algorithmics 21, 2016, doi 10.1145/2886843). The best way is the fastest in milliseconds and, of equally fast ones,
the shortest in metres.

The hierarchy answers one number a pair, and both are wanted. Let f(k) be the least of k × ms + metres over all ways,
less k × (least ms). It never falls and never bends upward as k grows, and from some k on it stays: there it is the
metres of the best way. Two neighbouring whole k with equal f prove that it has come to stay; the rare pair without
that proof is answered by its own search.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
import routingkit_cch
from routingkit_cch import CCHMetric

from routing.network import E7, Flags, Longs, RoadNetwork
from routing.snapping import WHOLE_PPM, Snap
from routing.travel import UNREACHABLE, TravelMatrix

# Metres a millisecond is worth. 32-bit sums leave room for 9 hours of driving; longer ways are searched one by one.
PRICE = 64
INFINITY = 2**31 - 1
_FAR = np.int64(2**62)


class StrangeSnap(ValueError):
    """Refuse a snap that was made on another network."""


@dataclass(frozen=True, slots=True)
class Leg:
    """The best way between two snaps: its arcs in order (the first and last driven in part), exact sums."""

    arcs: tuple[int, ...]
    duration_ms: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class _End:
    """A snap seen from one arc: what is left of the arc from there on."""

    arc: int
    rest_ms: int
    rest_m: int


def with_order(network: RoadNetwork) -> RoadNetwork:
    """Give the network its order: which arcs the hierarchy contracts first (inertial flow on positions).

    The order depends on roads and turns, not on speeds: it is made once, at the import.
    """
    lat = (network.node_lat[network.arc_tail] / E7 + network.node_lat[network.arc_head] / E7) / 2
    lon = (network.node_lon[network.arc_tail] / E7 + network.node_lon[network.arc_head] / E7) / 2
    order = routingkit_cch.compute_order_inertial(
        len(network.arc_tail), network.turn_from.tolist(), network.turn_to.tolist(), lat.tolist(), lon.tolist()
    )
    return replace(network, arc_order=np.array(order, np.int32))


def travel_matrix(network: RoadNetwork, places: Sequence[tuple[str, Snap]]) -> TravelMatrix:
    """Make the table of travel between all places.

    Parameters: (place id, snap) pairs, snaps of this network. Returns: seconds (rounded up: a sum of legs is never
    shorter than the leg, and nobody is promised too early an hour) and metres, `UNREACHABLE` where no way exists.
    A van may leave a stop in either direction of a two-way road. Raises: StrangeSnap.
    """
    index = _index(network)
    ends = [_ends(network, snap) for _, snap in places]
    durations, distances = index.table(ends)
    same = np.eye(len(ends), dtype=np.bool_)
    for i, j in np.argwhere((durations == _FAR) & ~same).tolist():
        leg = index.best_leg(ends[i], ends[j])
        if leg is not None:
            durations[i, j], distances[i, j] = leg.duration_ms, leg.distance_m
    lost = durations == _FAR
    seconds = np.where(lost, UNREACHABLE, -(-durations // 1000))
    metres = np.where(lost, UNREACHABLE, distances)
    seconds[same] = metres[same] = 0
    return TravelMatrix(tuple(place for place, _ in places), seconds.astype(np.int32), metres.astype(np.int32))


def best_leg(network: RoadNetwork, a: Snap, b: Snap) -> Leg | None:
    """Find the best way from one snap to another, arc by arc; None when there is none.

    Its sums are those of `travel_matrix` before rounding. Raises: StrangeSnap.
    """
    return _index(network).best_leg(_ends(network, a), _ends(network, b))


def _ends(network: RoadNetwork, snap: Snap) -> tuple[_End, ...]:
    if not (0 <= snap.stretch < len(network.stretch_way) and 0 <= snap.along_ppm <= WHOLE_PPM):
        raise StrangeSnap(f"Stretch {snap.stretch} is not of this network.")
    ends = []
    for backward, arc in enumerate(network.stretch_arcs[snap.stretch].tolist()):
        if arc >= 0 and network.strong[arc]:
            left = snap.along_ppm if backward else WHOLE_PPM - snap.along_ppm
            duration, length = int(network.arc_duration[arc]), int(network.stretch_length[snap.stretch])
            ends.append(_End(arc, duration * left // WHOLE_PPM, length * left // WHOLE_PPM))
    if not ends:
        raise StrangeSnap(f"Stretch {snap.stretch} cannot be reached on this network.")
    return tuple(ends)


def _index(network: RoadNetwork) -> "_TravelIndex":
    index = _INDEXES.get(network)
    if index is None:
        index = _INDEXES[network] = _TravelIndex(network)
    return index


class _TravelIndex:
    """The hierarchy of a network under three weights: milliseconds, and two mixtures with metres."""

    def __init__(self, network: RoadNetwork) -> None:
        self._arc_ms = network.arc_duration.astype(np.int64)
        self._arc_m = network.arc_length.astype(np.int64)
        self._turn_to = network.turn_to
        self._turn_cost = network.turn_cost.astype(np.int64)
        self._turn_first = np.searchsorted(network.turn_from, np.arange(len(network.arc_tail) + 1))
        tails, heads = network.turn_from.tolist(), network.turn_to.tolist()
        cch = routingkit_cch.CCH(network.arc_order.tolist(), tails, heads, False)
        turn_ms = self._turn_cost + self._arc_ms[self._turn_to]
        turn_m = self._arc_m[self._turn_to]
        self._time = CCHMetric(cch, _weights(turn_ms))
        self._mixed = CCHMetric(cch, _weights(PRICE * turn_ms + turn_m))
        self._less_mixed = CCHMetric(cch, _weights((PRICE - 1) * turn_ms + turn_m))

    def table(self, ends: Sequence[tuple[_End, ...]]) -> tuple[Longs, Longs]:
        """Give milliseconds and metres of all pairs; `_FAR` where a pair wants its own search (or has no way)."""
        size = len(ends)
        # Two columns a place, one for each direction it may be reached in; a one-way road repeats its only one.
        columns = [end for pair in ends for end in (pair[0], pair[-1])]
        arcs = [end.arc for end in columns]
        # The hierarchy lets other threads run while it searches.
        with ThreadPoolExecutor(3) as pool:
            asked = [(self._time, 1, 0), (self._mixed, PRICE, 1), (self._less_mixed, PRICE - 1, 1)]
            least_ms, mixed, less_mixed = pool.map(lambda weight: _sweep(ends, arcs, *weight), asked)
        mixed -= PRICE * least_ms
        less_mixed -= (PRICE - 1) * least_ms
        durations = least_ms - np.array([end.rest_ms for end in columns], np.int64)
        distances = mixed - np.array([end.rest_m for end in columns], np.int64)
        unsure = (mixed != less_mixed) | (least_ms >= INFINITY) | _against_the_arc(ends, columns)
        durations = durations.reshape(size, size, 2)
        distances = distances.reshape(size, size, 2)
        better = durations * INFINITY + distances
        chosen = np.argmin(better, axis=2)[:, :, None]
        durations = np.take_along_axis(durations, chosen, 2)[:, :, 0]
        distances = np.take_along_axis(distances, chosen, 2)[:, :, 0]
        lone = unsure.reshape(size, size, 2).any(axis=2)
        durations[lone] = distances[lone] = _FAR
        return durations, distances

    def best_leg(self, origins: Sequence[_End], targets: Sequence[_End]) -> Leg | None:
        """Search one pair."""
        legs = [leg for target in targets if (leg := self._leg_to(origins, target)) is not None]
        return min(legs, key=lambda leg: (leg.duration_ms, leg.distance_m, leg.arcs), default=None)

    def _leg_to(self, origins: Sequence[_End], target: _End) -> Leg | None:
        direct = [self._sum((end.arc,), end, target) for end in origins if _is_ahead(end, target)]
        starts = [start for end in origins for start in self._starts(end, target)]
        fastest = self._search(self._time, [(arc, end.rest_ms + ms) for arc, ms, _, end in starts], target.arc)
        legs = direct
        if fastest is not None:
            mixed = [(arc, PRICE * (end.rest_ms + ms) + end.rest_m + m) for arc, ms, m, end in starts]
            paths = (fastest, self._search(self._mixed, mixed, target.arc) or fastest)
            legs = direct + [leg for path in paths for leg in self._driven(path, origins, target)]
        return min(legs, key=lambda leg: (leg.duration_ms, leg.distance_m, leg.arcs), default=None)

    def _starts(self, end: _End, target: _End) -> list[tuple[int, int, int, _End]]:
        """Say where a search from an end begins: (arc, ms and metres to its end, whence).

        When the target lies behind on the same arc, the search begins after it: the way leads round.
        """
        if end.arc != target.arc:
            return [(end.arc, 0, 0, end)]
        turns = range(int(self._turn_first[end.arc]), int(self._turn_first[end.arc + 1]))
        onward = [(int(self._turn_to[turn]), int(self._turn_cost[turn])) for turn in turns]
        return [(arc, cost + int(self._arc_ms[arc]), int(self._arc_m[arc]), end) for arc, cost in onward]

    def _search(self, metric: CCHMetric, sources: list[tuple[int, int]], target: int) -> tuple[int, ...] | None:
        usable = [(arc, cost) for arc, cost in sources if cost < INFINITY]
        if not usable:
            return None
        query = routingkit_cch.CCHQuery(metric)
        result = query.run_multi(usable, [(target, 0)])
        return tuple(result.node_path) if result.distance is not None else None

    def _driven(self, path: tuple[int, ...], origins: Sequence[_End], target: _End) -> list[Leg]:
        """Put the arc on which the van stands before a path that begins after it."""
        legs = []
        for end in origins:
            if path[0] == end.arc and end.arc != target.arc:
                legs.append(self._sum(path, end, target))
            elif end.arc == target.arc and self._turn(end.arc, path[0]) is not None:
                legs.append(self._sum((end.arc, *path), end, target))
        return legs

    def _turn(self, origin: int, target: int) -> int | None:
        first, last = self._turn_first[origin], self._turn_first[origin + 1]
        found = np.flatnonzero(self._turn_to[first:last] == target)
        return int(self._turn_cost[first + found[0]]) if len(found) else None

    def _sum(self, arcs: tuple[int, ...], origin: _End, target: _End) -> Leg:
        duration, distance = origin.rest_ms - target.rest_ms, origin.rest_m - target.rest_m
        for before, arc in pairwise(arcs):
            duration += (self._turn(before, arc) or 0) + int(self._arc_ms[arc])
            distance += int(self._arc_m[arc])
        return Leg(arcs, duration, distance)


def _is_ahead(origin: _End, target: _End) -> bool:
    return origin.arc == target.arc and (origin.rest_ms, origin.rest_m) >= (target.rest_ms, target.rest_m)


def _weights(values: Longs) -> list[int]:
    weights: list[int] = np.minimum(values, INFINITY).tolist()
    return weights


def _sweep(ends: Sequence[tuple[_End, ...]], arcs: list[int], metric: CCHMetric, ms: int, m: int) -> Longs:
    """Ask the hierarchy for all pairs under one weight; `INFINITY` where it knows no way."""
    if not ends:
        return np.empty((0, 0), np.int64)
    query = routingkit_cch.CCHOneToMany(metric, arcs)
    table = np.empty((len(ends), len(arcs)), np.int64)
    for row, pair in enumerate(ends):
        sources = [(end.arc, ms * end.rest_ms + m * end.rest_m) for end in pair]
        answer = query.distances_from_multi([source for source in sources if source[1] < INFINITY])
        table[row] = [INFINITY if value is None else value for value in answer]
    return table


def _against_the_arc(ends: Sequence[tuple[_End, ...]], columns: Sequence[_End]) -> Flags:
    """Mark the pairs whose target lies behind the origin on one arc: a table takes them for neighbours."""
    marked = np.zeros((len(ends), len(columns)), np.bool_)
    on_arc: dict[int, list[int]] = {}
    for column, end in enumerate(columns):
        on_arc.setdefault(end.arc, []).append(column)
    for row, pair in enumerate(ends):
        for end in pair:
            for column in on_arc.get(end.arc, []):
                marked[row, column] |= not _is_ahead(end, columns[column])
    return marked


_INDEXES: "WeakKeyDictionary[RoadNetwork, _TravelIndex]" = WeakKeyDictionary()
