"""Find the point of the road where a van stops for a place."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from routing.network import E7, EARTH_RADIUS_M, Flags, Floats, Ints, Longs, RoadNetwork
from routing.speeds import WHOLE_PPM
from routing.turns import ranges

FARTHEST_M = 250
METRES_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180
# A search sees the cell of the point and its eight neighbours: a cell is as wide as the farthest snap.
_CELL_M = FARTHEST_M


class OffRoad(Exception):
    """No road a van can reach lies near enough; `distance_m` says how far the nearest is, None when beyond sight."""

    def __init__(self, distance_m: int | None) -> None:
        far = "à moins de 2\u00a0km" if distance_m is None else f"plus près que {distance_m}\u00a0m"
        super().__init__(f"Aucune route carrossable {far} de ce point (limite\u00a0: {FARTHEST_M}\u00a0m).")
        self.distance_m = distance_m


class CutOff(Exception):
    """The only roads near a place cannot be reached and left again: an island, or beyond a closed street."""

    def __init__(self) -> None:
        super().__init__("Aucune route ne mène à ce point et n’en revient.")


@dataclass(frozen=True, slots=True)
class Snap:
    """A point on a stretch of a network: how far along it (millionths), and how far from the place (metres)."""

    stretch: int
    along_ppm: int
    lat: float
    lon: float
    distance_m: int


def snap(network: RoadNetwork, lat: float, lon: float) -> Snap:
    """Find the nearest point on a road of the largest strong component: the foot of the perpendicular.

    Parameters: degrees. Returns: the snap; at equal distance the stretch that comes first in the network.
    Raises: CutOff when it is more than `FARTHEST_M` away and a road of another component is not; else OffRoad.
    """
    grid = _grid(network, _GRIDS, network.strong)
    near = grid.nearest(lat, lon, 1)
    if near is not None and near.distance_m <= FARTHEST_M:
        return near
    # Only a refusal pays for the wider look: at roads that lead nowhere, and how far the next one is.
    stranded = _grid(network, _STRANDED, ~network.strong).nearest(lat, lon, 1)
    if stranded is not None and stranded.distance_m <= FARTHEST_M:
        raise CutOff
    farther = near or grid.nearest(lat, lon, 8)
    raise OffRoad(farther.distance_m if farther else None)


def _grid(network: RoadNetwork, made: "WeakKeyDictionary[RoadNetwork, _Grid]", arcs: Flags) -> "_Grid":
    grid = made.get(network)
    if grid is None:
        grid = made[network] = _Grid(network, arcs)
    return grid


class _Grid:
    """The segments of the stretches of some arcs, sorted by the cells they pass."""

    def __init__(self, network: RoadNetwork, arcs: Flags) -> None:
        self._network = network
        stretches = np.unique(network.arc_stretch[arcs]).astype(np.int64)
        starts = network.shape_start[stretches]
        counts = network.shape_start[stretches + 1] - starts - 1
        self._stretch = np.repeat(stretches, counts)
        self._point = ranges(starts, counts)
        lat = network.shape_lat
        self._narrow = float(np.cos(np.radians(float(lat.mean()) / E7))) if len(lat) else 1.0
        self._index_cells()

    def _index_cells(self) -> None:
        network = self._network
        rows, columns = self._cells(network.shape_lat / E7, network.shape_lon / E7)
        self._origin = (int(rows.min()), int(columns.min())) if len(rows) else (0, 0)
        rows, columns = rows - self._origin[0], columns - self._origin[1]
        self._width = int(columns.max(initial=0)) + 1
        a, b = self._point, self._point + 1
        low_row, low_column = np.minimum(rows[a], rows[b]), np.minimum(columns[a], columns[b])
        wide = np.abs(columns[a] - columns[b]) + 1
        count = wide * (np.abs(rows[a] - rows[b]) + 1)
        segment = np.repeat(np.arange(len(a), dtype=np.int64), count)
        nth = ranges(np.zeros(len(a), np.int64), count)
        cell = (low_row[segment] + nth // wide[segment]) * self._width + low_column[segment] + nth % wide[segment]
        order = np.lexsort((segment, cell))
        self._cell, self._segment = cell[order], segment[order]

    def _cells(self, lat: Floats, lon: Floats) -> tuple[Longs, Longs]:
        step = _CELL_M / METRES_PER_DEGREE
        return np.floor(lat / step).astype(np.int64), np.floor(lon * self._narrow / step).astype(np.int64)

    def nearest(self, lat: float, lon: float, reach: int) -> Snap | None:
        """Find the nearest segment within `reach` cells around the point."""
        row, column = (int(cell[0]) for cell in self._cells(np.array([lat]), np.array([lon])))
        row, column = row - self._origin[0], column - self._origin[1]
        left, right = max(column - reach, 0), min(column + reach, self._width - 1)
        if left > right:
            return None
        found = []
        for line in range(max(row - reach, 0), row + reach + 1):
            cells = np.array([line * self._width + left, line * self._width + right + 1])
            first, last = np.searchsorted(self._cell, cells)
            found.append(self._segment[first:last])
        segments = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
        return self._foot(lat, lon, segments) if len(segments) else None

    def _foot(self, lat: float, lon: float, segments: Longs) -> Snap:
        x, y = self._local(lat, lon, self._point[segments])
        dx, dy = self._local(lat, lon, self._point[segments] + 1)
        dx, dy = dx - x, dy - y
        square = dx * dx + dy * dy
        share = np.clip(-(x * dx + y * dy) / np.where(square > 0, square, 1), 0, 1)
        distance = np.hypot(x + share * dx, y + share * dy)
        best = int(np.argmin(distance))
        at_lat = lat + float(y[best] + share[best] * dy[best]) / METRES_PER_DEGREE
        at_lon = lon + float(x[best] + share[best] * dx[best]) / (METRES_PER_DEGREE * float(np.cos(np.radians(lat))))
        segment = int(segments[best])
        along = self._along_ppm(segment, float(share[best]))
        return Snap(
            int(self._stretch[segment]), along, round(at_lat, 7), round(at_lon, 7), round(float(distance[best]))
        )

    def _local(self, lat: float, lon: float, points: Longs) -> tuple[Floats, Floats]:
        """Give metres east and north of the point: flat enough over a few hundred metres."""
        east = (self._network.shape_lon[points] / E7 - lon) * METRES_PER_DEGREE * np.cos(np.radians(lat))
        return np.asarray(east, np.float64), (self._network.shape_lat[points] / E7 - lat) * METRES_PER_DEGREE

    def _along_ppm(self, segment: int, share: float) -> int:
        stretch = int(self._stretch[segment])
        start, end = self._network.shape_start[stretch : stretch + 2].tolist()
        steps = steps_m(self._network.shape_lat[start:end], self._network.shape_lon[start:end])
        nth = int(self._point[segment]) - start
        whole = float(steps.sum())
        if whole == 0:
            return 0
        return min(WHOLE_PPM, round((float(steps[:nth].sum()) + share * float(steps[nth])) / whole * WHOLE_PPM))


def steps_m(lat_e7: Ints, lon_e7: Ints) -> Floats:
    """Give the metres between the points of a line, in the flat geometry of snapping."""
    lat, lon = lat_e7 / E7, lon_e7 / E7
    narrow = np.cos(np.radians(lat[0]))
    return np.asarray(np.hypot(np.diff(lat), np.diff(lon) * narrow) * METRES_PER_DEGREE, np.float64)


_GRIDS: "WeakKeyDictionary[RoadNetwork, _Grid]" = WeakKeyDictionary()
_STRANDED: "WeakKeyDictionary[RoadNetwork, _Grid]" = WeakKeyDictionary()
