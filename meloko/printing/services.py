"""The print of a day: asked for, begun, failed, done; the papers it is made of."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from meloko import outbox
from meloko.accounts.services import audit
from meloko.clock import now
from meloko.db import Table
from meloko.delivery_days.services import find_day
from meloko.errors import NotFound
from meloko.jobs import PrintDay
from meloko.outbox import Claim, enqueue
from meloko.printing.models import DayPrint, PrintState
from meloko.printing.papers import Edition, Paper, PaperKind, write_editions
from meloko.rounds.filling import note_printed

DAY_PRINT = Table.metadata.tables["day_print"]
RUNNING = (PrintState.ASKED, PrintState.SETTING)


def ask_print(session: Session, day_id: int, *, public_url: str, by: int) -> int:
    """Ask for all papers of a day; while they are asked or being set, asking again is the same print."""
    find_day(session, day_id)
    made = session.execute(
        insert(DAY_PRINT)
        .values(
            delivery_day_id=day_id,
            state=PrintState.ASKED,
            asked_by=by,
            public_url=public_url,
            asked_at=now(),
            step="En attente",
            message="",
            fingerprint="",
            file="",
            pages=0,
            papers=[],
            rounds=[],
        )
        .on_conflict_do_nothing()
        .returning(DAY_PRINT.c.id)
    ).scalar_one_or_none()
    if isinstance(made, int):
        enqueue(session, PrintDay(day_id=day_id))
        audit(session, by, "papers.asked", "delivery_day", day_id)
        return made
    # The job of an older asking may have been given up: the bell is rung again, doing it twice is doing it once.
    enqueue(session, PrintDay(day_id=day_id))
    return session.exec(
        select(DayPrint.id).where(col(DayPrint.delivery_day_id) == day_id, col(DayPrint.state).in_(RUNNING))
    ).one()


def newest_print(session: Session, day_id: int, *, printed: bool = False) -> DayPrint | None:
    """Return the newest print of a day, or the newest that is there."""
    query = select(DayPrint).where(col(DayPrint.delivery_day_id) == day_id)
    if printed:
        query = query.where(col(DayPrint.state) == PrintState.PRINTED)
    return session.exec(query.order_by(col(DayPrint.id).desc()).limit(1)).first()


def find_print(session: Session, print_id: int) -> DayPrint:
    """Find a print that is there, or refuse."""
    row = session.get(DayPrint, print_id)
    if row is None or row.state is not PrintState.PRINTED:
        raise NotFound("Cette impression n’existe pas, ou n’est pas finie.")
    return row


@dataclass(frozen=True, slots=True)
class Begun:
    """A print that the job has taken up."""

    id: int
    at: dt.datetime
    public_url: str
    by: int | None


def begin_print(session: Session, claimed: Claim, day_id: int) -> Begun | None:
    """Take up the print of a day, or finish the job when there is none or another sets it."""
    row = session.exec(
        select(DayPrint)
        .where(col(DayPrint.delivery_day_id) == day_id, col(DayPrint.state).in_(RUNNING))
        .with_for_update()
    ).first()
    if row is None or _in_other_hands(session, row, claimed):
        outbox.finish(session, claimed)
        return None
    row.state, row.outbox_id = PrintState.SETTING, claimed.outbox_id
    return Begun(row.id, row.asked_at, row.public_url, row.asked_by)


def note_progress(session: Session, claimed: Claim, print_id: int, step: str) -> None:
    """Say how far a print is, and keep its lease."""
    outbox.renew(session, claimed, step)
    row = session.get_one(DayPrint, print_id)
    row.step = step


def fail_print(session: Session, claimed: Claim, print_id: int, sentence: str) -> None:
    """End a print that cannot be made, with the sentence that says what to do."""
    row = session.get_one(DayPrint, print_id)
    row.state, row.ended_at, row.message = PrintState.FAILED, now(), sentence
    outbox.finish(session, claimed)


def drop_print(session: Session, claimed: Claim, print_id: int) -> None:
    """End a print that would say what the one before says: that one is still good."""
    session.delete(session.get_one(DayPrint, print_id))
    outbox.finish(session, claimed)


@dataclass(frozen=True, slots=True)
class Made:
    """What the setting brought."""

    papers: Sequence[tuple[Paper, Edition]]
    fingerprint: str
    file: str
    pages: int
    outline: list[dict[str, object]]
    rounds: list[dict[str, Any]]


def finish_print(session: Session, claimed: Claim, print_id: int, made: Made) -> None:
    """Write down what was printed: the file, the editions, the printed version of each round; then the job is done."""
    outbox.finish(session, claimed)
    row = session.get_one(DayPrint, print_id)
    newest = session.exec(
        select(func.max(DayPrint.number)).where(col(DayPrint.delivery_day_id) == row.delivery_day_id)
    ).one()
    row.number, row.state, row.ended_at = (newest or 0) + 1, PrintState.PRINTED, now()
    row.fingerprint, row.file, row.pages = made.fingerprint, made.file, made.pages
    row.papers, row.rounds, row.step, row.message = made.outline, made.rounds, "", ""
    write_editions(session, row.delivery_day_id, made.papers, by=row.asked_by)
    for paper, edition in made.papers:
        if paper.kind is PaperKind.ROUND_SHEET and paper.round_id is not None:
            note_printed(session, paper.round_id, by=row.asked_by, at=edition.printed_at)
    audit(session, row.asked_by, "papers.printed", "delivery_day", row.delivery_day_id, after={"print": row.number})


def _in_other_hands(session: Session, row: DayPrint, claimed: Claim) -> bool:
    if row.state is not PrintState.SETTING or row.outbox_id in (None, claimed.outbox_id):
        return False
    return row.outbox_id is not None and outbox.is_alive(session, row.outbox_id)
