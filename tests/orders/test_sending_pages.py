"""From the day and place to the sending: the last three steps of an order, through the door of the web."""

import datetime as dt
import html
import uuid

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.catalogue.models import Temperature
from meloko.catalogue.selling import take_stock
from meloko.customers.models import Customer
from meloko.orders.models import Basket, BasketLine, Order
from meloko.relay_points.models import RelayPoint
from tests import questions
from tests.make import Make
from tests.visitor import Visitor, value_of, words


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def ready(visitor: Visitor, make: Make, *, quantity: int = 2, stock: int | None = None) -> RelayPoint:
    """Fill a basket, choose a relay point, say who orders: all but the sending."""
    leeks = make.product(name="Poireaux", stock=stock)
    cafe = make.relay_point(name="Café de la Place")
    day = make.day(cafe)
    visitor.order(leeks.code, quantity)
    visitor.send("/commander/jour-et-lieu", day=day.id, place=cafe.id)
    visitor.send("/commander/coordonnees", name="Jeanne Dubrulle", phone="03.53.01 88 70")
    return cafe


def send(visitor: Visitor, note: str = "") -> tuple[int, str]:
    """Press Envoyer ma commande on the check page; return the status and where it leads."""
    page = visitor.open("/commander/verifier")
    answer = visitor.send("/commander/verifier", follow=False, key=value_of(page, "key"), note=note)
    return answer.status_code, answer.headers.get("Location", "")


def test_a_guest_orders_in_four_steps(visitor: Visitor, make: Make, engine: Engine) -> None:
    cafe = ready(visitor, make)

    check = words(visitor.open("/commander/verifier"))
    status, where = send(visitor, note="Sonner deux fois")
    done = words(visitor.open(where))

    assert "Café de la Place, à Béthune" in check
    assert "Jeanne Dubrulle, 03 53 01 88 70" in check
    assert "2 bottes de poireaux 6,40 €" in check
    assert status == 303
    order = questions.order(engine, int(where.split("/")[-1]))
    assert (order.relay_point_id, order.goods_cents, order.phone) == (cafe.id, 640, "03 53 01 88 70")
    assert order.note == "Sonner deux fois"
    assert f"porte le numéro {order.number}" in done
    assert "À payer au point relais 6,40 €" in done


def test_only_possible_places_can_be_chosen(visitor: Visitor, make: Make, engine: Engine) -> None:
    zone = make.zone()
    full = make.relay_point(zone, name="Café Plein", crates=0)
    closed = make.relay_point(zone, name="Café Fermé", public_hours="Mo-Su 08:00-20:00")
    day = make.day(full, closed)
    make.closure(closed, day.date)
    visitor.order(make.product().code, 1)

    page = words(visitor.open("/commander/jour-et-lieu"))
    answers = [visitor.send("/commander/jour-et-lieu", day=day.id, place=point.id) for point in (full, closed)]

    assert "Il n’y a plus assez de place ce jour-là." in page
    assert "est fermé du" in page
    for answer, name in zip(answers, ("Café Plein", "Café Fermé"), strict=True):
        assert answer.status_code == 409
        assert f"{name} : " in words(answer)
        assert "Choisissez un autre lieu" in words(answer)
    assert questions.only(engine, Basket).relay_point_id is None


@pytest.mark.parametrize("place", ["", "0", "999999999999", "-1", "home'", "café"])
def test_a_place_that_is_none_is_refused(visitor: Visitor, make: Make, place: str) -> None:
    day = make.day(make.relay_point())
    visitor.order(make.product().code, 1)

    page = visitor.send("/commander/jour-et-lieu", day=day.id, place=place)

    assert page.status_code == 422
    assert "Choisissez l’un des lieux proposés." in words(page)


def test_a_closed_day_is_not_offered_and_an_old_page_of_it_is_refused(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    cafe = make.relay_point()
    closed = make.day(cafe, closes_in=dt.timedelta(hours=-1))
    make.day(cafe, in_days=5)
    visitor.order(make.product().code, 1)

    page = visitor.send("/commander/jour-et-lieu", day=closed.id, place=cafe.id)

    assert page.status_code == 409
    assert "sont closes. Votre commande est gardée : choisissez un autre jour" in words(page)
    assert questions.only(engine, Basket).delivery_day_id is None


def test_a_day_that_closes_before_the_sending_keeps_the_order(visitor: Visitor, make: Make, engine: Engine) -> None:
    ready(visitor, make)
    page = visitor.open("/commander/verifier")
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=4)):
        refused = visitor.send("/commander/verifier", key=value_of(page, "key"))
        place = words(visitor.open("/commander/jour-et-lieu"))

    assert refused.status_code == 409
    assert "Votre commande n’est pas encore partie" in words(refused)
    assert "sont closes" in words(refused)
    assert "Aucun jour n’est encore ouvert" in place
    assert questions.how_many(engine, Order) == 0
    assert questions.how_many(engine, BasketLine) == 1


def test_goods_that_are_gone_at_the_sending_are_named_and_all_is_kept(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    ready(visitor, make, quantity=3, stock=3)
    page = visitor.open("/commander/verifier")
    make.ask(take_stock, {questions.only(engine, BasketLine).product_id: 2})

    refused = visitor.send("/commander/verifier", key=value_of(page, "key"), note="Sonner fort")

    assert refused.status_code == 409
    assert "Il ne reste que 1 × « Poireaux »" in words(refused)
    assert "Sonner fort" in refused.text
    assert list(questions.quantities(engine).values()) == [3]


def test_a_double_press_is_one_order(visitor: Visitor, make: Make, engine: Engine) -> None:
    ready(visitor, make)
    key = value_of(visitor.open("/commander/verifier"), "key")

    first = visitor.send("/commander/verifier", follow=False, key=key)
    second = visitor.send("/commander/verifier", follow=False, key=key)

    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert questions.how_many(engine, Order) == 1


def test_going_back_after_the_sending_shows_an_empty_order_and_loses_nothing(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    ready(visitor, make)
    send(visitor)

    back = words(visitor.open("/commander/verifier"))

    assert "Choisissez vos produits" in back
    assert questions.how_many(engine, Order) == 1


def test_ordering_again_adds_to_the_same_order(visitor: Visitor, make: Make, engine: Engine) -> None:
    ready(visitor, make)
    _, first = send(visitor)
    visitor.order(make.product(name="Miel").code, 1)

    _, second = send(visitor)

    assert second.split("?")[0] == first
    assert "Votre commande, complétée" in words(visitor.open(second))
    assert questions.how_many(engine, Order) == 1


@pytest.mark.parametrize("key", ["", "pas une clé", str(uuid.UUID(int=5))])
def test_a_check_page_that_is_not_of_this_basket_sends_nothing(
    visitor: Visitor, make: Make, engine: Engine, key: str
) -> None:
    ready(visitor, make)

    refused = visitor.send("/commander/verifier", key=key)

    assert refused.status_code == 409
    assert "Vérifiez-la de nouveau" in words(refused)
    assert questions.how_many(engine, Order) == 0


def test_each_question_without_an_answer_is_asked_before_the_check(visitor: Visitor, make: Make) -> None:
    leeks, cafe = make.product(), make.relay_point()
    day = make.day(cafe)

    assert "Choisissez vos produits" in words(visitor.open("/commander/verifier"))
    visitor.order(leeks.code, 1)
    assert "Quel jour, et où ?" in words(visitor.open("/commander/verifier"))
    visitor.send("/commander/jour-et-lieu", day=day.id, place=cafe.id)
    assert "Comment vous joindre ?" in words(visitor.open("/commander/verifier"))


def test_all_that_is_missing_of_a_guest_is_said_at_once_and_what_she_typed_is_kept(
    visitor: Visitor, make: Make
) -> None:
    day = make.day()
    visitor.order(make.product().code, 1)
    visitor.send("/commander/jour-et-lieu", day=day.id, place="home")

    page = visitor.send(
        "/commander/coordonnees", name="", phone="03 53 01 88 7", address="3 rue du Moulin", postcode="624"
    )

    assert page.status_code == 422
    said = words(page)
    assert "Il y a 4 choses à corriger" in said
    assert "Il manque un chiffre : vous avez écrit 9 chiffres sur 10." in said
    assert value_of(page, "phone") == "03 53 01 88 7"
    assert value_of(page, "address") == "3 rue du Moulin"


def test_a_guest_is_delivered_at_home_when_she_says_where(visitor: Visitor, make: Make, engine: Engine) -> None:
    day = make.day()
    visitor.order(make.product().code, 1)
    visitor.send("/commander/jour-et-lieu", day=day.id, place="home")
    visitor.send(
        "/commander/coordonnees",
        name="Jeanne Dubrulle", phone="0353018870", address="3 rue du Moulin", postcode="62 400", commune="Locon",
    )  # fmt: skip

    _, where = send(visitor)

    order = questions.order(engine, int(where.split("/")[-1]))
    where_to = (order.home, order.home_address, order.home_postcode, order.home_commune)
    assert where_to == (True, "3 rue du Moulin", "62400", "Locon")
    assert "chez vous, 3 rue du Moulin, Locon" in words(visitor.open(where))


def test_an_order_is_shown_to_nobody_else(visitor: Visitor, make: Make, app: Flask) -> None:
    ready(visitor, make)
    _, where = send(visitor)

    stranger = Visitor(app.test_client())

    assert visitor.open(where).status_code == 200
    assert stranger.open(where).status_code == 404
    assert stranger.open("/commander/merci/999999999999").status_code == 404


def test_chilled_goods_need_room_in_the_cold(visitor: Visitor, make: Make) -> None:
    cafe = make.relay_point(name="Café sans froid", chilled=0)
    day = make.day(cafe)
    visitor.order(make.product(temperature=Temperature.CHILLED).code, 1)

    refused = visitor.send("/commander/jour-et-lieu", day=day.id, place=cafe.id)

    assert refused.status_code == 409
    assert "ne garde pas de produits frais" in words(refused)


def test_a_guest_leaves_a_customer_of_her_own(visitor: Visitor, make: Make, engine: Engine) -> None:
    ready(visitor, make)
    send(visitor)

    guest = questions.only(engine, Customer)
    assert (guest.guest, guest.full_name) == (True, "Dubrulle Jeanne")


def test_a_word_for_the_driver_that_is_too_long_is_refused_and_kept_whole(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    ready(visitor, make)
    endless = "Sonnez \u202e🙂 <b>" + "é" * 10_000
    page = visitor.open("/commander/verifier")

    refused = visitor.send("/commander/verifier", key=value_of(page, "key"), note=endless)

    assert refused.status_code == 422
    assert words(refused).count(f"Le mot pour le livreur compte {len(endless)} signes, 300 au plus") == 2
    assert html.escape(endless) in refused.text
    assert questions.how_many(engine, Order) == 0


def test_one_telephone_sends_five_orders_an_hour_and_a_press_twice_counts_once(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    leeks = make.product()
    days = [make.day(in_days=2 + n) for n in range(6)]
    answers = []
    for day in days:
        visitor.order(leeks.code, 1)
        visitor.send("/commander/jour-et-lieu", day=day.id, place="home")
        check = visitor.send(
            "/commander/coordonnees", name="Jeanne Dubrulle", phone="03.53.01.88.77", address="3 rue Basse",
            postcode="62400", commune="Locon",
        )  # fmt: skip
        key, seen = value_of(check, "key"), value_of(check, "seen")
        answers = [visitor.send("/commander/verifier", key=key, seen=seen) for _ in range(2)]

    assert questions.how_many(engine, Order) == 5
    assert [answer.status_code for answer in answers] == [429, 429]
    assert "cinq commandes en une heure" in words(answers[0])
