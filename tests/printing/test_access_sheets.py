import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from meloko.accounts.models import AuditEntry
from meloko.customers.sealing import write_access_note
from meloko.errors import NotFound
from meloko.printing.access_sheets import (
    NoCodes,
    SheetGone,
    SheetHandedOut,
    give_up,
    hand_out,
    print_access_sheet,
    sheets_of_day,
    take_back,
)
from meloko.rounds.services import NotADriver
from tests.make import Make
from tests.papers.sheets import pages_of
from tests.printing.days import Printed

KEYS = (b"k" * 32,)
CODE = "Code 12 A 34,  clé sous le pot : à gauche"


@pytest.fixture
def locked(printed: Printed, make: Make) -> Printed:
    """Yvette lives behind a code."""
    make.ask(write_access_note, printed.people["Legrand"].id, CODE, KEYS, by=printed.clerk.id)
    return printed


def sheet(printed: Printed) -> tuple[int, str]:
    paper = printed.make.ask(print_access_sheet, printed.round_a, KEYS, by=printed.clerk.id)
    [page] = pages_of(paper.pdf())
    return paper.number, page


def states(printed: Printed) -> list[tuple[int, str, str]]:
    rows = printed.make.ask(sheets_of_day, printed.day.id)
    return [(row.sheet.id, row.words, row.driver) for row in rows]


def test_the_sheet_of_codes_names_stops_and_nobody(locked: Printed) -> None:
    number, page = sheet(locked)

    assert f"Feuille n° {number}" in page
    assert "3 Code 12 A 34, clé sous le pot : à gauche" in page
    assert "CONFIDENTIEL, à rendre ou à détruire" in page
    for name in ("Legrand", "Yvette", "Marais", "03 53"):
        assert name not in page


def test_no_code_is_on_any_other_paper_nor_in_the_database_nor_on_the_disk(locked: Printed, engine: Engine) -> None:
    sheet(locked)
    locked.print()

    assert "12 A 34" not in " ".join(locked.pages())
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT string_agg(t::text, '') FROM (SELECT * FROM access_sheet, day_print, audit_entry) t")
        ).scalar_one()
    assert kept
    assert "12 A 34" not in kept


def test_each_reading_is_written_down(locked: Printed, engine: Engine) -> None:
    sheet(locked)

    with Session(engine) as session:
        acts = session.exec(select(AuditEntry.act, AuditEntry.subject_id).order_by(col(AuditEntry.id))).all()
    assert ("access_note.read", locked.people["Legrand"].id) in acts
    assert acts[-1][0] == "access_sheet.printed"


def test_a_sheet_is_handed_out_and_signed_back(locked: Printed, make: Make) -> None:
    number, _ = sheet(locked)
    assert sheet(locked)[0] == number, "nobody has it yet: it is the same sheet"

    make.ask(hand_out, number, locked.driver.id, by=locked.clerk.id)
    assert states(locked) == [(number, "remise", "Karim B.")]
    with pytest.raises(SheetHandedOut, match=f"n° {number} de cette tournée est déjà remise"):
        sheet(locked)
    with pytest.raises(SheetGone):
        make.ask(hand_out, number, locked.driver.id, by=locked.clerk.id)

    make.ask(take_back, number, by=locked.clerk.id)
    assert states(locked) == [(number, "rendue", "Karim B.")]
    with pytest.raises(SheetGone):
        make.ask(take_back, number, by=locked.clerk.id)


def test_a_lost_sheet_makes_room_for_one_with_another_number(locked: Printed, make: Make) -> None:
    number, _ = sheet(locked)
    make.ask(give_up, number, by=locked.clerk.id)

    newer, page = sheet(locked)

    assert newer > number
    assert f"n° {newer}" in page
    assert [(row[0], row[1]) for row in states(locked)] == [
        (newer, "imprimée, pas encore remise"),
        (number, "perdue ou détruite"),
    ]


def test_only_a_driver_takes_codes_along(locked: Printed, make: Make) -> None:
    number, _ = sheet(locked)

    with pytest.raises(NotADriver):
        make.ask(hand_out, number, locked.clerk.id, by=locked.clerk.id)
    with pytest.raises(NotFound):
        make.ask(take_back, 9_999, by=locked.clerk.id)


def test_a_round_without_codes_has_no_sheet(printed: Printed, make: Make) -> None:
    with pytest.raises(NoCodes, match="rien à imprimer"):
        sheet(printed)

    assert make.ask(sheets_of_day, printed.day.id) == []
