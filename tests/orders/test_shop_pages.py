"""The four steps of an order, through the door of the web."""

import datetime as dt
import uuid

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from meloko.accounts.services import set_organisation
from meloko.catalogue.models import Temperature
from meloko.catalogue.selling import take_stock
from meloko.clock import today
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


def test_plus_and_minus_are_plain_forms_and_say_what_they_did(visitor: Visitor, make: Make) -> None:
    eggs = make.product(name="Œufs plein air, la botte", price_cents=240)
    path = f"/commander/produits/{eggs.code}"

    more = words(visitor.send(path, change="more", quantity=0, shown=0))
    again = words(visitor.send(path, change="more", quantity=1, shown=1))
    less = words(visitor.send(path, change="less", quantity=2, shown=2))
    none = words(visitor.send(path, change="less", quantity=1, shown=1))

    assert "Ajouté : 1 botte d’œufs plein air, 2,40 €" in more
    assert "Ajouté : 2 bottes d’œufs plein air, 4,80 €" in again
    assert "Noté : 1 botte d’œufs plein air, 2,40 €" in less
    assert "Retiré : Œufs plein air." in none


def test_two_quick_presses_from_the_same_page_are_two_more(visitor: Visitor, make: Make, engine: Engine) -> None:
    leeks = make.product()
    for _ in range(2):
        visitor.send(f"/commander/produits/{leeks.code}", change="more", quantity=0, shown=0)

    assert questions.quantities(engine) == {leeks.id: 2}


def test_plus_after_typing_another_number_starts_from_what_was_typed(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    leeks = make.product()
    visitor.send(f"/commander/produits/{leeks.code}", change="more", quantity=6, shown=0)

    assert questions.quantities(engine) == {leeks.id: 7}


@pytest.mark.parametrize("typed", ["-1", "501", "1e9", "1000000000", "deux", "2,5", "", "²", "١"])
def test_a_quantity_that_is_none_is_refused_in_words_and_kept(
    visitor: Visitor, make: Make, engine: Engine, typed: str
) -> None:
    leeks, eggs = make.product(), make.product()
    visitor.order(eggs.code, 3)

    page = visitor.order(leeks.code, typed)

    assert page.status_code == 422
    assert "Écrivez un nombre en chiffres, de 0 à 500" in words(page)
    assert f'id="q-{leeks.code}" name="quantity" value="{typed}"' in page.text
    assert "<title>Erreur\u00a0:" in page.text
    assert f'<a href="#q-{leeks.code}">' in page.text
    assert questions.quantities(engine) == {eggs.id: 3}


def test_a_quantity_of_zero_takes_the_product_out(visitor: Visitor, make: Make, engine: Engine) -> None:
    leeks = make.product()
    visitor.order(leeks.code, 4)

    page = visitor.order(leeks.code, 0)

    assert page.status_code == 200
    assert "Retiré" in words(page)
    assert questions.quantities(engine) == {}


@pytest.mark.parametrize("code", ["999", "zéro", "1%00", "x" * 200])
def test_an_unknown_product_is_refused_in_words(visitor: Visitor, make: Make, engine: Engine, code: str) -> None:
    make.product()

    page = visitor.send(f"/commander/produits/{code}", change="more", quantity=0, shown=0)

    assert page.status_code in (404, 422)
    assert "Aucun produit ne porte le code" in words(page) or "Il n’y a rien à cette adresse" in words(page)
    assert questions.how_many(engine, BasketLine) == 0


def test_goods_out_of_season_are_found_by_their_name_but_not_sold(visitor: Visitor, make: Make, engine: Engine) -> None:
    spring = (f"{today() + dt.timedelta(days=60):%m-%d}", f"{today() + dt.timedelta(days=61):%m-%d}")
    radishes = make.product(name="Radis roses", season=spring)
    make.product(name="Poireaux")

    shop = words(visitor.open("/commander"))
    found = words(visitor.open("/commander?q=RADIS"))
    refused = visitor.order(radishes.code, 1)

    assert "Radis" not in shop
    assert "Hors saison, de retour le" in found
    assert refused.status_code == 409
    assert "n’est pas vendu en ce moment" in words(refused)
    assert questions.how_many(engine, BasketLine) == 0


def test_what_went_out_of_season_in_the_basket_is_shown_and_can_be_taken_out(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    until = today() + dt.timedelta(days=1)
    leeks = make.product(name="Poireaux", season=(f"{today() - dt.timedelta(days=20):%m-%d}", f"{until:%m-%d}"))
    visitor.order(leeks.code, 2)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=10)):
        shop = words(visitor.open("/commander"))
        gone = visitor.order(leeks.code, 0)

    assert "Retirez-le pour envoyer votre commande" in shop
    assert gone.status_code == 200
    assert questions.quantities(engine) == {}


def test_sold_out_goods_say_so_and_few_goods_say_how_many(visitor: Visitor, make: Make, engine: Engine) -> None:
    gone = make.product(name="Pintade", stock=0)
    few = make.product(name="Ail fumé", stock=3)

    shop = words(visitor.open("/commander"))
    refused, too_many = visitor.order(gone.code, 1), visitor.order(few.code, 4)

    assert "Épuisé pour le moment." in shop
    assert "il en reste 3" in shop
    assert "Il ne reste plus de « Pintade »" in words(refused)
    assert "Il ne reste que 3 × « Ail fumé »" in words(too_many)
    assert value_of(too_many, "quantity") in ("0", "4")
    assert questions.how_many(engine, BasketLine) == 0


def test_the_search_forgives_accents_and_capitals(visitor: Visitor, make: Make) -> None:
    make.product(name="Œufs plein air")
    make.product(name="Crème épaisse")

    assert "Œufs plein air" in words(visitor.open("/commander?q=OEUFS"))
    assert "Crème épaisse" in words(visitor.open("/commander?q=creme"))
    assert "Rien sous ce nom" in words(visitor.open("/commander?q=ananas"))
    assert visitor.open("/commander?q=%00%25_").status_code == 200


def test_the_search_forgives_spelling(visitor: Visitor, make: Make) -> None:
    make.product(name="Poireaux")
    make.product(name="Miel de fleurs")

    found = words(visitor.open("/commander?q=poirreau"))

    assert "Poireaux" in found
    assert "Miel de fleurs" not in found


def test_favourites_come_first_with_the_usual_quantity(visitor: Visitor, make: Make, engine: Engine) -> None:
    first, last = make.category("Laiterie"), make.category("Légumes")
    make.product(name="Lait", category=first)
    leeks, honey = make.product(name="Poireaux", category=last), make.product(name="Miel", category=last)
    yvette, cafe = make.customer(email="yvette@meloko.example"), make.relay_point()
    for ahead, quantity in ((2, 3), (3, 3), (4, 1)):
        order = {leeks.id: quantity} | ({honey.id: 1} if ahead == 2 else {})
        make.order(yvette, make.day(cafe, in_days=ahead), cafe, order)
    visitor.sign_in(engine, yvette)
    make.ask(lambda session: set_organisation(session, name="Les Saules (fictif)", phone="03 53 01 24 60"))

    with questions.counted(engine) as asked:
        page = visitor.open("/commander")

    shop = words(page)
    assert shop.rindex("Vos habitudes") < shop.rindex("d’habitude 3") < shop.rindex("Laiterie")
    assert "d’habitude 3" in shop
    assert page.text.count(f'id="p-{leeks.code}"') == 1
    assert shop.rindex("Laiterie") < shop.rindex("Miel")
    assert len(asked) <= 6, asked


def test_taking_up_the_last_order_says_what_is_no_longer_sold(visitor: Visitor, make: Make, engine: Engine) -> None:
    leeks, honey = make.product(name="Poireaux"), make.product(name="Miel", stock=1)
    yvette, cafe = make.customer(email="yvette@meloko.example"), make.relay_point()
    make.order(yvette, make.day(cafe), cafe, {leeks.id: 2, honey.id: 1})
    visitor.sign_in(engine, yvette)

    page = words(visitor.send("/commander/reprendre"))

    assert "Reprise de votre dernière commande : 1 produit." in page
    assert "Ne se trouve pas en ce moment : Miel." in page
    assert questions.quantities(engine) == {leeks.id: 2}


def test_the_price_of_a_kilo_is_shown_and_goods_by_weight_say_about(visitor: Visitor, make: Make) -> None:
    make.product(name="Poulet", price_cents=1050, priced_by_weight=True)

    shop = words(visitor.open("/commander"))

    assert "10,50 € la botte, soit environ 10,50 € la pièce de 1 kg" in shop


def test_shelves_follow_the_order_of_the_paper(visitor: Visitor, make: Make) -> None:
    milk, roots = make.category("Laiterie"), make.category("Légumes")
    make.product(name="Poireaux", category=roots)
    make.product(name="Lait", category=milk)

    shop = words(visitor.open("/commander"))

    assert shop.index("Laiterie") < shop.index("Légumes")
    assert shop.rindex("Lait ") < shop.rindex("Poireaux")


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


def test_a_forged_form_changes_nothing(client: FlaskClient, make: Make, engine: Engine) -> None:
    leeks = make.product()

    page = client.post(f"/commander/produits/{leeks.code}", data={"change": "more", "quantity": "0", "shown": "0"})

    assert page.status_code == 400
    assert "La page est restée ouverte trop longtemps" in words(page)
    assert questions.how_many(engine, BasketLine) == 0


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
        name="Jeanne Dubrulle", phone="0353018870", address="3 rue du Moulin", postcode="62400", commune="Locon",
    )  # fmt: skip

    _, where = send(visitor)

    order = questions.order(engine, int(where.split("/")[-1]))
    assert (order.home, order.home_address, order.home_commune) == (True, "3 rue du Moulin", "Locon")
    assert "chez vous, 3 rue du Moulin, Locon" in words(visitor.open(where))


def test_an_order_is_shown_to_nobody_else(visitor: Visitor, make: Make, app: Flask) -> None:
    ready(visitor, make)
    _, where = send(visitor)

    stranger = Visitor(app.test_client())

    assert visitor.open(where).status_code == 200
    assert stranger.open(where).status_code == 404
    assert stranger.open("/commander/merci/999999999999").status_code == 404


def test_the_script_gets_only_the_parts_that_changed(visitor: Visitor, make: Make) -> None:
    leeks = make.product()
    path = f"/commander/produits/{leeks.code}"

    part = visitor.send(path, headers={"X-Meloko-Part": "1"}, change="more", quantity=0, shown=0)
    wrong = visitor.send(path, headers={"X-Meloko-Part": "1"}, change="set", quantity="deux", shown=1)

    assert part.headers["X-Meloko-Part"] == wrong.headers["X-Meloko-Part"] == "1"
    assert "<html" not in part.text
    assert (part.status_code, wrong.status_code) == (200, 422)
    assert all(f'id="{name}"' in part.text for name in (f"p-{leeks.code}", "commande", "pied"))
    assert "vous avez écrit « deux »" in words(wrong)


def test_a_visit_leaves_no_basket_and_no_cookie(visitor: Visitor, make: Make, engine: Engine) -> None:
    make.product()

    page = visitor.open("/commander")

    assert "meloko_basket" not in page.headers.get("Set-Cookie", "")
    assert questions.how_many(engine, Basket) == 0


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


def test_the_list_of_products_asks_few_questions_whatever_is_sold(visitor: Visitor, make: Make, engine: Engine) -> None:
    def questions_asked() -> int:
        asked: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        visitor.open("/commander")
        event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    make.day(*(make.relay_point(zone) for zone in [make.zone()] for _ in range(3)))
    make.product()
    few = questions_asked()
    for _ in range(20):
        make.product()

    assert questions_asked() == few <= 6


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
