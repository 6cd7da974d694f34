import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.accounts.models import Role
from meloko.orders.models import OrderState
from tests.make import Make
from tests.questions import order as the_order
from tests.questions import stock_of
from tests.signed_in import SignedIn, plain, sign_in

ORDERS = "/equipe/commandes"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def test_orders_are_found_by_name_number_card_day_place_and_door(staff: SignedIn, make: Make) -> None:
    cafe = make.relay_point(name="Café de la Place")
    leeks, day = make.product(), make.day(cafe)
    carlier, legrand = make.customer(last_name="Carlier"), make.customer(last_name="Legrand")
    at_cafe = make.order(carlier, day, cafe, {leeks.id: 1})
    make.order(legrand, day, None, {leeks.id: 2})

    for words in ("q=carlier", f"q={at_cafe.order_id}", f"q={carlier.card_number}", f"lieu={cafe.id}"):
        page = staff.read(f"{ORDERS}?{words}")
        assert "Carlier" in page, words
        assert "1 commande, " in page, words
    assert "Legrand" in staff.read(f"{ORDERS}?lieu=home&porte=web&etat=placed&jour={day.id}")
    assert "Aucune commande ne répond" in staff.read(f"{ORDERS}?porte=paper")
    assert "2 commandes, 9,60 €" in staff.read(ORDERS)


def test_a_long_list_goes_on_where_it_stopped(staff: SignedIn, make: Make) -> None:
    leeks, day = make.product(), make.day()
    orders = [make.order(make.customer(last_name=f"Client{n:02d}"), day, None, {leeks.id: 1}) for n in range(52)]

    first = staff.read(ORDERS)
    second = staff.read(f"{ORDERS}?after={orders[2].order_id}")

    assert f"after={orders[2].order_id}" in first
    assert ("Client51" in first, "Client01" in first) == (True, False)
    assert ("Client01" in second, "Client02" in second) == (True, False)


def test_an_order_is_shown_whole_and_cancelled_once(staff: SignedIn, engine: Engine, make: Make) -> None:
    cheese, day = make.product(name="Maroilles", stock=5), make.day()
    placed = make.order(make.customer(phone=""), day, None, {cheese.id: 2})
    address = f"{ORDERS}/{placed.order_id}"

    page = staff.read(address)
    cancelled = staff.post(f"{address}/annuler")
    again = staff.post(f"{address}/annuler")

    assert "Maroilles" in page
    assert "17 rue du Marais, 62400 Essars" in page
    assert "<dd>aucun</dd>" in page
    assert cancelled.status_code == 303
    assert "commande annulée" in staff.read(address)
    assert again.status_code == 409
    assert "ne peut plus être annulée" in plain(again.text)
    assert the_order(engine, placed.order_id).state is OrderState.CANCELLED
    assert stock_of(engine, cheese) == 5


def test_an_order_that_is_none_is_not_found(staff: SignedIn) -> None:
    assert staff.get(f"{ORDERS}/999999").status_code == 404
    assert staff.get(f"{ORDERS}/99999999999999").status_code == 404
