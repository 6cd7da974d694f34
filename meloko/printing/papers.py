"""One paper: what it is, what it says, and which edition of it lies before us."""

import datetime as dt
import enum
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.printing.models import PaperEdition
from meloko.rounds.models import Round
from meloko.rounds.sheet_words import printed_words, replaced_words, with_hard_spaces

# A long name would not fit where a paper has little room.
LONGEST_NAME = 60

# What an edition adds to a paper: two prints that differ in nothing else are the same print.
_STAMP = frozenset({"version", "replaces", "printed"})


class PaperKind(enum.StrEnum):
    """What a paper is; also the name of its template's function."""

    ROUND_SHEET = "round_sheet"
    LOAD_LIST = "load_list"
    SINCE_PRINT = "since_print"
    SINCE_DELIVERY = "since_delivery"
    PICK_UP_LIST = "pick_up_list"
    PACKING_BY_PRODUCT = "packing_by_product"
    PACKING_BY_ORDER = "packing_by_order"
    LABELS = "labels"
    DELIVERY_NOTE = "delivery_note"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as its template wants it, but for its edition; `key` tells it from others of its kind and day."""

    kind: PaperKind
    key: str
    title: str
    day: dt.date
    document: Mapping[str, object]
    # The orders that it names, by number: the papers of a day must name the same ones.
    orders: tuple[str, ...] = ()
    # The round it is the paper of, and that round's version, which it carries as its own.
    round_id: int | None = None
    round_version: int | None = None

    @property
    def address(self) -> tuple[str, str]:
        """Return what tells this paper from all others of its day."""
        return self.kind.value, self.key

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of all that it says, but for its edition."""
        said = {key: value for key, value in self.document.items() if key not in _STAMP}
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Edition:
    """Which edition of a paper this is, and when it was printed first; a new one is not written down yet."""

    number: int
    printed_at: dt.datetime
    new: bool


def round_key(row: Round) -> str:
    """Return what tells the papers of a round from those of other rounds and of its other versions."""
    return f"{row.number}.{row.version}"


Known = Mapping[tuple[str, str], PaperEdition]


def newest_editions(session: Session, day_id: int) -> dict[tuple[str, str], PaperEdition]:
    """Return the newest edition of each paper of a day."""
    rows = session.exec(
        select(PaperEdition)
        .where(col(PaperEdition.delivery_day_id) == day_id)
        .order_by(col(PaperEdition.edition), col(PaperEdition.id))
    )
    return {(row.kind, row.key): row for row in rows}


def edition_of(paper: Paper, known: Known, at: dt.datetime) -> Edition:
    """Return the edition of a paper: the one printed before when it still says the same, else a new one."""
    before = known.get(paper.address)
    if before is None:
        return Edition(1, at, new=True)
    if before.fingerprint == paper.fingerprint:
        return Edition(before.edition, before.printed_at, new=False)
    return Edition(before.edition + 1, at, new=True)


def write_editions(session: Session, day_id: int, editions: Iterable[tuple[Paper, Edition]], *, by: int | None) -> None:
    """Write down the editions that were not there before."""
    session.add_all(
        PaperEdition(
            delivery_day_id=day_id,
            kind=paper.kind,
            key=paper.key,
            edition=edition.number,
            fingerprint=paper.fingerprint,
            printed_at=edition.printed_at,
            printed_by=by,
        )
        for paper, edition in editions
        if edition.new
    )
    session.flush()


def stamped(paper: Paper, edition: Edition) -> dict[str, object]:
    """Return a paper whole: with its version, which one it replaces, and when it was printed first."""
    document: dict[str, object] = {"replaces": replaced_words(None), **paper.document, "kind": paper.kind.value}
    if edition.number > 1:
        document["replaces"] = replaced_words(_version(paper, edition.number - 1))
    document["version"] = version_words(paper, edition)
    document["printed"] = printed_words(paper.day, edition.printed_at)
    return {key: with_hard_spaces(document[key]) if key in _STAMP else document[key] for key in document}


def version_words(paper: Paper, edition: Edition) -> str:
    """Say which version a paper is: that of its round, with a number behind it when only its words have changed."""
    return f"version {_version(paper, edition.number)}"


def fingerprint_of(papers: Sequence[Paper]) -> str:
    """Return the SHA-256 of a whole print; what has changed since the print before is not part of it."""
    parts = [(*paper.address, paper.fingerprint) for paper in papers if paper.kind is not PaperKind.SINCE_PRINT]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _version(paper: Paper, edition: int) -> str:
    if paper.round_version is None:
        return str(edition)
    return str(paper.round_version) if edition == 1 else f"{paper.round_version}.{edition}"
