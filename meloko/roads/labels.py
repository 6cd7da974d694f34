"""Which names a map can show, and where: none over a mark or another name, none cut by the edge."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meloko.roads.view import Spot, View, walked

# From this many inhabitants on a place is written as a town.
TOWN = 9_000
TOWN_SIZE, VILLAGE_SIZE = 13.0, 11.5
EDGE = 3
MOST_NAMES = 28
# A box on the drawing: left, top, right, bottom.
Box = tuple[float, float, float, float]

_NARROW = frozenset("iljtfrI.,'’-:() ")
_WIDE = frozenset("mwMWŒœÆæ—")


@dataclass(frozen=True, slots=True)
class Place:
    """A village or a town by name; the more inhabitants, the sooner it gets a label."""

    name: str
    lat: float
    lon: float
    population: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """A name where it found room; `dot` is where its place lies, unless a mark stands there."""

    name: str
    size: float
    box: Box
    dot: Spot | None

    @property
    def left(self) -> float:
        """Return where the words begin."""
        return self.box[0]

    @property
    def baseline(self) -> float:
        """Return the height the letters stand on."""
        return self.box[3] - self.size * 0.28


def text_width(words: str, size: float) -> float:
    """Return a width in pixels that these words stay under in the text face, bold or not."""
    return size * sum(_share(sign) for sign in words)


def _share(sign: str) -> float:
    """Return how much of the size one letter takes at most, nearly."""
    if sign in _NARROW:
        return 0.40
    if sign in _WIDE:
        return 0.95
    return 0.72 if sign.isupper() else 0.63


def room_for_names(
    places: Iterable[Place],
    view: View,
    marks: Sequence[Spot],
    radius: float,
    driven: Sequence[Sequence[Spot]],
    kept: Sequence[Box] = (),
) -> list[Label]:
    """Choose the names that find room: those of the marks, then the larger; beside the driven way where they can be.

    `kept` are boxes in pixels (left, top, right, bottom) where no name may stand.
    """
    taken = [*kept, *(_around(mark, radius + 2) for mark in marks)]
    steps = [spot for line in driven for spot in walked(line, 5)]
    wanted = []
    for place in places:
        spot = view.spot((place.lat, place.lon))
        if 0 < spot[0] < view.width and 0 < spot[1] < view.height:
            wanted.append((place, spot, next((mark for mark in marks if math.dist(mark, spot) < radius + 6), None)))
    # A driver looks for the villages of his stops first.
    wanted.sort(key=lambda one: (one[2] is None, -one[0].population, one[0].name))
    labels: list[Label] = []
    for place, spot, near in wanted:
        size = TOWN_SIZE if place.population >= TOWN else VILLAGE_SIZE
        boxes = _corners(place.name, size, near or spot, radius if near else 3)
        box = _best(boxes, view, taken, steps, may_cross=near is not None)
        if box is None or len(labels) == MOST_NAMES:
            continue
        taken.append(box)
        if near is None:
            taken.append(_around(spot, 3))
        labels.append(Label(place.name, size, box, None if near else spot))
    return labels


def _corners(name: str, size: float, spot: Spot, clear: float) -> list[Box]:
    """List the boxes a name may take around a spot: below, above, right, left, then the corners."""
    wide, high = text_width(name, size), size * 1.1
    right, down = spot
    beside, slant = clear + 2, (clear + 2) * 0.7
    corners = [
        (right - wide / 2, down + beside),
        (right - wide / 2, down - beside - high),
        (right + beside + 2, down - high / 2),
        (right - beside - 2 - wide, down - high / 2),
        (right + slant, down + slant),
        (right - slant - wide, down + slant),
        (right + slant, down - slant - high),
        (right - slant - wide, down - slant - high),
    ]
    return [(left, top, left + wide, top + high) for left, top in corners]


def _best(
    boxes: Iterable[Box], view: View, taken: Sequence[Box], steps: Sequence[Spot], *, may_cross: bool
) -> Box | None:
    """Choose the first box that is free and off the way; only the name of a stop may cross it rather than be left."""
    free = [box for box in boxes if _inside(box, view) and not any(_overlap(box, other) for other in taken)]
    for box in free:
        if not any(box[0] < step[0] < box[2] and box[1] < step[1] < box[3] for step in steps):
            return box
    return free[0] if free and may_cross else None


def _inside(box: Box, view: View) -> bool:
    """Say whether a box keeps clear of the edges."""
    return box[0] >= EDGE and box[1] >= EDGE and box[2] <= view.width - EDGE and box[3] <= view.height - EDGE


def _around(spot: Spot, half: float) -> Box:
    """Return the square box around a spot."""
    return spot[0] - half, spot[1] - half, spot[0] + half, spot[1] + half


def _overlap(one: Box, other: Box) -> bool:
    """Say whether two boxes share ground."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
