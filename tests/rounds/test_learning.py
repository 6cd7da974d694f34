import datetime as dt

from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from meloko.accounts.models import Role, User
from meloko.clock import now, today
from meloko.jobs import LearnTimes
from meloko.orders.closing import close_day
from meloko.rounds.building import Tools
from meloko.rounds.learning import ask_learning, learn_times, legs_of
from meloko.rounds.learnt import what_is_learnt
from meloko.rounds.models import Learning, Round, SpeedFactor, Stop, StopReport, StopTime
from meloko.rounds.services import ask_build, list_rounds
from tests import questions
from tests.make import Make
from tests.rounds.rounds import HOUR, Halt, put_round
from tests.rounds.test_building import LATER, Valley, _run
from tests.rounds.test_building import doors as doors
from tests.rounds.test_building import tools as tools
from tests.rounds.test_building import valley_roads as valley_roads
from tests.signed_in import sign_in

NIGHT = dt.datetime.combine(today(), dt.time(4), dt.UTC)


def _season(make: Make, engine: Engine, rounds: int, *, leg_s: int, stop_s: int, classes: dict[str, int]) -> None:
    """Put in rounds of four homes, a leg of `leg_s` and a halt of `stop_s` each, as drivers reported them."""
    depot, driver = make.depot(), make.user(Role.DRIVER)
    zone, vehicle = make.zone(depot), make.vehicle(depot)
    homes = [make.customer(last_name=f"Voisin {n}") for n in range(4)]
    for n in range(rounds):
        day = make.day(zone=zone, in_days=n + 1)
        round_id = put_round(engine, day, 1, vehicle, driver, [Halt(home) for home in homes])
        with Session(engine) as session:
            _report(session, round_id, driver, leg_s, stop_s, classes)
            session.get_one(type(day), day.id).date = today() - dt.timedelta(days=n + 1)
            session.commit()


def _report(session: Session, round_id: int, driver: User, leg_s: int, stop_s: int, classes: dict[str, int]) -> None:
    row = session.get_one(Round, round_id)
    row.reported_departure_s = at_s = 10 * HOUR
    for stop in session.exec(select(Stop).where(col(Stop.round_id) == round_id).order_by(col(Stop.position))):
        stop.leg_classes, stop.window_from_s = classes, 9 * HOUR
        stop.window_until_s = 13 * HOUR
        arrival_s, at_s = at_s + leg_s, at_s + leg_s + stop_s
        session.add(StopReport(stop_id=stop.id, arrival_s=arrival_s, departure_s=at_s, reported_by=driver.id))


def _learn(make: Make, engine: Engine) -> None:
    make.ask(ask_learning, NIGHT)
    for job in questions.jobs(engine, LearnTimes.name):
        learning_id = job.payload["learning_id"]
        make.ask(learn_times, LearnTimes(learning_id=learning_id))


def test_a_night_is_asked_for_once_and_only_when_something_was_reported(make: Make, engine: Engine) -> None:
    assert make.ask(ask_learning, NIGHT) is None
    _season(make, engine, 1, leg_s=600, stop_s=300, classes={"tertiary": 600})

    assert make.ask(ask_learning, NIGHT.replace(hour=0)) is None
    assert make.ask(ask_learning, NIGHT) is not None
    assert make.ask(ask_learning, NIGHT) is None
    assert len(questions.jobs(engine, LearnTimes.name)) == 1


def test_slow_lanes_and_long_talks_are_learnt_and_learning_twice_is_learning_once(make: Make, engine: Engine) -> None:
    _season(make, engine, 12, leg_s=900, stop_s=480, classes={"unclassified": 600})

    _learn(make, engine)
    _learn(make, engine)

    learnt = make.ask(what_is_learnt)
    with Session(engine) as session:
        factors, times = session.exec(select(SpeedFactor)).all(), session.exec(select(StopTime)).all()
        learning = session.exec(select(Learning)).one()
    assert (learning.legs, learning.stops) == (48, 48)
    assert [(row.road_class, row.legs) for row in factors] == [("unclassified", 48)]
    # 1.5 times as long, shrunk towards the table by the 30 legs that it stands for.
    assert 1_250_000 < factors[0].ppm < 1_500_000
    assert 380 < times[0].base_s < 480
    assert learnt.factors[("unclassified", (9, 16))] == factors[0].ppm  # type: ignore[index]


def test_few_legs_teach_nothing_and_the_page_says_how_many_are_missing(
    client: FlaskClient, make: Make, engine: Engine
) -> None:
    staff = sign_in(client, make.user(Role.STAFF))
    assert "Rien n’est encore appris" in staff.read("/equipe/tournees/temps-appris")
    _season(make, engine, 3, leg_s=900, stop_s=480, classes={"unclassified": 600})

    _learn(make, engine)

    page = staff.read("/equipe/tournees/temps-appris")
    assert make.ask(what_is_learnt).factors == {}
    assert "pas encore assez de trajets (12 sur 30)" in page


def test_a_leg_across_which_another_stop_was_served_teaches_nothing(make: Make, engine: Engine) -> None:
    _season(make, engine, 1, leg_s=600, stop_s=300, classes={"tertiary": 600})
    with Session(engine) as session:
        row = session.exec(select(Round).options(selectinload(Round.stops))).one()
        stops = row.stops
        reports = {report.stop_id: report for report in session.exec(select(StopReport))}
        whole = list(legs_of(row, reports))
        # The third stop was served between the first and the second.
        first, third = reports[stops[0].id], reports[stops[2].id]
        assert first.departure_s is not None
        third.arrival_s, third.departure_s = first.departure_s + 60, first.departure_s + 120
        swapped = list(legs_of(row, reports))
        session.rollback()

    assert [leg.actual_s for leg in whole] == [600] * 4
    assert [leg.departure_s for leg in swapped] == [whole[0].departure_s]


def test_what_drivers_report_changes_the_hours_of_the_next_plan(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=4)
    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)
    before = make.ask(list_rounds, valley.day.id)[0]
    classes = {name: 600 for stop in before.stops for name in stop.leg_classes}
    assert classes
    for name in classes:
        _season(make, tools.engine, 10, leg_s=1_200, stop_s=480, classes={name: 600})

    _learn(make, tools.engine)
    make.ask(ask_build, valley.day.id, by=None, anew=True)
    _run(make, tools)

    after = make.ask(list_rounds, valley.day.id)[0]
    assert sum(stop.leg_duration_s for stop in after.stops) > sum(stop.leg_duration_s for stop in before.stops)
    assert any(stop.departure_s - stop.start_s > 300 for stop in after.stops if stop.kind.value == "home")
