"""Every limit of a customer's signing in: codes, links, sheets, forgotten numbers; and that none tells who is known."""

import datetime as dt
import re

import pypdfium2
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text
from sqlmodel import Session, col, select

from meloko.accounts import codes, sheets
from meloko.accounts.access import COOKIE
from meloko.accounts.models import AuditEntry, Role, SignInCode
from meloko.customers.cards import with_check_digit
from meloko.customers.models import Customer
from meloko.notices.models import Channel, Notice
from tests import questions
from tests.make import Make
from tests.signed_in import sign_in
from tests.visitor import Visitor, code_sent, value_of, words, work

HOME = "https://panier.example"


@pytest.fixture
def yvette(make: Make) -> Customer:
    return make.customer(email="yvette@client.example", phone="06 39 98 08 72")


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def _newest(engine: Engine) -> Notice:
    with Session(engine) as session:
        newest = session.exec(select(Notice).order_by(col(Notice.id).desc())).first()
    assert newest is not None
    return newest


def _link(engine: Engine) -> str:
    found = re.search(rf"{HOME}(/connexion/lien/\S+)", _newest(engine).body)
    assert found is not None
    return found[1]


def _inside(visitor: Visitor) -> bool:
    return visitor.client.get("/mon-compte").status_code == 200


def _sheet(app: Flask, make: Make, customer: Customer) -> list[str]:
    """Have staff print a sheet, and read its codes off the paper."""
    staff = sign_in(app.test_client(), make.user(Role.STAFF))
    paper = staff.post(f"/equipe/clients/{customer.id}/feuille-de-codes.pdf")
    assert paper.mimetype == "application/pdf"
    assert paper.headers["Cache-Control"] == "no-store"
    document = pypdfium2.PdfDocument(paper.data)
    try:
        printed = document[0].get_textpage().get_text_range()
    finally:
        document.close()
    found = re.findall(r"\b\d\d \d\d \d\d \d\d \d\d\b", printed)
    return [code for code in found if code != "03 53 01 24 60"]


def test_what_can_be_guessed_of_one_card_in_a_day_stays_within_the_promise() -> None:
    by_message = codes.A_DAY * codes.TRIES / 10**codes.DIGITS
    on_paper = sheets.TRIES_A_DAY * sheets.CODES / 10**sheets.DIGITS

    assert by_message <= 5e-5
    assert on_paper <= 1e-3 * by_message
    assert dt.timedelta(minutes=10) == codes.LIVES


def test_known_and_unknown_cards_cost_the_same_work_and_get_the_same_answer(
    app: Flask, engine: Engine, yvette: Customer
) -> None:
    def ask(card: str) -> tuple[int, str, list[str]]:
        browser, done = Visitor(app.test_client()), list[str]()
        browser.client.get("/connexion")

        def note(*args: object) -> None:
            done.append(re.sub(r"\d+", "n", str(args[2])))

        event.listen(engine, "before_cursor_execute", note)
        asked = browser.send("/connexion", card_number=card)
        tried = browser.send("/connexion/code", code="123456")
        on_paper = browser.send("/connexion/code", code="12 34 56 78 90")
        event.remove(engine, "before_cursor_execute", note)
        return asked.status_code + tried.status_code + on_paper.status_code, words(asked) + words(tried), done

    known, unknown = ask(yvette.card_number), ask(with_check_digit(1))

    assert known == unknown
    assert questions.how_many(engine, Notice) == 0


def test_the_link_of_the_message_signs_in_once_wherever_it_is_opened(
    visitor: Visitor, app: Flask, engine: Engine, yvette: Customer
) -> None:
    visitor.send("/connexion", card_number=yvette.card_number)
    work(engine, HOME)
    link, code = _link(engine), _newest(engine).body[:6]
    tablet, robot = Visitor(app.test_client()), Visitor(app.test_client())

    looked = robot.open(link)
    entered = tablet.send(link, follow=False, keep="1")
    again = robot.send(link)

    assert "Vous connecter sur cet appareil" in words(looked)
    assert not _inside(robot)
    assert entered.status_code == 303
    assert _inside(tablet)
    cookie = tablet.client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.expires is not None
    assert again.status_code == 422
    assert "Ce lien a déjà servi" in words(again)
    assert visitor.send("/connexion/code", code=code).status_code == 422
    assert robot.send("/connexion/lien/forged").status_code == 422


def test_a_link_is_too_old_after_ten_minutes_and_is_left_out_of_an_sms(
    visitor: Visitor, engine: Engine, make: Make, yvette: Customer
) -> None:
    visitor.send("/connexion", card_number=yvette.card_number)
    work(engine, HOME)
    link = _link(engine)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=11)):
        late = visitor.send(link)
    by_phone = make.customer(last_name="Carlier", phone="06 39 98 11 22")
    visitor.send("/connexion", card_number=by_phone.card_number)
    work(engine, HOME)

    assert late.status_code == 422
    assert (_newest(engine).channel, _newest(engine).recipient) == (Channel.SMS, "06 39 98 11 22")
    assert HOME not in _newest(engine).body


def test_three_codes_an_hour_and_ten_a_day_whatever_is_asked(
    visitor: Visitor, engine: Engine, yvette: Customer
) -> None:
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=8)
    for hour in range(6):
        with time_machine.travel(start + dt.timedelta(hours=hour, minutes=hour), tick=False):
            for _ in range(4):
                visitor.send("/connexion", card_number=yvette.card_number)
            work(engine)

    with Session(engine) as session:
        issued = session.exec(select(SignInCode).where(col(SignInCode.code_hmac).is_not(None))).all()
    assert len(issued) == 10
    assert questions.how_many(engine, Notice) == 10


def test_another_device_is_signed_out_after_half_an_hour_and_an_own_one_is_not(
    visitor: Visitor, app: Flask, engine: Engine, yvette: Customer
) -> None:
    own = Visitor(app.test_client())
    for browser, keep in ((visitor, ""), (own, "1")):
        browser.send("/connexion", card_number=yvette.card_number)
        browser.send("/connexion/code", code=code_sent(engine), keep=keep)
    start = dt.datetime.now(dt.UTC)

    with time_machine.travel(start + dt.timedelta(minutes=20)):
        used = _inside(visitor)
    with time_machine.travel(start + dt.timedelta(minutes=45)):
        still = _inside(visitor)
    with time_machine.travel(start + dt.timedelta(minutes=80)):
        idle, months = _inside(visitor), _inside(own)
    with time_machine.travel(start + dt.timedelta(days=179)):
        half_a_year = _inside(own)
    with time_machine.travel(start + dt.timedelta(days=401)):
        for_ever = _inside(own)

    assert (used, still, idle) == (True, True, False)
    assert (months, half_a_year, for_ever) == (True, True, False)


def test_signing_in_again_ends_the_session_that_the_browser_had(
    visitor: Visitor, app: Flask, engine: Engine, yvette: Customer
) -> None:
    visitor.sign_in(engine, yvette)
    first = visitor.client.get_cookie(COOKIE)
    visitor.sign_in(engine, yvette)
    old = app.test_client()
    assert first is not None
    old.set_cookie(COOKIE, first.value)

    assert old.get("/mon-compte").status_code == 303
    assert _inside(visitor)


def test_a_code_on_paper_signs_in_who_has_neither_e_mail_nor_telephone(
    visitor: Visitor, app: Flask, make: Make, engine: Engine
) -> None:
    jeanne = make.customer(last_name="Dubrulle", phone="")
    other = make.customer(last_name="Carlier")
    printed = _sheet(app, make, jeanne)
    visitor.send("/connexion", card_number=jeanne.card_number)
    stranger = Visitor(app.test_client())
    stranger.send("/connexion", card_number=other.card_number)

    borrowed = stranger.send("/connexion/code", code=printed[0])
    entered = visitor.send("/connexion/code", follow=False, code=printed[0])
    again = Visitor(app.test_client())
    again.send("/connexion", card_number=jeanne.card_number)
    spent = again.send("/connexion/code", code=printed[0])
    next_one = again.send("/connexion/code", follow=False, code=printed[1].replace(" ", "."))

    assert len(set(printed)) == 10
    assert borrowed.status_code == 422
    assert entered.status_code == 303
    assert spent.status_code == 422
    assert next_one.status_code == 303
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT string_agg(code_hmac, ' ') FROM sheet_code")).scalar_one()
    assert not any(code.replace(" ", "") in kept for code in printed)


def test_a_new_sheet_voids_the_old_one_and_its_making_is_written_down(
    visitor: Visitor, app: Flask, make: Make, engine: Engine, yvette: Customer
) -> None:
    old, new = _sheet(app, make, yvette), _sheet(app, make, yvette)
    visitor.send("/connexion", card_number=yvette.card_number)

    void = visitor.send("/connexion/code", code=old[3])
    entered = visitor.send("/connexion/code", follow=False, code=new[3])

    assert void.status_code == 422
    assert entered.status_code == 303
    with Session(engine) as session:
        acts = [entry.act for entry in session.exec(select(AuditEntry))]
    assert acts.count("code_sheet.made") == 2


def test_codes_on_paper_are_tried_twenty_times_a_day_a_card(
    app: Flask, make: Make, engine: Engine, yvette: Customer
) -> None:
    printed = _sheet(app, make, yvette)
    with engine.begin() as connection:
        wish = connection.execute(
            text(
                "INSERT INTO sign_in_code (card_number, browser_hash, created_at, expires_at, tries)"
                " VALUES (:card, 'x', now(), now() + interval '10 minutes', 0) RETURNING id"
            ),
            {"card": yvette.card_number},
        ).scalar_one()
    for _ in range(sheets.TRIES_A_DAY):
        make.ask(sheets.count_sheet_try, wish)

    browser = Visitor(app.test_client())
    browser.send("/connexion", card_number=yvette.card_number)
    stopped = browser.send("/connexion/code", code=printed[0])

    assert stopped.status_code == 429
    assert not _inside(browser)


def test_a_forgotten_number_goes_to_the_known_contact_and_strangers_hear_the_same(
    visitor: Visitor, engine: Engine, yvette: Customer
) -> None:
    page = "/connexion/carte-oubliee"
    known = visitor.send(page, contact="Yvette@client.example")
    stranger = visitor.send(page, contact="inconnue@client.example")
    by_phone = visitor.send(page, contact="06.39.98.08.72")
    work(engine)

    assert words(known) == words(stranger) == words(by_phone)
    assert known.status_code == stranger.status_code == 200
    with Session(engine) as session:
        sent = session.exec(select(Notice).order_by(col(Notice.id))).all()
    assert [(notice.channel, notice.recipient) for notice in sent] == [
        (Channel.EMAIL, "yvette@client.example"),
        (Channel.SMS, "06 39 98 08 72"),
    ]
    card = yvette.card_number
    assert f"{card[:4]} {card[4:7]} {card[7:]}" in sent[0].body


def test_a_forgotten_number_is_sent_three_times_an_hour_and_never_to_a_guest(
    visitor: Visitor, engine: Engine, yvette: Customer
) -> None:
    for _ in range(5):
        visitor.send("/connexion/carte-oubliee", contact="yvette@client.example")
    work(engine)
    sent = questions.how_many(engine, Notice)
    with engine.begin() as connection:
        connection.execute(text("UPDATE customer SET guest = true"))
    visitor.send("/connexion/carte-oubliee", contact="06 39 98 08 72")
    work(engine)

    assert sent == questions.how_many(engine, Notice) == 3


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Écrivez votre adresse e-mail ou votre numéro de téléphone"),
        ("03 53 01 66 0", "9 chiffres sur 10"),
        ("yvette@", "prenom@exemple.fr"),
        ("yvette", "numéro de téléphone"),
        ("🏠@\u202e.fr", "prenom@exemple.fr"),
        ("<script>alert(1)</script>", "numéro de téléphone"),
    ],
)
def test_an_odd_contact_is_refused_beside_the_field_and_kept(visitor: Visitor, typed: str, sentence: str) -> None:
    page = visitor.send("/connexion/carte-oubliee", contact=typed)

    assert page.status_code == 422
    assert words(page).count(sentence) == 2
    assert value_of(page, "contact") == typed


@pytest.mark.parametrize("typed", ["", "a" * 10_000, "12\x0034", "\u202e123456", "١٢٣٤٥٦", "<script>", "🏠"])
def test_an_odd_code_is_refused_and_nothing_breaks(visitor: Visitor, yvette: Customer, typed: str) -> None:
    visitor.send("/connexion", card_number=yvette.card_number)

    page = visitor.send("/connexion/code", code=typed)

    assert page.status_code == 422
    assert "Ce code n’est pas le bon" in words(page)


def test_a_program_that_fills_what_nobody_sees_is_answered_and_gets_nothing(
    visitor: Visitor, engine: Engine, yvette: Customer
) -> None:
    for page, name, value in (
        ("/connexion", "card_number", yvette.card_number),
        ("/connexion/carte-oubliee", "contact", "yvette@client.example"),
    ):
        answer = visitor.send(page, site_web="https://spam.example", **{name: value})  # type: ignore[arg-type]
        assert answer.status_code == 200
    work(engine)

    assert questions.how_many(engine, Notice) == 0


def test_opening_a_customer_s_card_is_written_down_and_a_wish_to_be_forgotten_answered(
    client: FlaskClient, make: Make, engine: Engine, yvette: Customer
) -> None:
    nadia = make.user(Role.STAFF)
    staff = sign_in(client, nadia)
    staff.read(f"/equipe/clients/{yvette.id}")
    with engine.begin() as connection:
        wish = connection.execute(
            text(
                "INSERT INTO erasure_request (customer_id, state, asked_at, words, answer)"
                " VALUES (:id, 'asked', now(), 'merci', '') RETURNING id"
            ),
            {"id": yvette.id},
        ).scalar_one()

    listed = staff.read("/equipe/clients/effacements")
    silent = staff.post(f"/equipe/clients/effacements/{wish}", answer=" ", state="done")
    refused = staff.post(f"/equipe/clients/effacements/{wish}", answer="Ce n’était pas elle.", state="refused")
    again = staff.post(f"/equipe/clients/effacements/{wish}", answer="Encore.", state="refused")

    assert "Mme Legrand Yvette" in listed
    assert silent.status_code == 422
    assert refused.status_code == 303
    assert again.status_code == 404
    with Session(engine) as session:
        seen = session.exec(select(AuditEntry).where(col(AuditEntry.act) == "customer.seen")).all()
    assert [(entry.user_id, entry.subject_id) for entry in seen] == [(nadia.id, yvette.id)]


def test_many_wrong_codes_alarm_the_morning_page_and_old_tries_are_forgotten(
    visitor: Visitor, app: Flask, make: Make, engine: Engine, yvette: Customer
) -> None:
    staff = sign_in(app.test_client(), make.user(Role.STAFF))
    make.day()
    visitor.sign_in(engine, yvette)
    calm = staff.read("/equipe/")
    for _ in range(codes.ALARM):
        make.ask(codes.note_wrong_code)
    alarmed = staff.read("/equipe/")

    make.ask(codes.forget_spent, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    still = make.ask(codes.wrong_codes)
    make.ask(codes.forget_spent, dt.datetime.now(dt.UTC) + dt.timedelta(days=3))

    assert "quelqu’un essaie peut-être des cartes" not in calm
    assert f"{codes.ALARM} codes faux en une heure" in alarmed
    assert (still, make.ask(codes.wrong_codes)) == (codes.ALARM, 0)
    assert questions.how_many(engine, SignInCode) == 0
