import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from meloko.accounts.models import Role
from meloko.customers.cards import card_words
from meloko.customers.models import Customer
from meloko.roads.models import Precision
from tests.make import Make
from tests.questions import how_many
from tests.signed_in import SignedIn, plain, sign_in

CUSTOMERS = "/equipe/clients"
FACTS = {"title": "Mme", "language": "fr", "preferred_relay_point_id": ""}


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def again(engine: Engine, customer: Customer) -> Customer:
    with Session(engine) as session:
        return session.get_one(Customer, customer.id)


def test_a_customer_needs_nothing_but_a_name(staff: SignedIn, engine: Engine) -> None:
    answer = staff.post(f"{CUSTOMERS}/nouveau", **FACTS, last_name="Wattel")

    assert answer.status_code == 303, plain(answer.text)
    with Session(engine) as session:
        added = session.exec(select(Customer)).one()
    assert (added.phone, added.email, added.address) == ("", "", "")
    assert f"Mme Wattel a la carte {card_words(added.card_number)}" in staff.read(answer.location)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "Écrivez le nom de la personne"),
        ({"last_name": "Wattel", "phone": "03 53 01 88 7"}, "vous avez écrit 9 chiffres sur 10"),
        ({"last_name": "Wattel", "preferred_relay_point_id": "99999"}, "Choisissez dans la liste."),
        ({"last_name": "W" * 90}, "80 signes au plus."),
    ],
)
def test_a_wrong_fact_is_said_and_what_was_typed_is_kept(
    staff: SignedIn, engine: Engine, change: dict[str, object], sentence: str
) -> None:
    answer = staff.post(f"{CUSTOMERS}/nouveau", **{**FACTS, "first_name": "Yvonne", **change})

    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert 'value="Yvonne"' in answer.text
    assert how_many(engine, Customer) == 0


def test_an_address_is_changed_with_whom_to_call(staff: SignedIn, engine: Engine, make: Make) -> None:
    yvette = make.customer()
    facts = {"last_name": "Legrand", "first_name": "Yvette", "address": "3 rue du Moulin", "commune": "Locon"}

    staff.post(f"{CUSTOMERS}/{yvette.id}", **FACTS, **facts, contact1_name="sa fille", contact1_phone="0639980808")

    now = again(engine, yvette)
    page = staff.read(f"{CUSTOMERS}/{yvette.id}")
    assert (now.address, now.lat) == ("3 rue du Moulin", None)
    assert 'value="sa fille"' in page
    assert 'value="06 39 98 08 08"' in page
    assert "pas encore placée" in page


def test_a_door_placed_by_hand_stays_whatever_becomes_of_the_address(
    staff: SignedIn, engine: Engine, make: Make
) -> None:
    yvette = make.customer(lat=None, lon=None)

    staff.post(f"{CUSTOMERS}/{yvette.id}/place", lat="50,51931", lon="2.6466")
    staff.post(f"{CUSTOMERS}/{yvette.id}", **FACTS, last_name="Legrand", address="3 rue du Moulin", commune="Locon")

    now = again(engine, yvette)
    assert (now.lat, now.lon, now.precision) == (50.51931, 2.6466, Precision.HAND)


@pytest.mark.parametrize(("lat", "lon"), [("", ""), ("nord", "2.6"), ("95", "2.6"), ("50.5", "200"), ("nan", "2.6")])
def test_a_door_cannot_be_placed_nowhere(staff: SignedIn, engine: Engine, make: Make, lat: str, lon: str) -> None:
    yvette = make.customer(lat=None, lon=None)

    answer = staff.post(f"{CUSTOMERS}/{yvette.id}/place", lat=lat, lon=lon)

    assert answer.status_code == 422
    assert "degrés" in plain(answer.text)
    assert "Legrand" in answer.text
    assert again(engine, yvette).lat is None


def test_customers_are_found_by_name_card_telephone_and_commune(staff: SignedIn, make: Make) -> None:
    fievet = make.customer(last_name="Fiévet", first_name="Michel", phone="06 39 98 83 20")
    make.customer(last_name="Dubois", first_name="Anne", phone="")

    for words in ("fievet", "michel fievet", fievet.card_number, "0639988320"):
        page = staff.read(f"{CUSTOMERS}?q={words}")
        assert "Fiévet" in page, words
        assert "Dubois" not in page, words
    assert "Dubois" in staff.read(f"{CUSTOMERS}?q=essars")
    assert "Aucun client ne répond" in staff.read(f"{CUSTOMERS}?q=zzz")
