"""Lead main roads through the small streets where they stop: at the edge of a village they often lose their rank.

A map that leaves small streets out would otherwise show main roads in pieces.
"""

import heapq
from collections.abc import Callable, Iterator

import numpy as np

from routing.network import Bytes, RoadNetwork
from routing.speeds import ROAD_CLASSES

# What a small map draws; an end of such a road among smaller streets is where it lost its rank.
MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
# So far is looked along small streets, in metres: across a village.
FARTHEST_M = 1_500
# A shortcut is drawn only where the main roads themselves are a longer way round.
DETOUR = 3

# A step from a junction: the stretch and the junction it leads to.
Step = tuple[int, int]


def through_roads(network: RoadNetwork) -> Bytes:
    """Give each stretch the class to draw it by: small streets that lead a main road on have the class of that road.

    Returns: indexes into ROAD_CLASSES, a row a stretch; nothing is ever ranked lower. From each end of a main road the
    shortest way along small streets (Dijkstra, Numerische Mathematik 1959, doi 10.1007/BF01386390) to a main road is
    taken, when that is within `FARTHEST_M` metres and `DETOUR` times shorter than by main roads.
    """
    streets = _Streets(network)
    for end, came_from in streets.ends():
        for stretch in streets.way_on(end):
            streets.promote(stretch, came_from)
    return streets.drawn


class _Streets:
    """The junctions and stretches, with the class each stretch is drawn by so far."""

    def __init__(self, network: RoadNetwork) -> None:
        self.drawn: Bytes = network.stretch_class.copy()
        self._length = network.stretch_length.tolist()
        self._main = np.isin(network.stretch_class, [ROAD_CLASSES.index(name) for name in MAIN]).tolist()
        self._steps: list[list[Step]] = [[] for _ in network.node_id]
        stretches, rows = np.unique(network.arc_stretch, return_index=True)
        tails, heads = network.arc_tail[rows].tolist(), network.arc_head[rows].tolist()
        for stretch, tail, head in zip(stretches.tolist(), tails, heads, strict=True):
            self._steps[tail].append((stretch, head))
            self._steps[head].append((stretch, tail))

    def ends(self) -> Iterator[Step]:
        """List where a main road stops though smaller streets go on: the junction, the last stretch."""
        for node, steps in enumerate(self._steps):
            main = [stretch for stretch, _ in steps if self._main[stretch]]
            if len(main) == 1 and len(steps) > 1:
                yield node, main[0]

    def way_on(self, end: int) -> list[int]:
        """Find the stretches that lead from the end of a main road to the next one, none when there is no use."""
        by_main = dict(self._spread(end, self._is_main, DETOUR * FARTHEST_M)[0])
        far, back = self._spread(end, self._is_small, FARTHEST_M)
        for node, metres in far:
            if self._on_main(node) and by_main.get(node, DETOUR * FARTHEST_M + 1) > DETOUR * metres:
                return list(_walk_back(back, node))
        return []

    def promote(self, stretch: int, like: int) -> None:
        """Draw a stretch from now on as another one."""
        self._main[stretch] = True
        self.drawn[stretch] = self.drawn[like]

    def _is_main(self, stretch: int) -> bool:
        return bool(self._main[stretch])

    def _is_small(self, stretch: int) -> bool:
        return not self._main[stretch]

    def _on_main(self, node: int) -> bool:
        return any(self._main[stretch] for stretch, _ in self._steps[node])

    def _spread(
        self, start: int, allowed: Callable[[int], bool], farthest: int
    ) -> tuple[list[tuple[int, int]], dict[int, Step]]:
        """List the junctions in reach with their metres, nearest first, and the step back from each."""
        best, back = {start: 0}, dict[int, Step]()
        reached: list[tuple[int, int]] = []
        waiting = [(0, start)]
        while waiting:
            metres, node = heapq.heappop(waiting)
            if metres > best[node]:
                continue
            reached.append((node, metres))
            for stretch, onward in self._steps[node]:
                there = metres + self._length[stretch]
                if there <= farthest and allowed(stretch) and there < best.get(onward, farthest + 1):
                    best[onward], back[onward] = there, (stretch, node)
                    heapq.heappush(waiting, (there, onward))
        return reached, back


def _walk_back(back: dict[int, Step], node: int) -> Iterator[int]:
    """List the stretches from a junction back to where the search began."""
    while node in back:
        stretch, node = back[node]
        yield stretch
