import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from meloko.accounts.models import Role
from meloko.accounts.services import set_organisation
from meloko.rounds.models import Vehicle, VehicleKind
from meloko.rounds.vehicles import list_vehicles, other_zones_of
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in

VEHICLES = "/equipe/tournees/vehicules"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def _fields(depot: int, **changed: str) -> dict[str, object]:
    fields: dict[str, object] = {
        "code": "V9", "name": "Voiture de Paul", "plate": "", "kind": "van", "depot_id": str(depot),
        "driver_id": "", "works_from": "8h", "works_until": "12h30", "crates": "4", "chilled": "1,5", "cost": "0,32",
        "speed": "100", "active": "1",
    }  # fmt: skip
    return fields | changed


def _is(engine: Engine, legal_form: str) -> None:
    with Session(engine) as session:
        set_organisation(session, name="Épicerie", legal_form=legal_form)
        session.commit()


def test_a_vehicle_is_added_changed_and_retired(staff: SignedIn, make: Make, engine: Engine) -> None:
    depot = make.depot()
    other = make.zone()

    assert staff.post(f"{VEHICLES}/nouveau", **_fields(depot.id, zones=str(other.id))).status_code == 303
    with Session(engine) as session:
        vehicle = session.exec(select(Vehicle)).one()
    assert (vehicle.crates_hundredths, vehicle.chilled_hundredths, vehicle.cost_cents_per_km) == (400, 150, 32)
    assert make.ask(list_vehicles)[0].zones == (other.name,)
    retired = _fields(depot.id, works_until="11:00")
    del retired["active"]
    assert staff.post(f"{VEHICLES}/{vehicle.id}", **retired).status_code == 303

    with Session(engine) as session:
        vehicle = session.exec(select(Vehicle)).one()
    assert (vehicle.active, vehicle.works_until.hour) == (False, 11)
    assert make.ask(other_zones_of, vehicle.id) == frozenset()
    assert "arrêté" in staff.read(VEHICLES)


def test_the_car_of_a_volunteer_is_for_an_association_only(staff: SignedIn, make: Make, engine: Engine) -> None:
    depot = make.depot()
    car = _fields(depot.id, kind="volunteer car")
    _is(engine, "SARL")

    refused = staff.post(f"{VEHICLES}/nouveau", **car)
    assert refused.status_code == 422
    assert "Seule une association" in plain(refused.text)
    _is(engine, "Association loi 1901")
    assert staff.post(f"{VEHICLES}/nouveau", **car).status_code == 303

    with Session(engine) as session:
        assert session.exec(select(Vehicle.kind)).one() is VehicleKind.VOLUNTEER_CAR


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"works_from": "13h"}, "La fin vient après le début"),
        ({"works_from": ""}, "Écrivez l’heure ainsi"),
        ({"works_until": "midi"}, "Écrivez l’heure ainsi"),
        ({"crates": "-3"}, "Écrivez un nombre de caisses"),
        ({"depot_id": "999999"}, "Choisissez dans la liste."),
        ({"driver_id": "999999"}, "Choisissez dans la liste."),
        ({"speed": "0"}, "de 10 à 150"),
        ({"name": ""}, "Donnez un nom au véhicule."),
        ({"code": "v1"}, "est déjà celui de"),
    ],
)
def test_a_vehicle_that_makes_no_sense_is_refused_beside_its_field(
    staff: SignedIn, make: Make, engine: Engine, changed: dict[str, str], sentence: str
) -> None:
    depot = make.depot()
    with Session(engine) as session:
        session.add(make.vehicle(depot))
        session.exec(select(Vehicle)).one().code = "V1"
        session.commit()

    answer = staff.post(f"{VEHICLES}/nouveau", **_fields(depot.id, **changed))

    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert 'value="Voiture de Paul"' in answer.text or "name" in changed
