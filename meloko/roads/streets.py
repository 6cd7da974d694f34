"""Gather the streets of a network by name, once, at its import: the web finds them without opening it."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sqlalchemy import insert
from sqlmodel import Session, col, delete

from meloko.db import Table
from meloko.folding import fold
from meloko.roads.models import RoadStreet
from routing.network import E7, Floats, Longs, RoadNetwork

_STREET = Table.metadata.tables["road_street"]
_AT_ONCE = 2_000


class Street(NamedTuple):
    """The ways of one name near one place."""

    name: str
    near: str
    way_ids: tuple[int, ...]


def streets_of(network: RoadNetwork) -> list[Street]:
    """List the streets that have a name or a number, each with the ways nearest to the same town or village."""
    named = np.flatnonzero(network.stretch_name > 0)
    middle = (network.shape_start[named] + network.shape_start[named + 1]) // 2
    near = _nearest_place(network, network.shape_lat[middle] / E7, network.shape_lon[middle] / E7)
    found: dict[tuple[int, int], set[int]] = {}
    rows = zip(network.stretch_name[named].tolist(), near.tolist(), network.stretch_way[named].tolist(), strict=True)
    for name, place, way in rows:
        found.setdefault((name, place), set()).add(way)
    places = [place.name for place in network.places]
    streets = [
        Street(network.name_list[name], places[place] if places else "", tuple(sorted(ways)))
        for (name, place), ways in found.items()
    ]
    return sorted(streets)


def keep_streets(session: Session, network_id: int, streets: Iterable[Street]) -> None:
    """Write the streets of a network down, in place of what was known of it."""
    session.exec(delete(RoadStreet).where(col(RoadStreet.road_network_id) == network_id))
    rows = [
        {
            "road_network_id": network_id,
            "name": street.name,
            "near": street.near,
            "key": fold(f"{street.name} {street.near}"),
            "way_ids": list(street.way_ids),
        }
        for street in streets
    ]
    for start in range(0, len(rows), _AT_ONCE):
        session.connection().execute(insert(_STREET), rows[start : start + _AT_ONCE])


def _nearest_place(network: RoadNetwork, lat: Floats, lon: Floats) -> Longs:
    """Give the number of the place nearest to each point; 0 for all when the map names none."""
    nearest = np.zeros(len(lat), np.int64)
    if not network.places:
        return nearest
    narrow = np.cos(np.radians(lat.mean())) if len(lat) else 1.0
    place_lat = np.array([place.lat for place in network.places])
    place_lon = np.array([place.lon for place in network.places]) * narrow
    for start in range(0, len(lat), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        away = (lat[part, None] - place_lat) ** 2 + (lon[part, None] * narrow - place_lon) ** 2
        nearest[part] = np.argmin(away, axis=1)
    return nearest
