"""One paper printed by itself: asked for by a person, written down, and the same again whenever it is opened."""

from dataclasses import dataclass

from sqlmodel import Session

from meloko.clock import now
from meloko.documents import print_papers
from meloko.errors import NotFound, Refusal
from meloko.printing.composing import compose_day, round_sheet
from meloko.printing.papers import Edition, Paper, PaperKind, edition_of, newest_editions, stamped, write_editions
from meloko.printing.reading import AddressOf, read_round
from meloko.rounds.filling import note_printed
from meloko.rounds.services import find_round


class NotPrintedYet(Refusal):
    """Looking at a paper prints nothing: what nobody has printed, or not since it changed, is no paper yet."""

    def __init__(self) -> None:
        super().__init__(
            "Ce papier n’est pas encore imprimé, ou il a changé depuis : imprimez-le d’abord avec son bouton."
        )


@dataclass(frozen=True, slots=True)
class Alone:
    """One paper and its edition, ready to be set."""

    paper: Paper
    edition: Edition

    def pdf(self) -> bytes:
        """Set it: the same edition gives the same bytes."""
        return print_papers([stamped(self.paper, self.edition)], self.edition.printed_at)

    @property
    def name(self) -> str:
        """Return a name for its file: "feuille-de-route-2026-11-26-A-v4.pdf"."""
        kind = self.paper.kind.value.replace("_", "-")
        return f"{kind}-{self.paper.day:%Y-%m-%d}-{self.paper.key}-{self.edition.number}.pdf"


def print_sheet_of(session: Session, round_id: int, *, address: AddressOf, by: int) -> None:
    """Print the sheet of a round: write down that this version lies on paper, and since when."""
    paper, day_id = _sheet(session, round_id, address)
    _write_down(session, day_id, paper, by)


def open_sheet_of(session: Session, round_id: int, *, address: AddressOf) -> Alone:
    """Return the printed sheet of a round, or refuse when this version is not printed yet."""
    paper, day_id = _sheet(session, round_id, address)
    return _printed(session, day_id, paper)


def print_paper_of(session: Session, day_id: int, kind: str, key: str, *, address: AddressOf, by: int) -> None:
    """Print one paper of a day."""
    _write_down(session, day_id, _paper(session, day_id, kind, key, address), by)


def open_paper_of(session: Session, day_id: int, kind: str, key: str, *, address: AddressOf) -> Alone:
    """Return one printed paper of a day, or refuse when it is not printed yet."""
    return _printed(session, day_id, _paper(session, day_id, kind, key, address))


def _sheet(session: Session, round_id: int, address: AddressOf) -> tuple[Paper, int]:
    row = find_round(session, round_id)
    if not row.current:
        raise NotFound("Cette tournée a été recalculée : ouvrez la nouvelle.")
    return round_sheet(read_round(session, row, address=address)), row.delivery_day_id


def _paper(session: Session, day_id: int, kind: str, key: str, address: AddressOf) -> Paper:
    day = compose_day(session, day_id, address=address)
    # What has changed since the last print is on that print only: afterwards nothing has.
    for paper in (*day.papers, *day.load_lists):
        if paper.address == (kind, key) and paper.kind is not PaperKind.SINCE_PRINT:
            return paper
    raise NotFound("Ce papier n’existe pas pour ce jour.")


def _write_down(session: Session, day_id: int, paper: Paper, by: int) -> None:
    edition = edition_of(paper, newest_editions(session, day_id), now())
    write_editions(session, day_id, [(paper, edition)], by=by)
    if paper.kind is PaperKind.ROUND_SHEET and paper.round_id is not None:
        note_printed(session, paper.round_id, by=by, at=edition.printed_at)


def _printed(session: Session, day_id: int, paper: Paper) -> Alone:
    edition = edition_of(paper, newest_editions(session, day_id), now())
    if edition.new:
        raise NotPrintedYet
    return Alone(paper, edition)
