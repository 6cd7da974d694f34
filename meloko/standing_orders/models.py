"""Orders that come back by themselves, their pauses, and what became of each day."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Relationship

from meloko.catalogue.models import Product
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.db import Moment, Table, one_of
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Substitution
from meloko.relay_points.models import RelayPoint
from meloko.standing_orders.repeating import OnHoliday, Rhythm


class RunOutcome(enum.StrEnum):
    """What became of a standing order on one day."""

    PLACED = "placed"
    REFUSED = "refused"
    NOT_DELIVERED = "not delivered"


class StandingOrder(Table, table=True):
    """What comes back by itself, and how often."""

    __tablename__ = "standing_order"
    __table_args__ = (
        CheckConstraint("(relay_point_id IS NULL) = home", name="relay_point_or_home"),
        CheckConstraint("weekdays <@ ARRAY[0, 1, 2, 3, 4, 5, 6] AND weekdays <> '{}'", name="weekdays_known"),
    )

    customer_id: int = Field(foreign_key="customer.id", index=True)
    recipient_id: int = Field(foreign_key="customer.id", index=True)
    relay_point_id: int | None = Field(default=None, foreign_key="relay_point.id", index=True)
    home: bool = False
    zone_id: int = Field(foreign_key="zone.id", index=True)
    rhythm: Rhythm = Field(sa_type=one_of(Rhythm))
    # 0 is Monday.
    weekdays: list[int] = Field(sa_type=ARRAY(Integer))
    first_day: dt.date
    on_holiday: OnHoliday = Field(default=OnHoliday.MOVE, sa_type=one_of(OnHoliday))
    substitution: Substitution = Field(default=Substitution.REMOVE, sa_type=one_of(Substitution))
    note: str = ""
    # Whoever takes the alcohol is of age: declared when the standing order was made.
    adult_declared: bool = False
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    stopped_at: dt.datetime | None = Field(default=None, sa_type=Moment)

    lines: Mapped[list["StandingLine"]] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "order_by": "StandingLine.id"}
    )
    absences: Mapped[list["Absence"]] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "order_by": "Absence.first_day"}
    )
    runs: Mapped[list["StandingRun"]] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "order_by": "StandingRun.planned_for"}
    )
    relay_point: Mapped["RelayPoint"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})
    recipient: Mapped["Customer"] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "foreign_keys": "StandingOrder.recipient_id"}
    )


class StandingLine(Table, table=True):
    """How many of one product come back."""

    __tablename__ = "standing_order_line"
    __table_args__ = (
        UniqueConstraint("standing_order_id", "product_id"),
        CheckConstraint(f"quantity BETWEEN 1 AND {MOST_OF_ONE_PRODUCT}", name="quantity_sensible"),
    )

    standing_order_id: int = Field(foreign_key="standing_order.id", ondelete="CASCADE")
    product_id: int = Field(foreign_key="product.id", index=True)
    quantity: int

    product: Mapped["Product"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})


class Absence(Table, table=True):
    """A dated pause of a standing order, both ends included."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days_in_order"),)

    standing_order_id: int = Field(foreign_key="standing_order.id", index=True, ondelete="CASCADE")
    first_day: dt.date
    last_day: dt.date


class StandingRun(Table, table=True):
    """One day of a standing order: done once, however often it is asked for."""

    __tablename__ = "standing_run"
    __table_args__ = (
        UniqueConstraint("standing_order_id", "delivery_day_id"),
        UniqueConstraint("standing_order_id", "planned_for"),
        CheckConstraint("(outcome = 'placed') = (order_id IS NOT NULL)", name="placed_is_an_order"),
    )

    standing_order_id: int = Field(foreign_key="standing_order.id", ondelete="CASCADE")
    delivery_day_id: int | None = Field(default=None, foreign_key="delivery_day.id", index=True)
    planned_for: dt.date
    outcome: RunOutcome = Field(sa_type=one_of(RunOutcome))
    reason: str = ""
    order_id: int | None = Field(default=None, foreign_key="order.id", index=True)
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class StandingLook(Table, table=True):
    """A day on which somebody looked for standing orders that nobody delivers: once a day is enough."""

    __tablename__ = "standing_look"

    on_day: dt.date = Field(unique=True)
