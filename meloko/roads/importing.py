"""Import a road network from an OpenStreetMap extract; run by the command line, never by the web."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select, update

from meloko.clock import now
from meloko.db import ask
from meloko.errors import Refusal
from meloko.roads.drawing import RoadLine
from meloko.roads.drawn import Square, pack
from meloko.roads.models import DrawnMap, RoadNetwork
from meloko.roads.networks import keep_network
from meloko.roads.served import Served
from meloko.roads.streets import keep_streets, streets_of
from routing import network as roads
from routing.mapping import map_lines
from routing.network import PLACE_KINDS, BBox, PlaceName
from routing.osm import OsmFileError, read_osm
from routing.through import through_roads

Progress = Callable[[str, int], None]

# Squares of the drawn map, and how many points each may have: a village and its lanes.
SQUARE_KM = 8.0
MOST_POINTS = 1_500
# A network that begins farther than this from every place we serve is not ours.
FARTHEST_KM = 50.0
_KM_PER_DEGREE = 111.195
_LOCK = 7_102


OPENSTREETMAP = "© les contributeurs d’OpenStreetMap"


@dataclass(frozen=True, slots=True)
class ImportedRoads:
    """What was imported; `again` when the network was here already."""

    network_id: int
    name: str
    digest: str
    nodes: int
    arcs: int
    places: int
    again: bool


class UnusableMap(Refusal):
    """The file is no OpenStreetMap extract that roads can be read from; nothing was changed."""

    status = 422


class MapOfElsewhere(Refusal):
    """The roads are far from every place we serve."""

    status = 422

    def __init__(self, map_place: str, our_place: str, km: int) -> None:
        super().__init__(
            f"Cette carte montre {map_place}, mais « {our_place} », le plus proche de vos lieux, en est à {km} km."
            " Importez la carte de votre région."
        )


class DataFolderFull(Refusal):
    """The network cannot be kept: the disk is full, or the folder closed."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"Le réseau routier ne peut pas être écrit dans « {folder} » : {reason}.")


def import_roads(
    engine: Engine,
    path: Path,
    var: Path,
    *,
    served: Callable[[Session], Sequence[Served]],
    progress: Progress | None = None,
    credit: str = OPENSTREETMAP,
) -> ImportedRoads:
    """Read a map, keep its network in the data folder and make it the one in use; all or nothing.

    `served` tells our depots and relay points: a map far from all of them is refused. `credit` is written on every
    map that is drawn. Raises UnusableMap,
    MapOfElsewhere, DataFolderFull, each with a sentence.
    """
    say = progress or (lambda step, count: None)
    try:
        network = read_osm(path, progress=say)
    except OsmFileError as error:
        raise UnusableMap(str(error)) from error
    ask(engine, _check_region, network, served)
    say("Dessin de la carte", 0)
    drawing = pack(_squares(network, say))
    say("Noms des rues", 0)
    streets = streets_of(network)
    try:
        keep_network(var, network)
    except OSError as error:
        raise DataFolderFull(var, error.strerror or type(error).__name__) from error
    row = ask(engine, _record, network, path.name, drawing, credit)
    ask(engine, keep_streets, row.network_id, streets)
    return row


def _check_region(session: Session, network: roads.RoadNetwork, served: Callable[[Session], Sequence[Served]]) -> None:
    """Refuse a map whose edge is far from every place we serve; without places every map is welcome."""
    far = [(_km_outside(network.bbox, place), place) for place in served(session)]
    if not far:
        return
    km, nearest = min(far, key=lambda one: one[0])
    if km > FARTHEST_KM:
        raise MapOfElsewhere(_what_it_shows(network), nearest.name, round(km))


def _km_outside(box: BBox, place: Served) -> float:
    """Return how far a place lies from the nearest edge of a box; 0 inside."""
    up = max(box.south - place.lat, 0.0, place.lat - box.north)
    aside = max(box.west - place.lon, 0.0, place.lon - box.east)
    # Eastward and westward round the Earth.
    aside = min(aside, 360.0 - (box.east - box.west) - aside) if aside else 0.0
    narrow = math.cos(math.radians((box.south + box.north) / 2))
    return math.hypot(up, aside * narrow) * _KM_PER_DEGREE


def _what_it_shows(network: roads.RoadNetwork) -> str:
    """Name the largest place of a map, the one nearest to its middle, or else say where it lies."""
    box = network.bbox
    lat, lon = (box.south + box.north) / 2, (box.west + box.east) / 2

    def rank(place: PlaceName) -> tuple[int, float]:
        return PLACE_KINDS.index(place.kind), math.hypot(place.lat - lat, place.lon - lon)

    if network.places:
        return f"les environs de {min(network.places, key=rank).name}"
    north, east = f"{lat:.1f}".replace(".", ","), f"{lon:.1f}".replace(".", ",")
    return f"un territoire sans nom (latitude {north}, longitude {east})"


def _squares(network: roads.RoadNetwork, say: Progress) -> Iterator[tuple[Square, list[RoadLine]]]:
    """Draw the network square by square."""
    box, classes = network.bbox, through_roads(network)
    high = SQUARE_KM / _KM_PER_DEGREE
    wide = high / math.cos(math.radians((box.south + box.north) / 2))
    rows, columns = math.ceil((box.north - box.south) / high), math.ceil((box.east - box.west) / wide)
    for row in range(max(rows, 1)):
        for column in range(max(columns, 1)):
            south, west = box.south + row * high, box.west + column * wide
            square = Square(south, west, south + high, west + wide)
            piece = BBox(square.west, square.south, square.east, square.north)
            lines = map_lines(network, piece, MOST_POINTS, classes)
            yield square, [(line.road_class, line.points) for line in lines]
        say("Dessin de la carte", (row + 1) * max(columns, 1))


def _record(session: Session, network: roads.RoadNetwork, name: str, drawing: bytes, credit: str) -> ImportedRoads:
    """Make a network the one in use, and remember its drawing."""
    # Two imports at once would both be in use.
    session.execute(text("SELECT pg_advisory_xact_lock(:lock, 0)"), {"lock": _LOCK})
    session.exec(update(RoadNetwork).where(col(RoadNetwork.digest) != network.digest).values(active=False))
    row = session.exec(select(RoadNetwork).where(col(RoadNetwork.digest) == network.digest)).first()
    again = row is not None
    if row is None:
        row = _row(network, name)
    row.active, row.credit = True, credit
    session.add(row)
    session.flush()
    drawn = insert(DrawnMap).values(road_network_id=row.id, lines=drawing)
    session.execute(
        drawn.on_conflict_do_update(index_elements=["road_network_id"], set_={"lines": drawn.excluded.lines})
    )
    return ImportedRoads(row.id, row.name, row.digest, row.nodes, row.edges, len(row.places), again)


def _row(network: roads.RoadNetwork, name: str) -> RoadNetwork:
    box = network.bbox
    return RoadNetwork(
        name=name,
        digest=network.digest,
        imported_at=now(),
        nodes=len(network.node_lat),
        edges=len(network.arc_tail),
        south=box.south,
        west=box.west,
        north=box.north,
        east=box.east,
        places=[[place.name, place.kind, place.lat, place.lon] for place in network.places],
    )
