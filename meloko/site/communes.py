"""Votre commune: which days and places are near it, whatever the spelling."""

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.clock import now
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import orderable_days
from meloko.folding import fold
from meloko.relay_points.models import RelayPoint
from meloko.relay_points.searching import open_points
from meloko.relay_points.services import why_closed
from meloko.roads.models import KnownAddress
from meloko.roads.services import named_places
from meloko.roads.view import METRES_PER_DEGREE

# As the crow flies. Farther than this nobody goes to fetch her bread, and no round goes to a door.
NEAR_M = 12_000
_MOST_PLACES = 6
_ALIKE = 0.74


@dataclass(frozen=True, slots=True)
class NearPlace:
    """A relay point and how far it is from the commune, as the crow flies."""

    point: RelayPoint
    distance_m: int


@dataclass(frozen=True, slots=True)
class DayNear:
    """A day that can be ordered for, with what of it is near."""

    day: DeliveryDay
    places: tuple[NearPlace, ...]
    homes: bool


@dataclass(frozen=True, slots=True)
class CommuneDays:
    """The answer to one commune; `name` is empty when nobody knows it, `alike` are what could be meant."""

    name: str
    alike: tuple[str, ...]
    places: tuple[NearPlace, ...]
    days: tuple[DayNear, ...]


Communes = dict[str, tuple[str, float, float]]


def days_of_commune(session: Session, words: str) -> CommuneDays:
    """Return the days and places near a commune, named by its name or its postcode in any spelling."""
    points = open_points(session)
    digits = words.replace(" ", "")
    if digits.isascii() and digits.isdigit():
        known = _of_postcode(session, points, digits)
        key = next(iter(known), "")
    else:
        known = _communes(session, points)
        key = _key(words)
    if key not in known:
        alike = difflib.get_close_matches(key, known, n=3, cutoff=_ALIKE)
        if len(alike) != 1:
            return CommuneDays("", tuple(known[each][0] for each in alike), (), ())
        key = alike[0]
    name, lat, lon = known[key]
    near = _near(points, lat, lon)
    return CommuneDays(name, (), near, tuple(_days(session, near)))


def commune_names(session: Session, words: str, points: Iterable[RelayPoint], most: int = 6) -> list[str]:
    """Return the communes whose name is near to these words, the nearest first; those of `points` are known too."""
    known = _communes(session, points)
    key = _key(words)
    begun = sorted(each for each in known if key and each.startswith(key))
    alike = [each for each in difflib.get_close_matches(key, known, n=most, cutoff=_ALIKE) if each not in begun]
    return [known[each][0] for each in [*begun, *alike][:most]]


def _communes(session: Session, points: Iterable[RelayPoint]) -> Communes:
    found: Communes = {_key(each.name): (each.name, each.lat, each.lon) for each in named_places(session)}
    for point in points:
        if point.lat is not None and point.lon is not None:
            # The map says where a commune lies; a relay point of it is the next best answer.
            found.setdefault(_key(point.commune), (point.commune, point.lat, point.lon))
    return found


def _key(name: str) -> str:
    words = fold(name).replace("-", " ").replace("'", " ").split()
    return " ".join("saint" if word == "st" else "sainte" if word == "ste" else word for word in words)


def _of_postcode(session: Session, points: Iterable[RelayPoint], digits: str) -> Communes:
    for point in points:
        if point.postcode == digits and point.lat is not None and point.lon is not None:
            return {_key(point.commune): (point.commune, point.lat, point.lon)}
    row = session.exec(select(KnownAddress).where(col(KnownAddress.postcode) == digits[:5]).limit(1)).first()
    return {} if row is None else {_key(row.commune): (row.commune, row.lat, row.lon)}


def _near(points: Iterable[RelayPoint], lat: float, lon: float) -> tuple[NearPlace, ...]:
    placed = [
        NearPlace(point, _apart_m(lat, lon, point.lat, point.lon))
        for point in points
        if point.lat is not None and point.lon is not None
    ]
    near = sorted((place for place in placed if place.distance_m <= NEAR_M), key=lambda place: place.distance_m)
    return tuple(near[:_MOST_PLACES])


def _days(session: Session, near: tuple[NearPlace, ...]) -> Iterable[DayNear]:
    zones = {place.point.zone_id for place in near}
    for day in orderable_days(session, now()):
        served = {each.relay_point_id for each in day.relay_points if why_closed(each.relay_point, day.date) is None}
        places = tuple(place for place in near if place.point.id in served)
        homes = day.homes_served and day.zone_id in zones
        if places or homes:
            yield DayNear(day, places, homes)


def _apart_m(lat: float, lon: float, other_lat: float, other_lon: float) -> int:
    across = (other_lon - lon) * math.cos(math.radians((lat + other_lat) / 2))
    return round(math.hypot(other_lat - lat, across) * METRES_PER_DEGREE)
