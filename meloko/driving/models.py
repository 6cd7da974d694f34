"""What drivers did: each act once, with the hour at which it was done, and what became of each order."""

import datetime as dt
import enum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from meloko.clock import now
from meloko.db import Moment, Table, one_of
from meloko.orders.models import OrderState
from meloko.rounds.models import StopKind


class ActKind(enum.StrEnum):
    """What a driver does at a stop, or with his round."""

    DELIVERED = "delivered"
    OTHERWISE = "delivered otherwise"
    NO_ANSWER = "no answer"
    REFUSED = "refused"
    MISSING = "missing"
    # Of an order of an earlier day that waited at a relay point: brought home, or collected as its list says.
    TAKEN_BACK = "taken back"
    COLLECTED = "collected"
    ARRIVED = "arrived"
    LEFT = "left"
    START = "start"
    RETURN = "return"
    CASH = "cash"
    CHEQUE = "cheque"
    CARD = "card"
    EMPTIES = "empties"
    NOTE = "note"
    SIGNALLED = "signalled"
    UNDO = "undo"


OUTCOMES = (
    ActKind.DELIVERED,
    ActKind.OTHERWISE,
    ActKind.NO_ANSWER,
    ActKind.REFUSED,
    ActKind.MISSING,
    ActKind.TAKEN_BACK,
    ActKind.COLLECTED,
)
# Outcomes of orders that came with an earlier round.
OF_BEFORE = (ActKind.TAKEN_BACK, ActKind.COLLECTED)
MONEY = (ActKind.CASH, ActKind.CHEQUE, ActKind.CARD)
OF_THE_ROUND = (ActKind.START, ActKind.RETURN)


class OtherWay(enum.StrEnum):
    """How an order was left when not into the hands of who receives it."""

    NEIGHBOUR = "neighbour"
    AT_THE_DOOR = "at the door"
    RELAY_POINT = "relay point"
    OTHER = "other"


class ActSource(enum.StrEnum):
    """Where an act was written down first."""

    PHONE = "phone"
    PAPER = "paper"


def _words(kinds: tuple[ActKind, ...]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)


class Act(Table, table=True):
    """One act, made once whoever sends it again; it hangs on the day, the number of the round, the place, the order.

    None of these changes when the round gets a new version. `said_at` is the hour of the phone; `done_at` is the same
    moment by our clock.
    """

    __tablename__ = "act"
    __table_args__ = (
        Index("ix_act_round", "delivery_day_id", "round_number"),
        CheckConstraint("(place_kind IS NULL) = (place_id IS NULL)", name="place_whole"),
        CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="undo_of_something"),
        CheckConstraint(f"kind NOT IN ({_words(OUTCOMES)}) OR order_id IS NOT NULL", name="outcome_of_an_order"),
        CheckConstraint(f"kind NOT IN ({_words(MONEY)}) OR (cents IS NOT NULL AND cents > 0)", name="money_counted"),
        CheckConstraint('kind <> \'empties\' OR ("count" IS NOT NULL AND "count" > 0)', name="empties_counted"),
        CheckConstraint("(how IS NULL) = (kind <> 'delivered otherwise')", name="how_said"),
        CheckConstraint(f"kind IN ({_words(OF_THE_ROUND)}, 'undo', 'note') OR place_id IS NOT NULL", name="somewhere"),
    )

    # Made by who acts: the same act sent twice counts once.
    uuid: UUID = Field(unique=True)
    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    round_number: int
    # The version of the round that who acted had before him.
    round_id: int = Field(foreign_key="round.id", index=True)
    place_kind: StopKind | None = Field(default=None, sa_type=one_of(StopKind))
    place_id: int | None = None
    order_id: int | None = Field(default=None, foreign_key="order.id", index=True)
    kind: ActKind = Field(sa_type=one_of(ActKind))
    how: OtherWay | None = Field(default=None, sa_type=one_of(OtherWay))
    cents: int | None = None
    count: int | None = None
    words: str = ""
    # No foreign key: an undo may come in before what it undoes.
    undoes: UUID | None = None
    said_at: dt.datetime = Field(sa_type=Moment)
    done_at: dt.datetime = Field(sa_type=Moment)
    received_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    # How far the phone's clock was behind ours.
    clock_skew_s: int = 0
    said_by: int = Field(foreign_key="user.id")
    source: ActSource = Field(sa_type=one_of(ActSource))


class DropOutcome(Table, table=True):
    """What became of an order on a day, as its acts say now; no row while nothing is said."""

    __tablename__ = "drop_outcome"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "order_id"),
        CheckConstraint(f"kind IN ({_words(OUTCOMES)})", name="kind_of_outcome"),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    order_id: int = Field(foreign_key="order.id", index=True)
    act_id: int = Field(foreign_key="act.id", index=True)
    kind: ActKind = Field(sa_type=one_of(ActKind))
    # The state the order had before, and the one it got; none when a person had decided already.
    state_before: OrderState = Field(sa_type=one_of(OrderState, "state_before_known"))
    state_after: OrderState | None = Field(default=None, sa_type=one_of(OrderState, "state_after_known"))
