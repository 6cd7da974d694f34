"""Which roads a small map shows: those that lead somewhere on it, the great ones first, within a weight."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from meloko.roads.view import Spot, joined, thinned, walked

# A road that only hangs on another, and roads that hang on none, are crumbs when shorter than this, in pixels.
SHORTEST_SPUR = 12.0
SHORTEST_ISLAND = 48.0
# Half an arrow on the way, and how near arrows may come to each other.
ARROW = 5.0
ARROWS_APART = 58.0
# Roads touch when they come as near as the pixels of this raster: thinning moves a junction a little aside.
_RASTER = 2.0
# A road may leave its true line by so many pixels: only the driven way is followed closer.
_TOLERANCE = 1.2

Line = list[Spot]
Cell = tuple[int, int]


def roads_to_show(
    ranked: Mapping[int, Iterable[Sequence[Spot]]], size: tuple[int, int], cost: Callable[[int, Line], int], most: int
) -> dict[int, list[Line]]:
    """Choose the roads of a map of `size` pixels, by rank: the great and the long first until `most` is spent.

    Of a class that does not fit whole only the roads that lead from one to another are shown, and no lesser class.
    """
    chosen: list[tuple[int, Line]] = []
    left, cut_rank = most, None
    for rank in sorted(ranked):
        lines = [thinned(line, _TOLERANCE) for line in joined(ranked[rank])]
        for line in sorted(lines, key=length, reverse=True):
            left -= cost(rank, line)
            if left < 0:
                cut_rank = rank
                break
            chosen.append((rank, line))
        if cut_rank is not None:
            break
    meetings = _Meetings([line for _, line in chosen], size)
    meetings.drop_spurs([math.inf if rank == cut_rank else SHORTEST_SPUR for rank, _ in chosen])
    meetings.drop_islands()
    shown: dict[int, list[Line]] = {}
    for number in sorted(meetings.kept):
        rank, line = chosen[number]
        shown.setdefault(rank, []).append(line)
    return shown


def arrows(driven: Iterable[Sequence[Spot]], taken: Iterable[tuple[float, float, float]]) -> Iterator[list[Spot]]:
    """Find where arrows may lie on a way: three corners each, the tip first.

    They keep clear of what is there already (right, down, radius) and of each other.
    """
    clear = list(taken)
    for before, spot, after in itertools.chain.from_iterable(map(_paces, driven)):
        if any(math.dist(spot, (right, down)) < radius for right, down, radius in clear):
            continue
        ahead = (after[0] - before[0], after[1] - before[1])
        size = math.hypot(*ahead)
        # A way that turns here points nowhere clearly.
        if size < 1.8 * ARROW:
            continue
        right, down = (ARROW * step / size for step in ahead)
        back = (spot[0] - right, spot[1] - down)
        yield [(spot[0] + right, spot[1] + down), (back[0] - down, back[1] + right), (back[0] + down, back[1] - right)]
        clear.append((*spot, ARROWS_APART))


def _paces(line: Sequence[Spot]) -> Iterable[tuple[Spot, Spot, Spot]]:
    """Walk along a line by the size of an arrow: the spots behind, here and ahead."""
    here = [*walked(line, ARROW), *line[-1:]]
    return zip(here, here[1:], here[2:], strict=False)


def length(line: Sequence[Spot]) -> float:
    """Return the length of a line in pixels."""
    return sum(math.dist(before, after) for before, after in itertools.pairwise(line))


class _Meetings:
    """Which roads touch which, found on a raster."""

    def __init__(self, lines: Sequence[Line], size: tuple[int, int]) -> None:
        self.kept = set(range(len(lines)))
        self._lengths = [length(line) for line in lines]
        at: dict[Cell, set[int]] = {}
        for number, line in enumerate(lines):
            for cell in _cells(line):
                at.setdefault(cell, set()).add(number)
        # For each end of each road the others it touches; None where it leaves the map.
        self._ends = [[None if _on_edge(end, size) else _near(end, at) - {number} for end in (line[0], line[-1])]
                      for number, line in enumerate(lines)]  # fmt: skip
        self._touched: list[set[int]] = [set() for _ in lines]
        for number, ends in enumerate(self._ends):
            for other in set().union(*filter(None, ends)):
                self._touched[number].add(other)
                self._touched[other].add(number)

    def drop_spurs(self, shortest: Sequence[float]) -> None:
        """Leave out the roads with a loose end that are shorter than their shortest, until there is none."""
        while spurs := {n for n in self.kept if self._lengths[n] < shortest[n] and self._is_loose(n)}:
            self.kept -= spurs

    def drop_islands(self) -> None:
        """Leave out roads that together are short and hang on no others."""
        waiting = set(self.kept)
        while waiting:
            island, found = set[int](), [waiting.pop()]
            while found:
                number = found.pop()
                island.add(number)
                onward = self._touched[number] & waiting
                waiting -= onward
                found.extend(onward)
            if sum(self._lengths[number] for number in island) < SHORTEST_ISLAND:
                self.kept -= island

    def _is_loose(self, number: int) -> bool:
        return any(end is not None and not end & self.kept for end in self._ends[number])


def _cells(line: Sequence[Spot]) -> Iterable[Cell]:
    """List the cells of the raster that a line passes."""
    for before, after in itertools.pairwise(line):
        steps = max(1, math.ceil(math.dist(before, after) / _RASTER))
        across, down = (after[0] - before[0]) / steps, (after[1] - before[1]) / steps
        for step in range(steps + 1):
            yield int((before[0] + step * across) // _RASTER), int((before[1] + step * down) // _RASTER)


def _near(spot: Spot, at: Mapping[Cell, set[int]]) -> set[int]:
    """Find the roads in the cell of a spot and in the eight around it."""
    right, down = int(spot[0] // _RASTER), int(spot[1] // _RASTER)
    return set().union(*(at.get((right + i, down + j), set()) for i in (-1, 0, 1) for j in (-1, 0, 1)))


def _on_edge(spot: Spot, size: tuple[int, int]) -> bool:
    """Say whether a road leaves the map here."""
    return min(spot[0], spot[1], size[0] - spot[0], size[1] - spot[1]) < 1
