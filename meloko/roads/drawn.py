"""The main roads of a network in squares, packed: a page unpacks only the squares that it shows."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meloko.roads.drawing import RoadLine
from meloko.roads.view import Point, cut

# Positions are kept in steps of 10⁻⁵ degrees: about a metre.
_STEP = 100_000


@dataclass(frozen=True, slots=True)
class Square:
    """A piece of the map, in degrees."""

    south: float
    west: float
    north: float
    east: float

    def meets(self, other: "Square") -> bool:
        """Say whether two squares have a piece in common."""
        return (
            self.south <= other.north
            and other.south <= self.north
            and self.west <= other.east
            and other.west <= self.east
        )

    def cut(self, line: Sequence[Point]) -> list[list[Point]]:
        """Cut a line at the edges, so that each piece of road is in one square only."""
        moved = [(lon - self.west, lat - self.south) for lat, lon in line]
        pieces = cut(moved, self.east - self.west, self.north - self.south)
        return [[(down + self.south, right + self.west) for right, down in piece] for piece in pieces]


def pack(squares: Iterable[tuple[Square, Iterable[RoadLine]]]) -> bytes:
    """Pack the roads of all squares; empty squares are left out."""
    index: list[list[float]] = []
    blobs: list[bytes] = []
    for square, lines in squares:
        cut_lines = [[name, _steps(piece)] for name, points in lines for piece in square.cut(points)]
        if cut_lines:
            blobs.append(zlib.compress(json.dumps(cut_lines, separators=(",", ":")).encode(), 9))
            index.append([square.south, square.west, square.north, square.east, len(blobs[-1])])
    head = json.dumps(index, separators=(",", ":")).encode()
    return len(head).to_bytes(4, "big") + head + b"".join(blobs)


def unpack(packed: bytes, shown: Square | None = None) -> tuple[RoadLine, ...]:
    """Unpack the roads of the squares that are shown, or all of them."""
    start = 4 + int.from_bytes(packed[:4], "big")
    lines: list[RoadLine] = []
    for south, west, north, east, size in json.loads(packed[4:start]):
        if shown is None or shown.meets(Square(south, west, north, east)):
            pieces = json.loads(zlib.decompress(packed[start : start + size]))
            lines += [(name, _points(steps)) for name, steps in pieces]
        start += size
    return tuple(lines)


def _steps(line: Sequence[Point]) -> list[int]:
    """Write a line as its first point and the steps from each to the next."""
    steps: list[int] = []
    before = (0, 0)
    for lat, lon in line:
        now = (round(lat * _STEP), round(lon * _STEP))
        steps += [now[0] - before[0], now[1] - before[1]]
        before = now
    return steps


def _points(steps: Sequence[int]) -> list[Point]:
    points: list[Point] = []
    lat = lon = 0
    for up, right in zip(steps[::2], steps[1::2], strict=True):
        lat, lon = lat + up, lon + right
        points.append((lat / _STEP, lon / _STEP))
    return points
