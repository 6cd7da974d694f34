"""Orders that come back: placed once a day each, what is missing said on the order, nobody left without a word."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.models import Role
from meloko.clock import now, today
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.jobs import FindUndelivered, PlaceStandingOrder, PlaceStandingOrders
from meloko.orders.models import Order, OrderMissing, OrderState
from meloko.relay_points.models import RelayPoint
from meloko.standing_orders.editing import (
    AbsenceNonsense,
    FirstDayNonsense,
    NoWeekday,
    PlaceNonsense,
    Wanted,
    pause,
    start_standing_order,
    stop,
    take_up,
)
from meloko.standing_orders.models import Absence, RunOutcome, StandingOrder, StandingRun
from meloko.standing_orders.placing import (
    ask_for_standing_orders,
    find_undelivered,
    place_standing_order,
    place_standing_orders,
)
from meloko.standing_orders.repeating import OnHoliday, Rhythm, holiday_name
from tests import questions
from tests.make import Make


def yvette(make: Make) -> tuple[Customer, int]:
    """Make a customer who has signed in before."""
    customer, user = make.customer(email="yvette@meloko.example"), make.user(Role.CUSTOMER)
    make.ask(belongs, customer.id, user.id)
    return customer, user.id


def belongs(session: Session, customer_id: int, user_id: int) -> None:
    session.get_one(Customer, customer_id).user_id = user_id


def weekly(make: Make, user_id: int, point: RelayPoint, quantities: dict[int, int], date: dt.date) -> StandingOrder:
    wanted = Wanted(
        quantities=quantities,
        rhythm=Rhythm.WEEKLY,
        weekdays=frozenset({date.weekday()}),
        first_day=today(),
        relay_point_id=point.id,
        on_holiday=OnHoliday.MOVE,
    )
    return make.ask(start_standing_order, user_id, wanted)


def work(make: Make) -> None:
    """Do what waits in the outbox of standing orders, as the workers would, however often it was asked for."""
    for _ in range(2):
        for row in questions.jobs(make.engine, PlaceStandingOrders.name):
            make.ask(place_standing_orders, PlaceStandingOrders.model_validate(row.payload))
        for row in questions.jobs(make.engine, PlaceStandingOrder.name):
            make.ask(place_standing_order, PlaceStandingOrder.model_validate(row.payload))


def free_day(make: Make, point: RelayPoint) -> DeliveryDay:
    """Open a day that is no holiday."""
    ahead = next(n for n in range(2, 9) if not holiday_name(today() + dt.timedelta(days=n)))
    return make.day(point, in_days=ahead)


def test_a_day_that_opens_gets_its_standing_orders_once(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(), make.product(stock=9)
    _, user_id = yvette(make)
    standing = weekly(make, user_id, point, {leeks.id: 2}, free_day(make, point).date)

    for _ in range(3):
        make.ask(ask_for_standing_orders, now())
        work(make)

    order = questions.only(engine, Order)
    assert (order.goods_cents, order.state) == (640, OrderState.PLACED)
    assert questions.stock_of(engine, leeks) == 7
    run = questions.only(engine, StandingRun)
    assert (run.standing_order_id, run.order_id, run.outcome) == (standing.id, order.id, RunOutcome.PLACED)
    assert len(questions.notices(engine)) == 1


def test_what_is_missing_stands_on_the_order_with_its_reason(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(), make.product(name="Poireaux")
    gone, few = make.product(name="Miel", active=False), make.product(name="Ail", stock=1)
    _, user_id = yvette(make)
    weekly(make, user_id, point, {leeks.id: 2, gone.id: 1, few.id: 3}, free_day(make, point).date)

    make.ask(ask_for_standing_orders, now())
    work(make)

    with Session(engine) as session:
        missing = {row.name: (row.quantity, row.reason) for row in session.exec(select(OrderMissing))}
    assert missing == {"Miel": (1, "N’est plus vendu."), "Ail": (2, "il n’en reste que 1")}
    assert questions.only(engine, Order).goods_cents == 2 * 320 + 320
    assert "Il manque : 1 × Miel, N’est plus vendu." in questions.notices(engine)[0].body


def test_a_place_without_room_is_told_once_and_no_order_is_made(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(name="Café Plein", crates=0), make.product(stock=9)
    _, user_id = yvette(make)
    weekly(make, user_id, point, {leeks.id: 2}, free_day(make, point).date)

    make.ask(ask_for_standing_orders, now())
    work(make)

    assert questions.how_many(engine, Order) == 0
    assert questions.stock_of(engine, leeks) == 9
    assert questions.only(engine, StandingRun).outcome is RunOutcome.REFUSED
    [told] = questions.notices(engine)
    assert "Café Plein n’a plus assez de place" in told.body


def test_a_pause_keeps_its_days_free_and_taking_it_back_brings_them_back(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(), make.product()
    _, user_id = yvette(make)
    day = free_day(make, point)
    standing = weekly(make, user_id, point, {leeks.id: 2}, day.date)
    make.ask(pause, user_id, standing.id, day.date, day.date + dt.timedelta(days=20))
    make.ask(ask_for_standing_orders, now())
    work(make)
    assert questions.how_many(engine, Order) == 0

    make.ask(take_up, user_id, standing.id, questions.only(engine, Absence).id)
    work(make)

    assert questions.only(engine, Order).delivery_day_id == day.id


def test_a_pause_says_which_orders_are_placed_already(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(), make.product()
    _, user_id = yvette(make)
    day = free_day(make, point)
    standing = weekly(make, user_id, point, {leeks.id: 2}, day.date)
    work(make)

    placed = make.ask(pause, user_id, standing.id, today(), day.date)

    assert [order.id for order in placed] == [questions.only(engine, Order).id]


def test_a_standing_order_that_was_stopped_brings_nothing(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(), make.product()
    _, user_id = yvette(make)
    standing = weekly(make, user_id, point, {leeks.id: 2}, free_day(make, point).date)
    make.ask(stop, user_id, standing.id)

    make.ask(ask_for_standing_orders, now())
    work(make)

    assert questions.how_many(engine, Order) == 0


def test_a_day_that_nobody_delivers_is_told_once(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(), make.product()
    _, user_id = yvette(make)
    ahead = next(n for n in range(1, 9) if not holiday_name(today() + dt.timedelta(days=n)))
    date = today() + dt.timedelta(days=ahead)
    weekly(make, user_id, point, {leeks.id: 2}, date)

    for _ in range(2):
        make.ask(find_undelivered, FindUndelivered(day=date.toordinal()))

    assert questions.only(engine, StandingRun).outcome is RunOutcome.NOT_DELIVERED
    assert "il n’y a pas de livraison" in questions.notices(engine)[0].body
    assert len(questions.notices(engine)) == 1


def test_what_cannot_be_is_refused(make: Make, engine: Engine) -> None:
    point, leeks = make.relay_point(), make.product()
    _, user_id = yvette(make)
    good = Wanted({leeks.id: 1}, Rhythm.WEEKLY, frozenset({3}), today(), relay_point_id=point.id)

    for refusal, wanted in (
        (NoWeekday, replace(good, weekdays=frozenset())),
        (FirstDayNonsense, replace(good, first_day=today() - dt.timedelta(days=1))),
        (PlaceNonsense, replace(good, relay_point_id=999_999)),
    ):
        with pytest.raises(refusal):
            make.ask(start_standing_order, user_id, wanted)
    standing = weekly(make, user_id, point, {leeks.id: 1}, today())
    for first, last in ((5, 4), (-9, -5), (0, 4_000)):
        with pytest.raises(AbsenceNonsense):
            make.ask(pause, user_id, standing.id, today() + dt.timedelta(days=first), today() + dt.timedelta(days=last))
    with Session(engine) as session:
        assert session.exec(select(StandingOrder.id).where(col(StandingOrder.customer_id) > 0)).all() == [standing.id]
