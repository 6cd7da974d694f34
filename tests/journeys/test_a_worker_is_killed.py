"""kill -9 of the worker while it plans: the day still gets its rounds, once."""

import csv
import datetime as dt
import os
import signal
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

from meloko.clock import now
from meloko.delivery_days.models import DeliveryDay
from meloko.roads.importing import import_roads
from meloko.rounds.models import BuildState, Drop, Round, RoundBuild, RoundState, Stop
from tests.make import Make
from tests.stage import BEAT, WORKER, Stage, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DATA = Path(__file__).parent.parent / "data"
HOMES = 70


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let beat look at what is due every two seconds instead of every minute."""
    monkeypatch.setenv("MELOKO_TICK_S", "2")


@pytest.fixture
def planned(stage: Stage) -> DeliveryDay:
    """A day of many homes in a real valley, whose cut-off has just passed."""
    make = Make(stage.engine)
    import_roads(stage.engine, DATA / "liechtenstein.osm.pbf", stage.var, served=lambda session: [])
    with (DATA / "addresses_osm_liechtenstein.csv").open(encoding="utf-8") as file:
        doors = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)][:: 3500 // (HOMES + 5)]
    depot = make.depot(*doors[0])
    zone = make.zone(depot)
    for _ in range(4):
        make.vehicle(depot)
    day, leeks = make.day(zone=zone), make.product()
    for n, (lat, lon) in enumerate(doors[1 : HOMES + 1]):
        make.order(make.customer(last_name=f"Client {n}", lat=lat, lon=lon), day, None, {leeks.id: 1})
    with Session(stage.engine) as session:
        row = session.get_one(DeliveryDay, day.id)
        row.cut_off_at, row.grace_minutes = now() - dt.timedelta(seconds=1), 0
        session.commit()
    return day


def test_a_worker_killed_while_it_plans_leaves_every_order_on_rounds_once(stage: Stage, planned: DeliveryDay) -> None:
    until(lambda: _searching(stage, planned.id), 90)
    os.killpg(stage.pid(WORKER), signal.SIGKILL)
    assert _rounds(stage, planned.id) == 0

    stage.restart(WORKER)
    until(lambda: _state(stage, planned.id) is BuildState.BUILT, 150)

    with Session(stage.engine) as session:
        drops = session.exec(
            select(Drop.order_id).join(Stop).join(Round).where(col(Round.delivery_day_id) == planned.id)
        ).all()
        states = session.exec(select(Round.state).where(col(Round.delivery_day_id) == planned.id)).all()
        versions = session.exec(
            select(func.count(func.distinct(Round.version))).where(col(Round.delivery_day_id) == planned.id)
        ).one()
    assert len(drops) == len(set(drops)) == HOMES
    assert set(states) == {RoundState.PLANNED}
    assert versions == 1


def test_a_day_that_was_due_while_nobody_beat_is_closed_after_the_return(stage: Stage) -> None:
    stage.kill(BEAT)
    make = Make(stage.engine)
    day = make.day(make.relay_point(), closes_in=-dt.timedelta(hours=1))

    stage.restart(BEAT)

    def closed() -> bool:
        with Session(stage.engine) as session:
            return session.get_one(DeliveryDay, day.id).state != "open"

    until(closed, 90)


def _searching(stage: Stage, day_id: int) -> bool:
    build = _build(stage, day_id)
    return build is not None and build.state is BuildState.BUILDING and build.of > 0


def _state(stage: Stage, day_id: int) -> BuildState | None:
    build = _build(stage, day_id)
    return build.state if build else None


def _build(stage: Stage, day_id: int) -> RoundBuild | None:
    with Session(stage.engine) as session:
        return session.exec(
            select(RoundBuild).where(col(RoundBuild.delivery_day_id) == day_id).order_by(col(RoundBuild.id).desc())
        ).first()


def _rounds(stage: Stage, day_id: int) -> int:
    with Session(stage.engine) as session:
        return session.exec(select(func.count(col(Round.id))).where(col(Round.delivery_day_id) == day_id)).one()
