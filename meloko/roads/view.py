"""The window of a map: from degrees to pixels, and lines cut and thinned to what a pixel shows."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A place on earth, (latitude, longitude) in degrees; a spot on the drawing, (right, down) in pixels.
Point = tuple[float, float]
Spot = tuple[float, float]

METRES_PER_DEGREE = 111_195.0
# A single relay point is shown with its surroundings, not as a doorstep.
LEAST_EXTENT_M = 1_600.0


@dataclass(frozen=True, slots=True)
class View:
    """A rectangle of the earth drawn in width × height pixels, equirectangular at its middle latitude."""

    south: float
    west: float
    north: float
    east: float
    width: int
    height: int

    @classmethod
    def around(cls, points: Iterable[Point], width: int, height: int, margin: int = 34) -> "View":
        """Find the view that shows these points, `margin` pixels from the edge; it fills the whole drawing.

        Raises ValueError without any point, or when the margins leave no room.
        """
        known = list(points)
        inner_width, inner_height = width - 2 * margin, height - 2 * margin
        if not known or min(inner_width, inner_height) <= 0:
            raise ValueError("a view needs a point and room between its margins")
        lats, lons = [lat for lat, _ in known], [lon for _, lon in known]
        middle_lat, middle_lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        across_m = METRES_PER_DEGREE * math.cos(math.radians(middle_lat))
        wide_m = max((max(lons) - min(lons)) * across_m, LEAST_EXTENT_M)
        high_m = max((max(lats) - min(lats)) * METRES_PER_DEGREE, LEAST_EXTENT_M)
        metres_per_pixel = max(wide_m / inner_width, high_m / inner_height)
        half_lat = metres_per_pixel * height / 2 / METRES_PER_DEGREE
        half_lon = metres_per_pixel * width / 2 / across_m
        return cls(
            middle_lat - half_lat, middle_lon - half_lon, middle_lat + half_lat, middle_lon + half_lon, width, height
        )

    @classmethod
    def centred(cls, point: Point, metres: float, width: int, height: int) -> "View":
        """Find the view around a point that is so many metres wide."""
        lat, lon = point
        half_lat = metres * height / width / 2 / METRES_PER_DEGREE
        half_lon = metres / 2 / (METRES_PER_DEGREE * math.cos(math.radians(lat)))
        return cls(lat - half_lat, lon - half_lon, lat + half_lat, lon + half_lon, width, height)

    def point(self, spot: Spot) -> Point:
        """Turn pixels from the upper left corner into a place."""
        right, down = spot
        return (
            self.north - down / self.height * (self.north - self.south),
            self.west + right / self.width * (self.east - self.west),
        )

    def spot(self, point: Point) -> Spot:
        """Turn a place into pixels from the upper left corner."""
        lat, lon = point
        return (
            (lon - self.west) / (self.east - self.west) * self.width,
            (self.north - lat) / (self.north - self.south) * self.height,
        )

    def line(self, points: Iterable[Point]) -> list[list[Spot]]:
        """Turn a line into pixels: the pieces that the view shows, thinned to what can be seen."""
        pieces = cut([self.spot(point) for point in points], self.width, self.height)
        return [thinned(piece, 0.6) for piece in pieces]


def cut(line: Sequence[Spot], width: float, height: float) -> list[list[Spot]]:
    """Cut a line at the edges of the drawing; what comes back in is a new piece."""
    pieces: list[list[Spot]] = []
    for start, end in itertools.pairwise(line):
        shown = _cut_segment(start, end, width, height)
        if shown is None:
            continue
        if pieces and pieces[-1][-1] == shown[0]:
            pieces[-1].append(shown[1])
        else:
            pieces.append(list(shown))
    return pieces


def _cut_segment(start: Spot, end: Spot, width: float, height: float) -> tuple[Spot, Spot] | None:
    """Cut one segment (Liang and Barsky): the part from share `enters` to share `leaves` of it."""
    across, down = end[0] - start[0], end[1] - start[1]
    enters, leaves = 0.0, 1.0
    for step, room in ((-across, start[0]), (across, width - start[0]), (-down, start[1]), (down, height - start[1])):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            enters = max(enters, room / step)
        else:
            leaves = min(leaves, room / step)
    if enters >= leaves:
        return None
    first = start if enters == 0 else (start[0] + enters * across, start[1] + enters * down)
    last = end if leaves == 1 else (start[0] + leaves * across, start[1] + leaves * down)
    return first, last


def thinned(line: Sequence[Spot], tolerance: float) -> list[Spot]:
    """Leave out the points nearer than `tolerance` pixels to the line without them (Douglas and Peucker)."""
    if len(line) < 3:
        return list(line)
    kept = {0, len(line) - 1}
    waiting = [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        far, distance = first, tolerance
        for index in range(first + 1, last):
            away = _distance(line[index], line[first], line[last])
            if away > distance:
                far, distance = index, away
        if far != first:
            kept.add(far)
            waiting += [(first, far), (far, last)]
    return [line[index] for index in sorted(kept)]


def _distance(spot: Spot, start: Spot, end: Spot) -> float:
    """Return the distance from a spot to a segment."""
    across, down = end[0] - start[0], end[1] - start[1]
    square = across * across + down * down
    share = 0.0
    if square > 0:
        share = min(1.0, max(0.0, ((spot[0] - start[0]) * across + (spot[1] - start[1]) * down) / square))
    return math.hypot(spot[0] - start[0] - share * across, spot[1] - start[1] - share * down)


def joined(lines: Iterable[Sequence[Spot]]) -> list[list[Spot]]:
    """Join lines that meet end to end, so that a road is one stroke and not one a junction."""
    strokes: list[list[Spot]] = []
    open_at: dict[tuple[int, int], int] = {}
    for line in lines:
        stroke = list(line)
        for side in (0, -1):
            met = open_at.get(_pixel(stroke[side]))
            if met is None:
                continue
            other, strokes[met] = strokes[met], []
            for end in (_pixel(other[0]), _pixel(other[-1])):
                if open_at.get(end) == met:
                    del open_at[end]
            stroke = _chain(other, stroke)
        for end in (_pixel(stroke[0]), _pixel(stroke[-1])):
            open_at.setdefault(end, len(strokes))
        strokes.append(stroke)
    return [stroke for stroke in strokes if stroke]


def _pixel(spot: Spot) -> tuple[int, int]:
    """Name the half pixel a spot lies in."""
    return round(spot[0] * 2), round(spot[1] * 2)


def _chain(one: list[Spot], other: list[Spot]) -> list[Spot]:
    """Put two lines that share an end behind each other."""
    if _pixel(one[-1]) == _pixel(other[0]):
        return one + other[1:]
    if _pixel(one[-1]) == _pixel(other[-1]):
        return one + other[-2::-1]
    if _pixel(one[0]) == _pixel(other[-1]):
        return other + one[1:]
    return other[::-1] + one[1:]


def walked(line: Sequence[Spot], step: float) -> Iterable[Spot]:
    """Walk along a line, a spot at least every `step` pixels."""
    for before, after in itertools.pairwise(line):
        count = max(1, math.ceil(math.dist(before, after) / step))
        for index in range(count):
            share = index / count
            yield before[0] + (after[0] - before[0]) * share, before[1] + (after[1] - before[1]) * share
