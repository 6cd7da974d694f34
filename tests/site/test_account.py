"""My account: what comes and when, my devices, my details, whom to call, my data."""

import io
import json
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text
from sqlmodel import Session, col, select
from werkzeug.test import TestResponse

from meloko import tables
from meloko.accounts.access import COOKIE
from meloko.accounts.codes import keyed
from meloko.accounts.sheets import make_sheet
from meloko.customers.models import ContactChange, ContactPerson, Customer
from meloko.customers.sign_in import user_of
from meloko.notices.models import Notice
from meloko.roads.models import Precision
from meloko.rounds.models import Drop, Round, Stop, StopKind
from meloko.site.exporting import GIVEN, NOT_GIVEN
from tests import questions
from tests.make import SECRET, Make
from tests.visitor import Visitor, code_sent, value_of, words

TEN_TO_ELEVEN = (10 * 3_600 + 40 * 60, 11 * 3_600)
DETAILS = "/mon-compte/coordonnees"
CONFIRM = "/mon-compte/coordonnees/confirmer"


@pytest.fixture
def yvette(make: Make) -> Customer:
    return make.customer(email="yvette@client.example", first_name="Yvette")


@pytest.fixture
def visitor(client: FlaskClient, engine: Engine, yvette: Customer) -> Visitor:
    """Give a browser in which Yvette is signed in."""
    browser = Visitor(client)
    browser.sign_in(engine, yvette)
    return browser


def _row(engine: Engine, customer: Customer) -> Customer:
    with Session(engine) as session:
        return session.get_one(Customer, customer.id)


def _codes(engine: Engine) -> dict[str, str]:
    """Return the newest message to each address."""
    with Session(engine) as session:
        return {notice.recipient: notice.body for notice in session.exec(select(Notice).order_by(col(Notice.id)))}


def _send(visitor: Visitor, customer: Customer, **changed: str) -> TestResponse:
    """Send new details, all others as they are."""
    names = ("phone", "other_phone", "email", "address", "postcode", "commune")
    details = {name: changed.get(name, getattr(customer, name)) for name in names}
    return visitor.send(
        DETAILS,
        phone=details["phone"],
        other_phone=details["other_phone"],
        email=details["email"],
        address=details["address"],
        postcode=details["postcode"],
        commune=details["commune"],
    )


def test_a_home_delivery_shows_the_hours_that_its_round_promises(
    visitor: Visitor, make: Make, engine: Engine, yvette: Customer
) -> None:
    day, leeks = make.day(), make.product()
    placed = make.order(yvette, day, None, {leeks.id: 2})
    before = words(visitor.open("/mon-compte"))
    depot = make.depot()
    tour = make._add(
        Round(
            delivery_day_id=day.id, number=1, version=1, vehicle_id=make.vehicle(depot).id, departure_s=8 * 3_600,
            return_s=12 * 3_600, distance_m=1, duration_s=1,
        )
    )  # fmt: skip
    first, last = TEN_TO_ELEVEN
    stop = make._add(
        Stop(
            round_id=tour.id, position=1, kind=StopKind.HOME, customer_id=yvette.id, name="Y", lat=50.5, lon=2.6,
            window_from_s=0, window_until_s=9, arrival_s=1, start_s=1, departure_s=1, leg_duration_s=1,
            leg_distance_m=1, promise_from_s=first, promise_until_s=last,
        )
    )  # fmt: skip
    make._add(Drop(stop_id=stop.id, order_id=placed.order_id))

    page = words(visitor.open("/mon-compte"))

    assert "entre 10 h 40 et 11 h" not in before
    assert "Vos prochaines livraisons" in page
    assert ", entre 10 h 40 et 11 h" in page


def test_old_orders_keep_their_names_and_prices_whatever_the_catalogue_becomes(
    visitor: Visitor, make: Make, engine: Engine, yvette: Customer
) -> None:
    day, leeks = make.day(), make.product(name="Poireaux", price_cents=320)
    placed = make.order(yvette, day, None, {leeks.id: 2})
    with engine.begin() as connection:
        connection.execute(text("UPDATE product SET price_cents = 999, name = 'Autre chose'"))
        connection.execute(text("UPDATE delivery_day SET date = current_date - 3"))

    page = words(visitor.open("/mon-compte"))
    order = words(visitor.open(f"/commander/commandes/{placed.order_id}"))

    assert "Vos commandes passées" in page
    assert "6,40" in page
    assert "oireaux" in order
    assert "Autre chose" not in order


def test_somebody_else_s_order_person_and_device_are_not_found(
    visitor: Visitor, make: Make, engine: Engine, app: Flask
) -> None:
    other = make.customer(last_name="Carlier", email="roger@client.example")
    placed = make.order(other, make.day(), None, {make.product().id: 1})
    person = make._add(ContactPerson(customer_id=other.id, position=1, name="Odile", phone="03 53 01 11 11"))
    stranger = Visitor(app.test_client())
    stranger.sign_in(engine, other)
    with engine.connect() as connection:
        device = connection.execute(text("SELECT max(id) FROM sign_in")).scalar_one()

    assert visitor.open(f"/commander/commandes/{placed.order_id}").status_code == 404
    for act in ("enlever", "monter"):
        assert visitor.send(f"/mon-compte/personnes-a-prevenir/{person.id}/{act}").status_code == 404
    forged = visitor.send("/mon-compte/personnes-a-prevenir", person=person.id, name="X", phone="0353011111")
    assert forged.status_code == 404
    assert visitor.send(f"/mon-compte/appareils/{device}/deconnecter").status_code == 404
    assert stranger.open("/mon-compte/appareils").status_code == 200


def test_a_device_is_listed_in_words_and_signed_out_from_afar(
    visitor: Visitor, engine: Engine, app: Flask, yvette: Customer
) -> None:
    phone = Visitor(app.test_client())
    phone.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36"
    phone.sign_in(engine, yvette)
    stolen = phone.client.get_cookie(COOKIE)
    page = visitor.open("/mon-compte/appareils")
    with engine.connect() as connection:
        device = connection.execute(text("SELECT id FROM sign_in WHERE browser <> ''")).scalar_one()

    visitor.send(f"/mon-compte/appareils/{device}/deconnecter")

    assert "Chrome, Android" in words(page)
    assert "celui-ci" in words(page)
    assert stolen is not None
    assert phone.client.get("/mon-compte").status_code == 303
    assert visitor.client.get("/mon-compte").status_code == 200


def test_a_cookie_that_was_copied_before_the_sign_out_opens_nothing(visitor: Visitor, app: Flask) -> None:
    copied = visitor.client.get_cookie(COOKIE)
    assert copied is not None
    visitor.send("/deconnexion")
    thief = app.test_client()
    thief.set_cookie(COOKIE, copied.value)

    assert thief.get("/mon-compte").status_code == 303


def test_a_new_address_changes_nothing_until_the_old_contact_says_so(
    visitor: Visitor, engine: Engine, yvette: Customer
) -> None:
    asked = _send(visitor, yvette, address="2 rue Neuve")
    before = _row(engine, yvette).address
    code = _codes(engine)["yvette@client.example"][:6]
    wrong = visitor.send(CONFIRM, old_code="000000" if code != "000000" else "111111")

    done = visitor.send(CONFIRM, old_code=code)

    assert "Le code envoyé à yvette@client.example" in words(asked)
    assert before == "17 rue du Marais"
    assert wrong.status_code == 422
    assert "Ce code n’est pas le bon" in words(wrong)
    assert "Vos nouvelles coordonnées sont enregistrées" in words(done)
    assert _row(engine, yvette).address == "2 rue Neuve"
    assert "viennent de changer" in _codes(engine)["yvette@client.example"]


def test_a_new_e_mail_needs_both_codes_and_signs_out_the_other_devices(
    visitor: Visitor, engine: Engine, app: Flask, yvette: Customer
) -> None:
    tablet = Visitor(app.test_client())
    tablet.sign_in(engine, yvette)
    _send(visitor, yvette, email="neuve@client.example")
    codes = _codes(engine)
    old, new = codes["yvette@client.example"][:6], codes["neuve@client.example"][:6]

    half = visitor.send(CONFIRM, old_code=old, new_code="")
    whole = visitor.send(CONFIRM, old_code=old, new_code=new)

    assert half.status_code == 422
    assert value_of(half, "old_code") == old
    assert whole.status_code == 200
    assert _row(engine, yvette).email == "neuve@client.example"
    assert tablet.client.get("/mon-compte").status_code == 303
    assert visitor.client.get("/mon-compte").status_code == 200


def test_it_was_not_me_puts_everything_back_and_signs_out_everybody(
    visitor: Visitor, engine: Engine, app: Flask, yvette: Customer
) -> None:
    _send(visitor, yvette, address="9 rue du Voleur")
    visitor.send(CONFIRM, old_code=_codes(engine)["yvette@client.example"][:6])
    link = _undo_link(engine)
    her = Visitor(app.test_client())

    shown = her.open(link)
    done = her.send(link)

    assert _row(engine, yvette).address == "17 rue du Marais"
    assert "Ce n’est pas vous qui avez changé vos coordonnées" in words(shown)
    assert "C’est remis comme avant" in words(done)
    assert visitor.client.get("/mon-compte").status_code == 303
    assert her.open(link).status_code == 404


def test_five_wrong_codes_end_a_change_and_a_paper_code_serves_too(
    visitor: Visitor, make: Make, engine: Engine, yvette: Customer
) -> None:
    _send(visitor, yvette, address="2 rue Neuve")
    code = _codes(engine)["yvette@client.example"][:6]
    for _ in range(5):
        visitor.send(CONFIRM, old_code="000000" if code != "000000" else "111111")
    dead = visitor.send(CONFIRM, old_code=code)
    user, staff = make.ask(user_of, _row(engine, yvette)), make.user()
    sheet = make.ask(make_sheet, user, yvette.card_number, SECRET, by=staff.id)

    _send(visitor, yvette, address="3 rue Neuve")
    done = visitor.send(CONFIRM, old_code=f"{sheet[4][:5]} {sheet[4][5:]}")

    assert dead.status_code == 422
    assert done.status_code == 200
    assert _row(engine, yvette).address == "3 rue Neuve"


def test_who_has_moved_is_placed_anew_even_if_a_hand_had_placed_her(
    visitor: Visitor, engine: Engine, yvette: Customer
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE customer SET precision = 'hand'"))
    _send(visitor, yvette, address="2 rue Neuve")
    visitor.send(CONFIRM, old_code=_codes(engine)["yvette@client.example"][:6])

    moved = _row(engine, yvette)

    assert (moved.lat, moved.precision) == (None, Precision.NONE)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("phone", "03.53.01.88.77", "03 53 01 88 77"),
        ("postcode", "62 138", "62138"),
        ("address", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("address", "\u202e12 rue أحمد 🏠", "\u202e12 rue أحمد 🏠"),
        ("commune", "Bé\x00thune", "Béthune"),
    ],
)
def test_odd_but_sensible_details_are_taken(
    visitor: Visitor, engine: Engine, yvette: Customer, field: str, typed: str, kept: str
) -> None:
    answer = _send(visitor, yvette, **{field: typed})

    assert answer.status_code == 200
    with Session(engine) as session:
        change = session.exec(select(ContactChange)).first()
    if kept != getattr(yvette, field):
        assert change is not None
        assert change.after[field] == kept
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("phone", "03 53 01 88 7", "9 chiffres sur 10"),
        ("phone", "jamais", "numéro de téléphone"),
        ("email", "yvette", "prenom@exemple.fr"),
        ("email", "y@x\u202e.fr", "prenom@exemple.fr"),
        ("postcode", "6240", "5 chiffres"),
        ("postcode", "62A00", "5 chiffres"),
        ("address", "a" * 10_000, "160 signes au plus"),
    ],
)
def test_wrong_details_are_refused_beside_the_field_and_kept(
    visitor: Visitor, engine: Engine, yvette: Customer, field: str, typed: str, sentence: str
) -> None:
    page = _send(visitor, yvette, **{field: typed})

    assert page.status_code == 422
    assert words(page).count(sentence) >= 2
    assert value_of(page, field) == typed
    assert questions.how_many(engine, ContactChange) == 0


def test_persons_to_call_are_added_ordered_changed_and_removed(visitor: Visitor, engine: Engine) -> None:
    door = "/mon-compte/personnes-a-prevenir"
    nameless = visitor.send(door, name="", phone="0353011111")
    phoneless = visitor.send(door, name="Odile", phone="")
    visitor.send(door, name="Odile", phone="03.53.01.11.11")
    visitor.send(door, name="Roger", phone="03 53 01 22 22")
    with Session(engine) as session:
        odile, roger = session.exec(select(ContactPerson).order_by(col(ContactPerson.position))).all()

    visitor.send(f"{door}/{roger.id}/monter")
    ordered = words(visitor.open(door))
    visitor.send(door, person=odile.id, name="Odile B.", phone="03 53 01 33 33")
    visitor.send(f"{door}/{roger.id}/enlever")

    assert nameless.status_code == 422
    assert "Écrivez le nom" in words(nameless)
    assert phoneless.status_code == 422
    assert value_of(phoneless, "name") == "Odile"
    assert ordered.index("1. Roger") < ordered.index("2. Odile")
    with Session(engine) as session:
        left = session.exec(select(ContactPerson)).all()
    assert [(person.name, person.phone) for person in left] == [("Odile B.", "03 53 01 33 33")]


def test_language_and_large_print_are_remembered_and_another_language_refused(
    visitor: Visitor, engine: Engine, yvette: Customer
) -> None:
    chosen = visitor.send("/mon-compte/lecture", follow=False, language="en", large_print="1")
    refused = visitor.send("/mon-compte/lecture", language="tlh")

    row = _row(engine, yvette)
    assert (row.language, row.large_print, row.paper_form_wanted) == ("en", True, False)
    assert chosen.headers["Location"] == "/en/mon-compte/coordonnees"
    assert refused.status_code == 422


def test_my_data_come_in_one_file_without_secrets_or_formulas(
    visitor: Visitor, make: Make, engine: Engine, yvette: Customer
) -> None:
    other = make.customer(last_name="Carlier", email="roger@client.example")
    leeks = make.product(name="=1+1")
    for customer in (yvette, other):
        make.order(customer, make.day(), None, {leeks.id: 2})

    answer = visitor.send("/mon-compte/mes-donnees/telecharger")

    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as zipped:
        given = json.loads(zipped.read("donnees.json"))
        lines = zipped.read("tableaux/order_line.csv").decode("utf-8-sig")
        page = zipped.read("lisez-moi.html").decode()
        everything = "".join(zipped.read(name).decode() for name in zipped.namelist())
    assert [row["email"] for row in given["customer"]] == ["yvette@client.example"]
    assert len(given["order"]) == len(given["order_line"]) == 1
    assert any("est votre code" in row["body"] for row in given["notice"])
    assert "'=1+1" in lines
    assert "Mme Legrand Yvette" in page
    assert "roger@client.example" not in everything
    assert "Carlier" not in everything
    assert "token_hash" not in everything
    assert "hmac" not in everything


def test_no_table_that_leads_to_a_customer_is_forgotten_by_the_export() -> None:
    named = {*GIVEN, *NOT_GIVEN}
    leading = {
        table.name
        for table in tables.metadata().sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in GIVEN and key.column.table.name != table.name
    }

    assert leading - named == set()
    for name, given in GIVEN.items():
        columns = {column.name for column in tables.metadata().tables[name].columns}
        assert set(given.by) <= columns
        assert given.hidden <= columns
        secret = {column for column in columns if "hash" in column or "hmac" in column or "sealed" in column}
        assert secret <= given.hidden, name


def test_the_wish_to_be_forgotten_is_written_down_once_and_may_be_taken_back(visitor: Visitor, engine: Engine) -> None:
    page = words(visitor.open("/mon-compte/mes-donnees"))
    for _ in range(2):
        visitor.send("/mon-compte/mes-donnees/effacer", words="Merci pour tout\x00")
    waiting = words(visitor.open("/mon-compte/mes-donnees"))
    visitor.send("/mon-compte/mes-donnees/garder")

    assert "garder dix ans les factures" in page
    assert "attend notre réponse" in waiting
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT state, words FROM erasure_request")).all()
    assert [tuple(row) for row in rows] == [("withdrawn", "Merci pour tout")]


def _undo_link(engine: Engine) -> str:
    with Session(engine) as session:
        change = session.exec(select(ContactChange)).one()
    return f"/mon-compte/pas-moi/{keyed(f'undo contact change {change.id}', SECRET)}"


@pytest.mark.parametrize(
    "page",
    ["/mon-compte", "/mon-compte/appareils", DETAILS, "/mon-compte/personnes-a-prevenir", "/mon-compte/mes-donnees"],
)
def test_a_page_of_mine_asks_six_questions_at_most_however_much_i_have_ordered(
    visitor: Visitor, make: Make, engine: Engine, yvette: Customer, page: str
) -> None:
    leeks, eggs = make.product(), make.product()
    for n in range(4):
        make.order(yvette, make.day(in_days=2 + n), None, {leeks.id: 1, eggs.id: 2})
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    answer = visitor.client.get(page)
    event.remove(engine, "before_cursor_execute", note)

    assert answer.status_code == 200
    assert len(asked) <= 6, asked


def test_an_english_customer_gets_her_code_in_english_and_goes_on_in_english(
    client: FlaskClient, engine: Engine, yvette: Customer
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE customer SET language = 'en'"))
    visitor = Visitor(client)
    visitor.send("/connexion", card_number=yvette.card_number)
    code = code_sent(engine)
    entered = visitor.send("/connexion/code", follow=False, code=code, next="/mon-compte")

    assert "is your code for" in _codes(engine)["yvette@client.example"]
    assert entered.headers["Location"] == "/en/mon-compte"
    assert "My details" in words(visitor.open("/en/mon-compte"))
