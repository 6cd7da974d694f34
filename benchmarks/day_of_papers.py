"""All papers of a day of many rounds: from the press of the button to the kept file, against Typst alone."""

import json
import re
import statistics
import tempfile
import time
from pathlib import Path

import pypdfium2
import typst
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from benchmarks.table import Row
from meloko import db, servers
from meloko.accounts.models import Role, User
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.db import engine_for
from meloko.delivery_days.models import DeliveryDay
from meloko.documents import FONTS, PAPERS, count_pages
from meloko.jobs import PrintDay
from meloko.migrations import running as migrations
from meloko.outbox import JobState, Outbox, claim
from meloko.printing.composing import compose_day
from meloko.printing.models import DayPrint
from meloko.printing.papers import Edition, stamped
from meloko.printing.services import ask_print
from meloko.printing.setting import Press, paper_file, print_day
from meloko.relay_points.models import RelayPoint
from meloko.rounds.models import Round
from tests.make import SECRET, Make
from tests.rounds.rounds import Halt, close_and_plan, put_round

HERE = "https://meloko.example"
LONGEST_S = 10.0
BAR = 2.0
RELAYS_A_ROUND, ORDERS_A_RELAY = 4, 5
TIMES = 3


def measure_day(rounds: int, stops: int) -> list[Row]:
    """Print a whole day some times, a driver changed in between so that each print is a new one."""
    with tempfile.TemporaryDirectory(prefix="meloko-bench-") as folder:
        Path(folder).chmod(0o711)
        with servers.running(Path(folder), {"MELOKO_BROKER_URL": "redis://127.0.0.1:1/0"}, fast=True) as addresses:
            engine = engine_for(addresses.database_url)
            migrations.upgrade(engine)
            day, clerk, drivers = _day(Make(engine), rounds, stops)
            press = Press(engine, Path(folder), SECRET)
            ours, bare, worked = [], [], []
            for turn in range(TIMES):
                _drive(engine, day, drivers[turn % 2])
                bare.append(_bare(engine, day, 90 + turn))
                before = time.process_time()
                ours.append(_ours(press, day, clerk))
                worked.append(time.process_time() - before)
            with Session(engine) as session:
                row = session.exec(select(DayPrint).order_by(col(DayPrint.id).desc())).first()
            assert row is not None
            expected = _expected_pages(paper_file(Path(folder), row.file).read_bytes())
            engine.dispose()
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    return [
        Row(f"day of {rounds} rounds of {stops} stops, seconds", max(ours), f"≤ {LONGEST_S:g}", max(ours) <= LONGEST_S),
        Row("processor seconds of the day, all cores together", statistics.median(worked), "–", True),
        Row("its papers by Typst alone, seconds", statistics.median(bare), "–", True),
        Row("ratio of the day", ratio, f"≤ {BAR:g}", ratio <= BAR),
        Row("pages of the day", row.pages, f"= {expected}", row.pages == expected),
        Row("papers of the day", len(row.papers), "–", True),
    ]


def _ours(press: Press, day: DeliveryDay, clerk: User) -> float:
    """Print a day as the worker does; return how long it took."""
    begun = time.perf_counter()
    db.ask(press.engine, ask_print, day.id, public_url=HERE, by=clerk.id)
    with Session(press.engine) as session:
        job = session.exec(
            select(Outbox.id).where(col(Outbox.name) == PrintDay.name, col(Outbox.state) == JobState.WAITING)
        ).one()
    claimed = db.ask(press.engine, claim, job)
    assert claimed is not None
    assert print_day(press, claimed)
    return time.perf_counter() - begun


def _bare(engine: Engine, day: DeliveryDay, edition: int) -> float:
    """Let Typst alone set the same papers, under a version that nobody sets again."""
    composed = db.ask(engine, compose_day, day.id, address=lambda row: HERE)
    papers = [stamped(paper, Edition(edition, now(), new=True)) for paper in composed.papers]
    document = json.dumps({"title": "Papiers", "papers": papers}, ensure_ascii=False)
    begun = time.perf_counter()
    typst.compile(
        str(PAPERS / "papers.typ"),
        root=str(PAPERS),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": document},
        pdf_standards=["ua-1"],
    )
    return time.perf_counter() - begun


def _expected_pages(pdf: bytes) -> int:
    """Add up the pages that each paper says it has, and the white backs between them."""
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == count_pages(pdf)
    total = 0
    for page in document:
        first = re.search(r"page 1/(\d+)", page.get_textpage().get_text_bounded())
        if first:
            total += total % 2 + int(first[1])
    return total


def _drive(engine: Engine, day: DeliveryDay, driver: User) -> None:
    with Session(engine) as session:
        for row in session.exec(select(Round).where(col(Round.delivery_day_id) == day.id)):
            row.driver_id = driver.id
        session.commit()


def _day(make: Make, rounds: int, stops: int) -> tuple[DeliveryDay, User, list[User]]:
    """Make a day: in each round a few relay points of some orders, all other stops homes of one."""
    depot = make.depot()
    zone, clerk = make.zone(depot), make.user(Role.STAFF)
    drivers = [make.user(Role.DRIVER, name=name) for name in ("Karim B.", "Sylvie N.")]
    goods = [make.product(crates_hundredths=30) for _ in range(12)]
    relays = [make.relay_point(zone, crates=900, chilled=900) for _ in range(rounds * RELAYS_A_ROUND)]
    day = make.day(*relays, zone=zone)

    def order(number: int, relay: RelayPoint | None) -> tuple[Customer, int]:
        person = make.customer(last_name=f"Client {number}")
        basket = {goods[(number + step) % len(goods)].id: 1 + step % 2 for step in range(6)}
        return person, make.order(person, day, relay, basket).order_id

    halts: list[list[Halt]] = []
    number = 0
    for each in range(rounds):
        called: list[Halt] = []
        for relay in relays[each::rounds]:
            called.append(Halt(relay, [order(number := number + 1, relay)[1] for _ in range(ORDERS_A_RELAY)]))
        while len(called) < stops:
            person, order_id = order(number := number + 1, None)
            called.append(Halt(person, [order_id]))
        halts.append(called)
    close_and_plan(make, day)
    for each, called in enumerate(halts, 1):
        put_round(make.engine, day, each, make.vehicle(depot), drivers[0], called)
    return day, clerk, drivers
