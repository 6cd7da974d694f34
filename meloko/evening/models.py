"""What is settled in the evening: what was decided on orders that came back, what each driver's purse held."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from meloko.clock import now
from meloko.db import Moment, Table, one_of


class DecisionKind(enum.StrEnum):
    """What becomes of an order that was not delivered."""

    RESCHEDULED = "rescheduled"
    RETURNED = "returned"
    GIVEN = "given"


class OrderDecision(Table, table=True):
    """What a person decided on an order that a day did not deliver; once an order and day."""

    __tablename__ = "order_decision"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "order_id"),
        CheckConstraint("(kind = 'rescheduled') = (to_day_id IS NOT NULL)", name="rescheduled_to_a_day"),
        CheckConstraint("kind = 'rescheduled' OR reason <> ''", name="given_up_for_a_reason"),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    order_id: int = Field(foreign_key="order.id", index=True)
    kind: DecisionKind = Field(sa_type=one_of(DecisionKind))
    to_day_id: int | None = Field(default=None, foreign_key="delivery_day.id")
    reason: str = ""
    decided_by: int = Field(foreign_key="user.id")
    decided_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class Till(Table, table=True):
    """What one driver brought home on a day, beside what was due and what was noted at the stops."""

    __tablename__ = "till"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "driver_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(
            "cash_cents >= 0 AND cheque_cents >= 0 AND card_cents >= 0 AND empties >= 0", name="found_not_negative"
        ),
        CheckConstraint("due_cents >= 0 AND empties_noted >= 0", name="expected_not_negative"),
        CheckConstraint(
            "reason <> '' OR (cash_cents + cheque_cents + card_cents = due_cents AND empties = empties_noted)",
            name="difference_has_a_reason",
        ),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    # None: rounds that nobody was named for.
    driver_id: int | None = Field(default=None, foreign_key="user.id", index=True)
    round_numbers: list[int] = Field(default_factory=list, sa_type=JSONB)
    due_cents: int
    cash_noted_cents: int = 0
    cheque_noted_cents: int = 0
    card_noted_cents: int = 0
    empties_noted: int = 0
    cash_cents: int = 0
    cheque_cents: int = 0
    card_cents: int = 0
    empties: int = 0
    reason: str = ""
    counted_by: int = Field(foreign_key="user.id")
    counted_at: dt.datetime = Field(default_factory=now, sa_type=Moment)

    @property
    def found_cents(self) -> int:
        """Return what was found in all."""
        return self.cash_cents + self.cheque_cents + self.card_cents

    @property
    def difference_cents(self) -> int:
        """Return what was found beyond what was due; negative when something lacks."""
        return self.found_cents - self.due_cents
