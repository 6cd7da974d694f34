"""Rounds put into the database as the planner would have left them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from meloko.accounts.models import User
from meloko.catalogue.models import Producer
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.orders.closing import close_day
from meloko.relay_points.models import RelayPoint
from meloko.rounds.models import Drop, PickUp, Round, RoundException, Stop, StopKind, Vehicle
from tests.make import Make

HOUR = 3600


@dataclass(frozen=True)
class Halt:
    """A place to call at, the orders left there, the (product, code, name, quantity) taken on board."""

    at: RelayPoint | Customer | Producer
    orders: Sequence[int] = ()
    goods: Sequence[tuple[int, str, str, int]] = ()


def close_and_plan(make: Make, day: DeliveryDay, left_out: Sequence[int] = ()) -> None:
    """Close a day whose rounds are put in by hand; some orders are on none."""
    with Session(make.engine) as session:
        session.exec(update(DeliveryDay).where(col(DeliveryDay.id) == day.id).values(cut_off_at=now()))
        session.commit()
    make.ask(close_day, day.id, now())
    with Session(make.engine) as session:
        row = session.exec(select(DeliveryDay).where(col(DeliveryDay.id) == day.id)).one()
        row.state, row.plan_version = DayState.PLANNED, 1
        session.add_all(
            RoundException(
                delivery_day_id=day.id,
                plan_version=1,
                order_id=order,
                reason="no_point",
                sentence="adresse non placée sur la carte",
            )
            for order in left_out
        )
        session.commit()


def put_round(
    engine: Engine, day: DeliveryDay, number: int, vehicle: Vehicle, driver: User, halts: Sequence[Halt]
) -> int:
    """Put one round in, a stop every half an hour from 8 o'clock; return its id."""
    with Session(engine) as session:
        row = Round(
            delivery_day_id=day.id,
            number=number,
            version=1,
            vehicle_id=vehicle.id,
            driver_id=driver.id,
            departure_s=7 * HOUR,
            return_s=12 * HOUR,
            distance_m=41_300,
            duration_s=5 * HOUR,
        )
        session.add(row)
        session.flush()
        for position, halt in enumerate(halts, 1):
            stop = _stop(row.id, position, halt)
            session.add(stop)
            session.flush()
            session.add_all(Drop(stop_id=stop.id, order_id=order) for order in halt.orders)
            session.add_all(
                PickUp(stop_id=stop.id, product_id=product, code=code, name=name, quantity=quantity)
                for product, code, name, quantity in halt.goods
            )
        session.commit()
        return row.id


def _stop(round_id: int, position: int, halt: Halt) -> Stop:
    at_s = 8 * HOUR + (position - 1) * HOUR // 2
    place = halt.at
    if isinstance(place, RelayPoint):
        kind, name = StopKind.RELAY, place.name
    elif isinstance(place, Customer):
        kind, name = StopKind.HOME, place.full_name
    else:
        kind, name = StopKind.FARM, place.name
    return Stop(
        round_id=round_id,
        position=position,
        kind=kind,
        relay_point_id=place.id if kind is StopKind.RELAY else None,
        customer_id=place.id if kind is StopKind.HOME else None,
        producer_id=place.id if kind is StopKind.FARM else None,
        name=name,
        address=place.address or "4 rue du Rivage",
        commune=place.commune,
        lat=50.53 + position / 200,
        lon=2.66,
        window_from_s=at_s,
        window_until_s=at_s + 2 * HOUR,
        arrival_s=at_s,
        start_s=at_s,
        departure_s=at_s + 300,
        promise_from_s=at_s,
        promise_until_s=at_s + HOUR,
        leg_duration_s=600,
        leg_distance_m=4_000,
    )


def driven_today(make: Make, *relay_points: RelayPoint) -> DeliveryDay:
    """Open a day of today that still takes orders."""
    return make.day(*relay_points, in_days=0, closes_in=dt.timedelta(minutes=30))
