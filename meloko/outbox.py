"""The outbox: what must happen after a commit, written in the same transaction; the row is the truth."""

import datetime as dt
import enum
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, Index, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, col, func, select, update

from meloko.clock import now
from meloko.db import Moment, Table, one_of
from meloko.jobs import JOBS, Job

LEASE_S = 30
# Well within the lease.
_BEAT_S = 5.0
MAX_ATTEMPTS = 5


class JobState(enum.StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Outbox(Table, table=True):
    """One job: what, since when, how often tried."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        Index("ix_outbox_waiting", "due_at", postgresql_where=text("state = 'waiting'")),
    )

    name: str
    payload: dict[str, int] = Field(sa_type=JSONB)
    state: JobState = Field(default=JobState.WAITING, sa_type=one_of(JobState))
    progress: str = ""
    attempts: int = 0
    due_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    claimed_until: dt.datetime | None = Field(default=None, sa_type=Moment)
    done_at: dt.datetime | None = Field(default=None, sa_type=Moment)


_OUTBOX = Table.metadata.tables["outbox"]
_ENQUEUE = insert(_OUTBOX).returning(_OUTBOX.c.id)


class ClaimLost(Exception):
    """Another worker has taken the job over: the effect of this one is undone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do a job once; `attempt` is the fence against a worker that was thought dead."""

    outbox_id: int
    attempt: int
    job: Job


def enqueue(session: Session, job: Job, *, wait: dt.timedelta = dt.timedelta()) -> int:
    """Write down a job inside the transaction that makes it necessary; it is due at once, or after a wait."""
    # What the job is about must be written before it, and is not always flushed yet.
    session.flush()
    row = {"name": job.name, "payload": job.model_dump(), "state": JobState.WAITING, "due_at": now() + wait}
    job_id: int = session.connection().execute(_ENQUEUE, {**row, "progress": "", "attempts": 0}).scalar_one()
    return job_id


def claim(session: Session, outbox_id: int) -> Claim | None:
    """Take a waiting job for the time of a lease, or None when it is done, not due or in other hands."""
    row = session.exec(
        update(Outbox)
        .where(
            col(Outbox.id) == outbox_id,
            col(Outbox.state) == JobState.WAITING,
            col(Outbox.attempts) < MAX_ATTEMPTS,
            col(Outbox.due_at) <= func.now(),
            (col(Outbox.claimed_until).is_(None)) | (col(Outbox.claimed_until) < func.now()),
        )
        .values(claimed_until=_lease_end(), attempts=Outbox.attempts + 1)
        .returning(col(Outbox.name), col(Outbox.payload), col(Outbox.attempts))
    ).one_or_none()
    if row is None:
        return None
    name, payload, attempts = row
    return Claim(outbox_id, attempts, JOBS[name].model_validate(payload))


def renew(session: Session, claimed: Claim, progress: str = "") -> None:
    """Keep the lease of a long job and say how far it is; refuse when it was taken over."""
    _touch(session, claimed, {"claimed_until": _lease_end(), "progress": progress})


@contextmanager
def keeping_lease(beat: Callable[[], object]) -> Iterator[None]:
    """Call `beat`, which renews the lease, again and again during work that says nothing itself.

    Raises ClaimLost at the end when another worker has taken the job meanwhile.
    """
    done = threading.Event()
    lost: list[ClaimLost] = []

    def go_on() -> None:
        while not done.wait(_BEAT_S):
            try:
                beat()
            except ClaimLost as error:
                lost.append(error)
                return

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    if lost:
        raise lost[0]


def finish(session: Session, claimed: Claim) -> None:
    """Mark the job done, in the transaction of its effect."""
    _touch(session, claimed, {"state": JobState.DONE, "done_at": func.now(), "claimed_until": None})


def give_back(session: Session, claimed: Claim) -> None:
    """Let a job that failed be tried again, later each time."""
    wait = text(f"now() + interval '{2 ** min(claimed.attempt, 6)} seconds'")
    _touch(session, claimed, {"claimed_until": None, "due_at": wait})


def sweep(session: Session, most: int = 100) -> list[tuple[int, str]]:
    """Give up what was tried too often; return (id, name) of what is due and in nobody's hands."""
    free = (col(Outbox.claimed_until).is_(None)) | (col(Outbox.claimed_until) < func.now())
    session.exec(
        update(Outbox)
        .where(col(Outbox.state) == JobState.WAITING, col(Outbox.attempts) >= MAX_ATTEMPTS, free)
        .values(state=JobState.FAILED, claimed_until=None)
    )
    due = (
        select(Outbox.id, Outbox.name)
        .where(col(Outbox.state) == JobState.WAITING, col(Outbox.due_at) <= func.now(), free)
        .order_by(col(Outbox.due_at), col(Outbox.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [(row_id, name) for row_id, name in session.exec(due)]


def is_alive(session: Session, outbox_id: int) -> bool:
    """Tell whether somebody holds the lease of a job right now."""
    held = select(Outbox.id).where(
        col(Outbox.id) == outbox_id, col(Outbox.state) == JobState.WAITING, col(Outbox.claimed_until) > func.now()
    )
    return session.exec(held).first() is not None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: how many jobs, how long the oldest, how many were given up."""

    waiting: int
    oldest_s: int
    failed: int


def backlog(session: Session) -> Backlog:
    """Count what waits in the outbox."""
    waiting, oldest = session.exec(
        select(func.count(col(Outbox.id)), func.extract("epoch", func.now() - func.min(col(Outbox.due_at)))).where(
            col(Outbox.state) == JobState.WAITING, col(Outbox.due_at) <= func.now()
        )
    ).one()
    failed = session.exec(select(func.count(col(Outbox.id))).where(col(Outbox.state) == JobState.FAILED)).one()
    return Backlog(waiting, int(oldest or 0), failed)


def _lease_end() -> object:
    # The database's clock: machines may disagree about the hour, the lease may not.
    return text(f"now() + interval '{LEASE_S} seconds'")


def _touch(session: Session, claimed: Claim, values: dict[str, object]) -> None:
    taken = session.exec(
        update(Outbox)
        .where(
            col(Outbox.id) == claimed.outbox_id,
            col(Outbox.state) == JobState.WAITING,
            col(Outbox.attempts) == claimed.attempt,
        )
        .values(**values)
    )
    if taken.rowcount != 1:
        raise ClaimLost(f"job {claimed.outbox_id}, attempt {claimed.attempt}")
