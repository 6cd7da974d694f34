import random
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from meloko import db
from meloko.catalogue.models import Product
from meloko.catalogue.selling import OutOfStock
from meloko.clock import now
from meloko.db import engine_for
from meloko.delivery_days.entering import DayClosed
from meloko.orders.closing import close_day
from meloko.orders.models import Order, OrderState
from meloko.orders.placing import place_order
from meloko.orders.services import orders_of_day
from tests import questions
from tests.make import Make

BUYERS = 64
UNITS = 50


@pytest.fixture
def wide(database_url: str, engine: Engine) -> Iterator[Engine]:
    """An engine with enough connections for a crowd."""
    crowd = engine_for(database_url, pool_size=16, max_overflow=0)
    yield crowd
    crowd.dispose()


def test_reading_and_then_writing_without_a_guard_sells_twice(make: Make, engine: Engine) -> None:
    """The way not taken: if this did not oversell, the test below would prove nothing."""
    eggs = make.product(stock=1)
    both_have_read = threading.Barrier(2)

    def buy(_: int) -> bool:
        with Session(engine) as session:
            left = session.get_one(Product, eggs.id).stock or 0
            both_have_read.wait(10)
            session.execute(text("UPDATE product SET stock = :left WHERE id = :id"), {"left": left - 1, "id": eggs.id})
            session.commit()
            return left > 0

    with ThreadPoolExecutor(2) as crowd:
        sold = sum(crowd.map(buy, range(2)))

    assert sold == 2
    assert questions.stock_of(engine, eggs) == 0


def test_64_buyers_for_50_units_buy_exactly_50(make: Make, engine: Engine, wide: Engine) -> None:
    relay_point = make.relay_point(crates=1000)
    day = make.day(relay_point)
    scarce, plenty = make.product(stock=UNITS), make.product(stock=10_000)
    customers = [make.customer(last_name=f"Client {n}") for n in range(BUYERS)]

    def buy(n: int) -> bool:
        # Half of them ask in the reverse order: without sorted lines they would wait for each other.
        pair = [(scarce.id, 1), (plenty.id, 2)]
        lines = dict(pair if n % 2 else reversed(pair))
        try:
            db.ask(wide, place_order, make.draft(customers[n], day, relay_point, lines))
        except OutOfStock:
            return False
        return True

    with ThreadPoolExecutor(16) as crowd:
        sold = sum(crowd.map(buy, range(BUYERS)))

    assert sold == UNITS
    assert questions.stock_of(engine, scarce) == 0
    assert questions.stock_of(engine, plenty) == 10_000 - 2 * UNITS
    assert questions.how_many(engine, Order) == UNITS


def test_one_form_sent_by_16_impatient_clicks_is_one_order(make: Make, engine: Engine, wide: Engine) -> None:
    relay_point, eggs = make.relay_point(), make.product(stock=100)
    draft = make.draft(make.customer(), make.day(relay_point), relay_point, {eggs.id: 1})

    with ThreadPoolExecutor(16) as crowd:
        placed = list(crowd.map(lambda _: db.ask(wide, place_order, draft), range(16)))

    assert len({one.order_id for one in placed}) == 1
    assert questions.stock_of(engine, eggs) == 99


def test_two_forms_of_one_customer_at_once_are_one_open_order(make: Make, engine: Engine, wide: Engine) -> None:
    relay_point, eggs = make.relay_point(), make.product(price_cents=240)
    customer, day = make.customer(), make.day(relay_point)

    with ThreadPoolExecutor(8) as crowd:
        drafts = [make.draft(customer, day, relay_point, {eggs.id: 1}, key=uuid.uuid4()) for _ in range(8)]
        placed = list(crowd.map(lambda draft: db.ask(wide, place_order, draft), drafts))

    assert len({one.order_id for one in placed}) == 1
    assert questions.order(engine, placed[0].order_id).goods_cents == 8 * 240


def test_every_order_racing_the_closing_is_in_it_or_was_refused_aloud(make: Make, engine: Engine, wide: Engine) -> None:
    relay_point = make.relay_point(crates=1000)
    day, eggs = make.day(relay_point), make.product()
    customers = [make.customer(last_name=f"Client {n}") for n in range(40)]
    acknowledged: list[int] = []
    refused: list[int] = []
    closes_after = random.Random(7).randrange(5, 25)  # noqa: S311

    def buy(n: int) -> None:
        if n == closes_after:
            db.ask(wide, close_day, day.id, day.cut_off_at + (day.cut_off_at - now()) * 2)
        try:
            draft = make.draft(customers[n], day, relay_point, {eggs.id: 1})
            acknowledged.append(db.ask(wide, place_order, draft).order_id)
        except DayClosed:
            refused.append(n)

    with ThreadPoolExecutor(12) as crowd:
        list(crowd.map(buy, range(40)))

    closed = questions.day(engine, day.id)
    confirmed = [order.id for order in make.ask(orders_of_day, day.id) if order.state is OrderState.CONFIRMED]
    assert len(acknowledged) + len(refused) == 40
    assert refused
    assert sorted(acknowledged) == sorted(confirmed)
    assert closed.orders_at_closing == len(confirmed)
