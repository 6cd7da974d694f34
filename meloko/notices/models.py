"""Messages to people, by whatever channel."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from meloko.clock import now
from meloko.db import Moment, Table, one_of


class Channel(enum.StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    # Somebody calls: the list is read at the office.
    TELEPHONE = "telephone list"


class NoticeState(enum.StrEnum):
    """Where a message is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Notice(Table, table=True):
    """One message to one person; the key makes sure that it is not sent twice."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        Index("ix_notice_waiting", "channel", postgresql_where=text("state = 'waiting'")),
        Index("ix_notice_topic", "topic", postgresql_where=text("topic <> ''")),
    )

    key: str = Field(unique=True)
    channel: Channel = Field(sa_type=one_of(Channel))
    recipient: str
    subject: str = ""
    body: str
    state: NoticeState = Field(default=NoticeState.WAITING, sa_type=one_of(NoticeState))
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    sent_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    # Of whose file it is a part; a message to a new address, or to one of us, is nobody's.
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    # What it is about: a newer word about it takes the place of one that has not left yet.
    topic: str = ""
    # The round that takes a letter along; without one it is posted.
    carried_on: dt.date | None = None
    carried_to: str = ""
    # Calls that nobody answered, and who carried it in the end.
    tries: int = 0
    tried_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    done_by: int | None = Field(default=None, foreign_key="user.id")
