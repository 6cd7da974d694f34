import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.accounts.models import Role
from meloko.clock import local, now, today
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.closing import close_day
from meloko.relay_points.models import RelayClosure
from tests.make import Make
from tests.questions import day as the_day
from tests.questions import how_many
from tests.signed_in import SignedIn, plain, sign_in

DAYS = "/equipe/jours"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def cut_off(moment: dt.datetime) -> dict[str, str]:
    wall = local(moment)
    return {"cut_off_day": f"{wall:%Y-%m-%d}", "cut_off_hour": f"{wall:%H:%M}"}


def new_day(zone_id: int, /, **changes: object) -> dict[str, object]:
    date = today() + dt.timedelta(days=5)
    return {
        "date": date,
        "zone_id": zone_id,
        "opens_day": today(),
        "opens_hour": "00:00",
        "cut_off_day": date - dt.timedelta(days=2),
        "cut_off_hour": "20:00",
        "grace_minutes": "10",
        "homes_from": "09:00",
        "homes_until": "13:00",
        "homes_served": "y",
        **changes,
    }


def test_a_day_is_opened_with_the_places_that_were_ticked(staff: SignedIn, make: Make) -> None:
    zone = make.zone()
    cafe, farm = make.relay_point(zone, name="Café de la Place"), make.relay_point(zone, name="Ferme du Préolan")

    answer = staff.post(f"{DAYS}/nouveau", **new_day(zone.id, relay_points=[cafe.id]))

    assert answer.status_code == 303, plain(answer.text)
    page = staff.read(answer.location)
    assert "Café de la Place" in page
    assert farm.name not in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"date": "jeudi"}, "Écrivez un jour, par exemple 26/11/2026."),
        ({"date": "0001-01-01"}, "L’année ne peut pas être la bonne."),
        ({"cut_off_hour": "midi"}, "Écrivez une heure, par exemple 20:00."),
        ({"grace_minutes": "90"}, "Écrivez un nombre de minutes, de 0 à 60."),
        ({"homes_from": "14:00"}, "Les heures à domicile doivent aller du plus tôt au plus tard."),
        ({"cut_off_day": "2090-01-01"}, "La clôture doit venir avant la livraison."),
        ({"cut_off_day": "2026-10-25", "cut_off_hour": "02:30"}, "on change d’heure"),
        ({"zone_id": "99999"}, "Choisissez dans la liste."),
    ],
)
def test_a_day_that_cannot_be_is_refused_in_words(
    staff: SignedIn, engine: Engine, make: Make, change: dict[str, object], sentence: str
) -> None:
    answer = staff.post(f"{DAYS}/nouveau", **new_day(make.zone().id, **change))

    assert answer.status_code in (409, 422)
    assert sentence in plain(answer.text)
    assert how_many(engine, DeliveryDay) == 0


def test_a_cut_off_that_is_moved_is_said_on_the_wall_clock(staff: SignedIn, engine: Engine, make: Make) -> None:
    day = make.day(closes_in=dt.timedelta(hours=3))
    later = now() + dt.timedelta(hours=8)

    answer = staff.post(f"{DAYS}/{day.id}", **cut_off(later))

    moved = the_day(engine, day.id)
    assert answer.status_code == 303
    assert moved.cut_off_at == later.replace(second=0, microsecond=0)
    assert moved.cut_off_local != day.cut_off_local


def test_the_cut_off_of_a_closed_day_stays(staff: SignedIn, engine: Engine, make: Make) -> None:
    day = make.day(closes_in=-dt.timedelta(hours=1))
    make.ask(close_day, day.id, now())

    answer = staff.post(f"{DAYS}/{day.id}", **cut_off(now() + dt.timedelta(hours=2)))

    assert answer.status_code == 409
    assert "sa clôture ne change plus" in plain(answer.text)
    assert the_day(engine, day.id).cut_off_at == day.cut_off_at


def test_a_cut_off_after_the_delivery_is_refused(staff: SignedIn, engine: Engine, make: Make) -> None:
    day = make.day(in_days=2)

    answer = staff.post(f"{DAYS}/{day.id}", **cut_off(now() + dt.timedelta(days=9)))

    assert answer.status_code == 422
    assert "avant la livraison" in plain(answer.text)
    assert the_day(engine, day.id).cut_off_at == day.cut_off_at


def test_a_closure_that_touches_orders_says_which_days_and_waits_for_a_yes(
    staff: SignedIn, engine: Engine, make: Make
) -> None:
    cafe = make.relay_point(name="Café de la Place")
    day = make.day(cafe, in_days=3)
    make.order(make.customer(), day, cafe, {make.product().id: 1})
    closure = {"first_day": day.date, "last_day": day.date + dt.timedelta(days=1), "reason": "congés"}
    address = f"{DAYS}/fermetures/{cafe.id}"

    refused = staff.post(address, **closure)
    noted = staff.post(address, **closure, confirmed="y")

    assert refused.status_code == 409
    assert "Des commandes sont déjà attendues à Café de la Place" in plain(refused.text)
    assert 'value="congés"' in refused.text
    assert noted.status_code == 303
    assert how_many(engine, RelayClosure) == 1
    assert f"{cafe.name} est fermé" in staff.read(f"/equipe/?jour={day.id}")


def test_a_closure_without_orders_is_noted_and_taken_back(staff: SignedIn, engine: Engine, make: Make) -> None:
    cafe = make.relay_point()
    address = f"{DAYS}/fermetures/{cafe.id}"
    first = today() + dt.timedelta(days=20)

    staff.post(address, first_day=first, last_day=first)
    page = staff.read(address)
    closure_id = page.split(f"/fermetures/{cafe.id}/")[1].split("/")[0]
    staff.post(f"{address}/{closure_id}/enlever")

    assert how_many(engine, RelayClosure) == 0


def test_a_closure_that_ends_before_it_begins_is_refused(staff: SignedIn, engine: Engine, make: Make) -> None:
    cafe = make.relay_point()

    answer = staff.post(f"{DAYS}/fermetures/{cafe.id}", first_day=today(), last_day=today() - dt.timedelta(days=1))

    assert answer.status_code == 422
    assert "vient avant le premier" in plain(answer.text)
    assert how_many(engine, RelayClosure) == 0
