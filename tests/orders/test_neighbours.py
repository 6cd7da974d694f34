"""One basket, several bags: orders, labels and bills of their own, all or none, once."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.services import set_organisation
from meloko.catalogue.models import Product
from meloko.customers.models import Customer
from meloko.notices.models import Channel
from meloko.orders.models import BasketBag, MayOrderFor, Order
from meloko.orders.placing import place_order
from meloko.relay_points.models import RelayPoint
from tests import questions
from tests.make import Make
from tests.visitor import Visitor, value_of, words

LUCIENNE: dict[str, Any] = {"title": "Mme", "last_name": "Petit", "first_name": "Lucienne", "phone": "03.53.01.77.50",
            "address": "3 rue du Moulin", "postcode": "62 400", "commune": "Locon"}  # fmt: skip
ROGER: dict[str, Any] = {"last_name": "Wattel", "first_name": "Roger", "address": "5 rue du Moulin", "commune": "Locon"}


@pytest.fixture
def visitor(client: FlaskClient, make: Make, engine: Engine) -> Visitor:
    """Yvette, signed in."""
    visitor = Visitor(client)
    visitor.sign_in(engine, make.customer(email="yvette@meloko.example"))
    return visitor


def bags(engine: Engine) -> list[int]:
    with Session(engine) as session:
        return list(session.exec(select(BasketBag.id).order_by(col(BasketBag.id))))


def filled(visitor: Visitor, make: Make, engine: Engine) -> tuple[RelayPoint, Product]:
    """Fill three bags with leeks: two for Yvette, one each for her neighbours; and choose the café."""
    cafe, leeks = make.relay_point(name="Café de la Place"), make.product(name="Poireaux", stock=5)
    day = make.day(cafe)
    visitor.order(leeks.code, 2)
    for person in (LUCIENNE, ROGER):
        visitor.send("/commander/voisins", **person)
    for bag in bags(engine):
        visitor.send(f"/commander/produits/{leeks.code}", change="more", quantity=0, shown=0, pour=bag)
    visitor.send("/commander/jour-et-lieu", day=day.id, place=cafe.id)
    return cafe, leeks


def send(visitor: Visitor, **values: object) -> tuple[int, str]:
    page = visitor.open("/commander/verifier")
    given: dict[str, Any] = {name: value_of(page, name) for name in ("key", "seen")}
    answer = visitor.send("/commander/verifier", follow=False, **{**given, **values})
    return answer.status_code, answer.headers.get("Location", "")


def orders(engine: Engine) -> list[Order]:
    with Session(engine) as session:
        return list(session.exec(select(Order).order_by(col(Order.id))))


def test_three_bags_are_three_orders_with_their_own_names_and_payers(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    _, leeks = filled(visitor, make, engine)
    check = words(visitor.open("/commander/verifier"))

    status, where = send(visitor, **{f"payer-{bags(engine)[1]}": "me"})
    done = words(visitor.open(where))

    assert status == 303
    mine, hers, his = orders(engine)
    assert [order.customer_name for order in (mine, hers, his)] == [
        "Mme Legrand Yvette", "Mme Petit Lucienne", "Wattel Roger",
    ]  # fmt: skip
    assert {order.customer_id for order in (mine, hers, his)} == {mine.recipient_id}
    assert (hers.payer_id, his.payer_id) == (hers.recipient_id, mine.customer_id)
    assert [order.goods_cents for order in (mine, hers, his)] == [640, 320, 320]
    assert questions.stock_of(engine, leeks) == 1
    with Session(engine) as session:
        assert session.get_one(Customer, hers.recipient_id).postcode == "62400"
    assert "Le sac de Mme Petit Lucienne" in check
    assert "Et pour vos voisins" in done
    assert f"n° {his.number}" in done
    assert questions.how_many(engine, BasketBag) == 0


def test_who_has_no_e_mail_is_told_by_the_list_of_calls_or_by_letter(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    filled(visitor, make, engine)

    send(visitor)

    told = {notice.recipient: notice.channel for notice in questions.notices(engine) if "pour vous" in notice.subject}
    assert told == {
        "Mme Petit Lucienne, 03 53 01 77 50": Channel.TELEPHONE,
        "Wattel Roger, 5 rue du Moulin, Locon": Channel.LETTER,
    }


def test_pressed_twice_it_is_still_three_orders(visitor: Visitor, make: Make, engine: Engine) -> None:
    filled(visitor, make, engine)
    key = value_of(visitor.open("/commander/verifier"), "key")

    answers = [visitor.send("/commander/verifier", follow=False, key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert questions.how_many(engine, Order) == 3


def test_what_lacks_for_one_bag_stops_all_and_all_is_kept(visitor: Visitor, make: Make, engine: Engine) -> None:
    _, leeks = filled(visitor, make, engine)
    key = value_of(visitor.open("/commander/verifier"), "key")
    with Session(engine) as session:
        session.get_one(Product, leeks.id).stock = 3
        session.commit()

    refused = visitor.send("/commander/verifier", key=key)

    assert refused.status_code == 409
    assert "Il ne reste que 3 × « Poireaux »" in words(refused)
    assert questions.how_many(engine, Order) == 0
    assert questions.stock_of(engine, leeks) == 3
    assert len(bags(engine)) == 2


def test_nobody_orders_for_a_stranger_nor_into_a_strangers_bag(
    visitor: Visitor, make: Make, engine: Engine, app: Flask
) -> None:
    filled(visitor, make, engine)
    stranger, leeks = make.customer(last_name="Autre"), make.product()
    other = Visitor(app.test_client())

    refused = visitor.send(f"/commander/voisins/{stranger.id}/sac")
    theirs = other.send(f"/commander/produits/{leeks.code}", change="more", quantity=0, shown=0, pour=bags(engine)[0])

    assert (refused.status_code, theirs.status_code) == (404, 404)
    assert questions.quantities(engine).get(leeks.id) is None


def test_a_bag_can_be_taken_out_and_a_person_given_up(visitor: Visitor, make: Make, engine: Engine) -> None:
    filled(visitor, make, engine)
    hers, his = bags(engine)
    visitor.send(f"/commander/voisins/sacs/{his}/enlever")
    with Session(engine) as session:
        lucienne = session.get_one(BasketBag, hers).recipient_id

    for _ in range(2):
        assert visitor.send(f"/commander/voisins/{lucienne}/arreter").status_code == 200
    refused = send(visitor)

    assert bags(engine) == [hers]
    assert refused[0] == 404, "what is ended before the sending is ended"
    assert questions.how_many(engine, Order) == 0


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("last_name", "", "Écrivez le nom de la personne."),
        ("last_name", "x" * 10_000, "C’est trop long pour nous : 80 signes au plus."),
        ("phone", "03 53 01 77 5", "Il manque un chiffre"),
        ("postcode", "624", "Un code postal a 5 chiffres."),
        ("address", " \x00 ", "Écrivez le numéro et la rue."),
        ("commune", "", "Écrivez la commune."),
    ],
)
def test_what_is_wrong_about_a_neighbour_is_said_and_the_rest_is_kept(
    visitor: Visitor, engine: Engine, field: str, typed: str, sentence: str
) -> None:
    page = visitor.send("/commander/voisins", **{**LUCIENNE, field: typed})

    assert page.status_code == 422
    assert sentence in words(page)
    assert value_of(page, "first_name") == "Lucienne"
    assert questions.how_many(engine, MayOrderFor) == 0


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "أمينة", "Zoé 🥕", "O’Brien"])
def test_any_name_is_kept_as_it_is_written(visitor: Visitor, make: Make, engine: Engine, name: str) -> None:
    visitor.send("/commander/voisins", **{**LUCIENNE, "last_name": name})

    page = visitor.open("/commander/voisins")

    assert name in words(page)
    assert "<script>alert" not in page.text
    with Session(engine) as session:
        assert session.exec(select(Customer.last_name).where(col(Customer.last_name) == name)).one() == name


def test_the_page_of_the_products_asks_six_questions_at_most_of_a_customer_with_bags(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    filled(visitor, make, engine)
    make.ask(lambda session: set_organisation(session, name="Les Saules (fictif)", phone="03 53 01 24 60"))
    address = f"/commander?pour={bags(engine)[0]}"

    with questions.counted(engine) as asked:
        page = visitor.open(address)

    assert page.status_code == 200
    assert len(asked) <= 6, asked


def test_a_page_of_another_key_sends_nothing(visitor: Visitor, make: Make, engine: Engine) -> None:
    filled(visitor, make, engine)

    assert send(visitor, key=uuid.uuid4())[0] == 409
    assert questions.how_many(engine, Order) == 0


def test_who_orders_for_others_sees_what_she_ordered_and_not_what_they_did(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    cafe, leeks = filled(visitor, make, engine)
    send(visitor)
    with Session(engine) as session:
        lucienne = session.exec(select(Customer).where(col(Customer.last_name) == "Petit")).one()
    hers = make.order(lucienne, make.day(cafe, in_days=5), cafe, {leeks.id: 1}).order_id
    [for_lucienne] = [order for order in orders(engine) if order.recipient_id == lucienne.id and order.id != hers]

    page = visitor.open("/commander/voisins").text

    assert f"/commander/commandes/{for_lucienne.id}" in page
    assert f"/commander/commandes/{hers}" not in page
    assert visitor.open(f"/commander/commandes/{for_lucienne.id}").status_code == 200
    assert "pour Mme Petit Lucienne" in words(visitor.open("/mon-compte"))
    assert visitor.open(f"/commander/commandes/{hers}").status_code == 404


def test_who_receives_reads_the_order_and_changes_nothing(
    visitor: Visitor, app: Flask, make: Make, engine: Engine
) -> None:
    cafe, leeks = make.relay_point(), make.product(name="Poireaux", perishable=False)
    yvette = make.customer(last_name="Duhamel")
    roger = make.customer(last_name="Wattel", first_name="Roger", email="roger@meloko.example")
    draft = replace(make.draft(yvette, make.day(cafe), cafe, {leeks.id: 2}), recipient_id=roger.id)
    order_id = make.ask(place_order, draft).order_id
    line = questions.lines_of(engine, order_id)[0].id
    his, page = Visitor(app.test_client()), f"/commander/commandes/{order_id}"
    his.sign_in(engine, roger)

    read = words(his.open(page))
    answers = [
        his.send(f"{page}/lignes/{line}", change="set", quantity=1, shown=2),
        his.send(f"{page}/annuler"),
        his.send(f"{page}/renoncer", line=line),
        his.open(f"{page}/renoncer"),
        visitor.open(page),  # a stranger who is signed in
        Visitor(app.test_client()).open(page),
    ]

    assert "Mme Duhamel Yvette a passé cette commande pour vous" in read
    assert "Annuler cette commande" not in read
    assert page in his.open("/mon-compte").text
    assert [answer.status_code for answer in answers] == [404] * 6
    assert questions.lines_of(engine, order_id)[0].ordered == 2
