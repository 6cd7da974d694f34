"""The fictional organisation as its files tell it, in its own region or moved to another one."""

import csv
import math
import random
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from meloko.errors import MelokoError

FILES = Path(__file__).resolve().parents[2] / "demo"
# Whoever is farther from the middle of the addresses is not served by one small team.
_REACH_M = 12_000.0
_FEWEST_HOMES = 40
_METRES_A_DEGREE = 111_195.0

Row = dict[str, str]


class TooFewAddresses(MelokoError):
    """A file of addresses that cannot hold an organisation."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(
            f"Il faut au moins {needed} adresses différentes sur ces routes, et il n’y en a que {found} :"
            " donnez un fichier d’adresses plus complet, ou de la même région que les routes."
        )


@dataclass(frozen=True, slots=True)
class Fiction:
    """Everything that is brought in, row by row."""

    organisation: dict[str, Any]
    depots: list[Row]
    vehicles: list[Row]
    producers: list[Row]
    catalogue: list[Row]
    relay_points: list[Row]
    customers: list[Row]
    history: list[Row]
    roads: Path
    addresses: Path


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a region and its point."""

    words: str
    postcode: str
    commune: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Box:
    """The rectangle that a road network covers, in degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, address: Address) -> bool:
        """Tell whether an address lies on the roads' map."""
        return self.south <= address.lat <= self.north and self.west <= address.lon <= self.east


def read_fiction() -> Fiction:
    """Read the files of the demo."""
    return Fiction(
        organisation=tomllib.loads((FILES / "organisation.toml").read_text("utf-8")),
        depots=_rows("depots.csv"),
        vehicles=_rows("vehicles.csv"),
        producers=_rows("producers.csv"),
        catalogue=_rows("catalogue.csv"),
        relay_points=_rows("relay_points.csv"),
        customers=_rows("customers.csv"),
        history=_rows("orders_history.csv"),
        roads=FILES / "artois-synthetic.osm.pbf",
        addresses=FILES / "adresses.csv",
    )


def moved(fiction: Fiction, roads: Path, file: Path, addresses: Iterable[Address], box: Box, seed: int) -> Fiction:
    """Move the organisation to another region: every place is drawn from its addresses with a seed."""
    places = len(fiction.depots) + len(fiction.relay_points) + len(fiction.producers)
    whole = sorted({a for a in addresses if a.words and a.commune and box.holds(a)}, key=_sorted_by)
    within = _within_reach(whole)
    if len(within) < places + _FEWEST_HOMES:
        raise TooFewAddresses(len(within), places + _FEWEST_HOMES)
    middle = _middle(within)
    depot = min(within, key=lambda a: _metres(a, middle))
    within.remove(depot)
    random.Random(seed).shuffle(within)  # noqa: S311
    others, homes = within[: places - 1], within[places - 1 :]
    depots = [_at(row, depot) for row in fiction.depots]
    relay_points = [_at(row, a) for row, a in zip(fiction.relay_points, others, strict=False)]
    producers = [_at(row, a) for row, a in zip(fiction.producers, others[len(relay_points) :], strict=True)]
    near = {row["code"]: a for row, a in zip(relay_points, others, strict=False) if row["active"] == "yes"}
    customers = []
    for number, row in enumerate(fiction.customers):
        home = homes[number % len(homes)]
        customers.append(row if _is_lost(row) else _preferring(_at(row, home), home, near))
    return replace(
        fiction,
        depots=depots,
        relay_points=relay_points,
        producers=producers,
        customers=customers,
        roads=roads,
        addresses=file,
    )


def _rows(name: str) -> list[Row]:
    with (FILES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _is_lost(row: Row) -> bool:
    """Tell whether no file knows where a customer lives: she stays lost in every region, as an exception."""
    return row["lat"] == "" and row["preferred"] == "home"


def _at(row: Row, address: Address) -> Row:
    there = {"address": address.words, "postcode": address.postcode, "commune": address.commune}
    if row.get("lat", "-") == "":
        return {**row, **there}
    return {**row, **there, "lat": f"{address.lat:.6f}", "lon": f"{address.lon:.6f}"}


def _preferring(row: Row, home: Address, relay_points: dict[str, Address]) -> Row:
    if row["preferred"] == "home":
        return row
    return {**row, "preferred": min(relay_points, key=lambda code: _metres(relay_points[code], home))}


def _within_reach(addresses: Sequence[Address]) -> list[Address]:
    if not addresses:
        return []
    middle = _middle(addresses)
    return [address for address in addresses if _metres(address, middle) <= _REACH_M]


def _middle(addresses: Sequence[Address]) -> Address:
    lats, lons = sorted(a.lat for a in addresses), sorted(a.lon for a in addresses)
    half = len(addresses) // 2
    return replace(addresses[0], lat=lats[half], lon=lons[half])


def _metres(one: Address, other: Address) -> float:
    east = (one.lon - other.lon) * math.cos(math.radians(one.lat))
    return math.hypot(one.lat - other.lat, east) * _METRES_A_DEGREE


def _sorted_by(address: Address) -> tuple[str, str, str, float, float]:
    return address.commune, address.words, address.postcode, address.lat, address.lon
