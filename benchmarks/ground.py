"""Stand on some ground to draw places from: the roads of an extract, or a plane where no roads are wanted."""

import random
from collections.abc import Callable, Sequence
from functools import cached_property
from math import cos, hypot, radians
from pathlib import Path
from typing import Protocol

import numpy as np

from routing.matrix import travel_matrix
from routing.network import E7, RoadNetwork
from routing.order import with_order
from routing.osm import read_osm
from routing.problem import Place
from routing.snapping import CutOff, OffRoad, snap
from routing.travel import TravelMatrix

RADIUS_M = 12_000
_METRES_PER_DEGREE = 111_320
_DETOUR = 1.3
_METRES_PER_SECOND = 12.5
_TRIES = 200

Point = tuple[float, float]


class NoPlace(Exception):
    """Refuse roads beside which no place can be found."""


class Ground(Protocol):
    """Offer points of a countryside and the travel times between places on it."""

    @property
    def middle(self) -> Point:
        """Give the latitude and longitude of the town where the depot stands."""
        ...

    def anywhere(self, dice: random.Random) -> Point:
        """Draw a point within the radius of a round."""
        ...

    def near(self, dice: random.Random, around: Point, spread_m: float) -> Point:
        """Draw a point a few hundred metres around another, where a van can stop."""
        ...

    def matrix(self, places: Sequence[Place]) -> TravelMatrix:
        """Measure the ways between the places."""
        ...


class Plane:
    """Take a plane around Béthune: a way is 1.3 times the crow's and is driven at 45 km/h."""

    middle: Point = (50.53, 2.64)

    def anywhere(self, dice: random.Random) -> Point:
        """Draw a point within the radius of a round."""
        return shifted(self.middle, dice.uniform(-RADIUS_M, RADIUS_M), dice.uniform(-RADIUS_M, RADIUS_M))

    def near(self, dice: random.Random, around: Point, spread_m: float) -> Point:
        """Draw a point around another."""
        return shifted(around, dice.gauss(0, spread_m), dice.gauss(0, spread_m))

    def matrix(self, places: Sequence[Place]) -> TravelMatrix:
        """Measure the ways by the crow."""
        metres = [[round(_DETOUR * _crow_m((a.lat, a.lon), (b.lat, b.lon))) for b in places] for a in places]
        seconds = [[round(value / _METRES_PER_SECOND) for value in row] for row in metres]
        ids = tuple(place.id for place in places)
        return TravelMatrix(ids, np.array(seconds, dtype=np.int32), np.array(metres, dtype=np.int32))


class Roads:
    """Take the roads of a network: the middle is the median of its road points, so near where roads are densest."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = with_order(network)

    @classmethod
    def read(cls, path: Path) -> "Roads":
        """Read an OpenStreetMap extract."""
        return cls(read_osm(path))

    @cached_property
    def middle(self) -> Point:
        """Give a point on the road nearest to the median of the road points within the network."""
        lat = self._network.shape_lat.astype(np.float64) / E7
        lon = self._network.shape_lon.astype(np.float64) / E7
        away = np.hypot(lat - np.median(lat), (lon - np.median(lon)) * cos(radians(float(np.median(lat)))))
        for nth in np.argsort(away, kind="stable")[:5_000].tolist():
            point = (float(lat[nth]), float(lon[nth]))
            if self._stands(point):
                return point
        raise NoPlace("No road that can be reached lies near the middle of this network.")

    @cached_property
    def _within(self) -> list[Point]:
        lat, lon = self._network.shape_lat / E7, self._network.shape_lon / E7
        north = (lat - self.middle[0]) * _METRES_PER_DEGREE
        east = (lon - self.middle[1]) * _METRES_PER_DEGREE * cos(radians(self.middle[0]))
        inside = np.hypot(north, east) <= RADIUS_M
        return list(zip(lat[inside].tolist(), lon[inside].tolist(), strict=True))

    def anywhere(self, dice: random.Random) -> Point:
        """Draw a point of a road within the radius of a round."""
        return self._found(dice, lambda: dice.choice(self._within))

    def near(self, dice: random.Random, around: Point, spread_m: float) -> Point:
        """Draw a point around another that a van can reach."""
        return self._found(dice, lambda: shifted(around, dice.gauss(0, spread_m), dice.gauss(0, spread_m)))

    def matrix(self, places: Sequence[Place]) -> TravelMatrix:
        """Measure the ways along the roads."""
        snaps = [(place.id, snap(self._network, place.lat, place.lon)) for place in places]
        return travel_matrix(self._network, snaps)

    def _found(self, dice: random.Random, draw: Callable[[], Point]) -> Point:
        for _ in range(_TRIES):
            lat, lon = draw()
            point = (round(lat, 6), round(lon, 6))
            if self._stands(point):
                return point
        return self.middle

    def _stands(self, point: Point) -> bool:
        try:
            snap(self._network, *point)
        except (CutOff, OffRoad):
            return False
        return True


def shifted(point: Point, east_m: float, north_m: float) -> Point:
    """Return the point so many metres away."""
    lat, lon = point
    east = east_m / (_METRES_PER_DEGREE * cos(radians(lat)))
    return round(lat + north_m / _METRES_PER_DEGREE, 6), round(lon + east, 6)


def _crow_m(a: Point, b: Point) -> float:
    north = (a[0] - b[0]) * _METRES_PER_DEGREE
    return hypot(north, (a[1] - b[1]) * _METRES_PER_DEGREE * cos(radians(a[0])))
