"""Bring in a table of addresses and their points: what is asked when there is no internet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

from psycopg import Connection
from sqlalchemy import text
from sqlmodel import Session, col, delete, func, select

from meloko.roads.address_file import AddressFileRefused, WrittenAddress, read_addresses
from meloko.roads.comparing import commune_key, number_key, street_key
from meloko.roads.models import KnownAddress, RoadNetwork

Progress = Callable[[str, int], None]

REPORT_EVERY = 20_000
# How many lines that were passed over are told one by one.
TOLD = 50
_LONGEST = 200
_LOCK_CLASS = 7_101
# Beyond the edge of the roads, in degrees, an address is still at home.
_AROUND = 0.5
_COLUMNS = "number, street, postcode, commune, number_key, street_key, commune_key, lat, lon, source"


class _Box(NamedTuple):
    south: float
    west: float
    north: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lon <= self.east


# Without roads, Meloko is at home in metropolitan France.
_FRANCE = _Box(41.0, -5.6, 51.6, 10.0)


class NoUsableAddress(AddressFileRefused):
    """Not one line of the table is an address with a point."""

    def __init__(self, passed_over: tuple[tuple[int, str], ...]) -> None:
        reason = f" (ligne {passed_over[0][0]} : {passed_over[0][1]})" if passed_over else ""
        super().__init__(f"Aucune adresse utilisable dans ce fichier{reason}.")
        self.passed_over = passed_over


class LatLonSwapped(AddressFileRefused):
    """Latitudes stand where longitudes should."""

    def __init__(self) -> None:
        super().__init__(
            "Les latitudes et les longitudes de ce fichier semblent échangées : corrigez les titres des colonnes"
            " « lat » et « lon », puis recommencez."
        )


@dataclass(frozen=True, slots=True)
class ImportedAddresses:
    """What became of a table: lines kept, of all lines, and why some were passed over (the first of them)."""

    kept: int
    passed_over: tuple[tuple[int, str], ...]
    total: int


class _PassedOver(Exception):
    """One line is no address with a point; the message says why."""


def import_addresses(
    session: Session, path: Path, source_name: str, progress: Progress | None = None
) -> ImportedAddresses:
    """Bring in all addresses of a table, in place of those brought in under this name before; all or nothing.

    Raises an AddressFileRefused with a sentence.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(:kind, hashtext(:name))"), {"kind": _LOCK_CLASS, "name": source_name}
    )
    session.exec(delete(KnownAddress).where(col(KnownAddress.source) == source_name))
    sieve = _Sieve(path, source_name, _home(session), progress or (lambda step, count: None))
    connection = cast("Connection[object]", session.connection().connection.driver_connection)
    with connection.cursor() as cursor, cursor.copy(f"COPY known_address ({_COLUMNS}) FROM STDIN") as copy:
        for row in sieve.rows():
            copy.write_row(row)
    told = tuple(sieve.told)
    if sieve.swapped > sieve.kept:
        raise LatLonSwapped
    if not sieve.kept:
        raise NoUsableAddress(told)
    # The planner of the database has to know that the table has grown.
    session.execute(text("ANALYZE known_address"))
    return ImportedAddresses(sieve.kept, told, sieve.total)


def count_addresses(session: Session) -> int:
    """Count the addresses brought in."""
    return session.exec(select(func.count(col(KnownAddress.id)))).one()


def _home(session: Session) -> _Box:
    """Return where addresses are expected: around the roads, else in France."""
    network = session.exec(select(RoadNetwork).where(col(RoadNetwork.active))).first()
    if network is None:
        return _FRANCE
    return _Box(network.south - _AROUND, network.west - _AROUND, network.north + _AROUND, network.east + _AROUND)


class _Sieve:
    """Keeps the lines that are addresses with a point, and counts the others."""

    def __init__(self, path: Path, source: str, home: _Box, progress: Progress) -> None:
        self._path, self._source, self._home, self._progress = path, source, home, progress
        self.kept = self.total = self.swapped = 0
        self.told: list[tuple[int, str]] = []

    def rows(self) -> Iterator[tuple[object, ...]]:
        for written in read_addresses(self._path):
            self.total += 1
            if self.total % REPORT_EVERY == 0:
                self._progress("Lecture des adresses", self.total)
            try:
                row = self._row(written)
            except _PassedOver as reason:
                if len(self.told) < TOLD:
                    self.told.append((written.line, str(reason)))
                continue
            self.kept += 1
            yield row
        self._progress("Lecture des adresses", self.total)

    def _row(self, written: WrittenAddress) -> tuple[object, ...]:
        street = street_key(written.street)
        if not street:
            raise _PassedOver("pas de nom de voie")
        if max(map(len, (written.number, written.street, written.postcode, written.commune))) > _LONGEST:
            raise _PassedOver("un texte trop long pour une adresse")
        lat, lon = _degrees(written.lat), _degrees(written.lon)
        if self._home.holds(lon, lat) and not self._home.holds(lat, lon):
            self.swapped += 1
            raise _PassedOver("latitude et longitude semblent échangées")
        if abs(lat) > 90 or abs(lon) > 180:
            raise _PassedOver("la position n’est pas sur la Terre")
        return (
            written.number,
            written.street,
            written.postcode,
            written.commune,
            number_key(written.number),
            street,
            commune_key(written.commune),
            lat,
            lon,
            self._source,
        )


def _degrees(words: str) -> float:
    if not words:
        raise _PassedOver("pas de position")
    try:
        degrees = float(words.replace(",", ".").replace(" ", ""))
    except ValueError:
        raise _PassedOver(f"« {words[:20]} » n’est pas une position en degrés") from None
    if degrees - degrees != 0:
        raise _PassedOver("la position n’est pas un nombre")
    return degrees
