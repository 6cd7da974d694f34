import datetime as dt

import pytest
import time_machine
from sqlalchemy import Engine
from sqlmodel import Session

from meloko.catalogue.models import Product
from meloko.catalogue.selling import OutOfStock
from meloko.clock import now
from meloko.delivery_days.models import DayRelayPoint
from meloko.orders.changing import (
    CannotCancel,
    CannotChange,
    Change,
    ChangedSince,
    LastLine,
    PriceChanged,
    cancel_order,
    cancel_own_order,
    change_line,
)
from meloko.orders.closing import close_day
from meloko.orders.drafting import BelowMinimum, Placed
from meloko.orders.models import OrderState
from meloko.relay_points.models import RelayPoint
from tests import questions
from tests.make import Make


def test_cancelling_gives_goods_and_room_back(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point(crates=1)
    day, leeks = make.day(relay_point), make.product(stock=5, crates_hundredths=30)
    placed = make.order(make.customer(), day, relay_point, {leeks.id: 3})

    make.ask(cancel_order, placed.order_id, by=None, reason="partie en voyage", as_staff=False)

    assert questions.order(engine, placed.order_id).state is OrderState.CANCELLED
    assert questions.stock_of(engine, leeks) == 5
    make.order(make.customer(last_name="Autre"), day, relay_point, {leeks.id: 3})


def test_an_order_cancelled_once_cannot_be_cancelled_again(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(), make.product(stock=5)
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {leeks.id: 3})
    make.ask(cancel_order, placed.order_id, by=None, reason="", as_staff=False)

    with pytest.raises(CannotCancel):
        make.ask(cancel_order, placed.order_id, by=None, reason="", as_staff=False)

    assert questions.stock_of(engine, leeks) == 5


def test_after_the_cut_off_only_staff_cancel_and_the_plan_is_stale(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point)
    placed = make.order(make.customer(), day, relay_point, {make.product().id: 1})
    make.ask(close_day, day.id, now() + dt.timedelta(hours=5))
    version = questions.day(engine, day.id).input_version

    with pytest.raises(CannotCancel, match="clôture"):
        make.ask(cancel_order, placed.order_id, by=None, reason="", as_staff=False)
    make.ask(cancel_order, placed.order_id, by=None, reason="téléphone", as_staff=True)

    assert questions.day(engine, day.id).input_version == version + 1


def change(make: Make, placed: Placed, shown: int, wanted: int) -> None:
    line = questions.lines_of(make.engine, placed.order_id)[0]
    make.ask(change_line, placed.order_id, Change(line.id, shown, wanted), by=None)


def test_less_of_a_line_gives_goods_and_room_back_and_keeps_its_price(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(crates=1), make.product(stock=5, price_cents=300, crates_hundredths=30)
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {leeks.id: 3, make.product().id: 1})
    make.ask(price, leeks.id, 999)

    change(make, placed, 3, 1)
    change(make, placed, 3, 1)

    assert questions.stock_of(engine, leeks) == 4, "asked twice is asked once"
    assert questions.order(engine, placed.order_id).goods_cents == 300 + 320
    assert questions.only(engine, DayRelayPoint).taken_hundredths == 30 + 10


def test_a_line_may_go_but_not_the_last_one(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(), make.product(stock=5)
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {leeks.id: 3, make.product().id: 1})

    change(make, placed, 3, 0)
    with pytest.raises(LastLine):
        change(make, placed, 1, 0)

    assert questions.stock_of(engine, leeks) == 5
    assert questions.order(engine, placed.order_id).goods_cents == 320


def test_a_page_that_grew_old_changes_nothing(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(), make.product(stock=9)
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {leeks.id: 3})
    change(make, placed, 3, 5)

    with pytest.raises(ChangedSince, match="c’est 5 maintenant"):
        change(make, placed, 3, 2)

    assert questions.stock_of(engine, leeks) == 4


def test_more_at_another_price_or_than_is_left_is_refused(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(), make.product(stock=3)
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {leeks.id: 3})

    with pytest.raises(OutOfStock):
        change(make, placed, 3, 4)
    make.ask(price, leeks.id, 330)
    with pytest.raises(PriceChanged):
        change(make, placed, 3, 4)

    assert questions.order(engine, placed.order_id).goods_cents == 3 * 320


def test_after_the_cut_off_a_customer_changes_nothing(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(), make.product(stock=5)
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {leeks.id: 3})

    with time_machine.travel(now() + dt.timedelta(hours=4)), pytest.raises(CannotChange, match="clôture"):
        change(make, placed, 3, 1)

    assert questions.stock_of(engine, leeks) == 2


def test_cancelling_ones_own_order_twice_is_once_and_tells_who_was_told(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(), make.product(stock=5)
    yvette = make.customer(email="yvette@meloko.example")
    placed = make.order(yvette, make.day(relay_point), relay_point, {leeks.id: 3})

    for _ in range(2):
        make.ask(cancel_own_order, placed.order_id, by=None)

    assert questions.stock_of(engine, leeks) == 5
    assert [notice.subject for notice in questions.notices(engine)] == [
        f"Votre commande n° {questions.order(engine, placed.order_id).number}",
        f"Commande n° {questions.order(engine, placed.order_id).number} annulée",
    ]


def price(session: Session, product_id: int, price_cents: int) -> None:
    session.get_one(Product, product_id).price_cents = price_cents


def test_less_than_the_minimum_of_a_place_is_refused_and_more_is_always_welcome(make: Make, engine: Engine) -> None:
    relay_point, leeks = make.relay_point(), make.product(price_cents=500, stock=9)
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {leeks.id: 3})
    make.ask(least, relay_point.id, 1_200)

    with pytest.raises(BelowMinimum, match="Il manque 2,00"):
        change(make, placed, 3, 2)
    unchanged = questions.lines_of(engine, placed.order_id)[0].ordered
    make.ask(least, relay_point.id, 9_000)
    change(make, placed, 3, 4)

    assert unchanged == 3
    assert questions.lines_of(engine, placed.order_id)[0].ordered == 4
    assert questions.stock_of(engine, leeks) == 5


def least(session: Session, relay_point_id: int, minimum_cents: int) -> None:
    session.get_one(RelayPoint, relay_point_id).minimum_cents = minimum_cents
