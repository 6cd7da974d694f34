"""The products as a customer sees and chooses them: the first step of an order."""

import datetime as dt

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from meloko.accounts.services import set_organisation
from meloko.clock import today
from meloko.orders.models import Basket, BasketLine
from tests import questions
from tests.make import Make
from tests.visitor import Visitor, value_of, words


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


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


def test_a_forged_form_changes_nothing(client: FlaskClient, make: Make, engine: Engine) -> None:
    leeks = make.product()

    page = client.post(f"/commander/produits/{leeks.code}", data={"change": "more", "quantity": "0", "shown": "0"})

    assert page.status_code == 400
    assert "La page est restée ouverte trop longtemps" in words(page)
    assert questions.how_many(engine, BasketLine) == 0


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
