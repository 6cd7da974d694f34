import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.models import Role
from meloko.clock import today
from meloko.delivery_days.models import DeliveryDay
from meloko.rounds.models import Stop, StopReport
from meloko.rounds.punctuality import Punctuality, punctuality
from tests.make import Make
from tests.rounds.rounds import HOUR, Halt, put_round
from tests.signed_in import sign_in


@pytest.mark.parametrize("days_ago", [1, 40])
def test_arrivals_in_the_promised_hours_are_counted(make: Make, engine: Engine, days_ago: int) -> None:
    depot, driver = make.depot(), make.user(Role.DRIVER)
    homes = [make.customer(last_name=f"Voisin {n}") for n in range(4)]
    day = make.day(zone=make.zone(depot))
    put_round(engine, day, 1, make.vehicle(depot), driver, [Halt(home) for home in homes])
    # Promised from the planned arrival for an hour: in time, too late, before the window opens, not reported.
    strays = (600, HOUR + 60, -1_200, None)
    with Session(engine) as session:
        session.get_one(DeliveryDay, day.id).date = today() - dt.timedelta(days=days_ago)
        for stop, stray in zip(session.exec(select(Stop).order_by(col(Stop.position))).all(), strays, strict=True):
            arrival_s = None if stray is None else stop.arrival_s + stray
            session.add(StopReport(stop_id=stop.id, arrival_s=arrival_s, reported_by=driver.id))
        session.commit()

    assert make.ask(punctuality, today()) == (Punctuality(3, 2) if days_ago == 1 else Punctuality(0, 0))


@pytest.mark.parametrize(
    ("reported", "inside", "words"),
    [
        (10, 9, "trop peu d’arrivées"),
        (100, 60, "ne tiennent pas"),
        (100, 82, "comme il faut"),
        (100, 97, "plus étroites"),
    ],
)
def test_the_share_is_judged_in_words(reported: int, inside: int, words: str) -> None:
    assert words in Punctuality(reported, inside).judgement


def test_the_morning_says_when_no_hour_was_reported(client: FlaskClient, make: Make) -> None:
    make.day(make.relay_point())
    staff = sign_in(client, make.user(Role.STAFF))

    assert "Aucune heure n’est encore notée" in staff.read("/equipe/")
