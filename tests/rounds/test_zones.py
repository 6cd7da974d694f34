import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, update

from meloko.accounts.models import Role
from meloko.clock import now
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.rounds.models import BuildState, RoundBuild
from meloko.rounds.services import newest_build
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def _closed(make: Make, engine: Engine, count: int) -> list[DeliveryDay]:
    depot = make.depot()
    days = [make.day(zone=make.zone(depot)) for _ in range(count)]
    with Session(engine) as session:
        ids = [day.id for day in days]
        closed = {"state": DayState.CLOSED, "cut_off_at": now() - dt.timedelta(hours=1)}
        session.exec(update(DeliveryDay).where(col(DeliveryDay.id).in_(ids)).values(closed))
        session.commit()
    return days


def _builds(make: Make, days: list[DeliveryDay]) -> list[RoundBuild | None]:
    return [make.ask(newest_build, day.id) for day in days]


def test_all_zones_of_a_date_are_asked_for_at_once_and_each_says_how_far_it_is(
    staff: SignedIn, make: Make, engine: Engine
) -> None:
    days = _closed(make, engine, 3)

    answer = staff.post(f"/equipe/tournees/jour/{days[0].id}/secteurs")
    with Session(engine) as session:
        done = {"state": BuildState.BUILDING, "step": "Recherche du meilleur ordre", "done": 1200, "of": 5000}
        session.exec(update(RoundBuild).where(col(RoundBuild.delivery_day_id) == days[1].id).values(done))
        session.commit()
    page = staff.read(answer.headers["Location"])

    assert answer.status_code == 303
    assert all(build is not None and build.state is not BuildState.FAILED for build in _builds(make, days))
    assert "Le calcul de 3 secteurs est demandé." in page
    assert "1200 sur 5000" in page
    assert page.count("<progress") == 3
    again = staff.post(f"/equipe/tournees/jour/{days[0].id}/secteurs")
    assert again.status_code == 409
    assert "Aucun secteur de cette date n’est à calculer" in plain(again.text)


def test_one_zone_is_stopped_and_taken_up_again_while_the_others_go_on(
    staff: SignedIn, make: Make, engine: Engine
) -> None:
    days = _closed(make, engine, 2)
    staff.post(f"/equipe/tournees/jour/{days[0].id}/secteurs")

    stopped = staff.post(f"/equipe/tournees/jour/{days[1].id}/arreter", depuis=days[0].id)

    assert stopped.headers["Location"].endswith(f"jour={days[0].id}")
    first, second = _builds(make, days)
    assert first is not None
    assert second is not None
    assert (first.stop_asked, second.stop_asked) == (False, True)
    with Session(engine) as session:
        ended = {"state": BuildState.BUILT, "stopped_early": True}
        session.exec(update(RoundBuild).where(col(RoundBuild.id) == second.id).values(ended))
        session.commit()
    page = staff.read(f"/equipe/tournees?jour={days[0].id}")
    assert "Reprendre" in page
    staff.post(f"/equipe/tournees/jour/{days[1].id}", depuis=days[0].id)
    renewed = _builds(make, days)[1]
    assert renewed is not None
    assert (renewed.id != second.id, renewed.state) == (True, BuildState.ASKED)


def test_a_date_with_one_zone_shows_no_list_of_zones(staff: SignedIn, make: Make, engine: Engine) -> None:
    [day] = _closed(make, engine, 1)

    assert "Les secteurs du" not in staff.read(f"/equipe/tournees?jour={day.id}")
