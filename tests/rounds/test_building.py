import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text, update
from sqlmodel import Session, col, select

from meloko import outbox
from meloko.accounts.models import Role
from meloko.catalogue.models import Producer, SupplyMode, Temperature
from meloko.clock import now
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.jobs import BuildRounds
from meloko.orders.changing import CannotCancel, cancel_order
from meloko.orders.closing import close_day
from meloko.orders.drafting import Placed
from meloko.orders.models import Source
from meloko.orders.placing import place_order
from meloko.roads.importing import import_roads
from meloko.roads.models import DrawnMap, RoadClosure, RoadNetwork
from meloko.roads.networks import network_of
from meloko.roads.services import active_network
from meloko.rounds import building
from meloko.rounds.building import Tools, begin_build, build_rounds
from meloko.rounds.filling import fill_sheet, note_printed
from meloko.rounds.models import BuildState, Round, StopKind
from meloko.rounds.printing import print_sheet
from meloko.rounds.services import (
    DayStillOpen,
    ask_build,
    day_count,
    list_rounds,
    lock_round,
    newest_build,
)
from routing.network import E7
from tests import questions
from tests.make import Make

DATA = Path(__file__).parent.parent / "data"
LATER = dt.timedelta(hours=5)


@pytest.fixture(scope="module")
def valley_roads(
    _session_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, RoadNetwork, DrawnMap]:
    """Read the network of a real valley once for this module: the folder that keeps it, and its rows."""
    var = tmp_path_factory.mktemp("var")
    import_roads(_session_engine, DATA / "liechtenstein.osm.pbf", var, served=lambda session: [])
    with Session(_session_engine, expire_on_commit=False) as session:
        network, drawn = session.exec(select(RoadNetwork)).one(), session.exec(select(DrawnMap)).one()
        session.delete(drawn)
        session.flush()
        session.delete(network)
        session.commit()
    return var, network, drawn


@pytest.fixture
def tools(engine: Engine, valley_roads: tuple[Path, RoadNetwork, DrawnMap]) -> Tools:
    var, network, drawn = valley_roads
    with Session(engine) as session:
        session.add(RoadNetwork(**network.model_dump()))
        session.flush()
        session.add(DrawnMap(**drawn.model_dump()))
        session.commit()
    return Tools(engine, var, None)


@pytest.fixture
def doors() -> list[tuple[float, float]]:
    """Doors of real houses, far enough apart to need a road."""
    with (DATA / "addresses_osm_liechtenstein.csv").open(encoding="utf-8") as file:
        rows = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)]
    return rows[::150]


class Valley:
    """A day in the valley: a depot, two relay points, a dairy on the way, some homes."""

    def __init__(self, make: Make, doors: list[tuple[float, float]], homes: int = 6) -> None:
        depot = make.depot(*doors[0])
        zone = make.zone(depot)
        self.van = make.vehicle(depot, driver=make.user(Role.DRIVER, name="Karim B."))
        self.relays = [
            make.relay_point(zone, lat=lat, lon=lon, name=f"Relais {n}") for n, (lat, lon) in enumerate(doors[1:3])
        ]
        dairy = make.producer(
            supply_mode=SupplyMode.ON_THE_ROUND, pickup_hours="06:00-10:00", lat=doors[3][0], lon=doors[3][1]
        )
        self.milk = make.product(dairy, temperature=Temperature.CHILLED, crates_hundredths=5)
        self.leeks = make.product(crates_hundredths=10)
        self.day = make.day(*self.relays, zone=zone)
        self.customers = [
            make.customer(last_name=f"Client {n}", lat=lat, lon=lon)
            for n, (lat, lon) in enumerate(doors[4 : 4 + homes])
        ]
        for customer in self.customers:
            make.order(customer, self.day, None, {self.milk.id: 2, self.leeks.id: 1})
        for n, relay in enumerate(self.relays):
            make.order(make.customer(last_name=f"Relais {n}"), self.day, relay, {self.milk.id: 1})


def _close_and_build(make: Make, tools: Tools, day: DeliveryDay) -> None:
    make.ask(close_day, day.id, now() + LATER)
    _run(make, tools)


def _run(make: Make, tools: Tools) -> int:
    """Do all building jobs that wait, as the worker would; return how many plans were written."""
    written = 0
    for job in questions.jobs(tools.engine, BuildRounds.name):
        claimed = make.ask(outbox.claim, job.id)
        if claimed is not None:
            written += build_rounds(tools, claimed)
    return written


def test_a_day_becomes_rounds_whose_counts_close(make: Make, tools: Tools, doors: list[tuple[float, float]]) -> None:
    valley = Valley(make, doors)

    _close_and_build(make, tools, valley.day)

    rounds = make.ask(list_rounds, valley.day.id)
    count = make.ask(day_count, valley.day.id)
    assert (count.orders, count.on_rounds, count.closes) == (8, 8, True)
    assert questions.day(tools.engine, valley.day.id).state is DayState.PLANNED
    stops = rounds[0].stops
    assert [stop.position for stop in stops] == list(range(1, len(stops) + 1))
    farm = next(stop for stop in stops if stop.kind is StopKind.FARM)
    first_drop = next(stop for stop in stops if stop.kind is not StopKind.FARM)
    assert farm.position < first_drop.position
    assert farm.pick_ups[0].quantity == 14
    assert rounds[0].distance_m > 1_000
    assert len(rounds[0].way) > 20


def test_whoever_cannot_be_served_is_an_exception_with_its_reason(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=2)
    nowhere = make.customer(last_name="Sans point", lat=None)
    far_away = make.customer(last_name="Béthune", lat=50.53, lon=2.64)
    for customer in (nowhere, far_away):
        make.order(customer, valley.day, None, {valley.leeks.id: 1})

    _close_and_build(make, tools, valley.day)

    count = make.ask(day_count, valley.day.id)
    assert {listed.order.customer_name: listed.reason for listed in count.exceptions} == {
        "Mme Sans point Yvette": "no_point",
        "Mme Béthune Yvette": "off_road",
    }
    assert all(listed.sentence for listed in count.exceptions)
    assert (count.orders, count.on_rounds, count.closes) == (6, 4, True)


def test_a_farm_that_is_closed_on_the_day_is_named_and_the_others_are_served(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=2)
    with Session(tools.engine) as session:
        other_day = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"][(valley.day.date.weekday() + 1) % 7]
        session.exec(update(Producer).values(pickup_hours=f"{other_day} 06:00-10:00"))
        session.commit()
    alone = make.customer(last_name="Poireau", lat=doors[12][0], lon=doors[12][1])
    make.order(alone, valley.day, None, {valley.leeks.id: 1})

    _close_and_build(make, tools, valley.day)

    count = make.ask(day_count, valley.day.id)
    assert {listed.reason for listed in count.exceptions} == {"farm_closed"}
    assert all("ne peut pas être passée prendre à temps" in listed.sentence for listed in count.exceptions)
    assert (count.on_rounds, count.closes) == (1, True)


def test_a_point_in_the_sea_is_an_exception_that_says_so(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=1)
    make.order(make.customer(last_name="Marin", lat=51.2, lon=2.0), valley.day, None, {valley.leeks.id: 1})

    _close_and_build(make, tools, valley.day)

    (listed,) = make.ask(day_count, valley.day.id).exceptions
    assert listed.sentence == "à plus de 2 km de la première route : vérifier le point sur la carte"


def test_who_lives_beyond_closed_streets_is_said_to_be_cut_off(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=2)
    lat, lon = doors[5]
    digest = make.ask(active_network).digest
    network = network_of(tools.var, digest, frozenset(), {})
    near = (abs(network.shape_lat / E7 - lat) < 0.003) & (abs(network.shape_lon / E7 - lon) < 0.0045)
    stretches = np.searchsorted(network.shape_start, np.flatnonzero(near), side="right") - 1
    ways = sorted(set(network.stretch_way[stretches].tolist()))
    with Session(tools.engine) as session:
        session.add(RoadClosure(name="Le quartier", way_ids=ways, first_day=valley.day.date, last_day=valley.day.date))
        session.commit()

    _close_and_build(make, tools, valley.day)

    count = make.ask(day_count, valley.day.id)
    cut_off = {listed.order.customer_name: listed for listed in count.exceptions}["Mme Client 1 Yvette"]
    assert (cut_off.reason, cut_off.sentence) == ("cut_off", "aucune route n’y mène, ou n’en revient")
    assert count.closes
    assert count.on_rounds > 0


def test_a_second_request_while_building_is_the_same_request(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=1)
    make.ask(close_day, valley.day.id, now() + LATER)

    first = make.ask(ask_build, valley.day.id, by=None)
    second = make.ask(ask_build, valley.day.id, by=None)

    assert first == second
    assert _run(make, tools) == 1
    assert questions.how_many(tools.engine, Round) == 1


def test_a_worker_that_dies_in_the_middle_leaves_rounds_built_once(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=1)
    make.ask(close_day, valley.day.id, now() + LATER)
    job = questions.jobs(tools.engine, BuildRounds.name)[0]
    dead = make.ask(outbox.claim, job.id)
    assert dead is not None
    assert make.ask(begin_build, dead, valley.day.id)
    with tools.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET claimed_until = now() - interval '1 second'"))

    assert _run(make, tools) == 1

    build = make.ask(newest_build, valley.day.id)
    assert build is not None
    assert build.state is BuildState.BUILT
    assert questions.how_many(tools.engine, Round) == 1


def test_an_order_changed_while_planning_makes_the_plan_stale_and_asks_again(
    make: Make, tools: Tools, doors: list[tuple[float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    valley = Valley(make, doors, homes=2)
    make.ask(close_day, valley.day.id, now() + LATER)
    late = make.draft(
        make.customer(last_name="Tardive"), valley.day, valley.relays[0], {valley.leeks.id: 1},
        source=Source.PAPER, received_at=now(), keyed_by=make.user(Role.STAFF),
    )  # fmt: skip

    real: Callable[..., object] = vars(building)["find_rounds"]
    keyed: list[Placed] = []

    def plan_and_key_a_paper(*args: object, **kwargs: object) -> object:
        if not keyed:
            keyed.append(make.ask(place_order, late))
        return real(*args, **kwargs)

    monkeypatch.setattr(building, "find_rounds", plan_and_key_a_paper)

    assert _run(make, tools) == 0
    assert questions.how_many(tools.engine, Round) == 0
    assert _run(make, tools) == 1

    count = make.ask(day_count, valley.day.id)
    assert (count.orders, count.on_rounds) == (5, 5)


def test_nothing_locked_is_rewritten_and_what_comes_late_is_to_be_decided(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=2)
    staff = make.user(Role.STAFF)
    _close_and_build(make, tools, valley.day)
    before = make.ask(list_rounds, valley.day.id)[0]
    make.ask(lock_round, before.id, by=staff.id)

    late = make.draft(
        make.customer(last_name="Tardive"), valley.day, valley.relays[0], {valley.leeks.id: 1},
        source=Source.PAPER, received_at=now(), keyed_by=staff,
    )  # fmt: skip
    placed = make.ask(place_order, late)
    make.ask(ask_build, valley.day.id, by=staff.id)
    _run(make, tools)

    after = make.ask(list_rounds, valley.day.id)
    count = make.ask(day_count, valley.day.id)
    assert [row.id for row in after] == [before.id]
    assert [listed.order.id for listed in count.exceptions] == [placed.order_id]
    assert count.closes
    with pytest.raises(CannotCancel):
        make.ask(cancel_order, before.stops[-1].drops[0].order_id, by=staff.id, reason="", as_staff=True)


def test_rounds_of_an_open_day_are_refused(make: Make, tools: Tools, doors: list[tuple[float, float]]) -> None:
    valley = Valley(make, doors, homes=1)

    with pytest.raises(DayStillOpen):
        make.ask(ask_build, valley.day.id, by=None)


def test_without_roads_the_building_says_what_to_do(make: Make, engine: Engine, tmp_path: Path) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point)
    make.order(make.customer(), day, relay_point, {make.product().id: 1})
    make.ask(close_day, day.id, now() + LATER)

    assert _run(make, Tools(engine, tmp_path, None)) == 0

    build = make.ask(newest_build, day.id)
    assert build is not None
    assert build.state is BuildState.FAILED
    assert "roads import" in build.message
    assert make.ask(day_count, day.id).closes


def test_the_same_day_built_twice_gives_the_same_rounds(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors, homes=5)
    _close_and_build(make, tools, valley.day)
    first = [(s.name, s.arrival_s) for row in make.ask(list_rounds, valley.day.id) for s in row.stops]

    make.ask(ask_build, valley.day.id, by=None)
    assert _run(make, tools) == 1

    again = make.ask(list_rounds, valley.day.id)
    assert [(s.name, s.arrival_s) for row in again for s in row.stops] == first
    assert again[0].version == 2


def test_a_day_without_orders_has_no_round_and_counts_zero(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    depot = make.depot(*doors[0])
    make.vehicle(depot)
    day = make.day(make.relay_point(make.zone(depot)))

    _close_and_build(make, tools, day)

    count = make.ask(day_count, day.id)
    assert (count.orders, count.on_rounds, count.closes) == (0, 0, True)
    assert questions.day(tools.engine, day.id).state is DayState.PLANNED


def test_the_sheet_of_a_built_round_prints_and_its_version_is_remembered(
    make: Make, tools: Tools, doors: list[tuple[float, float]]
) -> None:
    valley = Valley(make, doors)
    staff = make.user(Role.STAFF)
    _close_and_build(make, tools, valley.day)
    row = make.ask(list_rounds, valley.day.id)[0]

    sheet = make.ask(fill_sheet, row.id, address=lambda row: "https://meloko.example")
    pdf = print_sheet(sheet, now())
    make.ask(note_printed, row.id, by=staff.id, at=now())

    assert pdf.startswith(b"%PDF")
    assert (sheet.orders, sheet.day_orders, sheet.driver) == (8, 8, "Karim B.")
    with Session(tools.engine) as session:
        assert session.exec(select(Round.printed_version).where(col(Round.id) == row.id)).one() == 1
