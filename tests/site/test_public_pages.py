"""The front page, a customer's own page, the messages of the demo, and what is said when something is not there."""

import dataclasses

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.accounts.models import Role
from meloko.accounts.services import set_organisation
from meloko.app import create_app
from meloko.config import Settings
from meloko.notices.models import Channel
from meloko.notices.services import Addressee, post
from tests.make import PASSWORD, Make
from tests.visitor import Visitor, words


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def test_the_front_page_says_the_next_day_and_shows_what_is_sold(visitor: Visitor, make: Make) -> None:
    make.ask(lambda session: set_organisation(session, name="Les Saules", phone="03 53 01 24 60"))
    cafe = make.relay_point()
    make.day(cafe, in_days=2)
    make.product(name="Poireaux, la botte")
    make.product(name="Pintade", stock=0)

    page = words(visitor.open("/"))

    assert "Prochaine livraison :" in page
    assert "Poireaux la botte" in page
    assert "Pintade" not in page
    assert "Un point relais près de chez vous" in page
    assert "03 53 01 24 60" in page


def test_the_front_page_stands_before_there_is_anything(visitor: Visitor) -> None:
    page = visitor.open("/")

    assert page.status_code == 200
    assert "La prochaine livraison n’est pas encore ouverte" in words(page)


def test_a_customer_sees_her_orders_and_nobody_elses(visitor: Visitor, make: Make, engine: Engine) -> None:
    yvette, jeanne = (
        make.customer(email="yvette@meloko.example"),
        make.customer(last_name="Dubrulle", first_name="Jeanne", phone="03 53 01 88 70"),
    )
    cafe, leeks = make.relay_point(name="Café du Canal"), make.product()
    day = make.day(cafe)
    own, other = make.order(yvette, day, cafe, {leeks.id: 1}), make.order(jeanne, day, cafe, {leeks.id: 1})
    visitor.sign_in(engine, yvette)

    page = words(visitor.open("/mon-compte"))

    assert f"n° {own.order_id:04d}" in page
    assert f"n° {other.order_id:04d}" not in page
    assert visitor.open(f"/commander/merci/{own.order_id}").status_code == 200
    assert visitor.open(f"/commander/merci/{other.order_id}").status_code == 404


def test_a_customer_without_orders_is_told_what_will_be_here(visitor: Visitor, make: Make, engine: Engine) -> None:
    visitor.sign_in(engine, make.customer(email="yvette@meloko.example"))

    assert "Pas encore de commande" in words(visitor.open("/mon-compte"))


def test_staff_are_led_from_their_name_to_the_day(visitor: Visitor, make: Make) -> None:
    nadia = make.user(Role.STAFF)
    visitor.send("/equipe/connexion", email=nadia.email, password=PASSWORD)

    assert visitor.client.get("/mon-compte").status_code == 303


def test_messages_are_shown_in_the_demo_only(visitor: Visitor, make: Make, settings: Settings, engine: Engine) -> None:
    to = Addressee(Channel.EMAIL, "yvette@meloko.example")
    make.ask(post, key="essai", to=to, subject="Votre code", body="123456")
    demo = create_app(dataclasses.replace(settings, demo=True), engine).test_client()

    assert visitor.open("/demo/messages").status_code == 404
    page = words(demo.get("/demo/messages"))
    assert "Votre code" in page
    assert "123456" in page


_NOWHERE = ("/nulle-part", "/commander/merci/0", "/commander/merci/x", "/%00", "/static/rien.css")


@pytest.mark.parametrize("path", _NOWHERE)
def test_what_is_not_there_is_said_in_words(visitor: Visitor, path: str) -> None:
    page = visitor.open(path)

    assert page.status_code == 404
    assert "Il n’y a rien à cette adresse" in words(page)
    assert "Votre commande en cours est gardée." in words(page)


def test_when_the_database_is_away_a_page_still_says_so(settings: Settings) -> None:
    lost = dataclasses.replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    app = create_app(lost)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    page = app.test_client().get("/commander")

    assert page.status_code == 500
    assert "Une panne de notre côté" in words(page)
