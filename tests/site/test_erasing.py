"""Forgetting a customer: nothing that names her is left, all sums stay, and nothing of hers is left undone."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, text
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from meloko import tables
from meloko.accounts.models import Role, User
from meloko.customers.erasing import ask_erasure
from meloko.customers.models import Customer, ErasureRequest, ErasureState
from meloko.customers.sign_in import user_of
from meloko.notices.models import Channel
from meloko.notices.services import Addressee, post
from meloko.orders.models import Order
from meloko.orders.placing import place_order
from meloko.site.erasing import FATES, KEPT
from tests import questions
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in

PAGE = "/equipe/clients/effacements"
# What may be said of anybody: an address that was looked up once belongs to the map, an audit names nobody.
HERS = (
    "Vandenbulcke",
    "Marguerite",
    "03 53 01 99 42",
    "marguerite@",
    "impasse des Tilleuls",
    "03 53 01 99 43",
    "Odette",
)


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


@pytest.fixture
def marguerite(make: Make, engine: Engine) -> Customer:
    """A customer of long ago, with all that a customer can leave behind."""
    customer = make.customer(
        last_name="Vandenbulcke", first_name="Marguerite", phone="03 53 01 99 42",
        email="marguerite@client.example", address="3 impasse des Tilleuls",
    )  # fmt: skip
    make.ask(_more, customer.id)
    leeks, day = make.product(price_cents=320), make.day()
    for note in ("sonnez chez Odette", ""):
        make.ask(place_order, replace(make.draft(customer, day, None, {leeks.id: 2}), note=note))
    to = Addressee(Channel.TELEPHONE, f"{customer.full_name}, 03 53 01 99 42")
    make.ask(post, key="old", to=to, subject="Bonjour", body="Mme Vandenbulcke, à jeudi.")
    make.ask(ask_erasure, customer.id, "Marguerite ne commande plus")
    return customer


def _more(session: Session, customer_id: int) -> None:
    customer = session.get_one(Customer, customer_id)
    customer.other_phone, customer.doorstep_notes = "03 53 01 99 43", "chez Odette"
    user_of(session, customer)
    session.execute(
        text("INSERT INTO contact_person (customer_id, position, name, phone) VALUES (:id, 1, 'Odette', '1')"),
        {"id": customer_id},
    )
    session.execute(
        text("INSERT INTO access_note (customer_id, sealed, changed_at) VALUES (:id, 'x', now())"), {"id": customer_id}
    )


def delivered(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE \"order\" SET state = 'delivered'"))


def left_of_her(engine: Engine) -> list[str]:
    """Look for her in every row of every table, as in a dump."""
    found = []
    with engine.connect() as connection:
        for table in tables.metadata().sorted_tables:
            rows = connection.execute(select(func.row_to_json(table.table_valued()))).scalars()
            found += [f"{table.name}: {word}" for row in rows for word in HERS if word.lower() in str(row).lower()]
    return found


def wish(engine: Engine) -> int:
    return questions.only(engine, ErasureRequest).id


def test_nothing_that_names_her_is_left_and_the_accounts_are_as_before(
    staff: SignedIn, make: Make, engine: Engine, marguerite: Customer
) -> None:
    delivered(engine)
    before = questions.only(engine, Order)
    assert left_of_her(engine) != []

    answer = staff.post(
        f"{PAGE}/{wish(engine)}", state="done", answer="C’est fait.", **{f"checked-{wish(engine)}": "1"}
    )

    assert answer.status_code == 303, plain(answer.text)
    assert left_of_her(engine) == []
    after = questions.only(engine, Order)
    assert (after.total_cents, after.vat, after.customer_id, after.placed_at) == (
        before.total_cents, before.vat, before.customer_id, before.placed_at,
    )  # fmt: skip
    assert len(questions.lines_of(engine, after.id)) == 1
    with Session(engine) as session:
        row = session.get_one(Customer, marguerite.id)
        user = session.exec(select_rows(User).where(col(User.name) == "Client effacé")).one()
        assert (row.full_name, row.email, row.lat, row.user_id) == ("Client effacé", "", None, None)
        assert row.card_number != marguerite.card_number
        assert (user.roles, user.disabled_at is not None) == ([], True)
    assert questions.only(engine, ErasureRequest).state is ErasureState.DONE


def test_who_still_expects_an_order_is_not_forgotten(staff: SignedIn, engine: Engine, marguerite: Customer) -> None:
    answer = staff.post(
        f"{PAGE}/{wish(engine)}", state="done", answer="C’est fait.", **{f"checked-{wish(engine)}": "1"}
    )

    assert answer.status_code == 409
    assert f"La commande n° {questions.only(engine, Order).number} attend encore" in plain(answer.text)
    assert "C’est fait." in answer.text
    assert any("Vandenbulcke" in each for each in left_of_her(engine))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"answer": "C’est fait."}, "Vérifiez d’abord que la demande vient bien de la personne"),
        ({"answer": " \x00 ", "checked": "1"}, "Écrivez ce que vous répondez"),
    ],
)
def test_an_erasure_wants_an_answer_and_a_person_who_has_looked(
    staff: SignedIn, engine: Engine, marguerite: Customer, said: dict[str, str], sentence: str
) -> None:
    delivered(engine)
    given = {f"checked-{wish(engine)}" if name == "checked" else name: value for name, value in said.items()}

    answer = staff.post(f"{PAGE}/{wish(engine)}", state="done", **given)

    assert answer.status_code == 422
    assert plain(answer.text).count(sentence) >= 2
    assert any("Vandenbulcke" in each for each in left_of_her(engine))


def test_an_erasure_is_done_once(staff: SignedIn, engine: Engine, marguerite: Customer) -> None:
    delivered(engine)
    said = {"state": "done", "answer": "C’est fait.", f"checked-{wish(engine)}": "1"}

    answers = [staff.post(f"{PAGE}/{wish(engine)}", **said).status_code for _ in range(2)]

    assert answers == [303, 404]


def test_staff_write_down_a_wish_that_came_by_letter(staff: SignedIn, make: Make, engine: Engine) -> None:
    roger = make.customer(last_name="Carlier", first_name="Roger")

    for _ in range(2):
        assert staff.post(f"/equipe/clients/{roger.id}/effacement").status_code == 303

    assert questions.only(engine, ErasureRequest).customer_id == roger.id
    assert "Mme Carlier Roger" in staff.read(PAGE)
    assert staff.post("/equipe/clients/999999/effacement").status_code == 404


def test_no_table_that_leads_to_a_customer_is_forgotten_by_the_erasure() -> None:
    # Who works here is no customer: tables that name only her are left as they are.
    personal = {"customer", "order", "stop", "standing_order", "basket", "code_sheet", "withdrawal", "order_line"}
    leading = {
        table.name
        for table in tables.metadata().sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in personal
    }

    assert leading - {*FATES, *KEPT} == set()
    for name, fate in FATES.items():
        columns = {column.name for column in tables.metadata().tables[name].columns}
        assert {*fate.by, *(fate.over or {})} <= columns, name
