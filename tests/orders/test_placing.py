import datetime as dt
import uuid

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.catalogue.models import Temperature
from meloko.catalogue.selling import OutOfStock
from meloko.catalogue.services import NotSold, UnknownProduct
from meloko.clock import now
from meloko.customers.cards import with_check_digit
from meloko.delivery_days.entering import (
    DayClosed,
    DayNotOpenYet,
    HomesNotServed,
    ReceivedTooLate,
    RelayFull,
    RelayNotServed,
)
from meloko.errors import NotFound
from meloko.jobs import BuildRounds, LocateCustomer, SendNotice
from meloko.orders.closing import close_day
from meloko.orders.drafting import AddressMissing, KeyUsedOtherwise, NothingOrdered
from meloko.orders.models import Order, OrderLine, OrderState, Source, Submission
from meloko.orders.placing import place_order
from meloko.orders.services import find_order
from meloko.orders.writing import TooMany
from tests import questions
from tests.make import Make

MINUTES = dt.timedelta(minutes=1)


def test_an_order_holds_frozen_copies_and_exact_totals(make: Make) -> None:
    relay_point = make.relay_point(name="Café de la Place")
    day = make.day(relay_point)
    milk = make.product(price_cents=125, deposit_cents=50, temperature=Temperature.CHILLED, crates_hundredths=5)
    beer = make.product(price_cents=260, vat_rate_bp=2000)

    placed = make.order(make.customer(), day, relay_point, {milk.id: 3, beer.id: 2})

    order = make.ask(find_order, placed.order_id)
    assert (order.goods_cents, order.deposit_cents, order.total_cents) == (895, 150, 1045)
    assert order.vat == [
        {"rate_bp": 550, "net_cents": 355, "vat_cents": 20},
        {"rate_bp": 2000, "net_cents": 433, "vat_cents": 87},
    ]
    assert (order.crates_hundredths, order.chilled_hundredths) == (20, 15)
    assert (order.customer_name, order.public_name) == ("Mme Legrand Yvette", "L. Yvette")
    assert order.place_name == "Café de la Place"
    assert order.state is OrderState.PLACED


def test_goods_charged_by_weight_are_reckoned_at_their_usual_weight(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    chicken = make.product(price_cents=1050, priced_by_weight=True)
    with Session(engine) as session:
        row = session.merge(chicken)
        row.net_quantity = 1800
        session.commit()

    placed = make.order(make.customer(), make.day(relay_point), relay_point, {chicken.id: 2})

    assert questions.order(engine, placed.order_id).goods_cents == 3780


def test_sending_the_same_form_twice_is_one_order(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    eggs = make.product(stock=10)
    draft = make.draft(make.customer(), make.day(relay_point), relay_point, {eggs.id: 2})

    first = make.ask(place_order, draft)
    second = make.ask(place_order, draft)

    assert second.order_id == first.order_id
    assert (first.again, second.again) == (False, True)
    assert questions.stock_of(engine, eggs) == 8
    assert questions.how_many(engine, Submission) == 1


def test_the_same_key_with_another_content_is_refused(make: Make, engine: Engine) -> None:
    relay_point, key = make.relay_point(), uuid.uuid4()
    customer, day, eggs = make.customer(), make.day(relay_point), make.product(stock=10)
    make.ask(place_order, make.draft(customer, day, relay_point, {eggs.id: 2}, key=key))

    with pytest.raises(KeyUsedOtherwise, match="déjà envoyé"):
        make.ask(place_order, make.draft(customer, day, relay_point, {eggs.id: 3}, key=key))

    assert questions.stock_of(engine, eggs) == 8


def test_the_same_form_after_the_closing_still_gets_its_confirmation(make: Make) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point, closes_in=MINUTES)
    draft = make.draft(make.customer(), day, relay_point, {make.product().id: 1})
    first = make.ask(place_order, draft)
    make.ask(close_day, day.id, now() + dt.timedelta(hours=1))

    assert make.ask(place_order, draft).order_id == first.order_id


def test_ordering_again_adds_lines_to_the_open_order(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    customer, day = make.customer(), make.day(relay_point)
    eggs, leeks = make.product(price_cents=240), make.product(price_cents=320)
    first = make.order(customer, day, relay_point, {eggs.id: 1})

    second = make.order(customer, day, relay_point, {eggs.id: 1, leeks.id: 1})

    assert second.order_id == first.order_id
    assert second.joined
    assert questions.order(engine, first.order_id).goods_cents == 800
    assert questions.how_many(engine, OrderLine) == 2


def test_another_place_is_another_order(make: Make, engine: Engine) -> None:
    zone = make.zone()
    here, there = make.relay_point(zone), make.relay_point(zone)
    customer, day, eggs = make.customer(), make.day(here, there), make.product()

    make.order(customer, day, here, {eggs.id: 1})
    make.order(customer, day, there, {eggs.id: 1})
    make.order(customer, day, None, {eggs.id: 1})

    assert questions.how_many(engine, Order) == 3


def test_more_than_is_left_is_refused_with_what_is_left(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    eggs, leeks = make.product(name="Œufs", stock=2), make.product(stock=5)

    with pytest.raises(OutOfStock, match="ne reste que 2 × « Œufs »") as refused:
        make.order(make.customer(), make.day(relay_point), relay_point, {eggs.id: 3, leeks.id: 1})

    assert refused.value.shortages == {"Œufs": 2}
    assert (questions.stock_of(engine, eggs), questions.stock_of(engine, leeks)) == (2, 5)
    assert questions.how_many(engine, Order) == 0
    assert questions.how_many(engine, Submission) == 0


def test_nothing_and_nonsense_are_refused(make: Make) -> None:
    relay_point, product = make.relay_point(), make.product()
    customer, day = make.customer(), make.day(relay_point)

    with pytest.raises(NothingOrdered):
        make.order(customer, day, relay_point, {})
    for quantity in (0, -1, 501, 10**9):
        with pytest.raises(TooMany):
            make.order(customer, day, relay_point, {product.id: quantity})
    with pytest.raises(UnknownProduct):
        make.order(customer, day, relay_point, {product.id + 1000: 1})


def test_adding_up_to_more_than_anybody_orders_is_refused(make: Make) -> None:
    relay_point, product = make.relay_point(crates=1000), make.product(crates_hundredths=1)
    customer, day = make.customer(), make.day(relay_point)
    make.order(customer, day, relay_point, {product.id: 400})

    with pytest.raises(TooMany):
        make.order(customer, day, relay_point, {product.id: 400})


def test_a_product_out_of_season_or_taken_off_is_refused_by_name(make: Make) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point)
    not_now = (day.date + dt.timedelta(days=60)).strftime("%m-%d"), (day.date + dt.timedelta(days=90)).strftime("%m-%d")
    rhubarb, gone = make.product(name="Rhubarbe", season=not_now), make.product(name="Ancien", active=False)

    with pytest.raises(NotSold, match="Rhubarbe"):
        make.order(make.customer(), day, relay_point, {rhubarb.id: 1})
    with pytest.raises(NotSold, match="Ancien"):
        make.order(make.customer(), day, relay_point, {gone.id: 1})


def test_a_day_that_is_closed_is_refused_on_the_web(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point, closes_in=-30 * MINUTES)

    with pytest.raises(DayClosed, match="gardée"):
        make.order(make.customer(), day, relay_point, {make.product().id: 1})

    assert questions.how_many(engine, Order) == 0


def test_a_dead_beat_lets_no_late_order_in(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point, closes_in=-20 * MINUTES)

    with pytest.raises(DayClosed):
        make.order(make.customer(), day, relay_point, {make.product().id: 1})

    assert questions.day(engine, day.id).state == "open"


def test_an_order_begun_in_time_passes_within_the_grace(make: Make) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point, closes_in=-2 * MINUTES, grace_minutes=10)
    begun_in_time = make.draft(make.customer(), day, relay_point, {make.product().id: 1}, begun_at=now() - 6 * MINUTES)
    begun_long_ago = make.draft(
        make.customer(), day, relay_point, {make.product().id: 1}, begun_at=now() - 60 * MINUTES
    )

    assert make.ask(place_order, begun_in_time).order_id
    with pytest.raises(DayClosed):
        make.ask(place_order, begun_long_ago)


def test_a_day_that_is_not_open_yet_is_refused(make: Make) -> None:
    relay_point = make.relay_point()
    day = make.day(relay_point, opened_ago=-dt.timedelta(hours=1))

    with pytest.raises(DayNotOpenYet):
        make.order(make.customer(), day, relay_point, {make.product().id: 1})


def test_a_paper_received_in_time_may_be_keyed_late_and_says_so(make: Make, engine: Engine) -> None:
    relay_point, staff = make.relay_point(), make.user()
    day = make.day(relay_point, closes_in=-30 * MINUTES)
    make.ask(close_day, day.id, now())
    version = questions.day(engine, day.id).input_version

    placed = make.ask(
        place_order,
        make.draft(
            make.customer(), day, relay_point, {make.product().id: 1},
            source=Source.PAPER, received_at=now() - 60 * MINUTES, keyed_by=staff,
        ),
    )  # fmt: skip

    assert placed.late
    assert questions.order(engine, placed.order_id).state is OrderState.CONFIRMED
    assert questions.day(engine, day.id).input_version == version + 1
    assert len(questions.jobs(engine, BuildRounds.name)) == 2


def test_a_paper_received_after_the_cut_off_is_refused(make: Make) -> None:
    relay_point, staff = make.relay_point(), make.user()
    day = make.day(relay_point, closes_in=-30 * MINUTES)
    draft = make.draft(
        make.customer(), day, relay_point, {make.product().id: 1},
        source=Source.PAPER, received_at=now() - MINUTES, keyed_by=staff,
    )  # fmt: skip

    with pytest.raises(ReceivedTooLate, match="après la clôture"):
        make.ask(place_order, draft)


def test_a_relay_point_without_room_is_refused(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point(name="Petit café", crates=1, chilled=1)
    day, leeks = make.day(relay_point), make.product(crates_hundredths=30)
    make.order(make.customer(), day, relay_point, {leeks.id: 3})

    with pytest.raises(RelayFull, match="Petit café"):
        make.order(make.customer(last_name="Dubrulle"), day, relay_point, {leeks.id: 1})

    assert questions.how_many(engine, Order) == 1


def test_a_relay_point_that_does_not_serve_the_day_is_refused(make: Make) -> None:
    zone = make.zone()
    served, elsewhere = make.relay_point(zone), make.relay_point(zone)

    with pytest.raises(RelayNotServed):
        make.order(make.customer(), make.day(served), elsewhere, {make.product().id: 1})


def test_home_needs_an_address_and_a_day_that_serves_homes(make: Make, engine: Engine) -> None:
    relay_point, product = make.relay_point(), make.product()
    homeless, housed = make.customer(address="", lat=None), make.customer()

    with pytest.raises(AddressMissing):
        make.order(homeless, make.day(relay_point), None, {product.id: 1})
    with pytest.raises(HomesNotServed):
        make.order(housed, make.day(relay_point, in_days=3, homes_served=False), None, {product.id: 1})

    placed = make.order(housed, make.day(relay_point, in_days=4), None, {product.id: 1})
    assert questions.order(engine, placed.order_id).home_address == "17 rue du Marais"


def test_a_home_nobody_has_placed_yet_is_asked_for(make: Make, engine: Engine) -> None:
    customer = make.customer(lat=None)
    before = len(questions.jobs(engine, LocateCustomer.name))

    make.order(customer, make.day(make.relay_point()), None, {make.product().id: 1})

    assert len(questions.jobs(engine, LocateCustomer.name)) == before + 1


def test_a_customer_with_an_e_mail_is_told_once(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    draft = make.draft(
        make.customer(email="y@client.example"), make.day(relay_point), relay_point, {make.product().id: 1}
    )

    make.ask(place_order, draft)
    make.ask(place_order, draft)

    assert len(questions.jobs(engine, SendNotice.name)) == 1


def test_a_customer_without_e_mail_or_telephone_is_normal(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()

    make.order(make.customer(phone="", email=""), make.day(relay_point), relay_point, {make.product().id: 1})

    assert questions.how_many(engine, Order) == 1
    assert questions.jobs(engine, SendNotice.name) == []


def test_an_unknown_day_or_customer_is_not_found(make: Make) -> None:
    relay_point = make.relay_point()
    day, customer, product = make.day(relay_point), make.customer(), make.product()
    day_gone, customer_gone = make.draft(customer, day, relay_point, {product.id: 1}), None
    object.__setattr__(day_gone, "day_id", day.id + 1000)

    with pytest.raises(NotFound):
        make.ask(place_order, day_gone)
    customer_gone = make.draft(customer, day, relay_point, {product.id: 1})
    object.__setattr__(customer_gone, "customer_id", customer.id + 1000)
    with pytest.raises(NotFound):
        make.ask(place_order, customer_gone)


def test_the_database_itself_refuses_a_second_open_order(make: Make, engine: Engine) -> None:
    relay_point = make.relay_point()
    placed = make.order(make.customer(), make.day(relay_point), relay_point, {make.product().id: 1})

    with Session(engine) as session:
        row = session.exec(select(Order).where(col(Order.id) == placed.order_id)).one()
        twin = Order(**{**row.model_dump(exclude={"id"})})
        session.add(twin)
        with pytest.raises(Exception, match="uq_order_open"):
            session.commit()


def test_the_card_numbers_of_the_demo_are_valid() -> None:
    assert with_check_digit(10001) == "00100014"
