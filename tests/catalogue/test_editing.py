import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from meloko.accounts.models import Role
from meloko.catalogue.models import Producer, Product
from tests.make import Make
from tests.questions import stock_of
from tests.signed_in import SignedIn, plain, sign_in

PRODUCTS = "/equipe/produits"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def sheet(product: Product, **changes: object) -> dict[str, object]:
    """Return the form of a product as its page shows it, with changes."""
    return {
        "code": product.code,
        "name": product.name,
        "unit": product.unit,
        "producer_id": product.producer_id,
        "category_id": product.category_id,
        "position": "1",
        "temperature": "ambient",
        "price": "3,20",
        "vat_rate_bp": "550",
        "deposit": "0",
        "stock": "" if product.stock is None else product.stock,
        "stock_seen": "" if product.stock is None else product.stock,
        "net_quantity": "1000",
        "net_unit": "g",
        "weight_g": "1000",
        "crates": "0,10",
        "allergens_stated": "y",
        "active": "y",
        **changes,
    }


def again(engine: Engine, product: Product) -> Product:
    with Session(engine) as session:
        return session.get_one(Product, product.id)


def test_a_price_and_a_season_are_changed(staff: SignedIn, engine: Engine, make: Make) -> None:
    leeks = make.product()
    changes = {"price": "3,45 €", "season_from": "1/9", "season_to": "15/04", "allergens": ["celery"]}

    answer = staff.post(f"{PRODUCTS}/{leeks.id}", **sheet(leeks, **changes))

    assert answer.status_code == 303, plain(answer.text)
    now = again(engine, leeks)
    assert (now.price_cents, now.season_from, now.season_to, now.allergens) == (345, "09-01", "04-15", ["celery"])
    page = staff.read(f"{PRODUCTS}/{leeks.id}")
    assert 'value="01/09"' in page
    assert 'value="3,45"' in page


def test_a_new_stock_counts_what_was_ordered_while_the_page_lay_open(
    staff: SignedIn, engine: Engine, make: Make
) -> None:
    relay = make.relay_point()
    cheese, day = make.product(stock=10), make.day(relay)
    seen = sheet(cheese, stock="12")
    make.order(make.customer(), day, relay, {cheese.id: 4})

    staff.post(f"{PRODUCTS}/{cheese.id}", **seen)

    assert stock_of(engine, cheese) == 8


def test_a_stock_cannot_be_taken_below_what_was_ordered_meanwhile(staff: SignedIn, engine: Engine, make: Make) -> None:
    relay = make.relay_point()
    cheese, day = make.product(stock=10), make.day(relay)
    seen = sheet(cheese, stock="2")
    make.order(make.customer(), day, relay, {cheese.id: 7})

    answer = staff.post(f"{PRODUCTS}/{cheese.id}", **seen)

    assert answer.status_code == 409
    assert "il n’en reste que 3" in plain(answer.text)
    assert stock_of(engine, cheese) == 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"price": "gratuit"}, "Écrivez un prix, par exemple 2,60."),
        ({"price": "0"}, "Écrivez un prix, par exemple 2,60."),
        ({"price": "-3"}, "Écrivez un prix, par exemple 2,60."),
        ({"stock": "beaucoup"}, "Écrivez un nombre, ou rien s’il n’y a pas de limite."),
        ({"code": ""}, "Donnez un code au produit."),
        ({"vat_rate_bp": "1234"}, "Choisissez dans la liste."),
        ({"producer_id": "999999"}, "Choisissez dans la liste."),
        ({"season_from": "1/9"}, "Une saison a deux bouts"),
        ({"season_from": "31/13", "season_to": "1/1"}, "Écrivez le jour et le mois"),
        ({"allergens_stated": ""}, "il faut dire les allergènes"),
        ({"priced_by_weight": "y", "net_unit": "piece"}, "Ce qui est facturé au poids se compte en grammes."),
    ],
)
def test_a_wrong_fact_is_said_and_what_was_typed_is_kept(
    staff: SignedIn, engine: Engine, make: Make, change: dict[str, object], sentence: str
) -> None:
    leeks = make.product()

    answer = staff.post(f"{PRODUCTS}/{leeks.id}", **sheet(leeks, name="Poireaux d’hiver", **change))

    page = plain(answer.text)
    assert answer.status_code == 422
    assert sentence in page
    assert "Poireaux d’hiver" in page
    assert again(engine, leeks).name == leeks.name


def test_two_products_cannot_have_one_code(staff: SignedIn, make: Make) -> None:
    leeks, milk = make.product(name="Poireaux"), make.product(name="Lait")

    answer = staff.post(f"{PRODUCTS}/{milk.id}", **sheet(milk, code=leeks.code))

    assert answer.status_code == 422
    assert f"Le code {leeks.code} est déjà celui de « Poireaux »" in plain(answer.text)


def test_a_new_product_is_on_its_shelf(staff: SignedIn, engine: Engine, make: Make) -> None:
    leeks = make.product()
    fresh = sheet(leeks, code="777", name="Lingots du Nord", stock="", stock_seen="")

    answer = staff.post(f"{PRODUCTS}/nouveau", **fresh)

    assert answer.status_code == 303
    assert "Lingots du Nord" in staff.read(f"{PRODUCTS}?q=lingots")
    assert "Lingots du Nord" not in staff.read(f"{PRODUCTS}?q=maroilles")


def test_a_producer_who_moves_has_to_be_placed_anew(staff: SignedIn, engine: Engine, make: Make) -> None:
    farm = make.producer()
    facts = {
        "code": farm.code,
        "name": farm.name,
        "supply_mode": "picked up on the round",
        "commune": "Lestrem",
        "lead_time_h": "48",
        "active": "y",
    }

    answer = staff.post(f"{PRODUCTS}/producteurs/{farm.id}", **facts)

    assert answer.status_code == 303, plain(answer.text)
    with Session(engine) as session:
        moved = session.exec(select(Producer)).one()
    assert (moved.commune, moved.lead_time_h, moved.lat) == ("Lestrem", 48, None)
