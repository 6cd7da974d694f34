"""kill -9 of the worker while the pages of a day are set: the day still gets its print, once."""

import os
import signal

import pytest
from sqlmodel import Session, col, func, select

from meloko.accounts.models import AuditEntry, Role
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import Order
from meloko.outbox import Outbox
from meloko.printing.models import DayPrint, PaperEdition, PrintState
from meloko.printing.services import ask_print
from meloko.printing.setting import paper_file
from tests.make import Make
from tests.papers.sheets import pages_of
from tests.rounds.rounds import Halt, close_and_plan, put_round
from tests.stage import WORKER, Stage, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HOMES = 120
HERE = "https://meloko.example"


@pytest.fixture
def planned(stage: Stage) -> DeliveryDay:
    """A day of two rounds of many homes: long enough to set that a worker can be killed meanwhile."""
    make = Make(stage.engine)
    depot = make.depot()
    zone, driver, leeks = make.zone(depot), make.user(Role.DRIVER), make.product(crates_hundredths=150)
    day = make.day(zone=zone)
    people = [make.customer(last_name=f"Client {n}") for n in range(HOMES)]
    orders = [make.order(person, day, None, {leeks.id: 2}).order_id for person in people]
    close_and_plan(make, day)
    halts = [Halt(person, [order]) for person, order in zip(people, orders, strict=True)]
    for number, some in enumerate((halts[::2], halts[1::2]), 1):
        put_round(stage.engine, day, number, make.vehicle(depot, driver=driver), driver, some)
    return day


def test_a_worker_killed_while_it_prints_leaves_one_print(stage: Stage, planned: DeliveryDay) -> None:
    make = Make(stage.engine)
    clerk = make.user(Role.STAFF)
    make.ask(ask_print, planned.id, public_url=HERE, by=clerk.id)
    until(lambda: newest(stage).step.startswith("Mise en page"), 60)
    os.killpg(stage.pid(WORKER), signal.SIGKILL)
    cut = newest(stage)
    assert cut.state is PrintState.SETTING

    # Pressed again and again meanwhile: it is the same print.
    assert {make.ask(ask_print, planned.id, public_url=HERE, by=clerk.id) for _ in range(5)} == {cut.id}
    stage.restart(WORKER)
    until(lambda: newest(stage).state is PrintState.PRINTED, 120)
    until(lambda: waiting(stage) == 0, 60)

    with Session(stage.engine) as session:
        [made] = session.exec(select(DayPrint)).all()
        twice = session.exec(
            select(PaperEdition.kind).group_by(col(PaperEdition.kind), col(PaperEdition.key)).having(func.count() > 1)
        ).all()
        printed = session.exec(
            select(func.count(col(AuditEntry.id))).where(col(AuditEntry.act) == "papers.printed")
        ).one()
        numbers = [f"{order:04d}" for order in session.exec(select(Order.id)).all()]
    assert (made.id, made.number, twice, printed) == (cut.id, 1, [], 1)
    assert [path.name for path in (stage.var / "papers").glob("*.pdf")] == [f"{made.file}.pdf"]
    words = " ".join(pages_of(paper_file(stage.var, made.file).read_bytes()))
    assert all(words.count(f"Bon de livraison, commande n° {number}") == 1 for number in numbers)


def newest(stage: Stage) -> DayPrint:
    with Session(stage.engine) as session:
        return session.exec(select(DayPrint).order_by(col(DayPrint.id).desc())).first() or DayPrint(delivery_day_id=0)


def waiting(stage: Stage) -> int:
    with Session(stage.engine) as session:
        return session.exec(
            select(func.count(col(Outbox.id))).where(col(Outbox.name) == "printing.day", col(Outbox.state) == "waiting")
        ).one()
