"""The job that sets all papers of a day in one file: read, compare with what was printed, set, keep, write down."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from meloko.db import ask
from meloko.documents import count_pages, print_papers
from meloko.errors import MelokoError
from meloko.jobs import PrintDay
from meloko.outbox import Claim, keeping_lease
from meloko.printing.composing import compose_day
from meloko.printing.papers import Edition, Paper, edition_of, fingerprint_of, stamped, version_words
from meloko.printing.services import (
    Begun,
    Made,
    begin_print,
    drop_print,
    fail_print,
    finish_print,
    note_progress,
)
from meloko.rounds.models import Round
from meloko.rounds.phone_address import round_url
from meloko.wording import day_words


@dataclass(frozen=True, slots=True)
class Press:
    """What printing needs besides the database."""

    engine: Engine
    var: Path
    # Makes the codes on the round sheets.
    secret_key: str = field(repr=False)


def print_day(press: Press, claimed: Claim) -> bool:
    """Print the day that the job names; return whether a new print is there."""
    job = claimed.job
    if not isinstance(job, PrintDay):
        raise TypeError(job.name)
    begun = ask(press.engine, begin_print, claimed, job.day_id)
    if begun is None:
        return False
    try:
        made = _make(press, claimed, begun, job.day_id)
    except MelokoError as refusal:
        # A person must put it right; trying again by itself would only hide it.
        ask(press.engine, fail_print, claimed, begun.id, refusal.sentence)
        return False
    if made is None:
        ask(press.engine, drop_print, claimed, begun.id)
        return False
    ask(press.engine, finish_print, claimed, begun.id, made)
    return True


def paper_file(var: Path, name: str) -> Path:
    """Return where a print is kept."""
    return var / "papers" / f"{name}.pdf"


def _make(press: Press, claimed: Claim, begun: Begun, day_id: int) -> Made | None:
    """Set the papers; None when the newest print says the same and is still kept."""

    def address(row: Round) -> str:
        return round_url(begun.public_url, row, press.secret_key)

    with _busy(press, claimed, begun.id, "Lecture des tournées"):
        day = ask(press.engine, compose_day, day_id, address=address)
    fingerprint, before = fingerprint_of(day.papers), day.before
    if before is not None and before.fingerprint == fingerprint and paper_file(press.var, before.file).is_file():
        return None
    editions = [(paper, edition_of(paper, day.known, begun.at)) for paper in day.papers]
    documents = [stamped(paper, edition) for paper, edition in editions]
    with _busy(press, claimed, begun.id, f"Mise en page de {len(documents)} papiers"):
        pdf = print_papers(documents, begun.at, f"Papiers du {day_words(day.date, year=True)}")
    return Made(editions, fingerprint, _keep(press.var, pdf), count_pages(pdf), _outline(editions), day.rounds)


def _outline(editions: Sequence[tuple[Paper, Edition]]) -> list[dict[str, object]]:
    return [
        {"kind": paper.kind.value, "key": paper.key, "title": paper.title, "version": version_words(paper, edition)}
        for paper, edition in editions
    ]


def _keep(var: Path, pdf: bytes) -> str:
    """Keep a print under the name of its content: whole or not at all, and the same print once."""
    name = hashlib.sha256(pdf).hexdigest()
    path = paper_file(var, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(pdf)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return name


@contextmanager
def _busy(press: Press, claimed: Claim, print_id: int, words: str) -> Iterator[None]:
    """Say what goes on, and keep the lease of the job during work that says nothing itself."""
    ask(press.engine, note_progress, claimed, print_id, words)
    with keeping_lease(lambda: ask(press.engine, note_progress, claimed, print_id, words)):
        yield
