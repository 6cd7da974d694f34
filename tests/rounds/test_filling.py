import datetime as dt
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, update

from meloko.accounts.models import Role
from meloko.catalogue.models import SupplyMode, Temperature
from meloko.customers.models import ContactPerson, Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import Order, OrderState
from meloko.relay_points.models import RelayPoint
from meloko.rounds.filling import fill_sheet
from meloko.rounds.sheet import Contact, Crates, Goods, RoundSheet, SheetStop
from tests.make import Make
from tests.rounds.rounds import Halt, close_and_plan, driven_today, put_round


@dataclass
class Trip:
    """A dairy, a relay point with an order from paper, and Yvette at home."""

    day: DeliveryDay
    relay: RelayPoint
    yvette: Customer
    yvettes_order: int
    round_id: int


@pytest.fixture
def trip(engine: Engine, make: Make) -> Trip:
    depot, driver = make.depot(), make.user(Role.DRIVER)
    vehicle, relay = make.vehicle(depot, driver=driver), make.relay_point(make.zone(depot), name="Café de la Place")
    dairy = make.producer(supply_mode=SupplyMode.ON_THE_ROUND, pickup_hours="06:00-10:00")
    milk = make.product(dairy, name="Lait", temperature=Temperature.CHILLED, crates_hundredths=50)
    leeks = make.product(crates_hundredths=30)
    yvette, roger = make.customer(), make.customer(last_name="Carlier", first_name="Roger")
    day = driven_today(make, relay)
    at_relay = make.order(roger, day, relay, {milk.id: 2, leeks.id: 1}).order_id
    at_home = make.order(yvette, day, None, {milk.id: 3}).order_id
    close_and_plan(make, day)
    halts = [Halt(dairy, goods=[(milk.id, milk.code, "Lait", 5)]), Halt(relay, [at_relay]), Halt(yvette, [at_home])]
    round_id = put_round(engine, day, 1, vehicle, driver, halts)
    return Trip(day, relay, yvette, at_home, round_id)


def filled(make: Make, trip: Trip) -> RoundSheet:
    return make.ask(fill_sheet, trip.round_id, address=lambda row: "https://meloko.example")


def stops(make: Make, trip: Trip) -> tuple[SheetStop, SheetStop, SheetStop]:
    farm, relay, home = filled(make, trip).stops
    return farm, relay, home


def write(engine: Engine, table: type[object], row_id: int, **values: object) -> None:
    with Session(engine) as session:
        session.exec(update(table).where(col(table.id) == row_id).values(**values))  # type: ignore[attr-defined]
        session.commit()


def test_a_farm_says_what_is_taken_and_how_many_crates_it_fills(make: Make, trip: Trip) -> None:
    farm, _, _ = stops(make, trip)

    assert farm.goods == (Goods(5, "Lait"),)
    # Five bottles of half a crate.
    assert farm.goods_crates == Crates(0, 3, 0)
    assert farm.pay_words == "rien, sur facture"


def test_what_is_picked_up_on_the_way_is_not_loaded_at_the_depot(make: Make, trip: Trip) -> None:
    assert [(line.stop, line.crates) for line in filled(make, trip).load] == [(2, Crates(1, 0, 0)), (3, Crates())]


def test_a_relay_point_says_its_host_and_how_to_get_in(make: Make, engine: Engine, trip: Trip) -> None:
    write(engine, RelayPoint, trip.relay.id, host_phone="03 53 01 12 70", driver_instructions="sonner 2 fois")
    _, relay, _ = stops(make, trip)

    assert relay.contact == Contact("Odile V.", "03 53 01 12 70")
    assert relay.how_to_find == "sonner 2 fois"
    assert (relay.collect_cents, relay.collect_words) == (3 * 320, "enveloppe")


def test_an_order_of_an_earlier_day_that_waits_at_the_relay_point_is_taken_back(
    make: Make, engine: Engine, trip: Trip
) -> None:
    customer = make.customer(last_name="Wattel")
    earlier = make.day(trip.relay, in_days=1)
    waiting, collected = (
        make.order(someone, earlier, trip.relay, {make.product().id: 1}).order_id
        for someone in (customer, make.customer(last_name="Duriez"))
    )
    write(engine, Order, waiting, state=OrderState.AT_RELAY)
    write(engine, Order, collected, state=OrderState.COLLECTED)
    assert stops(make, trip)[1].uncollected == ()

    write(engine, DeliveryDay, earlier.id, date=trip.day.date - dt.timedelta(days=7))
    assert stops(make, trip)[1].uncollected == (f"{waiting:04d}",)


def test_a_home_says_its_numbers_its_notes_and_whom_to_call(make: Make, engine: Engine, trip: Trip) -> None:
    write(
        engine, Customer, trip.yvette.id, other_phone="06 39 98 14 02", doorstep_notes="chien gentil",
    )  # fmt: skip
    write(engine, Order, trip.yvettes_order, note="je suis chez la voisine")
    with Session(engine) as session:
        for position, name in ((2, "sa voisine"), (1, "sa fille")):
            session.add(
                ContactPerson(
                    customer_id=trip.yvette.id, position=position, name=name, phone=f"06 39 98 00 0{position}"
                )
            )
        session.commit()
    _, _, home = stops(make, trip)

    assert home.contact == Contact("", "03 53 01 66 09 ou 06 39 98 14 02")
    assert home.doorstep_notes == "chien gentil\nje suis chez la voisine"
    assert [person.name for person in home.contact_persons] == ["sa fille", "sa voisine"]
    assert (home.collect_cents, home.collect_words) == (3 * 320, "espèces, chèque")


def test_who_orders_on_paper_hands_over_the_next_order(make: Make, engine: Engine, trip: Trip) -> None:
    assert [stop.filled_forms for stop in stops(make, trip)] == [0, 0, 0]

    write(engine, Customer, trip.yvette.id, paper_form_wanted=True)

    assert [stop.filled_forms for stop in stops(make, trip)] == [0, 0, 1]
