"""The days of delivery: a date, a zone, a cut-off and what is served."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Relationship

from meloko.db import Moment, Table, one_of
from meloko.relay_points.models import RelayPoint, Zone


class DayState(enum.StrEnum):
    """Where a delivery day is; it never goes back."""

    OPEN = "open"
    CLOSED = "closed"
    PLANNED = "planned"
    DELIVERED = "delivered"
    SETTLED = "settled"


class DeliveryDay(Table, table=True):
    """One day of delivery in one zone."""

    __tablename__ = "delivery_day"
    __table_args__ = (
        UniqueConstraint("date", "zone_id"),
        CheckConstraint("opens_at < cut_off_at", name="opens_before_cut_off"),
        CheckConstraint("grace_minutes BETWEEN 0 AND 60", name="grace_short"),
        CheckConstraint("homes_from < homes_until", name="home_hours_in_order"),
    )

    date: dt.date = Field(index=True)
    zone_id: int = Field(foreign_key="zone.id", index=True)
    opens_at: dt.datetime = Field(sa_type=Moment)
    cut_off_at: dt.datetime = Field(sa_type=Moment, index=True)
    # The same moment as it was written on the wall clock, so that a change of rules can be seen.
    cut_off_local: str
    grace_minutes: int = 10
    state: DayState = Field(default=DayState.OPEN, sa_type=one_of(DayState))
    homes_served: bool = True
    homes_from: dt.time = dt.time(9)
    homes_until: dt.time = dt.time(13)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    orders_at_closing: int | None = None
    # Bumped by every change of the day's orders: a plan made from an older one is stale.
    input_version: int = 0
    plan_version: int = 0
    planned_input_version: int | None = None
    # Set by the rounds: what comes now must be decided by a person.
    rounds_locked: bool = False
    # When the standing orders of the day were asked for.
    standing_asked_at: dt.datetime | None = Field(default=None, sa_type=Moment)

    zone: Mapped["Zone"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})
    relay_points: Mapped[list["DayRelayPoint"]] = Relationship(sa_relationship_kwargs={"lazy": "raise"})


class DayRelayPoint(Table, table=True):
    """A relay point served on a day: the room it has, and the room already taken."""

    __tablename__ = "day_relay_point"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "relay_point_id"),
        CheckConstraint("taken_hundredths BETWEEN 0 AND capacity_hundredths", name="room_not_exceeded"),
        CheckConstraint(
            "chilled_taken_hundredths BETWEEN 0 AND chilled_capacity_hundredths", name="chilled_room_not_exceeded"
        ),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id", ondelete="CASCADE")
    relay_point_id: int = Field(foreign_key="relay_point.id", index=True)
    capacity_hundredths: int
    chilled_capacity_hundredths: int
    taken_hundredths: int = 0
    chilled_taken_hundredths: int = 0

    relay_point: Mapped["RelayPoint"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})


class LastTick(Table, table=True):
    """When the workers last looked at what is due: one row."""

    __tablename__ = "last_tick"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    at: dt.datetime = Field(sa_type=Moment)
