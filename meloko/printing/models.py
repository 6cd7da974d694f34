"""What was printed: the papers of a day in one file, the editions of each paper, the sheets of door codes."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from meloko.clock import now
from meloko.db import Moment, Table, one_of


class PrintState(enum.StrEnum):
    """Where the print of a day is."""

    ASKED = "asked"
    SETTING = "setting"
    PRINTED = "printed"
    FAILED = "failed"


class DayPrint(Table, table=True):
    """All papers of a day in one file; while they are asked or being set, asking again is the same print."""

    __tablename__ = "day_print"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "number"),
        Index(
            "uq_day_print_running",
            "delivery_day_id",
            unique=True,
            postgresql_where=text("state IN ('asked', 'setting')"),
        ),
        CheckConstraint("(state = 'printed') = (number IS NOT NULL)", name="numbered_when_printed"),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    # 1 for the first print of the day; counted when it is there.
    number: int | None = None
    state: PrintState = Field(default=PrintState.ASKED, sa_type=one_of(PrintState))
    asked_by: int | None = Field(default=None, foreign_key="user.id")
    # Where the codes on its round sheets lead.
    public_url: str = ""
    # The moment that its new papers carry: kept from the asking on, so that a job begun twice sets the same bytes.
    asked_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    ended_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    # The job that sets it: when it comes again after a crash, it goes on with its own print.
    outbox_id: int | None = None
    step: str = ""
    message: str = ""
    # What all its papers say, but for when: the same again needs no new print.
    fingerprint: str = ""
    # The SHA-256 of the file, which is its name.
    file: str = ""
    pages: int = 0
    # [{"kind", "key", "title", "version"}, …] in the order of the file.
    papers: list[dict[str, object]] = Field(default_factory=list, sa_type=JSONB)
    # The rounds as they were printed: the next print says what has changed since.
    rounds: list[dict[str, object]] = Field(default_factory=list, sa_type=JSONB)


class PaperEdition(Table, table=True):
    """One edition of one paper: what it said, and when that was printed first."""

    __tablename__ = "paper_edition"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "kind", "key", "edition"),
        CheckConstraint("edition > 0", name="edition_positive"),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    kind: str
    # Which of its kind: the number of a round and its version, a relay point, an order.
    key: str
    edition: int
    fingerprint: str
    printed_at: dt.datetime = Field(sa_type=Moment)
    printed_by: int | None = Field(default=None, foreign_key="user.id")


class AccessSheetState(enum.StrEnum):
    """Where a sheet of door codes is."""

    PRINTED = "printed"
    HANDED_OUT = "handed out"
    RETURNED = "returned"
    LOST = "lost"


class AccessSheet(Table, table=True):
    """A numbered sheet of door codes: who has it, and whether it came back; what it says is never kept."""

    __tablename__ = "access_sheet"
    __table_args__ = (
        Index(
            "uq_access_sheet_out",
            "round_id",
            unique=True,
            postgresql_where=text("state IN ('printed', 'handed out')"),
        ),
        CheckConstraint("state <> 'handed out' OR handed_to IS NOT NULL", name="handed_to_somebody"),
        CheckConstraint("(state IN ('returned', 'lost')) = (ended_at IS NOT NULL)", name="ended_when_back_or_lost"),
    )

    round_id: int = Field(foreign_key="round.id")
    state: AccessSheetState = Field(default=AccessSheetState.PRINTED, sa_type=one_of(AccessSheetState))
    printed_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    printed_by: int = Field(foreign_key="user.id")
    handed_to: int | None = Field(default=None, foreign_key="user.id")
    handed_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    ended_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    ended_by: int | None = Field(default=None, foreign_key="user.id")
