import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from meloko.accounts.models import Role
from meloko.relay_points.models import RelayPoint
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in

POINTS = "/equipe/points-relais"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def sheet(point: RelayPoint, /, **changes: object) -> dict[str, object]:
    return {
        "code": point.code,
        "name": point.name,
        "kind": "café",
        "zone_id": point.zone_id,
        "address": point.address,
        "postcode": point.postcode,
        "commune": point.commune,
        "public_hours": "Tu-Sa 08:00-20:00",
        "van_hours": "07:00-10:30",
        "capacity": "14",
        "chilled_capacity": "2,5",
        "fee": "0",
        "minimum": "0",
        "fee_vat_rate": "2000",
        "active": "y",
        **changes,
    }


def again(engine: Engine, point: RelayPoint) -> RelayPoint:
    with Session(engine) as session:
        return session.get_one(RelayPoint, point.id)


def test_hours_and_room_are_changed_and_the_place_on_the_map_stays(staff: SignedIn, engine: Engine, make: Make) -> None:
    cafe = make.relay_point()

    answer = staff.post(f"{POINTS}/{cafe.id}", **sheet(cafe))

    now = again(engine, cafe)
    assert answer.status_code == 303, plain(answer.text)
    assert (now.capacity_hundredths, now.chilled_capacity_hundredths, now.lat) == (1400, 250, cafe.lat)
    assert "mardi au samedi : de 8 h à 20 h" in staff.read(POINTS)
    assert 'value="2,50"' in staff.read(f"{POINTS}/{cafe.id}")


def test_a_relay_point_that_moves_has_to_be_placed_anew(staff: SignedIn, engine: Engine, make: Make) -> None:
    cafe = make.relay_point()

    staff.post(f"{POINTS}/{cafe.id}", **sheet(cafe, commune="Locon"))

    assert again(engine, cafe).lat is None
    assert "sans place sur la carte" in staff.read(POINTS)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"public_hours": "le matin"}, "Nous ne lisons pas ces heures : « le matin »."),
        ({"van_hours": "10:30-07:00"}, "Nous ne lisons pas ces heures"),
        ({"capacity": "beaucoup"}, "Écrivez un nombre de caisses"),
        ({"name": ""}, "Donnez le nom du lieu."),
        ({"kind": "gare"}, "Choisissez dans la liste."),
    ],
)
def test_a_wrong_fact_is_said_and_what_was_typed_is_kept(
    staff: SignedIn, engine: Engine, make: Make, change: dict[str, object], sentence: str
) -> None:
    cafe = make.relay_point()

    answer = staff.post(f"{POINTS}/{cafe.id}", **sheet(cafe, host_name="Odile V., au comptoir", **change))

    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert "Odile V., au comptoir" in answer.text
    assert again(engine, cafe).host_name == cafe.host_name


def test_two_relay_points_cannot_have_one_code(staff: SignedIn, make: Make) -> None:
    cafe, farm = make.relay_point(), make.relay_point()

    answer = staff.post(f"{POINTS}/{farm.id}", **sheet(farm, code=cafe.code))

    assert answer.status_code == 422
    assert f"Le code {cafe.code} est déjà celui de {cafe.name}" in plain(answer.text)
