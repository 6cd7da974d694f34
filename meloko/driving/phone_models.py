"""Drivers' telephones: their PIN, the rounds they opened, what they propose for a card, and who was silent too long."""

import datetime as dt
import enum
import uuid

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from meloko.clock import now
from meloko.db import Moment, Table, one_of


class DriverPin(Table, table=True):
    """The six digits that a driver types on his telephone; they never leave it but to be checked."""

    __tablename__ = "driver_pin"

    user_id: int = Field(foreign_key="user.id", unique=True, ondelete="CASCADE")
    pin_hash: str
    changed_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class PhonePass(Table, table=True):
    """How often a PIN was tried on a round of a day in the hands of a driver; five wrong ones shut it."""

    __tablename__ = "phone_pass"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "round_number", "driver_id"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries_few"),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    round_number: int
    driver_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    tries: int = 0


class PhoneSession(Table, table=True):
    """A telephone that holds a round: only the hash of its token is kept."""

    __tablename__ = "phone_session"

    pass_id: int = Field(foreign_key="phone_pass.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(unique=True)
    opened_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    seen_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    # Until then the round is shown; acts that waited for a network are still taken a day longer.
    reads_until: dt.datetime = Field(sa_type=Moment)
    sends_until: dt.datetime = Field(sa_type=Moment)
    ended_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class ProposalTopic(enum.StrEnum):
    """What of a customer's card a driver found wrong."""

    NOTES = "notes"
    PHONE = "phone"
    ADDRESS = "address"


class ProposalState(enum.StrEnum):
    """What became of a proposal."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CardProposal(Table, table=True):
    """What a driver proposes to change on a customer's card: nothing changes before staff say yes."""

    __tablename__ = "card_proposal"
    __table_args__ = (
        CheckConstraint("(state IN ('accepted', 'declined')) = (decided_by IS NOT NULL)", name="decided_by_somebody"),
    )

    act_uuid: uuid.UUID = Field(unique=True)
    customer_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    topic: ProposalTopic = Field(sa_type=one_of(ProposalTopic))
    words: str
    proposed_by: int = Field(foreign_key="user.id")
    proposed_at: dt.datetime = Field(sa_type=Moment)
    state: ProposalState = Field(default=ProposalState.WAITING, sa_type=one_of(ProposalState))
    decided_by: int | None = Field(default=None, foreign_key="user.id")
    decided_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class AlarmKind(enum.StrEnum):
    """Why the office should call a driver."""

    SILENT = "silent"
    LATE = "late"


class RoundAlarm(Table, table=True):
    """A driver of whom nothing was heard for too long, or who is not home: open until somebody has called him."""

    __tablename__ = "round_alarm"
    __table_args__ = (
        Index(
            "uq_round_alarm_open",
            "delivery_day_id",
            "round_number",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    round_number: int
    kind: AlarmKind = Field(sa_type=one_of(AlarmKind))
    # The last we heard of him, or the hour at which he should have been home.
    since: dt.datetime = Field(sa_type=Moment)
    raised_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    called_by: int | None = Field(default=None, foreign_key="user.id")
    called_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    # When he was heard again, or came home, or the next alarm took its place.
    ended_at: dt.datetime | None = Field(default=None, sa_type=Moment)
