"""Turn an address into a point: from the addresses brought in, then from a service that is asked once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, and_, col, or_, select, true

from meloko.folding import fold
from meloko.geocoding import Answer, Geocoder
from meloko.roads.comparing import commune_key, likeness, readings, same_commune
from meloko.roads.models import GeocodingAnswer, KnownAddress, Precision, RoadNetwork

_MOST_ROWS = 5_000
_MOST_STREETS = 40
_LEAST_SIMILARITY = 0.3
# Doors with one address lie together; farther apart they are two places with the same name.
_TOGETHER_M = 500
# Without a commune, a street that is longer is several streets.
_ONE_STREET_M = 2_000
# Two streets that are nearly as alike as each other: neither is meant for certain.
_CLEARLY = 0.04
_METRES_PER_DEGREE = 111_195


@dataclass(frozen=True, slots=True)
class Point:
    """Where an address lies, and how well that is known.

    LOCALITY is the middle of a commune: good enough to look at on a map, never to send a van to a home.
    """

    lat: float
    lon: float
    precision: Precision


@dataclass(frozen=True, slots=True)
class _Asked:
    """An address as it is compared; `commune` is the key of a commune that is known, else as written."""

    readings: tuple[tuple[str, str], ...]
    postcode: str
    commune: str


def locate(session: Session, *, address: str, postcode: str, commune: str, geocoder: Geocoder | None) -> Point | None:
    """Find the point of an address, or None when nobody knows it.

    First the addresses brought in (the very door; else the nearest number of the street; else the street most alike
    in the same postcode or commune), then what the service once answered, then the service. What the service does not
    know is remembered too. Raises ServiceAway.
    """
    if not address.strip():
        return None
    asked = _asked(session, address, postcode.strip(), commune)
    known = _known(session, asked) or _alike(session, asked)
    if known is not None:
        return known
    return _answered(session, address, postcode.strip(), commune, geocoder)


def _asked(session: Session, address: str, postcode: str, commune: str) -> _Asked:
    key = commune_key(commune)
    if key and postcode and not session.exec(select(exists().where(col(KnownAddress.commune_key) == key))).one():
        # A name that is no commune's: the one commune of the postcode that it may be.
        query = select(KnownAddress.commune_key).where(col(KnownAddress.postcode) == postcode).distinct()
        alike = [other for other in session.exec(query) if other and same_commune(key, other)]
        key = alike[0] if len(alike) == 1 else key
    return _Asked(tuple(readings(address, postcode)), postcode, key)


# --- the addresses brought in


def _known(session: Session, asked: _Asked) -> Point | None:
    """Find the street as written: the number itself, else the nearest one."""
    rows = _rows(session, asked, [street for _, street in asked.readings])
    for number, street in asked.readings:
        found = _on_street(number, [row for row in rows if row.street_key == street], asked)
        if found is not None:
            return found
    return None


def _alike(session: Session, asked: _Asked) -> Point | None:
    """Find the street most like the one written, in the same postcode or commune; no better than STREET."""
    if not asked.readings or not (asked.postcode or asked.commune):
        return None
    graded: dict[str, tuple[float, str]] = {}
    for other in _streets_alike(session, asked):
        graded[other] = max((likeness(street, other), number) for number, street in asked.readings)
    ranked = sorted(((grade, other, number) for other, (grade, number) in graded.items() if grade > 0), reverse=True)
    if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _CLEARLY):
        return None
    _, street, number = ranked[0]
    found = _on_street(number, _rows(session, asked, [street]), asked)
    return None if found is None else Point(found.lat, found.lon, Precision.STREET)


def _streets_alike(session: Session, asked: _Asked) -> list[str]:
    """Return the streets of the postcode or commune that share enough letters with what was written."""
    # The names first, then their likeness: a trigram index would be asked for every "rue" of the department.
    there = select(KnownAddress.street_key).where(_there(asked)).distinct().subquery()
    alike = func.greatest(*(func.similarity(there.c.street_key, street) for _, street in asked.readings))
    query = (
        select(there.c.street_key)
        .where(alike >= _LEAST_SIMILARITY)
        .order_by(alike.desc(), there.c.street_key)
        .limit(_MOST_STREETS)
    )
    return list(session.exec(query))


def _there(asked: _Asked) -> ColumnElement[bool]:
    """Make the condition that an address lies in the postcode or commune asked for, if any."""
    ways = []
    if asked.postcode:
        ways.append(col(KnownAddress.postcode) == asked.postcode)
    if asked.commune:
        ways.append(col(KnownAddress.commune_key) == asked.commune)
    return or_(*ways) if ways else true()


def _rows(session: Session, asked: _Asked, streets: Sequence[str]) -> list[KnownAddress]:
    query = (
        select(KnownAddress)
        .where(and_(col(KnownAddress.street_key).in_(streets), _there(asked)))
        .order_by(col(KnownAddress.id))
        .limit(_MOST_ROWS)
    )
    return _nearest_named([row for row in session.exec(query) if _may_be(row, asked)], asked)


def _may_be(row: KnownAddress, asked: _Asked) -> bool:
    """Say whether a row can be meant: another village's street of the same name cannot."""
    if asked.commune and row.commune_key and row.commune_key != asked.commune:
        return False
    # Communes of one name lie in different departments; within one, postcodes are often written wrong.
    return not (asked.postcode and row.postcode) or row.postcode[:2] == asked.postcode[:2]


def _nearest_named(rows: list[KnownAddress], asked: _Asked) -> list[KnownAddress]:
    """Keep the rows whose postcode is written as asked, if there are any."""
    exact = [row for row in rows if row.postcode == asked.postcode]
    return exact or rows


def _on_street(number: str, rows: list[KnownAddress], asked: _Asked) -> Point | None:
    doors = [row for row in rows if number and row.number_key == number]
    if doors:
        return _point(doors[0], Precision.HOUSENUMBER) if _extent_m(doors) <= _TOGETHER_M else None
    if not rows or not _is_one_street(rows, asked):
        return None
    wanted = _leading(number)
    numbered = [row for row in rows if _leading(row.number_key) is not None]
    if wanted is None or not numbered:
        return _point(_middle(rows), Precision.STREET)
    nearest = min(numbered, key=lambda row: _apart(wanted, _leading(row.number_key) or 0))
    return _point(nearest, Precision.STREET)


def _is_one_street(rows: list[KnownAddress], asked: _Asked) -> bool:
    communes = {row.commune_key for row in rows if row.commune_key}
    if len(communes) > 1:
        return False
    return bool(asked.commune and communes) or _extent_m(rows) <= _ONE_STREET_M


def _apart(one: int, other: int) -> int:
    # The other side of the street counts as two doors farther: 15 is nearer to 17 than 16 is, in doubt.
    return abs(one - other) + 2 * ((one - other) % 2)


def _leading(number: str) -> int | None:
    digits = number[: len(number) - len(number.lstrip("0123456789"))]
    return int(digits) if digits else None


def _middle(rows: list[KnownAddress]) -> KnownAddress:
    """Return the row nearest to the middle of all: a street has no number for its own point."""
    lat, lon = sum(row.lat for row in rows) / len(rows), sum(row.lon for row in rows) / len(rows)
    return min(rows, key=lambda row: math.hypot(row.lat - lat, row.lon - lon))


def _extent_m(rows: list[KnownAddress]) -> float:
    lats, lons = [row.lat for row in rows], [row.lon for row in rows]
    narrow = math.cos(math.radians(lats[0]))
    return math.hypot(max(lats) - min(lats), (max(lons) - min(lons)) * narrow) * _METRES_PER_DEGREE


def _point(row: KnownAddress, precision: Precision) -> Point:
    return Point(row.lat, row.lon, precision)


# --- the service


def _answered(session: Session, address: str, postcode: str, commune: str, geocoder: Geocoder | None) -> Point | None:
    question = fold(f"{address} | {postcode} | {commune}")
    answer = session.exec(select(GeocodingAnswer).where(col(GeocodingAnswer.question) == question)).first()
    if answer is not None:
        if answer.lat is None or answer.lon is None:
            return None
        return Point(answer.lat, answer.lon, answer.precision)
    if geocoder is None:
        return None
    found = geocoder.find(address, postcode, commune, near=_middle_of_roads(session))
    if found is not None and not _is_there(found, commune):
        found = None
    _remember(session, question, found, geocoder.service)
    return None if found is None else Point(found.lat, found.lon, Precision(found.precision))


def _is_there(answer: Answer, commune: str) -> bool:
    """Say whether an answer lies in the commune that was written: the next village has the same street."""
    asked = commune_key(commune)
    return not asked or not answer.communes or any(same_commune(asked, commune_key(name)) for name in answer.communes)


def _remember(session: Session, question: str, found: Answer | None, service: str) -> None:
    # Two workers may ask the same at once: the first answer stays.
    row = GeocodingAnswer(question=question, service=service)
    if found is not None:
        row.lat, row.lon, row.label = found.lat, found.lon, found.label
        row.precision = Precision(found.precision)
    values = row.model_dump(exclude={"id"})
    session.execute(insert(GeocodingAnswer).values(**values).on_conflict_do_nothing())


def _middle_of_roads(session: Session) -> tuple[float, float] | None:
    network = session.exec(select(RoadNetwork).where(col(RoadNetwork.active))).first()
    if network is None:
        return None
    return (network.south + network.north) / 2, (network.west + network.east) / 2
