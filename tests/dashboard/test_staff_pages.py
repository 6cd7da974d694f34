import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from meloko.accounts.models import Role
from meloko.customers.erasing import ask_erasure
from meloko.orders.changing import cancel_order
from meloko.orders.services import find_order
from meloko.orders.withdrawing import withdraw
from meloko.outbox import JobState, Outbox
from tests.make import Make
from tests.signed_in import SignedIn, sign_in

PAGES = (
    "/equipe/",
    "/equipe/commandes",
    "/equipe/commandes/renonciations",
    "/equipe/messages",
    "/equipe/saisie",
    "/equipe/tournees",
    "/equipe/jours",
    "/equipe/jours/nouveau",
    "/equipe/produits",
    "/equipe/produits/nouveau",
    "/equipe/produits/producteurs",
    "/equipe/produits/producteurs/nouveau",
    "/equipe/points-relais",
    "/equipe/points-relais/nouveau",
    "/equipe/points-relais/secteurs",
    "/equipe/clients",
    "/equipe/clients/nouveau",
)


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_before_there_is_anything(staff: SignedIn, page: str) -> None:
    assert "Erreur" not in staff.read(page)


def test_every_page_opens_once_there_are_orders(staff: SignedIn, make: Make) -> None:
    relay = make.relay_point()
    product, customer = make.product(stock=4), make.customer(phone="")
    day = make.day(relay)
    order = make.order(customer, day, relay, {product.id: 2})
    make.order(customer, day, None, {product.id: 1})
    own = (
        f"/equipe/?jour={day.id}",
        f"/equipe/commandes/{order.order_id}",
        f"/equipe/commandes?q=legrand&jour={day.id}&porte=web&etat=placed&lieu={relay.id}",
        f"/equipe/tournees?jour={day.id}",
        f"/equipe/jours/{day.id}",
        f"/equipe/jours/fermetures/{relay.id}",
        f"/equipe/produits/{product.id}",
        f"/equipe/produits/producteurs/{product.producer_id}",
        f"/equipe/points-relais/{relay.id}",
        f"/equipe/points-relais/secteurs/{relay.zone_id}",
        f"/equipe/clients/{customer.id}",
    )

    for page in (*PAGES, *own):
        assert "Erreur" not in staff.read(page), page


def test_the_morning_counts_doors_money_and_what_runs_out(staff: SignedIn, make: Make) -> None:
    relay = make.relay_point()
    product = make.product(name="Maroilles", price_cents=490, stock=4)
    day = make.day(relay, closes_in=dt.timedelta(hours=5))
    make.order(make.customer(), day, relay, {product.id: 2})
    make.order(make.customer(last_name="Carlier"), day, None, {product.id: 1})

    page = staff.read("/equipe/")

    assert "<dd>2</dd>" in page
    assert "9,80 €" in page
    assert "14,70 €" in page
    assert "Maroilles" in page
    assert "presque épuisé" in page
    assert "Les tournées ne sont pas encore faites" in page


def test_a_silent_clockwork_is_said_and_the_page_closes_what_is_due(staff: SignedIn, make: Make) -> None:
    relay = make.relay_point()
    day = make.day(relay, closes_in=-dt.timedelta(minutes=30))

    page = staff.read(f"/equipe/?jour={day.id}")

    assert "Les tâches de fond n’ont pas encore tourné" in page
    assert "Les tournées ne sont pas faites" in page


def test_a_customer_does_not_enter(client: FlaskClient, make: Make) -> None:
    driver = sign_in(client, make.user(Role.DRIVER))

    assert driver.get("/equipe/").status_code == 404
    assert driver.get("/livreur/").status_code == 200


def test_nonsense_in_an_address_begins_at_the_beginning(staff: SignedIn) -> None:
    for page in (
        "/equipe/?jour=99999999999",
        "/equipe/commandes?after=-3&jour=x&porte=fax&etat=%00",
        "/equipe/clients?q=%00",
    ):
        assert staff.get(page).status_code == 200, page


def test_the_morning_says_which_customers_wait_for_an_answer(staff: SignedIn, make: Make) -> None:
    jam, day = make.product(name="Confiture", perishable=False), make.day()
    order = make.ask(
        find_order, make.order(make.customer(email="yvette@meloko.example"), day, None, {jam.id: 1}).order_id
    )
    make.ask(withdraw, order, frozenset({order.lines[0].id}), by=None)
    roger = make.customer(last_name="Carlier", phone="03 53 01 66 10")
    make.ask(ask_erasure, roger.id, "")
    lines = {jam.id: 1}
    make.order(roger, day, None, lines)
    cancelled = make.order(make.customer(last_name="Wattel"), day, None, lines)
    make.ask(cancel_order, cancelled.order_id, by=None, reason="", as_staff=True)

    page = staff.read("/equipe/")

    for words in (
        "Un client à appeler", "Une lettre à imprimer", "Une renonciation à traiter", "Un client demande à être oublié"
    ):  # fmt: skip
        assert words in page, words


def test_what_presses_is_said_when_no_day_exists(staff: SignedIn, make: Make, engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Outbox(name="orders.confirm", payload={}, state=JobState.FAILED, attempts=5))
        session.commit()

    page = staff.read("/equipe/")

    assert "Aucun jour de livraison" in page
    assert "1 tâche de fond a été abandonnée" in page
