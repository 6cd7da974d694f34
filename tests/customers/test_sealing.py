import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.models import AuditEntry, Role
from meloko.customers.models import AccessNote
from meloko.customers.sealing import (
    NoteTooLong,
    NoteUnreadable,
    read_access_note,
    seal,
    unseal,
    write_access_note,
)
from meloko.errors import NotFound
from tests import questions
from tests.make import Make
from tests.signed_in import sign_in

OLD, NEW = (b"o" * 32,), (b"n" * 32, b"o" * 32)
CODE = "code 4711, clé sous le pot bleu"


def test_a_note_is_sealed_in_the_database_and_each_reading_is_written_down(make: Make, engine: Engine) -> None:
    staff, customer = make.user(Role.STAFF), make.customer()

    make.ask(write_access_note, customer.id, CODE, OLD, by=staff.id)
    read = make.ask(read_access_note, customer.id, OLD, by=staff.id)

    assert read == CODE
    with Session(engine) as session:
        assert b"4711" not in session.exec(select(AccessNote.sealed)).one()
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        acts = [entry.act for entry in entries if entry.act.startswith("access_note")]
        assert acts == ["access_note.written", "access_note.read"]
        assert not any("4711" in str(entry.after) for entry in entries)


def test_a_note_moved_to_another_customer_or_changed_does_not_open() -> None:
    sealed = seal(OLD, 1, CODE)

    for customer_id, bytes_ in ((2, sealed), (1, sealed[:-1] + bytes([sealed[-1] ^ 1])), (1, b""), (1, b"x" * 40)):
        with pytest.raises(NoteUnreadable):
            unseal(OLD, customer_id, bytes_)


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    assert unseal(NEW, 1, seal(OLD, 1, CODE)) == CODE
    with pytest.raises(NoteUnreadable):
        unseal(OLD, 1, seal(NEW, 1, CODE))


def test_empty_words_erase_and_long_ones_are_refused(make: Make, engine: Engine) -> None:
    staff, customer = make.user(Role.STAFF), make.customer()
    make.ask(write_access_note, customer.id, CODE, OLD, by=staff.id)

    with pytest.raises(NoteTooLong):
        make.ask(write_access_note, customer.id, "x" * 501, OLD, by=staff.id)
    make.ask(write_access_note, customer.id, "  ", OLD, by=staff.id)

    assert questions.how_many(engine, AccessNote) == 0
    with pytest.raises(NotFound):
        make.ask(read_access_note, customer.id, OLD, by=staff.id)


def test_staff_seal_and_show_codes_on_the_page_and_administrators_do_not(client: FlaskClient, make: Make) -> None:
    customer = make.customer()
    page = f"/equipe/clients/{customer.id}"
    staff = sign_in(client, make.user(Role.STAFF))

    assert staff.post(f"{page}/codes", access_note=CODE).status_code == 303
    assert "4711" not in staff.read(page)
    assert CODE in staff.post(f"{page}/codes/montrer").text.replace("\u00a0", " ")
    assert "4711" not in staff.read(page)

    admin = sign_in(client.application.test_client(), make.user(Role.ADMIN))
    assert "Codes et clés" not in admin.read(page)
    assert admin.post(f"{page}/codes/montrer").status_code == 404
