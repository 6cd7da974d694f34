"""A driver of whom nothing is heard, or who is not home, is called."""

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, col, select

from meloko.accounts.models import Role
from meloko.accounts.services import set_organisation
from meloko.clock import from_local, now
from meloko.delivery_days.models import DeliveryDay
from meloko.driving.models import Act, ActKind
from meloko.driving.phone_models import RoundAlarm
from meloko.driving.watching import LATE_AFTER, SILENT_AFTER, watch_rounds
from meloko.rounds.models import Round
from tests.driving.driven import Driven, said
from tests.make import Make
from tests.questions import notices
from tests.signed_in import sign_in

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def out(driven: Driven) -> Driven:
    """Give a round that left at midnight, is home the morning after, and of which we have just heard."""
    with Session(driven.engine) as session:
        row = session.get_one(Round, driven.round_id)
        row.departure_s, row.return_s = 0, 30 * 3600
        session.commit()
    driven.record(said(ActKind.START))
    return driven


def heard(driven: Driven) -> dt.datetime:
    return max(act.received_at for act in driven.acts())


def alarms(driven: Driven, *, open_only: bool = True) -> list[str]:
    with Session(driven.engine) as session:
        rows = session.exec(select(RoundAlarm).order_by(col(RoundAlarm.id))).all()
    return [row.kind.value for row in rows if row.ended_at is None or not open_only]


def test_a_driver_of_whom_nothing_is_heard_raises_one_alarm_until_he_is_heard(out: Driven, make: Make) -> None:
    make.ask(lambda session: set_organisation(session, name="Les Saules", email="depot@exemple.fr"))
    last = heard(out)

    assert make.ask(watch_rounds, last + SILENT_AFTER - MINUTE) == 0
    assert [make.ask(watch_rounds, last + SILENT_AFTER + n * MINUTE) for n in (1, 2)] == [1, 0]
    assert alarms(out) == ["silent"]
    [told] = [notice for notice in notices(out.engine) if notice.recipient == "depot@exemple.fr"]
    assert "Karim B." in told.body

    make.ask(watch_rounds, last + MINUTE)
    assert alarms(out) == []


def test_a_round_that_is_home_is_left_alone(out: Driven, make: Make) -> None:
    out.record(said(ActKind.RETURN, ago_s=1))

    assert make.ask(watch_rounds, heard(out) + SILENT_AFTER + MINUTE) == 0


def test_a_round_that_nobody_opened_raises_nothing(driven: Driven, make: Make) -> None:
    assert make.ask(watch_rounds, now() + dt.timedelta(hours=2)) == 0


def test_a_driver_who_is_not_home_in_time_is_called(out: Driven, make: Make) -> None:
    with Session(out.engine) as session:
        day = session.get_one(DeliveryDay, out.day.id).date
        session.get_one(Round, out.round_id).return_s = 12 * 3600
        session.commit()
    home = from_local(day, dt.time(12))
    with Session(out.engine) as session:
        for act in session.exec(select(Act)):
            act.received_at = home
        session.commit()

    assert make.ask(watch_rounds, home + LATE_AFTER - MINUTE) == 0
    assert make.ask(watch_rounds, home + LATE_AFTER + MINUTE) == 1
    assert alarms(out) == ["late"]


def test_staff_see_whom_to_call_and_a_silence_after_the_call_is_another_alarm(
    out: Driven, make: Make, client: FlaskClient
) -> None:
    staff = sign_in(client, make.user(Role.STAFF, name="Nadia L."))
    make.ask(watch_rounds, heard(out) + SILENT_AFTER + MINUTE)
    assert "Tournée A, Karim B. : à appeler" in staff.read("/equipe/")
    with Session(out.engine) as session:
        alarm_id = session.exec(select(RoundAlarm.id)).one()

    assert staff.post(f"/equipe/livreurs/alarmes/{alarm_id}/appel").status_code == 303

    assert "à appeler" not in staff.read("/equipe/")
    assert "par Nadia L." in staff.read("/equipe/livreurs")
    make.ask(watch_rounds, now() + SILENT_AFTER + 2 * MINUTE)
    assert alarms(out, open_only=False) == ["silent", "silent"]
    assert alarms(out) == ["silent"]
