import datetime as dt
from typing import Any

import pytest
import time_machine
from sqlmodel import Session, select

from meloko.accounts.models import Role
from meloko.clock import from_local
from meloko.driving.models import ActKind
from meloko.rounds.models import Round, StopReport
from meloko.rounds.reporting import Hours, Reported, report_hours
from tests.driving.driven import Driven, drive, said
from tests.make import Make

HOUR, DAY = 3600, dt.date(2026, 11, 26)


@pytest.fixture
def driven(make: Make) -> Driven:
    with time_machine.travel(from_local(DAY, dt.time(6))):
        return drive(make)


def _at(hour: int, minute: int = 0) -> dict[str, Any]:
    return {"said_at": from_local(DAY, dt.time(hour, minute))}


def _reports(driven: Driven) -> dict[int, tuple[int | None, int | None]]:
    with Session(driven.engine) as session:
        return {row.stop_id: (row.arrival_s, row.departure_s) for row in session.exec(select(StopReport))}


def test_the_hours_of_acts_are_reported_and_taken_back_with_them(driven: Driven) -> None:
    one, cafe, three = driven.stops
    first, last = driven.orders[0], driven.orders[3]
    here = said(ActKind.ARRIVED, stop_id=one, **_at(8, 5))
    with time_machine.travel(from_local(DAY, dt.time(12))):
        driven.record(
            said(ActKind.START, **_at(7)),
            here,
            said(ActKind.DELIVERED, first, **_at(8, 10)),
            said(ActKind.ARRIVED, stop_id=cafe, **_at(8, 30)),
            said(ActKind.LEFT, stop_id=cafe, **_at(8, 40)),
            said(ActKind.DELIVERED, last, **_at(9)),
            said(ActKind.RETURN, **_at(11)),
        )
        assert _reports(driven) == {
            one: (8 * HOUR + 300, 8 * HOUR + 600),
            cafe: (8 * HOUR + 1800, 8 * HOUR + 2400),
            three: (None, 9 * HOUR),
        }
        with Session(driven.engine) as session:
            row = session.get_one(Round, driven.round_id)
            assert (row.reported_departure_s, row.reported_return_s) == (7 * HOUR, 11 * HOUR)

        driven.record(said(ActKind.UNDO, undoes=here.uuid, **_at(11, 30)))

        assert _reports(driven)[one] == (None, 8 * HOUR + 600)


def test_hours_that_somebody_wrote_down_hold_against_the_phone(driven: Driven, make: Make) -> None:
    one = driven.stops[0]
    staff = make.user(Role.STAFF)
    with time_machine.travel(from_local(DAY, dt.time(12))):
        by_hand = Reported(7 * HOUR + 60, None, {one: Hours(8 * HOUR, None)})
        make.ask(report_hours, driven.round_id, by_hand, by=staff.id)

        driven.record(
            said(ActKind.START, **_at(7)),
            said(ActKind.ARRIVED, stop_id=one, **_at(8, 5)),
            said(ActKind.RETURN, **_at(11)),
        )

        assert _reports(driven) == {one: (8 * HOUR, None)}
        with Session(driven.engine) as session:
            row = session.get_one(Round, driven.round_id)
            assert (row.reported_departure_s, row.reported_return_s) == (7 * HOUR + 60, 11 * HOUR)


def test_the_hours_of_a_wrong_clock_are_put_right(driven: Driven) -> None:
    one = driven.stops[0]
    with time_machine.travel(from_local(DAY, dt.time(12)), tick=False):
        driven.record(said(ActKind.ARRIVED, stop_id=one, **_at(11, 5)), sent_at=from_local(DAY, dt.time(15)))

    assert _reports(driven) == {one: (8 * HOUR + 300, None)}
