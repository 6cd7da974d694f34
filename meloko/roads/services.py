"""What pages and papers ask of the roads: the network in use, its drawing, maps of places and rounds."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence

from sqlmodel import Session, col, select

from meloko.errors import Refusal
from meloko.roads.drawing import Mark, Mode, RoadLine, draw_map
from meloko.roads.drawn import Square, unpack
from meloko.roads.labels import Place
from meloko.roads.models import DrawnMap, RoadNetwork
from meloko.roads.view import Point, View

# The map of OpenStreetMap says what kind of place it is, not how many live there: enough for the size of its name.
_INHABITANTS = {"city": 100_000, "town": 15_000, "village": 1_500, "hamlet": 100}
# In a view that is so many degrees high, lanes and then small roads are no longer told apart.
_LANES_UP_TO, _SMALL_ROADS_UP_TO = 0.35, 0.9
_LANES = frozenset({"unclassified", "residential", "living_street", "road", "service"})
_SMALL_ROADS = _LANES | {"tertiary", "tertiary_link"}


class NoRoads(Refusal):
    """No road network was imported: no round can be planned."""

    def __init__(self) -> None:
        super().__init__(
            "Aucun réseau routier : les tournées ne peuvent pas être calculées. Importez une carte"
            " OpenStreetMap avec « meloko roads import »."
        )


def active_network(session: Session) -> RoadNetwork:
    """Return the network in use, or refuse."""
    network = session.exec(select(RoadNetwork).where(col(RoadNetwork.active))).first()
    if network is None:
        raise NoRoads
    return network


def drawn_lines(session: Session, shown: Square | None = None) -> tuple[RoadLine, ...]:
    """Return the roads to draw in a piece of the map, or everywhere; none without a network."""
    packed = session.exec(
        select(DrawnMap.lines)
        .join(RoadNetwork, col(RoadNetwork.id) == col(DrawnMap.road_network_id))
        .where(col(RoadNetwork.active))
    ).first()
    return _lines(packed, shown)


def named_places(session: Session) -> tuple[Place, ...]:
    """Return the towns and villages whose names a map may write; none without a network."""
    return _places(session.exec(select(RoadNetwork.places).where(col(RoadNetwork.active))).first() or [])


def _lines(packed: bytes | None, shown: Square | None) -> tuple[RoadLine, ...]:
    if packed is None:
        return ()
    left_out = _too_small(shown)
    return tuple(line for line in unpack(packed, shown) if line[0] not in left_out)


def _places(rows: Iterable[Sequence[object]]) -> tuple[Place, ...]:
    return tuple(
        Place(str(name), float(str(lat)), float(str(lon)), _INHABITANTS.get(str(kind), 0))
        for name, kind, lat, lon in rows
    )


def places_map(
    session: Session,
    marks: Sequence[Mark],
    *,
    title: str,
    width: int = 640,
    height: int = 420,
    mode: Mode = Mode.SCREEN,
) -> str:
    """Draw places, those of a day's relay points for instance, among our own roads: SVG, or nothing without a mark."""
    return places_maps(session, marks, title=title, sizes=[(width, height)], mode=mode)[0]


def places_maps(
    session: Session, marks: Sequence[Mark], *, title: str, sizes: Sequence[tuple[int, int]], mode: Mode = Mode.SCREEN
) -> tuple[str, ...]:
    """Draw the same places in several sizes, each (width, height)."""
    if not marks:
        return ("",) * len(sizes)
    views = [View.around(_spots(marks), width, height) for width, height in sizes]
    return _drawn(session, [], marks, views, title, mode)


def round_map(
    session: Session,
    way: Sequence[Sequence[float]],
    marks: Sequence[Mark],
    mode: Mode,
    *,
    title: str,
    width: int = 640,
    height: int = 520,
) -> str:
    """Draw the way of a round, [lat, lon] by [lat, lon], and its numbered stops: SVG, or nothing without either."""
    driven = [(lat, lon) for lat, lon in way]
    if not (driven or marks):
        return ""
    view = View.around([*driven, *_spots(marks)], width, height)
    return _drawn(session, driven, marks, [view], title, mode)[0]


def window_map(session: Session, marks: Sequence[Mark], view: View, *, title: str) -> str:
    """Draw what a window of the map shows, with some marks: SVG."""
    return _drawn(session, [], marks, [view], title, Mode.SCREEN)[0]


def _drawn(
    session: Session, way: Sequence[Point], marks: Sequence[Mark], views: Sequence[View], title: str, mode: Mode
) -> tuple[str, ...]:
    """Draw the same thing in each view; roads and names are asked for once, and in one question: a page may ask few."""
    used = session.exec(select(RoadNetwork.digest, RoadNetwork.credit).where(col(RoadNetwork.active))).first()
    digest, credit = used or ("", "")
    asked = [(digest, credit, tuple(way), tuple(marks), view, title, mode) for view in views]
    known = [_DRAWINGS.get(each) for each in asked]
    if None not in known:
        return tuple(drawing or "" for drawing in known)
    rows, packed = session.exec(
        select(RoadNetwork.places, DrawnMap.lines)
        .outerjoin(DrawnMap, col(DrawnMap.road_network_id) == col(RoadNetwork.id))
        .where(col(RoadNetwork.active))
    ).first() or ([], None)
    drawn = []
    for view, each in zip(views, asked, strict=True):
        roads, places = _lines(packed, Square(view.south, view.west, view.north, view.east)), _places(rows)
        drawing = draw_map(marks, view=view, roads=roads, way=way, places=places, mode=mode, title=title, credit=credit)
        _DRAWINGS.keep(each, drawing)
        drawn.append(drawing)
    return tuple(drawn)


class _Drawings:
    """The newest drawings of this process: the same relay points are asked for by every customer of a day."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, str] = OrderedDict()

    def get(self, asked: Hashable) -> str | None:
        with self._lock:
            if asked in self._kept:
                self._kept.move_to_end(asked)
            return self._kept.get(asked)

    def keep(self, asked: Hashable, drawing: str) -> None:
        with self._lock:
            self._kept[asked] = drawing
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_DRAWINGS = _Drawings(most=64)


def _spots(marks: Iterable[Mark]) -> list[Point]:
    return [(mark.lat, mark.lon) for mark in marks]


def _too_small(shown: Square | None) -> frozenset[str]:
    """Return the classes of road that would be a grey haze at the scale of the view."""
    if shown is None or shown.north - shown.south <= _LANES_UP_TO:
        return frozenset()
    return _LANES if shown.north - shown.south <= _SMALL_ROADS_UP_TO else _SMALL_ROADS
