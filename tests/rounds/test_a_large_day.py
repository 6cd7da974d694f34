"""Days of no order, of one, and of many, through the database as the worker builds them."""

import csv
import datetime as dt
import resource
import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlmodel import Session

from meloko.accounts.models import Role
from meloko.catalogue.models import SupplyMode
from meloko.clock import now
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.orders.closing import close_day
from meloko.rounds import building
from meloko.rounds.building import Tools
from meloko.rounds.models import BuildState
from meloko.rounds.services import day_count, list_rounds, newest_build
from tests import questions
from tests.make import Make
from tests.rounds.test_building import DATA, LATER, _run
from tests.rounds.test_building import doors as doors
from tests.rounds.test_building import tools as tools
from tests.rounds.test_building import valley_roads as valley_roads
from tests.signed_in import sign_in

Doors = list[tuple[float, float]]
HOMES, VANS = 60, 3


def test_a_day_without_an_order_is_planned_without_a_round(make: Make, tools: Tools, doors: Doors) -> None:
    depot = make.depot(*doors[0])
    make.vehicle(depot)
    day = make.day(zone=make.zone(depot))

    make.ask(close_day, day.id, now() + LATER)
    _run(make, tools)

    count = make.ask(day_count, day.id)
    assert (count.orders, count.on_rounds, count.closes) == (0, 0, True)
    assert make.ask(list_rounds, day.id) == []
    assert questions.day(tools.engine, day.id).state in (DayState.CLOSED, DayState.PLANNED)


def test_a_day_of_one_order_is_one_round_of_one_stop(make: Make, tools: Tools, doors: Doors) -> None:
    depot, leeks = make.depot(*doors[0]), make.product()
    make.vehicle(depot)
    day = make.day(zone=make.zone(depot))
    make.order(make.customer(lat=doors[5][0], lon=doors[5][1]), day, None, {leeks.id: 1})

    make.ask(close_day, day.id, now() + LATER)
    _run(make, tools)

    (row,) = make.ask(list_rounds, day.id)
    assert [stop.position for stop in row.stops] == [1]
    assert make.ask(day_count, day.id).on_rounds == 1


class LargeDay:
    """A day of many homes, a dairy and a market garden on the way, and some vans."""

    def __init__(self, make: Make, homes: int, vans: int) -> None:
        with (DATA / "addresses_osm_liechtenstein.csv").open(encoding="utf-8") as file:
            doors = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)]
        depot = make.depot(*doors[0])
        for _ in range(vans):
            make.vehicle(depot, crates=90, chilled=40)
        farms = [
            make.producer(supply_mode=SupplyMode.ON_THE_ROUND, pickup_hours="06:00-14:00", lat=lat, lon=lon)
            for lat, lon in (doors[700], doors[2100])
        ]
        goods = [make.product(farm, crates_hundredths=10) for farm in farms]
        leeks = make.product(crates_hundredths=20)
        self.day = make.day(zone=make.zone(depot))
        with Session(make.engine) as session:
            session.exec(update(DeliveryDay).values(homes_from=dt.time(7), homes_until=dt.time(15)))
            session.commit()
        step = (len(doors) - 10) // homes
        for n in range(homes):
            lat, lon = doors[5 + n * step]
            basket = {leeks.id: 1} | ({goods[n % 2].id: 1} if n % 3 == 0 else {})
            make.order(make.customer(last_name=f"Client {n}", lat=lat, lon=lon), self.day, None, basket)


@pytest.mark.slow
def test_a_day_of_many_stops_says_how_far_it_is_and_forgets_nobody(
    client: FlaskClient, make: Make, tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    large, staff = LargeDay(make, HOMES, VANS), sign_in(client, make.user(Role.STAFF))
    told: list[tuple[int, int]] = []
    pages: list[str] = []
    real = building.note_progress

    def noted(*args: object) -> bool:
        told.append((int(str(args[-2])), int(str(args[-1]))))
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "note_progress", noted)
    monkeypatch.setattr(building, "_SAY_EVERY_S", 0.05)
    renewed = building._Progress.search

    def looked_at(said: building._Progress, done: int, of: int, best: int) -> bool:
        goes_on = renewed(said, done, of, best)
        if len(pages) < 3 and done > of * (len(pages) + 1) // 5 > 0:
            pages.append(staff.read(f"/equipe/tournees?jour={large.day.id}"))
        return goes_on

    monkeypatch.setattr(building._Progress, "search", looked_at)
    make.ask(close_day, large.day.id, now() + LATER)
    cpu_s, wall_s = time.process_time(), time.monotonic()
    _run(make, tools)
    cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s

    count = make.ask(day_count, large.day.id)
    with capsys.disabled():
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rounds = make.ask(list_rounds, large.day.id)
        print(
            f"\n{HOMES} homes, {VANS} vans: {count.on_rounds} on {len(rounds)} rounds, {cpu_s:.1f} s CPU,"
            f" {wall_s:.1f} s, peak {peak_mb} MB, {len(told)} steps"
        )
    build = make.ask(newest_build, large.day.id)
    assert build is not None
    assert build.state is BuildState.BUILT
    assert (count.orders, count.closes) == (HOMES, True)
    assert count.on_rounds + len(count.exceptions) == HOMES
    assert count.on_rounds > HOMES * 4 // 5
    assert len({done for done, of in told if 0 < done < of}) > 3
    assert all("Recherche du meilleur ordre" in page for page in pages)
    assert len(pages) == 3


@pytest.mark.slow
def test_a_large_search_that_is_stopped_at_once_still_serves_whom_it_can(
    client: FlaskClient, make: Make, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, staff = LargeDay(make, HOMES, VANS), sign_in(client, make.user(Role.STAFF))
    monkeypatch.setattr(building, "_SAY_EVERY_S", 0.0)
    renewed = building._Progress.search
    asked: list[int] = []

    def stopped(said: building._Progress, done: int, of: int, best: int) -> bool:
        if done > 0 and not asked:
            asked.append(done)
            assert staff.post(f"/equipe/tournees/jour/{large.day.id}/arreter").status_code == 303
        return renewed(said, done, of, best)

    monkeypatch.setattr(building._Progress, "search", stopped)
    make.ask(close_day, large.day.id, now() + LATER)
    _run(make, tools)

    build = make.ask(newest_build, large.day.id)
    assert build is not None
    assert (build.state, build.stopped_early) == (BuildState.BUILT, True)
    count = make.ask(day_count, large.day.id)
    assert count.closes
    assert count.on_rounds > HOMES * 3 // 4
