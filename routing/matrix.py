"""Find shortest ways and tables of them on the hierarchy of the turns of a network.

The best way is the fastest in milliseconds and, of equally fast ones, the shortest in metres; `hierarchy` says how both
are found in one search.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np

from routing import hierarchy
from routing.hierarchy import DOWN, FAR, METRES_BITS, UP
from routing.network import Ints, Longs, RoadNetwork
from routing.snapping import Snap
from routing.speeds import WHOLE_PPM
from routing.travel import UNREACHABLE, TravelMatrix


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
    """A snap seen from one arc: the rank of the arc, and the weight of what is left of it from there on."""

    rank: int
    rest: int


def travel_matrix(network: RoadNetwork, places: Sequence[tuple[str, Snap]]) -> TravelMatrix:
    """Make the table of travel between all places.

    Parameters: (place id, snap) pairs, snaps of this network. Returns: seconds (rounded up: a sum of legs is never
    shorter than the leg, and nobody is promised too early an hour) and metres, `UNREACHABLE` where no way exists.
    A van may leave a stop in either direction of a two-way road. Raises: StrangeSnap.
    """
    index = _index(network)
    ends = [_ends(network, index, snap) for _, snap in places]
    weights = index.table(ends)
    lost = weights >= FAR // 2
    seconds = np.where(lost, UNREACHABLE, -(-(weights >> METRES_BITS) // 1000))
    metres = np.where(lost, UNREACHABLE, weights & ((1 << METRES_BITS) - 1))
    np.fill_diagonal(seconds, 0)
    np.fill_diagonal(metres, 0)
    return TravelMatrix(tuple(place for place, _ in places), seconds.astype(np.int32), metres.astype(np.int32))


def best_leg(network: RoadNetwork, a: Snap, b: Snap) -> Leg | None:
    """Find the best way from one snap to another, arc by arc; None when there is none.

    Its sums are those of `travel_matrix` before rounding. Raises: StrangeSnap.
    """
    index = _index(network)
    weight, ranks = index.best_way(_ends(network, index, a), _ends(network, index, b))
    if weight >= FAR // 2:
        return None
    arcs = network.arc_order[ranks].tolist()
    return Leg(tuple(arcs), weight >> METRES_BITS, weight & ((1 << METRES_BITS) - 1))


def _ends(network: RoadNetwork, index: "_TravelIndex", snap: Snap) -> tuple[_End, ...]:
    if not (0 <= snap.stretch < len(network.stretch_way) and 0 <= snap.along_ppm <= WHOLE_PPM):
        raise StrangeSnap(f"Stretch {snap.stretch} is not of this network.")
    ends = []
    for backward, arc in enumerate(network.stretch_arcs[snap.stretch].tolist()):
        if arc >= 0 and network.strong[arc]:
            left = snap.along_ppm if backward else WHOLE_PPM - snap.along_ppm
            duration, length = int(network.arc_duration[arc]), int(network.stretch_length[snap.stretch])
            rest = (duration * left // WHOLE_PPM << METRES_BITS) + length * left // WHOLE_PPM
            ends.append(_End(int(index.rank[arc]), rest))
    if not ends:
        raise StrangeSnap(f"Stretch {snap.stretch} cannot be reached on this network.")
    return tuple(ends)


class _TravelIndex:
    """The climbs of a network and their weights."""

    def __init__(self, network: RoadNetwork) -> None:
        self.rank = np.empty(len(network.arc_order), np.int32)
        self.rank[network.arc_order] = np.arange(len(network.arc_order), dtype=np.int32)
        tails, targets = self.rank[network.turn_from], self.rank[network.turn_to]
        self._climbs = _climbs(network, tails, targets)
        driven = network.turn_cost.astype(np.int64) + network.arc_duration[network.turn_to]
        turns = (driven << METRES_BITS) + network.arc_length[network.turn_to]
        self._weights = hierarchy.weigh(*self._climbs.both_ways, tails, targets, turns)
        self._order, self._turn_from, self._targets, self._turns = network.arc_order, network.turn_from, targets, turns

    def table(self, ends: Sequence[tuple[_End, ...]]) -> Longs:
        """Give the weights of the best ways between all pairs; half of `FAR` and more where there is none."""
        seeds = np.array([(pair[0].rank, pair[-1].rank) for pair in ends], np.int64).reshape(-1, 2)
        rests = np.array([(pair[0].rest, pair[-1].rest) for pair in ends], np.int64).reshape(-1, 2)
        lowest = seeds.min(axis=1)
        by_rank = np.argsort(lowest, kind="stable")
        weights = np.empty((len(ends), len(ends)), np.int64)
        weights[np.ix_(by_rank, by_rank)] = hierarchy.table(
            *self._climbs.upward, self._weights, seeds[by_rank], rests[by_rank]
        )
        # Two places on one stretch: in one direction the target lies behind, and the table does not know that.
        shared = (lowest[:, None] == lowest[None, :]) & ~np.eye(len(ends), dtype=np.bool_)
        for i, j in np.argwhere(shared).tolist():
            weights[i, j] = self.best_way(ends[i], ends[j])[0]
        return weights

    def best_way(self, origins: Sequence[_End], targets: Sequence[_End]) -> tuple[int, list[int]]:
        """Search one pair: the weight, half of `FAR` and more for none, and the ranks of the arcs in order."""
        ways = [way for target in targets for way in self._ways_to(origins, target)]
        return min(ways, default=(FAR, []))

    def _ways_to(self, origins: Sequence[_End], target: _End) -> Iterator[tuple[int, list[int]]]:
        """Give the ways that may be best: straight on along the arc, or over turns."""
        starts: dict[int, tuple[int, list[int]]] = {}
        for end in origins:
            if end.rank != target.rank:
                starts[end.rank] = (end.rest, [end.rank])
            elif end.rest >= target.rest:
                yield end.rest - target.rest, [end.rank]
        # When the target lies behind on the same arc, the search begins after it: the way leads round.
        for end in origins:
            if end.rank == target.rank and end.rest < target.rest:
                for onward, weight in self._turns_from(end.rank):
                    starts.setdefault(onward, (end.rest + weight, [end.rank, onward]))
        if starts:
            weight, ranks = self._search({rank: spent for rank, (spent, _) in starts.items()}, target.rank)
            if weight < FAR // 2:
                yield weight - target.rest, [*starts[ranks[0]][1], *ranks[1:]]

    def _turns_from(self, rank: int) -> list[tuple[int, int]]:
        arc = self._order[rank]
        first, end = np.searchsorted(self._turn_from, [arc, arc + 1]).tolist()
        return list(zip(self._targets[first:end].tolist(), self._turns[first:end].tolist(), strict=True))

    def _search(self, starts: Mapping[int, int], target: int) -> tuple[int, list[int]]:
        """Climb from both ends, take the best node where they meet, and resolve the climbs to it and from it."""
        seeds = (np.array(list(starts), np.int64), np.array(list(starts.values()), np.int64))
        spent, came = hierarchy.climb_from(*self._climbs.upward, self._weights, UP, *seeds)
        aim = (np.array([target], np.int64), np.zeros(1, np.int64))
        left, goes = hierarchy.climb_from(*self._climbs.upward, self._weights, DOWN, *aim)
        top = int(np.argmin(spent + left))
        weight = int(spent[top] + left[top])
        if weight >= FAR // 2:
            return weight, []
        steps = [(tail, head, climb) for head, tail, climb in self._down(came, top)][::-1] + list(self._down(goes, top))
        rows = np.array(steps, np.int64).reshape(-1, 3)
        start = int(rows[0, 0]) if len(rows) else top
        entered = hierarchy.unpack(*self._climbs.both_ways, self._weights, rows)
        return weight, [start, *entered.tolist()]

    def _down(self, reached: Ints, node: int) -> Iterator[tuple[int, int, int]]:
        """Walk back down the climbs by which a node was reached: (head, tail, climb)."""
        while (climb := int(reached[node])) >= 0:
            tail = int(np.searchsorted(self._climbs.first, climb, side="right")) - 1
            yield node, tail, climb
            node = tail


@dataclass(frozen=True, eq=False)
class _Climbs:
    """What turns and order alone decide: networks that differ in speeds only share it."""

    first: Longs
    heads: Ints
    down_first: Longs
    down_tails: Ints
    down: Ints

    @property
    def upward(self) -> tuple[Longs, Ints]:
        """Give the climbs by their tails."""
        return self.first, self.heads

    @property
    def both_ways(self) -> tuple[Longs, Ints, Longs, Ints, Ints]:
        """Give the climbs by their tails and by their heads."""
        return self.first, self.heads, self.down_first, self.down_tails, self.down


def _climbs(network: RoadNetwork, tails: Ints, targets: Ints) -> _Climbs:
    climbs = _CLIMBS.get(network.turns_digest)
    if climbs is None:
        count = len(network.arc_order)
        unsorted = hierarchy.climbs(count, np.minimum(tails, targets), np.maximum(tails, targets))
        # Turned round twice, the heads of each node stand in their order.
        first, heads, _ = hierarchy.turned_round(count, *hierarchy.turned_round(count, *unsorted)[:2])
        climbs = _CLIMBS[network.turns_digest] = _Climbs(first, heads, *hierarchy.turned_round(count, first, heads))
    return climbs


def _index(network: RoadNetwork) -> _TravelIndex:
    index = _INDEXES.get(network)
    if index is None:
        index = _INDEXES[network] = _TravelIndex(network)
    return index


_INDEXES: "WeakKeyDictionary[RoadNetwork, _TravelIndex]" = WeakKeyDictionary()
_CLIMBS: "WeakValueDictionary[str, _Climbs]" = WeakValueDictionary()
