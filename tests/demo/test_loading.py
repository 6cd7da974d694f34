"""The fictional organisation is brought in once, however often it is loaded, and its day can be drawn."""

import datetime as dt

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from meloko.catalogue.models import Product, PurchasePrice
from meloko.clock import now, today
from meloko.customers.models import AccessNote, Customer
from meloko.db import Table, ask
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.demo import organisation
from meloko.demo.fiction import Fiction, read_fiction
from meloko.demo.loading import bring_people_and_days
from meloko.demo.organisation import next_run
from meloko.demo.wishes import Wishes, draw_wishes, people
from meloko.notices.models import Notice
from meloko.orders.models import Order
from meloko.relay_points.models import RelayPoint
from meloko.relay_points.services import why_closed


def how_many(engine: Engine, table: type[Table]) -> int:
    return ask(engine, lambda session: session.exec(select(func.count()).select_from(table)).one())


@pytest.fixture
def fiction() -> Fiction:
    return read_fiction()


def test_loading_twice_is_loading_once(engine: Engine, fiction: Fiction) -> None:
    bring_people_and_days(engine, fiction, past=True)
    once = {table: how_many(engine, table) for table in (Product, PurchasePrice, Customer, Order, DeliveryDay)}

    bring_people_and_days(engine, fiction, past=True)

    assert once == {table: how_many(engine, table) for table in once}
    assert (once[Product], once[PurchasePrice], once[Customer]) == (71, 71, 400)


def test_there_is_always_something_to_order_for_and_something_to_drive_today(engine: Engine, fiction: Fiction) -> None:
    bring_people_and_days(engine, fiction, past=True)

    days = ask(engine, lambda session: list(session.exec(select(DeliveryDay).order_by(col(DeliveryDay.date)))))
    past = [day for day in days if day.date <= today()]
    assert [day.state for day in past] == [DayState.CLOSED, DayState.CLOSED]
    assert past[-1].date == today()
    assert all((day.orders_at_closing or 0) > 20 for day in past)
    lost = [row["card_number"] for row in fiction.customers if row["commune"] == "Oblinghem"]
    cards = ask(engine, lambda session: session.exec(
        select(Customer.card_number).join(Order, col(Order.customer_id) == col(Customer.id))
        .where(col(Order.delivery_day_id) == past[-1].id, col(Order.home))).all())  # fmt: skip
    assert set(lost) <= set(cards), "nothing is to be decided this morning"
    ahead = [day for day in days if day.date > today()]
    assert len(ahead) == 4
    assert all(day.state is DayState.OPEN and day.cut_off_at > now() for day in ahead)


def test_nobody_is_told_today_of_orders_of_the_past(engine: Engine, fiction: Fiction) -> None:
    bring_people_and_days(engine, fiction, past=True)

    assert how_many(engine, Notice) == 0
    with_email = ask(engine, lambda s: s.exec(select(func.count()).where(col(Customer.email) != "")).one())
    assert with_email == sum(row["email"] != "" for row in fiction.customers)


def test_relay_points_are_those_that_open_on_the_day(engine: Engine, fiction: Fiction) -> None:
    ask(engine, organisation.bring_organisation, fiction)

    def open_on(session: Session, date: dt.date) -> set[str]:
        return {point.code for point in organisation.points_open_on(session, date)}

    sunday = today() + dt.timedelta(days=(6 - today().weekday()) % 7)
    date = next_run(fiction)
    assert "R12" not in ask(engine, open_on, sunday)
    assert len(ask(engine, open_on, date)) >= 8
    # Not in service.
    assert "R15" not in ask(engine, open_on, date)
    assert ask(engine, lambda s: why_closed(s.exec(select(RelayPoint).where(col(RelayPoint.code) == "R15")
        .options(organisation.WITH_CLOSURES)).one(), date))  # fmt: skip


def test_orders_can_be_drawn_for_a_day_of_any_size(engine: Engine, fiction: Fiction) -> None:
    bring_people_and_days(engine, fiction, past=False)
    known = ask(engine, people, next_run(fiction))

    for orders in (1, 2, 3, 60, 400):
        wishes = draw_wishes(known, orders, seed=1)

        everyone = (*wishes.web, *wishes.paper)
        assert len(everyone) == orders
        assert len(wishes.paper) >= 0.4 * orders
        cards = [wish.card for wish in everyone if wish.card]
        assert len(set(cards)) == len(cards), "somebody orders twice"
        guests = [(wish.name, wish.phone) for wish in everyone if not wish.card]
        assert len(set(guests)) == len(guests), "two guests are one"
        assert all(wish.card for wish in wishes.paper)
        assert all(wish.lines for wish in everyone)
    assert draw_wishes(known, 60, seed=1) == draw_wishes(known, 60, seed=1)
    assert draw_wishes(known, 60, seed=1) != draw_wishes(known, 60, seed=2)
    check_that_somebody_is_lost_and_farms_are_called_at(draw_wishes(known, 60, seed=1), fiction, lost=2)
    check_that_somebody_is_lost_and_farms_are_called_at(draw_wishes(known, 2, seed=1), fiction, lost=1)


def check_that_somebody_is_lost_and_farms_are_called_at(wishes: Wishes, fiction: Fiction, lost: int) -> None:
    on_the_round = {row["code"] for row in fiction.producers if row["supply_mode"] == "picked up on the round"}
    from_farms = {row["code"] for row in fiction.catalogue if row["producer_code"] in on_the_round}
    nowhere = [wish for wish in wishes.paper if wish.commune in ("Vieille-Chapelle", "Oblinghem")]

    assert len(nowhere) == lost
    assert all(wish.home for wish in nowhere)
    found = [wish for wish in (*wishes.web, *wishes.paper) if wish not in nowhere]
    assert any(code in from_farms for wish in found for code, _ in wish.lines)


def test_door_codes_are_sealed_once(engine: Engine, fiction: Fiction) -> None:
    bring_people_and_days(engine, fiction, past=False)
    keys = (b"k" * 32,)

    for _ in range(2):
        ask(engine, organisation.bring_access_notes, fiction, keys)

    assert how_many(engine, AccessNote) == sum(1 for row in fiction.customers if row["access_notes"]) > 5
