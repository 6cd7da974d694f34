"""Where rounds start, and where orders wait to be collected."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Relationship

from meloko.db import Table, one_of
from meloko.roads.models import Addressed, placed_or_not


class RelayKind(enum.StrEnum):
    """What kind of place a relay point is."""

    CAFE = "café"
    FARM = "farm"
    HOTEL = "hotel"
    DAY_CENTRE = "day centre"
    SHOP = "shop"
    RESTAURANT = "restaurant"
    LIBRARY = "library"
    TOWN_HALL = "town hall"
    SCHOOL = "school"
    OTHER = "other"


class Depot(Addressed, Table, table=True):
    """Where rounds start and end."""

    __tablename__ = "depot"
    __table_args__ = (placed_or_not(),)

    code: str = Field(unique=True)
    name: str
    hours: str = ""


def fee_rules() -> tuple[CheckConstraint, ...]:
    """Return the rules of a place where delivery may cost something."""
    return (
        CheckConstraint("fee_cents >= 0 AND minimum_cents >= 0", name="fee_and_minimum_not_negative"),
        CheckConstraint("fee_vat_rate_bp IN (0, 550, 1000, 2000)", name="fee_vat_rate_known"),
    )


class Zone(Table, table=True):
    """An area served on the same days from the same depot; its fee and minimum are those of homes."""

    __tablename__ = "zone"
    __table_args__ = (
        CheckConstraint("familiarity BETWEEN 0 AND 100", name="familiarity_in_percent"),
        *fee_rules(),
    )

    name: str = Field(unique=True)
    depot_id: int = Field(foreign_key="depot.id", index=True)
    # How dear it is to leave the habitual hours and vehicles: 0 cheapest rounds, 100 most familiar ones.
    familiarity: int = 50
    fee_cents: int = 0
    minimum_cents: int = 0
    fee_vat_rate_bp: int = 2_000


class RelayPoint(Addressed, Table, table=True):
    """A café, a farm, a hotel: public hours are for those who collect, van hours for those who deliver."""

    __tablename__ = "relay_point"
    __table_args__ = (
        placed_or_not(),
        CheckConstraint("capacity_hundredths >= 0 AND chilled_capacity_hundredths >= 0", name="capacity_not_negative"),
        *fee_rules(),
    )

    code: str = Field(unique=True)
    zone_id: int = Field(foreign_key="zone.id", index=True)
    kind: RelayKind = Field(sa_type=one_of(RelayKind))
    name: str
    public_hours: str = ""
    van_hours: str = ""
    capacity_hundredths: int = 0
    chilled_capacity_hundredths: int = 0
    host_name: str = ""
    host_phone: str = ""
    driver_instructions: str = ""
    wheelchair: bool = False
    fee_cents: int = 0
    minimum_cents: int = 0
    fee_vat_rate_bp: int = 2_000
    active: bool = True

    closures: Mapped[list["RelayClosure"]] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "order_by": "RelayClosure.first_day"}
    )


class RelayClosure(Table, table=True):
    """The days on which a relay point is closed, both ends included."""

    __tablename__ = "relay_closure"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days_in_order"),)

    relay_point_id: int = Field(foreign_key="relay_point.id", index=True, ondelete="CASCADE")
    first_day: dt.date
    last_day: dt.date
    reason: str = ""
