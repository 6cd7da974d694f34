import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, col, select, update

from meloko.accounts.models import AuditEntry
from meloko.customers.models import Customer
from meloko.jobs import DrawRounds
from meloko.orders.services import find_order
from meloko.outbox import Outbox
from meloko.roads.models import Precision
from meloko.roads.view import View
from meloko.rounds.asking import Asked
from meloko.rounds.exceptions import NotAnException, Spot, leave_at_relay, place_home
from meloko.rounds.forms import clicked, read_spot
from meloko.rounds.services import day_count
from meloko.rounds.shaping import save
from tests.make import Make
from tests.rounds.shaped import Shaped, shaped_day
from tests.signed_in import SignedIn, plain, sign_in

OUT = "/equipe/tournees/hors-tournee"


@pytest.fixture
def day(make: Make) -> Shaped:
    return shaped_day(make)


@pytest.fixture
def staff(client: FlaskClient, day: Shaped) -> SignedIn:
    return sign_in(client, day.staff)


def test_a_door_placed_by_a_click_wins_for_ever_and_is_measured(make: Make, staff: SignedIn, day: Shaped) -> None:
    order = day.orders[5]
    with Session(make.engine) as session:
        unplaced = {"lat": None, "lon": None, "precision": Precision.NONE}
        session.exec(update(Customer).where(col(Customer.id) == day.people[5].id).values(unplaced))
        session.commit()

    seen = staff.read(f"{OUT}/{order}/carte?lat=50.530000&lon=2.660000&m=3000&grand.x=480&grand.y=115")
    answer = staff.post(f"{OUT}/{order}/carte", lat="50.5362", lon="2.6706")

    assert 'name="m" value="1000"' in seen
    assert answer.status_code == 303
    assert "est placée, pour toujours" in staff.read(answer.headers["Location"])
    with Session(make.engine) as session:
        home = session.exec(select(Customer).where(col(Customer.id) == day.people[5].id)).one()
        assert (home.lat, home.lon, home.precision) == (50.5362, 2.6706, Precision.HAND)
        assert session.exec(select(Outbox).where(col(Outbox.name) == DrawRounds.name)).first() is not None
    [listed] = make.ask(day_count, day.day.id).exceptions
    assert listed.sentence == "placée sur la carte : à mettre en tournée"


def test_a_click_is_the_point_that_was_seen_and_the_map_comes_nearer() -> None:
    spot = Spot(50.53, 2.66, 3_000)
    view = View.centred((50.53, 2.66), 3_000, 640, 460)

    there = clicked({"grand.x": "480", "grand.y": "115"}, spot)

    right, down = view.spot((there.lat, there.lon))
    assert (round(right), round(down)) == (480, 115)
    assert there.metres == 1_000
    assert (there.lat > spot.lat, there.lon > spot.lon) == (True, True)
    for strange in (
        {"grand.x": "-5", "grand.y": "9"},
        {"grand.x": "0", "grand.y": "0"},
        {"petit.x": "9e9", "petit.y": ""},
    ):
        stays = clicked(strange, spot)
        assert (stays.lat, stays.lon) == (spot.lat, spot.lon)


@pytest.mark.parametrize(
    "sent",
    [{}, {"lat": "x", "lon": "2"}, {"lat": "99", "lon": "2"}, {"lat": "nan", "lon": "2"}, {"lat": "50", "lon": "inf"}],
)
def test_what_is_no_point_is_none(sent: dict[str, str]) -> None:
    assert read_spot(sent) is None


def test_an_order_goes_to_a_relay_point_the_same_and_never_dearer(make: Make, staff: SignedIn, day: Shaped) -> None:
    order = day.orders[5]
    relay = day.relay

    answer = staff.post(f"{OUT}/{order}/relais", relay_point_id=relay.id)

    assert answer.status_code == 303
    moved = make.ask(find_order, order)
    assert (moved.relay_point_id, moved.home, moved.place_name) == (relay.id, False, relay.name)
    assert make.ask(day_count, day.day.id).closes
    assert f"elle ira à {relay.name}" in staff.read(answer.headers["Location"])
    full = make.relay_point(zone=day.zone)
    refused = staff.post(f"{OUT}/{order}/relais", relay_point_id=full.id)
    assert refused.status_code == 409


def test_a_call_is_noted_with_the_order_and_its_number_is_shown(make: Make, staff: SignedIn, day: Shaped) -> None:
    order = day.orders[5]

    page = staff.read(f"{OUT}/{order}")
    nothing = staff.post(f"{OUT}/{order}/appel", note="   ")
    done = staff.post(f"{OUT}/{order}/appel", note="Rappelle ce soir")

    assert "03 53 01 66 05" in page
    assert nothing.status_code == 422
    assert "Écrivez ce qui a été dit" in plain(nothing.text)
    assert "Rappelle ce soir" in staff.read(done.headers["Location"])
    with Session(make.engine) as session:
        calls = session.exec(select(AuditEntry).where(col(AuditEntry.act) == "order.called")).all()
    assert [(call.user_id, call.after) for call in calls] == [(day.staff.id, {"note": "Rappelle ce soir"})]


def test_an_order_on_a_round_is_no_exception(make: Make, staff: SignedIn, day: Shaped) -> None:
    make.ask(save, day.round(1).id, Asked("ajouter", order_id=day.orders[5], at_best=True), by=day.staff.id)

    for order in day.orders:
        assert staff.get(f"{OUT}/{order}").status_code == 409
        with pytest.raises(NotAnException):
            make.ask(place_home, order, 50.5, 2.6, by=day.staff.id)
        with pytest.raises(NotAnException):
            make.ask(leave_at_relay, order, day.relay.id, by=day.staff.id)
    assert staff.get(f"{OUT}/999999").status_code == 404
