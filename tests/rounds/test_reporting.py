import datetime as dt
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.models import AuditEntry, Role, User
from meloko.clock import from_local, today
from meloko.delivery_days.models import DeliveryDay
from meloko.errors import NotFound
from meloko.rounds.forms import read_hour
from meloko.rounds.models import Round, RoundState, Stop, StopReport
from meloko.rounds.reporting import Hours, NotDrivenYet, Reported, TooLateToSay, report_hours
from tests.make import Make
from tests.rounds.rounds import HOUR, Halt, put_round
from tests.signed_in import plain, sign_in

NINE = 9 * HOUR


@dataclass
class Driven:
    """Yesterday's round of three homes."""

    engine: Engine
    round_id: int
    driver: User
    stops: list[int]

    def reports(self) -> dict[int, tuple[int | None, int | None]]:
        with Session(self.engine) as session:
            return {row.stop_id: (row.arrival_s, row.departure_s) for row in session.exec(select(StopReport))}

    def move(self, days: int) -> None:
        with Session(self.engine) as session:
            session.exec(select(DeliveryDay)).one().date = today() + dt.timedelta(days=days)
            session.commit()


@pytest.fixture
def driven(make: Make, engine: Engine) -> Driven:
    depot, driver = make.depot(), make.user(Role.DRIVER, name="Karim B.")
    day, leeks = make.day(zone=make.zone(depot), in_days=0), make.product()
    customers = [make.customer(last_name=name) for name in ("Carlier", "Legrand", "Wattel")]
    halts = [Halt(each, [make.order(each, day, None, {leeks.id: 1}).order_id]) for each in customers]
    round_id = put_round(engine, day, 1, make.vehicle(depot), driver, halts)
    with Session(engine) as session:
        stops = list(session.exec(select(Stop.id).order_by(col(Stop.position))))
    found = Driven(engine, round_id, driver, stops)
    found.move(-1)
    return found


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("9h05", 32_700),
        ("9:05", 32_700),
        ("0905", 32_700),
        ("905", 32_700),
        ("9 h 05", 32_700),
        ("9h", NINE),
        ("", None),
    ],
)
def test_an_hour_may_be_written_as_people_write_it(words: str, seconds: int | None) -> None:
    assert read_hour(words) == seconds


@pytest.mark.parametrize("words", ["25h", "9h60", "neuf", "9h5", "-9h", "9h05m", "٩h05", "99999"])
def test_what_is_no_hour_is_not_guessed(words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_hour(words)


def test_a_line_that_makes_no_sense_is_refused_and_the_others_are_kept(make: Make, driven: Driven) -> None:
    one, two, three = driven.stops
    said = Reported(8 * HOUR, 13 * HOUR, {one: Hours(NINE, NINE + 300), two: Hours(NINE - 600, None), three: Hours()})

    wrong = make.ask(report_hours, driven.round_id, said, by=driven.driver.id)

    assert wrong == {f"arrivee-{two}": "8 h 50 est avant la fin de l’arrêt 1, à 9 h 05."}
    assert driven.reports() == {one: (NINE, NINE + 300)}


def test_stops_of_another_order_are_believed_when_the_driver_says_so(make: Make, driven: Driven) -> None:
    one, two, three = driven.stops
    swapped = {one: Hours(10 * HOUR, 10 * HOUR + 300), two: Hours(NINE, NINE + 300)}

    assert make.ask(report_hours, driven.round_id, Reported(None, None, swapped), by=driven.driver.id)
    assert not make.ask(report_hours, driven.round_id, Reported(None, None, swapped, True), by=driven.driver.id)
    overlapping = {three: Hours(NINE + 100, NINE + 500)}
    assert make.ask(report_hours, driven.round_id, Reported(None, None, overlapping, True), by=driven.driver.id)

    assert driven.reports() == {one: (36_000, 36_300), two: (NINE, NINE + 300)}


def test_a_correction_leaves_what_was_said_before_in_the_audit(make: Make, driven: Driven) -> None:
    one = driven.stops[0]
    for hours in (Hours(NINE, None), Hours(NINE + 600, None), Hours(NINE + 600, None), Hours()):
        make.ask(report_hours, driven.round_id, Reported(None, None, {one: hours}), by=driven.driver.id)

    with Session(driven.engine) as session:
        entries = session.exec(select(AuditEntry).where(col(AuditEntry.act) == "stop.hours").order_by("id")).all()
        state = session.get_one(Round, driven.round_id).state
    assert [(e.before and e.before["arrival_s"], e.after and e.after["arrival_s"]) for e in entries] == [
        (None, NINE),
        (NINE, NINE + 600),
        (NINE + 600, None),
    ]
    assert state is RoundState.LOCKED


def test_hours_that_have_not_come_are_refused(make: Make, driven: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    one = driven.stops[0]
    driven.move(0)
    monkeypatch.setattr("meloko.rounds.reporting.now", lambda: from_local(today(), dt.time(10)))

    said = Reported(None, None, {one: Hours(NINE, 11 * HOUR)})
    assert list(make.ask(report_hours, driven.round_id, said, by=driven.driver.id)) == [f"fin-{one}"]
    driven.move(1)
    with pytest.raises(NotDrivenYet):
        make.ask(report_hours, driven.round_id, said, by=driven.driver.id)


def test_a_driver_reports_his_own_rounds_until_the_day_after(make: Make, driven: Driven) -> None:
    said = Reported(None, None, {driven.stops[0]: Hours(NINE, None)})
    other = make.user(Role.DRIVER).id

    with pytest.raises(NotFound):
        make.ask(report_hours, driven.round_id, said, by=other, driver_id=other)
    assert not make.ask(report_hours, driven.round_id, said, by=driven.driver.id, driver_id=driven.driver.id)
    driven.move(-2)
    with pytest.raises(TooLateToSay):
        make.ask(report_hours, driven.round_id, said, by=driven.driver.id, driver_id=driven.driver.id)


def test_staff_key_the_hours_line_by_line_and_see_errors_beside_the_field(
    client: FlaskClient, make: Make, driven: Driven
) -> None:
    staff = sign_in(client, make.user(Role.STAFF))
    address = f"/equipe/tournees/{driven.round_id}/heures"
    one, two, _ = driven.stops
    staff.read(address)

    answer = staff.post(address, **{f"arrivee-{one}": "9h05", f"fin-{one}": "0910", f"arrivee-{two}": "midi"})

    assert answer.status_code == 422
    assert 'value="midi"' in answer.text
    assert "Écrivez l’heure ainsi : 9h05, 9:05 ou 0905." in plain(answer.text)
    assert driven.reports() == {one: (NINE + 300, NINE + 600)}
    assert 'value="9h05"' in staff.read(address)
    assert staff.post(address, **{f"arrivee-{two}": "9:40"}).status_code == 303
    assert driven.reports()[two] == (NINE + 2_400, None)


def test_a_driver_notes_his_hours_on_his_own_page(client: FlaskClient, driven: Driven) -> None:
    driver = sign_in(client, driven.driver)
    address = f"/livreur/tournees/{driven.round_id}/heures"

    assert "Noter mes heures" in driver.read(f"/livreur/tournees/{driven.round_id}")
    assert "Mme Carlier Yvette" in driver.read(address)
    assert driver.post(address, depart="7h30", retour="12h").status_code == 303

    with Session(driven.engine) as session:
        row = session.get_one(Round, driven.round_id)
    assert (row.reported_departure_s, row.reported_return_s) == (27_000, 43_200)
