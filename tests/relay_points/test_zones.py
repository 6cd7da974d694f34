"""What delivery costs: written by staff, read by customers before they check their order."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from meloko.accounts.models import Role
from meloko.orders.models import Order
from meloko.relay_points.models import Zone
from tests import questions
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in
from tests.visitor import Visitor, value_of, words

ZONES = "/equipe/points-relais/secteurs"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def sheet(zone: Zone, **changes: object) -> dict[str, object]:
    return {"name": zone.name, "fee": "0", "minimum": "0", "fee_vat_rate": "2000", **changes}


def kept(engine: Engine, zone: Zone) -> tuple[str, int, int, int]:
    with Session(engine) as session:
        now = session.get_one(Zone, zone.id)
        return now.name, now.fee_cents, now.minimum_cents, now.fee_vat_rate_bp


def test_what_staff_write_is_what_a_customer_reads_and_pays(
    staff: SignedIn, client: FlaskClient, make: Make, engine: Engine
) -> None:
    day, leeks = make.day(), make.product(name="Poireaux", price_cents=1_000)
    with Session(engine) as session:
        zone = session.get_one(Zone, day.zone_id)

    answer = staff.post(f"{ZONES}/{zone.id}", **sheet(zone, fee="3,60 €", minimum="15", fee_vat_rate="1000"))

    assert answer.status_code == 303, plain(answer.text)
    assert "3,60 €" in staff.read(ZONES)
    visitor = Visitor(client.application.test_client())
    visitor.sign_in(engine, make.customer(email="yvette@meloko.example"))
    visitor.order(leeks.code, 1)
    places = words(visitor.open("/commander/jour-et-lieu"))
    assert "Livraison 3,60 €, à partir de 15,00 € de produits" in places
    visitor.send("/commander/jour-et-lieu", day=day.id, place="home")
    assert "il manque 5,00 €" in words(visitor.open("/commander/verifier"))
    visitor.order(leeks.code, 2)
    check = visitor.open("/commander/verifier")
    visitor.send("/commander/verifier", key=value_of(check, "key"), seen=value_of(check, "seen"))
    order = questions.only(engine, Order)
    assert (order.fee_cents, order.fee_vat_rate_bp, order.total_cents) == (360, 1000, 2_360)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Donnez un nom au secteur."),
        ({"name": "é" * 10_000}, "C’est trop long pour nous : 80 signes au plus."),
        ({"fee": ""}, "Écrivez une somme en euros, de 0 à 100"),
        ({"fee": "-1"}, "Écrivez une somme en euros, de 0 à 100"),
        ({"fee": "100,01"}, "Écrivez une somme en euros, de 0 à 100"),
        ({"fee": "gratuit 🙂"}, "Écrivez une somme en euros, de 0 à 100"),
        ({"fee": "1,555"}, "Écrivez une somme en euros, de 0 à 100"),
        ({"minimum": "1" * 10_000}, "Écrivez une somme en euros, de 0 à 10 000"),
        ({"minimum": "10000,01"}, "Écrivez une somme en euros, de 0 à 10 000"),
        ({"fee_vat_rate": "2001"}, "Choisissez dans la liste."),
        ({"fee_vat_rate": ""}, "Choisissez dans la liste."),
    ],
)
def test_a_wrong_sum_is_said_beside_its_field_and_nothing_is_lost(
    staff: SignedIn, engine: Engine, make: Make, change: dict[str, object], sentence: str
) -> None:
    zone = make.zone()
    before = kept(engine, zone)

    answer = staff.post(f"{ZONES}/{zone.id}", **{**sheet(zone, fee="2,50", minimum="12"), **change})

    assert answer.status_code == 422
    assert f'id="{next(iter(change))}-error"' in answer.text
    assert sentence in plain(answer.text)
    assert ('value="2,50"' in answer.text) is ("fee" not in change)
    assert kept(engine, zone) == before


def test_two_zones_cannot_have_one_name(staff: SignedIn, engine: Engine, make: Make) -> None:
    bethune, locon = make.zone(), make.zone()

    answer = staff.post(f"{ZONES}/{locon.id}", **sheet(locon, name=bethune.name.upper()))

    assert answer.status_code == 422
    assert "Un autre secteur s’appelle déjà" in plain(answer.text)
    assert kept(engine, locon)[0] == locon.name


def test_a_zone_that_nobody_knows_is_not_found(staff: SignedIn) -> None:
    assert staff.get(f"{ZONES}/999999").status_code == 404
