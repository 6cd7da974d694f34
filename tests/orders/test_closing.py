import datetime as dt

from sqlalchemy import Engine

from meloko.clock import now
from meloko.delivery_days.closing import due_days
from meloko.delivery_days.models import DayState
from meloko.jobs import BuildRounds
from meloko.orders.closing import close_day
from meloko.orders.models import OrderState
from tests import questions
from tests.make import Make

LATER = dt.timedelta(hours=5)


def test_closing_confirms_the_orders_and_asks_for_the_rounds(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point)
    placed = make.order(make.customer(), day, relay_point, {make.product().id: 1})

    assert make.ask(close_day, day.id, now() + LATER)

    closed = questions.day(engine, day.id)
    assert (closed.state, closed.orders_at_closing) == (DayState.CLOSED, 1)
    assert questions.order(engine, placed.order_id).state is OrderState.CONFIRMED
    assert len(questions.jobs(engine, BuildRounds.name)) == 1


def test_closing_twice_is_closing_once(make: Make, engine: Engine) -> None:
    day = make.day(make.relay_point())

    answers = [make.ask(close_day, day.id, now() + LATER) for _ in range(3)]

    assert answers == [True, False, False]
    assert len(questions.jobs(engine, BuildRounds.name)) == 1


def test_a_day_is_not_closed_before_its_grace_has_passed(make: Make) -> None:
    day = make.day(make.relay_point(), closes_in=-dt.timedelta(minutes=5), grace_minutes=10)

    assert make.ask(due_days, now()) == []
    assert not make.ask(close_day, day.id, now())
    assert make.ask(due_days, now() + dt.timedelta(minutes=6)) == [day.id]


def test_what_was_missed_while_nobody_looked_is_caught_up(make: Make) -> None:
    relay_point = make.relay_point()
    long_ago = dt.timedelta(days=6)
    missed = [
        make.day(relay_point, in_days=n, closes_in=-dt.timedelta(days=4 - n), opened_ago=long_ago) for n in (1, 2)
    ]
    make.day(relay_point, in_days=5)

    assert make.ask(due_days, now()) == [day.id for day in missed]
