"""Simplify the roads of a box to a map of a few hundred lines: what paper and screen draw without a tile server."""

from dataclasses import dataclass

import numpy as np

from routing.network import E7, BBox, Bytes, Flags, Floats, Longs, RoadNetwork
from routing.snapping import METRES_PER_DEGREE
from routing.speeds import ROAD_CLASSES
from routing.ways import Point

# Main roads first: what a driver looks for on a small map. Links and service roads only when there is room.
DRAWN_FIRST = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "ferry",
    "unclassified",
    "residential",
    "living_street",
    "road",
    "motorway_link",
    "trunk_link",
    "primary_link",
    "secondary_link",
    "tertiary_link",
    "service",
)
# A line may leave its road by 1/600 of the map's width: a third of a millimetre on a page of paper.
TOLERANCE_SHARE = 1 / 600


@dataclass(frozen=True, slots=True)
class MapLine:
    """One line of the map: its road class, its points (lat, lon)."""

    road_class: str
    points: tuple[Point, ...]


def map_lines(network: RoadNetwork, bbox: BBox, most_points: int, classes: Bytes | None = None) -> tuple[MapLine, ...]:
    """Simplify the roads in a box.

    Parameters: `most_points` bounds the map: classes are added from motorways down while they fit; of the first
    class that does not, the longest lines are taken, and the map ends there; `classes` draws stretches by another class
    than their own (`routing.through`). Returns: lines, main roads first; the stretches of a road are joined, then
    thinned (Douglas & Peucker 1973, doi 10.3138/FM57-6770-U75U-7727).
    """
    drawn_by = network.stretch_class if classes is None else classes
    inside = _inside(network, bbox)
    tolerance_m = (bbox.north - bbox.south + (bbox.east - bbox.west)) / 2 * METRES_PER_DEGREE * TOLERANCE_SHARE
    lines: list[MapLine] = []
    left = most_points
    for road_class in DRAWN_FIRST:
        chosen = np.flatnonzero(inside & (drawn_by == ROAD_CLASSES.index(road_class)))
        drawn = [_thin(network, rows, tolerance_m) for rows in _chains(network, chosen)]
        drawn = [line for line in drawn if len(line) > 1]
        drawn.sort(key=_span, reverse=True)
        fitting = _fitting(drawn, left)
        lines.extend(MapLine(road_class, line) for line in drawn[:fitting])
        left -= sum(len(line) for line in drawn[:fitting])
        if fitting < len(drawn):
            break
    return tuple(lines)


def _fitting(lines: list[tuple[Point, ...]], room: int) -> int:
    total = np.cumsum([len(line) for line in lines]) if lines else np.empty(0, np.int64)
    return int(np.searchsorted(total, room, side="right"))


def _inside(network: RoadNetwork, bbox: BBox) -> Flags:
    """Mark the stretches that have a point in the box."""
    lat, lon = network.shape_lat / E7, network.shape_lon / E7
    points = (lat >= bbox.south) & (lat <= bbox.north) & (lon >= bbox.west) & (lon <= bbox.east)
    return np.asarray(np.logical_or.reduceat(points, network.shape_start[:-1]), np.bool_)


def _chains(network: RoadNetwork, stretches: Longs) -> list[Longs]:
    """Join stretches end to end; each chain is the rows of its points in the network's shapes."""
    loose = _Loose(network, stretches)
    chains = []
    while loose.stretches:
        chain = [loose.take_any()]
        # Grow at the one end, turn the chain round, grow at the other.
        for _ in range(2):
            while (piece := loose.take_at(int(chain[-1][-1]))) is not None:
                chain.append(piece)
            chain = [piece[::-1] for piece in reversed(chain)]
        chains.append(np.concatenate(chain))
    return chains


class _Loose:
    """The stretches not yet in a chain, found by the position of their ends."""

    def __init__(self, network: RoadNetwork, stretches: Longs) -> None:
        self._network = network
        self.stretches = dict.fromkeys(stretches.tolist())
        self._at: dict[tuple[int, int], list[int]] = {}
        for stretch in self.stretches:
            for row in self._ends(stretch):
                self._at.setdefault(self._position(row), []).append(stretch)

    def take_any(self) -> Longs:
        """Take the first stretch that is left."""
        stretch = next(iter(self.stretches))
        del self.stretches[stretch]
        first, last = self._ends(stretch)
        return np.arange(first, last + 1)

    def take_at(self, row: int) -> Longs | None:
        """Take a stretch that begins or ends at a point, laid out so that it begins there."""
        position = self._position(row)
        stretch = next((found for found in self._at[position] if found in self.stretches), None)
        if stretch is None:
            return None
        del self.stretches[stretch]
        first, last = self._ends(stretch)
        rows = np.arange(first, last + 1)
        return rows if self._position(first) == position else rows[::-1]

    def _ends(self, stretch: int) -> tuple[int, int]:
        starts = self._network.shape_start
        return int(starts[stretch]), int(starts[stretch + 1]) - 1

    def _position(self, row: int) -> tuple[int, int]:
        return int(self._network.shape_lat[row]), int(self._network.shape_lon[row])


def _thin(network: RoadNetwork, rows: Longs, tolerance_m: float) -> tuple[Point, ...]:
    """Leave out the points of a line that lie nearer than the tolerance to the line without them."""
    lat, lon = network.shape_lat[rows] / E7, network.shape_lon[rows] / E7
    x, y = lon * METRES_PER_DEGREE * np.cos(np.radians(lat[0])), lat * METRES_PER_DEGREE
    keep = np.zeros(len(rows), np.bool_)
    keep[[0, -1]] = True
    parts = [(0, len(rows) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        off = _distances(x[first : last + 1], y[first : last + 1])
        farthest = first + int(np.argmax(off))
        if off[farthest - first] > tolerance_m:
            keep[farthest] = True
            parts += [(first, farthest), (farthest, last)]
    return tuple(zip(np.round(lat[keep], 6).tolist(), np.round(lon[keep], 6).tolist(), strict=True))


def _distances(x: Floats, y: Floats) -> Floats:
    """Give the distance of each point from the straight line between the first and the last."""
    dx, dy = x[-1] - x[0], y[-1] - y[0]
    square = dx * dx + dy * dy
    share = np.clip(((x - x[0]) * dx + (y - y[0]) * dy) / square, 0, 1) if square > 0 else np.zeros(len(x))
    return np.asarray(np.hypot(x - x[0] - share * dx, y - y[0] - share * dy), np.float64)


def _span(line: tuple[Point, ...]) -> float:
    """Give the size of a line on the map, in degrees: what is longest is most worth drawing."""
    lats, lons = zip(*line, strict=True)
    return float(max(lats) - min(lats) + max(lons) - min(lons))
