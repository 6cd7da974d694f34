"""Messages to people, by whatever channel."""

import datetime as dt
import enum

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

    key: str = Field(unique=True)
    channel: Channel = Field(sa_type=one_of(Channel))
    recipient: str
    subject: str = ""
    body: str
    state: NoticeState = Field(default=NoticeState.WAITING, sa_type=one_of(NoticeState))
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    sent_at: dt.datetime | None = Field(default=None, sa_type=Moment)
