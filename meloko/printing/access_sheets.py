"""Door codes and keys on paper: numbered sheets, handed to one driver and given back; their words are not kept."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from meloko.accounts.models import Role, User
from meloko.accounts.services import audit
from meloko.clock import now
from meloko.customers.models import AccessNote
from meloko.customers.sealing import read_access_note
from meloko.db import Table
from meloko.delivery_days.services import find_day
from meloko.documents import print_papers
from meloko.errors import NotFound, Refusal
from meloko.printing.models import AccessSheet, AccessSheetState
from meloko.rounds.models import Round, Stop
from meloko.rounds.services import NotADriver, find_round
from meloko.rounds.sheet_words import printed_words, with_hard_spaces
from meloko.wording import day_words

SHEET = Table.metadata.tables["access_sheet"]
_OUT = (AccessSheetState.PRINTED, AccessSheetState.HANDED_OUT)
STATE_WORDS = {
    AccessSheetState.PRINTED: "imprimée, pas encore remise",
    AccessSheetState.HANDED_OUT: "remise",
    AccessSheetState.RETURNED: "rendue",
    AccessSheetState.LOST: "perdue ou détruite",
}


class NoCodes(Refusal):
    """A round at whose homes nobody has left a code or a key."""

    def __init__(self) -> None:
        super().__init__("Aucun code ni clé n’est noté pour les arrêts de cette tournée : il n’y a rien à imprimer.")


class SheetGone(Refusal):
    """A sheet that was given back or lost already."""

    def __init__(self) -> None:
        super().__init__("Cette feuille est déjà rendue ou perdue, ou pas encore remise : rechargez la page.")


class SheetHandedOut(Refusal):
    """The sheet of a round is with a driver: a second one would be one too many to get back."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"La feuille n° {number} de cette tournée est déjà remise. Notez qu’elle est rendue ou perdue"
            " avant d’en imprimer une autre."
        )


@dataclass(frozen=True, slots=True)
class AccessPaper:
    """A sheet of door codes ready to be set: never stored, never cached."""

    number: int
    printed_at: dt.datetime
    document: dict[str, object]

    def pdf(self) -> bytes:
        """Set it."""
        return print_papers([self.document], self.printed_at)


def print_access_sheet(session: Session, round_id: int, keys: Sequence[bytes], *, by: int) -> AccessPaper:
    """Print the door codes of a round: opens each note, writes down who read it, and takes the next number.

    Until it is handed out, printing again is the same sheet. Raises NoCodes, SheetHandedOut and NoteUnreadable.
    """
    row = find_round(session, round_id)
    if not row.current:
        raise NotFound("Cette tournée a été recalculée : ouvrez la nouvelle.")
    stops = _stops_with_notes(session, row)
    if not stops:
        raise NoCodes
    sheet = _sheet_of(session, round_id, by)
    notes = [
        {"stop": str(stop.position), "words": read_access_note(session, stop.owner_id, keys, by=by)} for stop in stops
    ]
    audit(session, by, "access_sheet.printed", "access_sheet", sheet.id, after={"round": round_id, "stops": len(stops)})
    return AccessPaper(sheet.id, sheet.printed_at, _document(session, row, sheet, notes))


def hand_out(session: Session, sheet_id: int, driver_id: int, *, by: int) -> None:
    """Note that a driver has taken a sheet."""
    driver = session.get(User, driver_id)
    if driver is None or Role.DRIVER not in driver.roles or driver.disabled_at is not None:
        raise NotADriver
    values = {"state": AccessSheetState.HANDED_OUT, "handed_to": driver_id, "handed_at": now()}
    _move(session, sheet_id, (AccessSheetState.PRINTED,), values)
    audit(session, by, "access_sheet.handed_out", "access_sheet", sheet_id, after={"driver": driver_id})


def take_back(session: Session, sheet_id: int, *, by: int) -> None:
    """Note that a driver has given a sheet back."""
    values = {"state": AccessSheetState.RETURNED, "ended_at": now(), "ended_by": by}
    _move(session, sheet_id, (AccessSheetState.HANDED_OUT,), values)
    audit(session, by, "access_sheet.returned", "access_sheet", sheet_id)


def give_up(session: Session, sheet_id: int, *, by: int) -> None:
    """Note that a sheet is lost, or was destroyed before anybody took it."""
    values = {"state": AccessSheetState.LOST, "ended_at": now(), "ended_by": by}
    _move(session, sheet_id, _OUT, values)
    audit(session, by, "access_sheet.lost", "access_sheet", sheet_id)


@dataclass(frozen=True, slots=True)
class ListedSheet:
    """A sheet as the page lists it."""

    sheet: AccessSheet
    letter: str
    version: int
    driver: str

    @property
    def words(self) -> str:
        """Say where it is."""
        return STATE_WORDS[self.sheet.state]


def sheets_of_day(session: Session, day_id: int) -> list[ListedSheet]:
    """Return the sheets of door codes of a day, newest first."""
    rows = session.exec(
        select(AccessSheet, Round, User)
        .join(Round, col(Round.id) == col(AccessSheet.round_id))
        .outerjoin(User, col(User.id) == col(AccessSheet.handed_to))
        .where(col(Round.delivery_day_id) == day_id)
        .order_by(col(AccessSheet.id).desc())
    )
    return [ListedSheet(sheet, row.letter, row.version, driver.name if driver else "") for sheet, row, driver in rows]


def _stops_with_notes(session: Session, row: Round) -> list[Stop]:
    people = [stop.customer_id for stop in row.stops if stop.customer_id is not None]
    noted = set(session.exec(select(AccessNote.customer_id).where(col(AccessNote.customer_id).in_(people))))
    return [stop for stop in row.stops if stop.customer_id in noted]


def _sheet_of(session: Session, round_id: int, by: int) -> AccessSheet:
    """Return the sheet of a round that is still here, or make one; two who print at once print the same."""
    session.execute(
        insert(SHEET)
        .values(round_id=round_id, state=AccessSheetState.PRINTED, printed_at=now(), printed_by=by)
        .on_conflict_do_nothing()
    )
    sheet = session.exec(
        select(AccessSheet).where(col(AccessSheet.round_id) == round_id, col(AccessSheet.state).in_(_OUT))
    ).one()
    if sheet.state is AccessSheetState.HANDED_OUT:
        raise SheetHandedOut(sheet.id)
    return sheet


def _move(session: Session, sheet_id: int, from_states: Sequence[AccessSheetState], values: dict[str, object]) -> None:
    moved = session.connection().execute(
        update(SHEET).where(SHEET.c.id == sheet_id, SHEET.c.state.in_(from_states)).values(**values)
    )
    if moved.rowcount == 1:
        return
    if session.get(AccessSheet, sheet_id) is None:
        raise NotFound("Cette feuille n’existe pas.")
    raise SheetGone


def _document(session: Session, row: Round, sheet: AccessSheet, notes: Sequence[dict[str, str]]) -> dict[str, object]:
    date = find_day(session, row.delivery_day_id).date
    day = day_words(date, year=True)
    said: dict[str, object] = {
        "title": f"Codes et clés, tournée {row.letter}",
        "letter": row.letter,
        "number": str(sheet.id),
        "day": day,
        "version": f"version {row.version}",
        "printed": printed_words(date, sheet.printed_at),
        "foot": f"Codes et clés n° {sheet.id}, tournée {row.letter}, {day}",
    }
    # What people wrote is printed as it stands: a space in a code may matter.
    return {"kind": "access_sheet", **{key: with_hard_spaces(value) for key, value in said.items()}, "notes": [*notes]}
