import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.accounts.models import Role
from meloko.customers.sealing import write_access_note
from tests.make import Make
from tests.papers.sheets import pages_of
from tests.printing.days import Printed
from tests.questions import counted
from tests.signed_in import SignedIn, plain, sign_in

PAPERS = "/equipe/papiers"
# Who asks, the day, its prints, its rounds, its sheets of codes, the days near it.
MOST_QUESTIONS = 6


@pytest.fixture
def staff(client: FlaskClient, printed: Printed) -> SignedIn:
    return sign_in(client, printed.clerk)


def test_the_day_is_printed_from_its_page_and_the_file_opened(staff: SignedIn, printed: Printed) -> None:
    address = f"{PAPERS}?jour={printed.day.id}"
    assert "Imprimer tous les papiers" in staff.read(address)

    answer = staff.post(f"{PAPERS}/jour/{printed.day.id}")
    assert answer.headers["Location"] == address
    waiting = staff.read(address)
    assert "En attente" in waiting
    assert "l’impression continue" in waiting
    assert "Imprimer tous les papiers" not in waiting

    printed.work()
    made = printed.prints()[-1]
    page = staff.read(address)
    assert "Ouvrir l’impression 1" in page
    assert "Feuille d’émargement, Café de la Place, Béthune" in page
    file = staff.get(f"{PAPERS}/{made.id}.pdf")
    assert (file.content_type, len(pages_of(file.data))) == ("application/pdf", made.pages)


def test_a_print_that_failed_says_why(staff: SignedIn, printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meloko.printing.reading._ordered", lambda session, day_id: {1: 3})
    staff.post(f"{PAPERS}/jour/{printed.day.id}")
    printed.work()

    page = staff.read(f"{PAPERS}?jour={printed.day.id}")

    assert "Les papiers n’ont pas été imprimés." in page
    assert "Le compte n’est pas bon" in page


def test_one_paper_is_printed_and_opened_by_itself(staff: SignedIn, printed: Printed) -> None:
    address = f"{PAPERS}/jour/{printed.day.id}/labels/1.1.pdf"
    looked_at = staff.get(address)
    assert looked_at.status_code == 409
    assert "imprimez-le d’abord" in plain(looked_at.text)

    assert staff.post(address).headers["Location"] == address

    [page] = pages_of(staff.get(address).data)
    assert page.startswith("Étiquettes, tournée A")


def test_codes_come_with_the_act_alone_and_only_for_staff(
    staff: SignedIn, app: Flask, make: Make, printed: Printed
) -> None:
    make.ask(write_access_note, printed.people["Legrand"].id, "12 A 34", (b"k" * 32,), by=printed.clerk.id)
    address = f"{PAPERS}/tournees/{printed.round_a}/codes.pdf"
    admin = sign_in(app.test_client(), make.user(Role.ADMIN))

    assert admin.post(address).status_code == 404
    assert staff.get(address).status_code in (404, 405)
    answer = staff.post(address)

    assert "12 A 34" in " ".join(pages_of(answer.data))
    assert "no-store" in answer.headers["Cache-Control"]
    page = staff.read(f"{PAPERS}?jour={printed.day.id}")
    assert "imprimée, pas encore remise" in page


def test_a_sheet_of_codes_is_handed_out_from_the_page(staff: SignedIn, make: Make, printed: Printed) -> None:
    make.ask(write_access_note, printed.people["Legrand"].id, "12 A 34", (b"k" * 32,), by=printed.clerk.id)
    staff.post(f"{PAPERS}/tournees/{printed.round_a}/codes.pdf")
    number = staff.read(f"{PAPERS}?jour={printed.day.id}").split("/codes/", 1)[1].split("/", 1)[0]

    staff.post(f"{PAPERS}/codes/{number}/remise?jour={printed.day.id}", driver_id=printed.driver.id)
    assert "remise, Karim B." in staff.read(f"{PAPERS}?jour={printed.day.id}")
    staff.post(f"{PAPERS}/codes/{number}/rendue?jour={printed.day.id}")
    assert "rendue, Karim B." in staff.read(f"{PAPERS}?jour={printed.day.id}")


def test_the_page_asks_few_questions(staff: SignedIn, printed: Printed, engine: Engine) -> None:
    printed.print()

    with counted(engine) as questions:
        staff.read(f"{PAPERS}?jour={printed.day.id}")

    assert len(questions) <= MOST_QUESTIONS, questions
