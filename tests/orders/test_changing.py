import datetime as dt

import pytest
from sqlalchemy import Engine

from meloko.clock import now
from meloko.orders.changing import CannotCancel, cancel_order
from meloko.orders.closing import close_day
from meloko.orders.models import OrderState
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
