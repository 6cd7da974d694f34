"""The road network's file, the addresses brought in, and what a geocoding service once answered."""

import datetime as dt
import enum

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from meloko.clock import now
from meloko.db import Moment, Table, one_of


class Precision(enum.StrEnum):
    """How well an address was placed on the map."""

    HAND = "hand"
    HOUSENUMBER = "housenumber"
    STREET = "street"
    LOCALITY = "locality"
    NONE = "none"


class Addressed(SQLModel):
    """The columns of a table whose rows lie somewhere; no point means that nobody has placed it yet."""

    address: str = ""
    postcode: str = ""
    commune: str = ""
    lat: float | None = None
    lon: float | None = None
    precision: Precision = Field(default=Precision.NONE, sa_type=one_of(Precision))


def placed_or_not() -> CheckConstraint:
    """Make the rule that a point has both its numbers, and that a precision says how it was found."""
    return CheckConstraint(
        "(lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (precision = 'none')"
        " AND (lat IS NULL OR (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180))",
        name="point_whole",
    )


class RoadNetwork(Table, table=True):
    """A road network that was imported: its file stays in the data folder, named after its content."""

    __tablename__ = "road_network"
    __table_args__ = (
        Index("uq_road_network_active", "active", unique=True, postgresql_where=text("active")),
        CheckConstraint("nodes > 0 AND edges > 0", name="not_empty"),
    )

    name: str
    digest: str = Field(unique=True)
    imported_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    nodes: int
    edges: int
    south: float
    west: float
    north: float
    east: float
    places: list[list[object]] = Field(default_factory=list, sa_type=JSONB)
    active: bool = False
    # Whose roads they are: written on every map, as the licence of OpenStreetMap asks.
    credit: str = ""


class KnownAddress(Table, table=True):
    """An address and its point, from a file brought in: what is asked when there is no internet."""

    __tablename__ = "known_address"
    __table_args__ = (
        Index("ix_known_address_asked", "postcode", "street_key", "number_key"),
        Index("ix_known_address_commune", "commune_key", "street_key"),
        Index(
            "ix_known_address_alike",
            "street_key",
            postgresql_using="gin",
            postgresql_ops={"street_key": "gin_trgm_ops"},
        ),
    )

    number: str = ""
    street: str
    postcode: str = ""
    commune: str = ""
    number_key: str = ""
    street_key: str
    commune_key: str = ""
    lat: float
    lon: float
    source: str = ""


class GeocodingAnswer(Table, table=True):
    """What a service answered for one address: asked once, remembered."""

    __tablename__ = "geocoding_answer"

    question: str = Field(unique=True)
    lat: float | None = None
    lon: float | None = None
    precision: Precision = Field(default=Precision.NONE, sa_type=one_of(Precision))
    label: str = ""
    service: str
    asked_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class DrawnMap(Table, table=True):
    """The main roads of a network, simplified: what the web draws, since it never opens the network."""

    __tablename__ = "drawn_map"

    road_network_id: int = Field(foreign_key="road_network.id", unique=True, ondelete="CASCADE")
    lines: bytes = Field(sa_type=LargeBinary)


class RoadStreet(Table, table=True):
    """A street of a network near one place: what staff look for by name, since the web never opens the network."""

    __tablename__ = "road_street"

    road_network_id: int = Field(foreign_key="road_network.id", index=True, ondelete="CASCADE")
    name: str
    # The town or village it is nearest to: every village has its rue de l'Église.
    near: str = ""
    key: str
    way_ids: list[int] = Field(sa_type=ARRAY(BigInteger))


class RoadClosure(Table, table=True):
    """A street that cannot be driven for some days, both included; it outlives the network it was found in."""

    __tablename__ = "road_closure"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("way_ids <> '{}'", name="some_way"),
        Index("ix_road_closure_last_day", "last_day"),
    )

    name: str
    near: str = ""
    way_ids: list[int] = Field(sa_type=ARRAY(BigInteger))
    first_day: dt.date
    last_day: dt.date
    reason: str = ""
    written_by: int | None = Field(default=None, foreign_key="user.id")
    written_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
