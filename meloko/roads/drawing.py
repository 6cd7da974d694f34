"""A map as SVG text, drawn from our own roads: the same marks on screen and on paper."""

import enum
import html
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meloko.roads.labels import TOWN_SIZE, VILLAGE_SIZE, Box, Place, room_for_names, text_width
from meloko.roads.strokes import arrows, roads_to_show
from meloko.roads.view import Point, Spot, View

# A road as it is stored: its class in OpenStreetMap's words, and its points.
RoadLine = tuple[str, Sequence[Point]]

TEXT_FACE = "Meloko Texte"
CREDIT_SIZE = 11
# Roads weigh most in a map: the smaller ones are left out before it grows beyond this many bytes of path.
MOST_ROAD_BYTES = 8_000


class MarkKind(enum.StrEnum):
    """What a mark stands for; the shape says it without colour."""

    HOME = "home"
    RELAY = "relay"
    FARM = "farm"
    DEPOT = "depot"


class Mode(enum.StrEnum):
    """Where the map is seen: in colour on a screen, in black on paper."""

    SCREEN = "screen"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered place; `now` fills it with honey: the one that is meant."""

    kind: MarkKind
    label: str
    lat: float
    lon: float
    now: bool = False


@dataclass(frozen=True, slots=True)
class _Ink:
    """The colours of one mode; roads as (class rank: colour, width, colour of its edge or none)."""

    ground: str
    text: str
    roads: tuple[tuple[str, float, str], ...]
    way: tuple[str, float]
    dot: str
    # For each kind of mark: fill, stroke, letter.
    marks: dict[MarkKind, tuple[str, str, str]]
    now: tuple[str, str, str]


_SCREEN = _Ink(
    ground="#EDF1E5",
    text="#14231C",
    roads=(("#FFE9AE", 3, "#D9C48A"), ("#F0E0AF", 2.2, ""), ("#FFFFFF", 1.8, ""), ("#FFFFFF", 1.2, "")),
    way=("#12513A", 3.4),
    dot="#6F7A72",
    marks={
        MarkKind.HOME: ("#12513A", "#FFFFFF", "#FFFFFF"),
        MarkKind.RELAY: ("#243F86", "#FFFFFF", "#FFFFFF"),
        MarkKind.FARM: ("#8F2A14", "#FFFFFF", "#FFFFFF"),
        MarkKind.DEPOT: ("#14231C", "#FFFFFF", "#FFC93C"),
    },
    now=("#FFC93C", "#14231C", "#14231C"),
)
_PAPER = _Ink(
    ground="#FFFFFF",
    text="#000000",
    roads=(("#8C8C8C", 1.6, ""), ("#A6A6A6", 1.2, ""), ("#BDBDBD", 0.8, ""), ("#D0D0D0", 0.6, "")),
    way=("#000000", 2.6),
    dot="#6E6E6E",
    marks={
        MarkKind.HOME: ("#FFFFFF", "#000000", "#000000"),
        MarkKind.RELAY: ("#000000", "#FFFFFF", "#FFFFFF"),
        MarkKind.FARM: ("#000000", "#FFFFFF", "#FFFFFF"),
        MarkKind.DEPOT: ("#000000", "#FFFFFF", "#FFFFFF"),
    },
    now=("#FFFFFF", "#000000", "#000000"),
)
_INKS = {Mode.SCREEN: _SCREEN, Mode.PAPER: _PAPER}

# The class of a road says how it is drawn; what is not named is drawn as the last.
_RANKS = {"motorway": 0, "trunk": 0, "primary": 0, "secondary": 1, "tertiary": 2}
_LEAST_RANK = 3


def draw_map(
    marks: Sequence[Mark],
    *,
    view: View,
    roads: Iterable[RoadLine] = (),
    way: Sequence[Point] = (),
    places: Iterable[Place] = (),
    mode: Mode = Mode.SCREEN,
    title: str,
    credit: str = "",
) -> str:
    """Draw a map of a round, or of some relay points when there is no way; `title` says it in words.

    `credit` names whose roads they are, as their licence asks.

    No style attribute and no id, so that it may stand anywhere under a strict Content-Security-Policy.
    """
    ink = _INKS[mode]
    driven = view.line(way)
    radius = _radius(len(marks))
    spots = _apart([view.spot((mark.lat, mark.lon)) for mark in marks], view, radius)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{html.escape(title)}" '
        f'viewBox="0 0 {view.width} {view.height}" width="{view.width}" height="{view.height}">'
        f"<title>{html.escape(title)}</title>"
        f'<rect width="{view.width}" height="{view.height}" fill="{ink.ground}"/>',
        _draw_roads(view, roads, ink),
        _draw_way(driven, ink),
        _draw_arrows(driven, [(*spot, radius + 5) for spot in spots], ink),
        _draw_leaders(marks, spots, view, radius, ink),
        _draw_names(places, view, spots, radius, driven, _credit_box(credit, view), ink),
        _draw_marks(marks, spots, radius, ink),
        _draw_credit(credit, view, ink),
        "</svg>",
    ]
    return "".join(parts)


# --- roads and the way


def _draw_roads(view: View, roads: Iterable[RoadLine], ink: _Ink) -> str:
    """Draw the roads, the great ones on top; the small ones as far as the map stays light."""
    ranked: dict[int, list[list[Spot]]] = {}
    for road_class, points in roads:
        ranked.setdefault(_RANKS.get(road_class, _LEAST_RANK), []).extend(view.line(points))

    def weight(rank: int, line: list[Spot]) -> int:
        return len(_path(line, 2)) * (2 if ink.roads[rank][2] else 1)

    drawn: list[str] = []
    for rank, lines in roads_to_show(ranked, (view.width, view.height), weight, MOST_ROAD_BYTES).items():
        colour, width, edge = ink.roads[rank]
        data = "".join(_path(line, 2) for line in lines)
        edges = f'<path d="{data}" stroke="{edge}" stroke-width="{2 * width + 3:g}"/>' if edge else ""
        drawn.insert(0, f'{edges}<path d="{data}" stroke="{colour}" stroke-width="{2 * width:g}"/>')
    strokes = "".join(drawn)
    return f'<g fill="none" stroke-linejoin="round" stroke-linecap="round" transform="scale(.5)">{strokes}</g>'


def _draw_way(driven: Sequence[Sequence[Spot]], ink: _Ink) -> str:
    """Draw the driven way over the roads, with an edge of the ground's colour."""
    data = "".join(_path(line, 2) for line in driven)
    if not data:
        return ""
    colour, width = ink.way
    return (
        f'<g fill="none" stroke-linejoin="round" stroke-linecap="round" transform="scale(.5)">'
        f'<path d="{data}" stroke="{ink.ground}" stroke-width="{2 * width + 5:g}"/>'
        f'<path d="{data}" stroke="{colour}" stroke-width="{2 * width:g}"/></g>'
    )


def _draw_arrows(driven: Sequence[Sequence[Spot]], taken: Sequence[tuple[float, float, float]], ink: _Ink) -> str:
    """Draw on the way, from time to time, where it goes."""
    data = "".join(
        "M" + "L".join(f"{_n(right)} {_n(down)}" for right, down in corners) + "z" for corners in arrows(driven, taken)
    )
    return f'<path d="{data}" fill="{ink.way[0]}" stroke="{ink.ground}"/>' if data else ""


def _path(line: Sequence[Spot], scale: int) -> str:
    """Write a line as relative steps of whole numbers, the start alone being absolute."""
    whole = [(round(right * scale), round(down * scale)) for right, down in line]
    whole = [spot for spot, _ in itertools.groupby(whole)]
    if len(whole) < 2:
        return ""
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in itertools.pairwise(whole)]
    relative = "".join(f"{_spaced(right)}{_spaced(down)}" for right, down in steps).lstrip()
    return f"M{whole[0][0]}{_spaced(whole[0][1])}l{relative}"


def _spaced(number: int) -> str:
    """Write a number after another: a minus sign parts them already."""
    return f"{number}" if number < 0 else f" {number}"


# --- marks


def _radius(count: int) -> float:
    """Return half the height of a mark: smaller when there are many, its number never under 11 pixels."""
    return 11.5 if count <= 24 else 9.5


def _apart(spots: Sequence[Spot], view: View, radius: float) -> list[Spot]:
    """Push marks apart until none hides another, each staying near its place and inside the drawing."""
    moved = [list(spot) for spot in spots]
    room = 2 * radius + 1.5
    for _ in range(60):
        quiet = True
        for one, other in itertools.combinations(range(len(moved)), 2):
            across, down = moved[other][0] - moved[one][0], moved[other][1] - moved[one][1]
            distance = math.hypot(across, down)
            if distance >= room:
                continue
            quiet = False
            # Two marks on one spot part in a direction of their own, the same every time.
            angle = math.atan2(down, across) if distance > 0.01 else other * 2.4
            push = (room - distance) / 2
            for index, sign in ((one, -1), (other, 1)):
                moved[index][0] += sign * push * math.cos(angle)
                moved[index][1] += sign * push * math.sin(angle)
        for spot in moved:
            spot[0] = min(max(spot[0], radius + 3), view.width - radius - 3)
            spot[1] = min(max(spot[1], radius + 3), view.height - radius - 3)
        if quiet:
            break
    return [(right, down) for right, down in moved]


def _draw_leaders(marks: Sequence[Mark], spots: Sequence[Spot], view: View, radius: float, ink: _Ink) -> str:
    """Tie the marks that were pushed away to their places."""
    drawn = []
    for mark, spot in zip(marks, spots, strict=True):
        true = view.spot((mark.lat, mark.lon))
        if math.dist(true, spot) > radius:
            drawn.append(
                f'<path d="M{_n(true[0])} {_n(true[1])}L{_n(spot[0])} {_n(spot[1])}" stroke="{ink.text}"/>'
                f'<circle cx="{_n(true[0])}" cy="{_n(true[1])}" r="2" fill="{ink.text}"/>'
            )
    return "".join(drawn)


def _draw_marks(marks: Sequence[Mark], spots: Sequence[Spot], radius: float, ink: _Ink) -> str:
    """Draw the marks, the last stop first, so that the first lies on top."""
    size = 12 if radius > 10 else 11
    drawn = [_draw_mark(mark, spot, radius, ink) for mark, spot in zip(marks, spots, strict=True)]
    return (
        f'<g font-family="{TEXT_FACE}" font-weight="700" font-size="{size}" text-anchor="middle" stroke-width="1.5">'
        f"{''.join(reversed(drawn))}</g>"
    )


def _draw_mark(mark: Mark, spot: Spot, radius: float, ink: _Ink) -> str:
    """Draw one mark: circle = home, square = relay point, diamond = farm, house = depot."""
    right, down = spot
    fill, stroke, letter = ink.now if mark.now else ink.marks[mark.kind]
    paint = f'fill="{fill}" stroke="{stroke}"'
    low = 0.0
    if mark.kind is MarkKind.HOME:
        shape = f'<circle cx="{_n(right)}" cy="{_n(down)}" r="{_n(radius - 0.5)}" {paint}/>'
    elif mark.kind is MarkKind.RELAY:
        half = radius - 1
        shape = (
            f'<rect x="{_n(right - half)}" y="{_n(down - half)}" width="{_n(2 * half)}" height="{_n(2 * half)}"'
            f' rx="2.5" {paint}/>'
        )
    elif mark.kind is MarkKind.FARM:
        half = radius + 2.5
        shape = f'<path d="M{_n(right)} {_n(down - half)}l{_diamond(half)}z" {paint}/>'
    else:
        half = radius - 0.5
        low = 1.5
        shape = (
            f'<path d="M{_n(right)} {_n(down - half - 2)}l{_n(half)} {_n(half * 0.8)}v{_n(half * 1.2 + 2)}'
            f'h-{_n(2 * half)}v-{_n(half * 1.2 + 2)}z" {paint} stroke-linejoin="round"/>'
        )
    return f'{shape}<text x="{_n(right)}" y="{_n(down + 4.2 + low)}" fill="{letter}">{html.escape(mark.label)}</text>'


def _diamond(half: float) -> str:
    """Write the three sides of a diamond, from its upper corner."""
    side = _n(half)
    return f"{side} {side}-{side} {side}-{side}-{side}"


def _n(number: float) -> str:
    """Write a number with at most one decimal."""
    return f"{round(number, 1):g}"


def _draw_names(
    places: Iterable[Place],
    view: View,
    spots: Sequence[Spot],
    radius: float,
    driven: Sequence[Sequence[Spot]],
    kept: Sequence[Box],
    ink: _Ink,
) -> str:
    """Write the names of places that find room; a dot for those that no mark stands on."""
    labels = room_for_names(places, view, spots, radius, driven, kept)
    dots = "".join(
        f'<circle cx="{_n(label.dot[0])}" cy="{_n(label.dot[1])}" r="1.8" fill="{ink.dot}"/>'
        for label in labels
        if label.dot
    )
    halo = f'stroke="{ink.ground}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
    groups = []
    for size, weight in ((VILLAGE_SIZE, 400), (TOWN_SIZE, 700)):
        names = "".join(
            f'<text x="{_n(label.left)}" y="{_n(label.baseline)}">{html.escape(label.name)}</text>'
            for label in labels
            if label.size == size
        )
        if names:
            groups.append(f'<g font-size="{size:g}" font-weight="{weight}">{names}</g>')
    return f'{dots}<g font-family="{TEXT_FACE}" fill="{ink.text}" {halo}>{"".join(groups)}</g>'


def _credit_box(credit: str, view: View) -> list[Box]:
    """Return the corner that the credit takes, nothing without one."""
    if not credit:
        return []
    return [(view.width - text_width(credit, CREDIT_SIZE) - 8, view.height - 18, view.width, view.height)]


def _draw_credit(credit: str, view: View, ink: _Ink) -> str:
    """Write whose roads they are into the lower right corner."""
    if not credit:
        return ""
    return (
        f'<text x="{view.width - 6}" y="{view.height - 6}" text-anchor="end" font-family="{TEXT_FACE}"'
        f' font-size="{CREDIT_SIZE}" fill="{ink.text}" stroke="{ink.ground}" stroke-width="3" stroke-linejoin="round"'
        f' paint-order="stroke">{html.escape(credit)}</text>'
    )
