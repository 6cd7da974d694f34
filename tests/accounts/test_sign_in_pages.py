"""Signing in: customers by card and code, people at work by e-mail and password."""

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.accounts.access import COOKIE
from meloko.accounts.models import Role
from meloko.customers.cards import with_check_digit
from meloko.notices.models import Notice
from tests import questions
from tests.make import PASSWORD, Make
from tests.visitor import Visitor, code_sent, value_of, words, work


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def signed_in(visitor: Visitor) -> bool:
    return visitor.client.get("/mon-compte").status_code == 200


def test_a_customer_signs_in_with_her_card_and_the_code_she_receives(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    yvette = make.customer(email="yvette@meloko.example")

    asked = visitor.send("/connexion", card_number=f"{yvette.card_number[:4]} {yvette.card_number[4:]}")
    entered = visitor.send("/connexion/code", code=code_sent(engine))

    assert "Écrivez le code reçu" in words(asked)
    assert "Choisissez vos produits" in words(entered)
    assert "Mme Legrand Yvette" in words(entered)


def test_a_card_that_belongs_to_nobody_gets_the_same_answer_and_no_message(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    yvette = make.customer(email="yvette@meloko.example")
    known = visitor.send("/connexion", card_number=yvette.card_number)
    nobody = visitor.send("/connexion", card_number=with_check_digit(1))

    work(engine)
    assert words(known) == words(nobody)
    assert questions.how_many(engine, Notice) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0010 001 5", "Un chiffre de ce numéro de carte n’est pas le bon."),
        ("0010 01", "Il manque 2 chiffres : vous avez écrit 6 chiffres sur 8."),
        ("001000149", "Il y a trop de chiffres"),
        ("jeanne", "Le numéro de carte est fait de 8 chiffres, sans lettre."),
        ("", "Le numéro de carte est fait de 8 chiffres, sans lettre."),
    ],
)
def test_a_wrong_card_number_is_refused_in_words_and_kept(visitor: Visitor, typed: str, sentence: str) -> None:
    page = visitor.send("/connexion", card_number=typed)

    assert page.status_code == 422
    assert sentence in words(page)
    assert value_of(page, "card_number") == typed


def test_a_wrong_code_is_refused_and_five_kill_it(visitor: Visitor, make: Make, engine: Engine) -> None:
    yvette = make.customer(email="yvette@meloko.example")
    visitor.send("/connexion", card_number=yvette.card_number)
    code = code_sent(engine)
    wrong = "000000" if code != "000000" else "111111"

    for _ in range(5):
        page = visitor.send("/connexion/code", code=wrong)
        assert page.status_code == 422
        assert "Ce code n’est pas le bon" in words(page)
    too_late = visitor.send("/connexion/code", code=code)

    assert too_late.status_code == 422
    assert not signed_in(visitor)


def test_a_code_serves_once_in_the_browser_that_asked_and_for_ten_minutes(
    visitor: Visitor, make: Make, engine: Engine, app: Flask
) -> None:
    yvette = make.customer(email="yvette@meloko.example")
    visitor.send("/connexion", card_number=yvette.card_number)
    code = code_sent(engine)
    stranger = Visitor(app.test_client())

    assert stranger.send("/connexion/code", code=code).status_code == 422
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=11)):
        assert visitor.send("/connexion/code", code=code).status_code == 422
    assert visitor.send("/connexion/code", code=code).status_code == 200
    assert visitor.send("/connexion/code", code=code).status_code == 422


def test_too_many_tries_from_one_place_are_stopped_in_words(visitor: Visitor, make: Make) -> None:
    make.customer()
    for _ in range(20):
        visitor.send("/connexion", card_number=with_check_digit(1))

    page = visitor.send("/connexion", card_number=with_check_digit(1))

    assert page.status_code == 429
    assert "Trop d’essais de suite" in words(page)


def test_an_own_device_stays_signed_in_and_another_does_not(
    visitor: Visitor, make: Make, engine: Engine, app: Flask
) -> None:
    yvette = make.customer(email="yvette@meloko.example")
    cookies = []
    for browser, keep in ((visitor, "1"), (Visitor(app.test_client()), "")):
        browser.send("/connexion", card_number=yvette.card_number)
        browser.send("/connexion/code", code=code_sent(engine), keep=keep)
        cookies.append(browser.client.get_cookie(COOKIE))

    assert [cookie is not None and cookie.expires is not None for cookie in cookies] == [True, False]
    assert all(cookie is not None and cookie.http_only and cookie.same_site == "Lax" for cookie in cookies)


_NOT_OURS = ("https://mechant.example", "//mechant.example", "/\\mechant.example", "javascript:x", "http:/x", "[", "")


@pytest.mark.parametrize("wanted", _NOT_OURS)
def test_signing_in_never_leads_to_another_site(visitor: Visitor, make: Make, engine: Engine, wanted: str) -> None:
    yvette = make.customer(email="yvette@meloko.example")
    visitor.send("/connexion", card_number=yvette.card_number, next=wanted)

    answer = visitor.send("/connexion/code", follow=False, code=code_sent(engine), next=wanted)

    assert answer.headers["Location"] == "/commander"


def test_signing_in_leads_on_to_the_page_that_was_wanted(visitor: Visitor, make: Make, engine: Engine) -> None:
    yvette = make.customer(email="yvette@meloko.example")

    door = visitor.client.get("/mon-compte")
    asked = visitor.send("/connexion", card_number=yvette.card_number, next="/mon-compte")
    entered = visitor.send("/connexion/code", follow=False, code=code_sent(engine), next=value_of(asked, "next"))

    assert door.headers["Location"] == "/connexion?next=/mon-compte"
    assert entered.headers["Location"] == "/mon-compte"


def test_the_basket_survives_the_sign_in_and_the_address_is_known(visitor: Visitor, make: Make, engine: Engine) -> None:
    yvette, leeks, day = make.customer(email="yvette@meloko.example"), make.product(name="Poireaux"), make.day()
    visitor.order(leeks.code, 2)
    visitor.send("/connexion", card_number=yvette.card_number)
    visitor.send("/connexion/code", code=code_sent(engine))

    places = words(visitor.open("/commander/jour-et-lieu"))
    check = words(visitor.send("/commander/jour-et-lieu", day=day.id, place="home"))

    assert "17 rue du Marais, Essars" in places
    assert "2 bottes de poireaux" in check
    assert "Mme Legrand Yvette" in check
    assert "À payer à la livraison" in check


def test_the_last_order_is_taken_up_with_one_press(visitor: Visitor, make: Make, engine: Engine) -> None:
    yvette = make.customer(email="yvette@meloko.example")
    leeks, eggs, cafe = make.product(name="Poireaux"), make.product(name="Œufs"), make.relay_point()
    make.order(yvette, make.day(cafe), cafe, {leeks.id: 2, eggs.id: 1})
    visitor.send("/connexion", card_number=yvette.card_number)
    offered = words(visitor.send("/connexion/code", code=code_sent(engine)))

    taken = words(visitor.send("/commander/reprendre"))

    assert "Comme d’habitude ?" in offered
    assert "2 produits, 9,60 €" in offered
    assert questions.quantities(engine) == {leeks.id: 2, eggs.id: 1}
    assert "Comme d’habitude ?" not in taken
    assert "Reprise de votre dernière commande : 2 produits." in taken


def test_staff_sign_in_with_e_mail_and_password_and_sign_out(visitor: Visitor, make: Make) -> None:
    nadia = make.user(Role.STAFF)

    wrong = visitor.send("/equipe/connexion", email=nadia.email, password="autre chose")
    entered = visitor.send("/equipe/connexion", follow=False, email=nadia.email, password=PASSWORD)
    visitor.send("/deconnexion")

    assert wrong.status_code == 422
    assert "L’adresse ou le mot de passe n’est pas le bon." in words(wrong)
    assert value_of(wrong, "email") == nadia.email
    assert PASSWORD not in wrong.text
    assert entered.status_code == 303
    assert not signed_in(visitor)


def test_a_password_tried_too_often_is_stopped_even_when_it_is_right(visitor: Visitor, make: Make) -> None:
    nadia = make.user(Role.STAFF)
    for _ in range(10):
        visitor.send("/equipe/connexion", email=nadia.email, password="autre chose")

    page = visitor.send("/equipe/connexion", email=nadia.email, password=PASSWORD)

    assert page.status_code == 429
    assert "Trop d’essais de suite" in words(page)
