"""Read an OpenStreetMap extract into a road network.

The file is streamed twice and only what a van can use is kept: first the ways and turn rules, then the signs on
nodes and the positions. Memory: 16 bytes for each node of the extract while it is read, then only what the roads need.
"""

import gzip
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from routing import access
from routing.network import PLACE_KINDS, BBox, Longs, PlaceName, RoadNetwork
from routing.order import with_order
from routing.speeds import GATE_MS, LEVEL_CROSSING_MS, ROAD_CLASSES, SIGNAL_MS, speed_kmh
from routing.stretches import Restriction, RoadRecords, RoadsIncomplete, build_network

Progress = Callable[[str, int], None]

_REPORT_EVERY = 50_000
# 16 bytes a node, grown in place.
_POSITIONS = "sparse_mmap_array"
_TAG_KEYS = ("highway", "route")
_NODE_KEYS = ("barrier", "highway", "crossing", "railway", "place", *access.ACCESS_KEYS)


class OsmFileError(Exception):
    """A map file cannot be used; the message is a sentence for a person."""


class OsmFileMissing(OsmFileError):
    """There is no such file."""


class NotAnOsmFile(OsmFileError):
    """The file is empty or something else than an OpenStreetMap extract."""


class OsmFileDamaged(OsmFileError):
    """The file is cut short or garbled."""


class NoRoadsInFile(OsmFileError):
    """The file holds no road a van can use, or none in the box asked for."""


def read_osm(path: Path, bbox: BBox | None = None, progress: Progress | None = None) -> RoadNetwork:
    """Read the roads a van may drive from an OpenStreetMap extract.

    Parameters: `path` to a `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2` file (known by its contents, not its name);
    `bbox` keeps only the ways that touch it; `progress(step, count)` hears a French step and how far it is.
    Returns: the network, complete, with its order for shortest ways.
    Raises: OsmFileMissing, NotAnOsmFile, OsmFileDamaged, NoRoadsInFile, each with a sentence; no half network.
    """
    report = progress or (lambda step, count: None)
    file = osmium.io.File(str(path), _format(path))
    try:
        records = _Reader(file, report).read()
    except (RuntimeError, OSError) as error:
        raise OsmFileDamaged(
            "Cette carte est incomplète ou abîmée\u00a0: téléchargez-la de nouveau, puis recommencez."
        ) from error
    if not records.ways:
        raise NoRoadsInFile("Cette carte ne contient aucune route où un véhicule puisse passer.")
    report("Assemblage du réseau", len(records.ways))
    try:
        network = build_network(records, bbox)
    except RoadsIncomplete as error:
        raise OsmFileDamaged(
            "Il manque à cette carte les points de ses routes\u00a0: elle a été coupée. Téléchargez-la entière."
        ) from error
    if network is None:
        raise NoRoadsInFile("Cette carte ne contient aucune route dans le territoire demandé.")
    report("Préparation des plus courts chemins", len(network.arc_tail))
    return with_order(network)


def _format(path: Path) -> str:
    """Tell the format of a map file by its first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except FileNotFoundError:
        raise OsmFileMissing(f"Le fichier «\u00a0{path.name}\u00a0» n’existe pas.") from None
    except OSError:
        raise OsmFileMissing(f"Le fichier «\u00a0{path.name}\u00a0» ne peut pas être lu.") from None
    if not start:
        raise NotAnOsmFile(f"Le fichier «\u00a0{path.name}\u00a0» est vide.")
    if start[4:15] == b"\x0a\x09OSMHeader":
        return "pbf"
    if start.startswith(b"BZh"):
        return "osm.bz2"
    if start.startswith(b"\x1f\x8b"):
        return _format_in_gzip(path)
    if _is_osm_xml(start):
        return "osm"
    what = "un PDF" if start.startswith(b"%PDF") else "un autre genre de fichier"
    raise NotAnOsmFile(
        f"«\u00a0{path.name}\u00a0» n’est pas une carte OpenStreetMap (c’est {what})."
        " Il faut un fichier .osm.pbf, .osm ou .osm.gz."
    )


def _format_in_gzip(path: Path) -> str:
    try:
        with gzip.open(path) as file:
            start = file.read(512)
    except (EOFError, OSError) as error:
        raise OsmFileDamaged("Cette carte est incomplète ou abîmée\u00a0: téléchargez-la de nouveau.") from error
    if not _is_osm_xml(start):
        raise NotAnOsmFile(f"«\u00a0{path.name}\u00a0» ne contient pas de carte OpenStreetMap.")
    return "osm.gz"


def _is_osm_xml(start: bytes) -> bool:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"<osm") or (text.startswith(b"<?xml") and b"<osm" in text)


class _Reader:
    """One reading of one file."""

    def __init__(self, file: Any, report: Progress) -> None:
        self._file = file
        self._report = report
        self._names: dict[str, int] = {"": 0}
        self._records = RoadRecords()

    def read(self) -> RoadRecords:
        self._read_ways()
        if self._records.ways:
            self._read_nodes()
        self._say_what_is_left_out()
        self._records.names = tuple(self._names)
        return self._records

    def _say_what_is_left_out(self) -> None:
        hourly, over_ways = self._records.hourly_rules, self._records.rules_over_ways
        if hourly or over_ways:
            step = f"Interdictions de tourner non reprises\u00a0: {hourly} à certaines heures, {over_ways} par une rue"
            self._report(step, hourly + over_ways)

    def _counted(self, step: str, things: Iterable[Any]) -> Iterator[Any]:
        count = 0
        for thing in things:
            yield thing
            count += 1
            if count % _REPORT_EVERY == 0:
                self._report(step, count)
        self._report(step, count)

    def _read_ways(self) -> None:
        kinds = osmium.osm.WAY | osmium.osm.RELATION
        keys = osmium.filter.KeyFilter(*_TAG_KEYS, *access.RESTRICTION_KEYS, *access.HOURLY_KEYS)
        for thing in self._counted("Lecture des routes", osmium.FileProcessor(self._file, kinds).with_filter(keys)):
            if thing.is_way():
                self._add_way(thing)
            else:
                self._add_restriction(thing)

    def _add_way(self, way: Any) -> None:
        tags = dict(way.tags)
        duration_s = 0
        if tags.get("route") == "ferry" and access.ferry_carries_cars(tags):
            tags["highway"] = "ferry"
            duration_s = access.ferry_duration_s(tags)
        if not access.may_drive(tags) or len(way.nodes) < 2:
            return
        forward, backward = access.directions(tags)
        if not (forward or backward):
            return
        records = self._records
        records.ways.append(way.id)
        records.refs.extend(node.ref for node in way.nodes)
        records.ends.append(len(records.refs))
        records.road_class.append(ROAD_CLASSES.index(tags["highway"]))
        name = tags.get("name") or tags.get("ref") or ""
        records.name.append(self._names.setdefault(name, len(self._names)))
        records.forward_kmh.append(speed_kmh(tags, "forward") if forward else 0)
        records.backward_kmh.append(speed_kmh(tags, "backward") if backward else 0)
        records.crossing_s.append(duration_s)

    def _add_restriction(self, relation: Any) -> None:
        tags = dict(relation.tags)
        kind = next((tags[key] for key in access.RESTRICTION_KEYS if key in tags), "")
        excepted = {part.strip() for part in tags.get("except", "").split(";")}
        self._records.hourly_rules += not kind and not tags.keys().isdisjoint(access.HOURLY_KEYS)
        if not kind.startswith(("no_", "only_")) or excepted & {"motorcar", "motor_vehicle", "vehicle"}:
            return
        members: dict[tuple[str, str], list[int]] = {}
        for member in relation.members:
            members.setdefault((member.role, member.type), []).append(member.ref)
        via = members.get(("via", "n"), [])
        self._records.rules_over_ways += ("via", "w") in members
        if len(via) == 1:
            for origin in members.get(("from", "w"), []):
                for target in members.get(("to", "w"), []):
                    self._records.restrictions.append(Restriction(kind.startswith("only_"), origin, via[0], target))

    def _read_nodes(self) -> None:
        """Read signs and places by name, and remember where the nodes of the roads lie."""
        records = self._records
        wanted = osmium.filter.KeyFilter(*_NODE_KEYS)
        used = np.unique(np.frombuffer(records.refs, np.int64))
        signs: dict[int, int] = {}
        cuts: list[int] = []
        # The table of positions is sorted when a way follows: only a file that says it is sorted may go without.
        is_sorted = osmium.FileProcessor(self._file).header.get("sorting") == "Type_then_ID"
        kinds = osmium.osm.NODE if is_sorted else osmium.osm.NODE | osmium.osm.WAY
        nodes = osmium.FileProcessor(self._file, kinds).with_locations(_POSITIONS).with_filter(wanted)
        for node in self._counted("Lecture des points", nodes):
            if not node.is_node():
                continue
            tags = dict(node.tags)
            if tags.get("place") in PLACE_KINDS and tags.get("name"):
                records.places.append(PlaceName(tags["name"], tags["place"], node.lat, node.lon))
            if access.cuts(tags):
                cuts.append(node.id)
            elif lost := _lost_ms(tags):
                signs[node.id] = lost
        records.cuts = _among(cuts, used)
        records.signs = {node: signs[node] for node in _among(signs, used).tolist()}
        self._keep_positions(used, nodes.node_location_storage)

    def _keep_positions(self, used: Longs, table: Any) -> None:
        records = self._records
        ids, lats, lons = array("q"), array("i"), array("i")
        for node in used.tolist():
            try:
                location = table.get(node)
            except KeyError:
                continue
            if location.valid():
                ids.append(node)
                lats.append(location.y)
                lons.append(location.x)
        records.node_ids = np.frombuffer(ids, np.int64)
        records.node_lat = np.frombuffer(lats, np.int32)
        records.node_lon = np.frombuffer(lons, np.int32)


def _lost_ms(tags: dict[str, str]) -> int:
    if tags.get("highway") == "traffic_signals":
        return SIGNAL_MS
    if tags.get("railway") == "level_crossing":
        return LEVEL_CROSSING_MS
    return GATE_MS if tags.get("barrier") in access.SLOW_BARRIERS else 0


def _among(nodes: Collection[int], used: Longs) -> Longs:
    return np.intersect1d(np.fromiter(nodes, np.int64, len(nodes)), used)
