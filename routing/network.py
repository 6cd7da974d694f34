"""Hold the roads of a region: junctions, the stretches of road between them, and the arcs a van may drive.

networkx is the model that people read and search (`RoadNetwork.graph`, `arc_graph`); the same roads are kept as numpy
columns, which open in a moment and from which shortest ways are computed. Whole numbers everywhere: positions in
10⁻⁷ degrees (OpenStreetMap's own step), lengths in metres a stretch, durations in milliseconds an arc. Sums along a
way are therefore exact; they are rounded once, at the end, to seconds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import numpy.typing as npt

from routing import network_file
from routing.speeds import ROAD_CLASSES, WHOLE_PPM, BadSpeedFactor

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

E7 = 10_000_000
EARTH_RADIUS_M = 6_371_009.0
# An arc takes a moment at least: a hierarchy wants every way to cost something.
SHORTEST_ARC_MS = 1
# A factor outside of these is a slip of the pen, or would make sums of a day too long.
LEAST_FACTOR_PPM, MOST_FACTOR_PPM = 100_000, 10_000_000
PLACE_KINDS = ("city", "town", "village", "hamlet")


class BBox(NamedTuple):
    """A box on the map, in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat: float, lon: float) -> bool:
        """Say whether a point lies in the box."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A town, village or hamlet: what the map writes beside a dot."""

    name: str
    kind: str
    lat: float
    lon: float


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """The roads of a region as columns; `graph` gives the same roads as a networkx model.

    A stretch is the piece of a way between two junctions; an arc is a stretch in one direction of travel. `strong`
    marks the arcs of the largest strongly connected component: from each of them every other can be reached.
    """

    node_id: Longs
    node_lat: Ints
    node_lon: Ints
    stretch_way: Longs
    stretch_class: Bytes
    stretch_name: Ints
    stretch_length: Ints
    shape_start: Longs
    shape_lat: Ints
    shape_lon: Ints
    arc_tail: Ints
    arc_head: Ints
    arc_stretch: Ints
    arc_backward: Flags
    arc_duration: Ints
    banned_turns: Ints
    turn_from: Ints
    turn_to: Ints
    turn_cost: Ints
    strong: Flags
    arc_order: Ints
    name_list: tuple[str, ...] = field(default=())
    places: tuple[PlaceName, ...] = field(default=())
    # What `closing` has taken out; never saved.
    closed_ways: frozenset[int] = field(default=frozenset())

    @cached_property
    def bbox(self) -> BBox:
        """Give the box around all roads."""
        return BBox(
            int(self.shape_lon.min()) / E7,
            int(self.shape_lat.min()) / E7,
            int(self.shape_lon.max()) / E7,
            int(self.shape_lat.max()) / E7,
        )

    @cached_property
    def digest(self) -> str:
        """Give the SHA-256 of the contents: two networks with the same digest are the same network."""
        return network_file.digest_of(self._columns())

    @cached_property
    def turns_digest(self) -> str:
        """Give the SHA-256 of the turns and the order: what a hierarchy is made from, whatever the speeds."""
        return network_file.digest_of({name: getattr(self, name) for name in ("turn_from", "turn_to", "arc_order")})

    @cached_property
    def stretch_arcs(self) -> Ints:
        """Give the two arcs of each stretch: row s holds (forward, backward), -1 for a direction not open."""
        arcs = np.full((len(self.stretch_way), 2), -1, np.int32)
        arcs[self.arc_stretch, self.arc_backward.astype(np.int8)] = np.arange(len(self.arc_tail))
        return arcs

    @cached_property
    def arc_length(self) -> Ints:
        """Give the metres of each arc."""
        return self.stretch_length[self.arc_stretch]

    def with_speeds(self, factors: Mapping[str, int]) -> "RoadNetwork":
        """Give the same roads with other driving times; its hierarchy is weighed anew, never contracted again.

        Parameters: by road class, how much longer it takes, in millionths; what is lost at signs on the way counts
        to the class, what is lost in turns does not. The same network comes back when nothing changes.
        Raises: BadSpeedFactor.
        """
        table = np.full(len(ROAD_CLASSES), WHOLE_PPM, np.int64)
        for road_class, factor in factors.items():
            if road_class not in ROAD_CLASSES or not LEAST_FACTOR_PPM <= factor <= MOST_FACTOR_PPM:
                raise BadSpeedFactor(f"Roads of class {road_class!r} cannot take {factor} millionths of their time.")
            table[ROAD_CLASSES.index(road_class)] = factor
        if (table == WHOLE_PPM).all():
            return self
        of_arc = table[self.stretch_class[self.arc_stretch]]
        longer = (self.arc_duration * of_arc + WHOLE_PPM // 2) // WHOLE_PPM
        changed = replace(self, arc_duration=np.maximum(SHORTEST_ARC_MS, longer).astype(np.int32))
        # The turns and the order are the same: so is what was computed of them.
        changed.__dict__["turns_digest"] = self.turns_digest
        return changed

    def shape(self, stretch: int) -> tuple[tuple[float, float], ...]:
        """Give the line of a stretch as drawn: (lat, lon) in degrees."""
        part = slice(int(self.shape_start[stretch]), int(self.shape_start[stretch + 1]))
        lats, lons = self.shape_lat[part] / E7, self.shape_lon[part] / E7
        return tuple(zip(lats.tolist(), lons.tolist(), strict=True))

    def graph(self) -> "nx.MultiDiGraph[int]":
        """Build the networkx model: junctions as nodes, arcs as edges keyed by their number.

        Nodes carry `osm_id`, `lat`, `lon`; edges `length_m`, `duration_ms`, `road_class`, `name`, `way_id`,
        `stretch`, `strong`; the graph's `banned_turns` is a set of pairs of arcs.
        """
        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        for node, (osm_id, lat, lon) in enumerate(
            zip(self.node_id.tolist(), self.node_lat.tolist(), self.node_lon.tolist(), strict=True)
        ):
            graph.add_node(node, osm_id=osm_id, lat=lat / E7, lon=lon / E7)
        for arc, (tail, head, stretch) in enumerate(
            zip(self.arc_tail.tolist(), self.arc_head.tolist(), self.arc_stretch.tolist(), strict=True)
        ):
            graph.add_edge(tail, head, key=arc, **self._edge(arc, stretch))
        graph.graph["banned_turns"] = {(int(a), int(b)) for a, b in self.banned_turns}
        return graph

    def _edge(self, arc: int, stretch: int) -> dict[str, Any]:
        return {
            "length_m": int(self.stretch_length[stretch]),
            "duration_ms": int(self.arc_duration[arc]),
            "road_class": ROAD_CLASSES[self.stretch_class[stretch]],
            "name": self.name_list[self.stretch_name[stretch]],
            "way_id": int(self.stretch_way[stretch]),
            "stretch": stretch,
            "strong": bool(self.strong[arc]),
        }

    def arc_graph(self) -> "nx.DiGraph[int]":
        """Build the networkx graph of turns: arcs as nodes, permitted turns as edges.

        An edge carries `duration_ms` and `length_m`: the turn and the whole of the arc turned into.
        """
        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from(range(len(self.arc_tail)))
        durations = (self.turn_cost + self.arc_duration[self.turn_to]).tolist()
        lengths = self.arc_length[self.turn_to].tolist()
        turns = zip(self.turn_from.tolist(), self.turn_to.tolist(), durations, lengths, strict=True)
        graph.add_edges_from((a, b, {"duration_ms": ms, "length_m": m}) for a, b, ms, m in turns)
        return graph

    def save(self, path: Path) -> None:
        """Write the network to one file, at once or not at all.

        Raises: OSError when the folder cannot be written.
        """
        network_file.write(path, self._columns())

    @classmethod
    def load(cls, path: Path) -> "RoadNetwork":
        """Read a saved network.

        Raises: NetworkFileMissing, NetworkFileOfOtherVersion, NetworkFileDamaged, each with a sentence.
        """
        digest, columns = network_file.read(path)
        names = tuple(json.loads(columns.pop("names").tobytes()))
        places = tuple(PlaceName(*row) for row in json.loads(columns.pop("places").tobytes()))
        if set(columns) != set(_COLUMNS):
            raise network_file.NetworkFileDamaged("Ce fichier n’est pas un réseau routier de Meloko.")
        network = cls(**columns, name_list=names, places=places, closed_ways=frozenset())
        network.__dict__["digest"] = digest
        return network

    def _columns(self) -> dict[str, network_file.Array]:
        columns: dict[str, network_file.Array] = {name: getattr(self, name) for name in _COLUMNS}
        rows = [(place.name, place.kind, place.lat, place.lon) for place in self.places]
        columns["names"] = np.frombuffer(json.dumps(self.name_list).encode(), np.uint8)
        columns["places"] = np.frombuffer(json.dumps(rows).encode(), np.uint8)
        return columns


_COLUMNS = tuple(
    column.name for column in fields(RoadNetwork) if column.name not in {"name_list", "places", "closed_ways"}
)


def metres_between(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Give great-circle distances.

    Parameters: degrees, arrays of one shape. Returns: metres. Source: haversine formula (Sinnott, Virtues of the
    Haversine, Sky and Telescope 68, 1984), mean radius of the Earth.
    """
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((phi_b - phi_a) / 2) ** 2
    half += np.cos(phi_a) * np.cos(phi_b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1))), np.float64)
