"""Read a day as it will be printed: its rounds with their sheets, who keeps the relay points, who has ordered."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from meloko.accounts.models import Organisation
from meloko.accounts.services import organisation
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.errors import Refusal
from meloko.orders.models import Order, OrderLine, OrderMissing
from meloko.orders.services import ALIVE
from meloko.relay_points.models import RelayPoint
from meloko.rounds.filling import driver_name, farms_of_goods, fill_sheet, living, round_name
from meloko.rounds.models import Round, Stop
from meloko.rounds.services import RUNNING, day_count, list_rounds, newest_build
from meloko.rounds.sheet import RoundSheet

# Where the code on the sheet of a round leads.
AddressOf = Callable[[Round], str]


class NothingToPrint(Refusal):
    """A day without rounds has no papers."""

    def __init__(self) -> None:
        super().__init__("Ce jour n’a pas encore de tournée : les papiers s’impriment quand les tournées sont faites.")


class RoundsBeingBuilt(Refusal):
    """Papers printed while the rounds change would be void at once."""

    def __init__(self) -> None:
        super().__init__("Les tournées de ce jour sont en cours de calcul. Imprimez quand elles sont faites.")


@dataclass(frozen=True, slots=True)
class RoundRead:
    """One round, its sheet, and where on the way its goods are taken on board."""

    row: Round
    name: str
    sheet: RoundSheet
    # The position of the farm's stop by product; everything else is loaded at the depot.
    farm_stops: Mapping[int, int]

    def orders(self) -> list[tuple[Stop, Order]]:
        """Return the orders of the round, the last stop first: as they are packed and loaded."""
        return [(stop, order) for stop in reversed(self.row.stops) for order in living(stop)]


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day whose rounds are there."""

    day: DeliveryDay
    house: Organisation
    rounds: tuple[RoundRead, ...]
    # Orders on no round: they are packed, since somebody decides on them, but nobody loads them.
    left_out: tuple[Order, ...]
    # How many pieces of each product are ordered for the day, counted by the database.
    ordered: Mapping[int, int]
    relay_points: Mapping[int, RelayPoint]
    # What standing orders should have brought and could not, by order.
    missing: Mapping[int, Sequence[OrderMissing]]
    # The delivery before this one in the same zone: its date, and its rounds with the names of their drivers.
    day_before: dt.date | None
    rounds_before: tuple[tuple[Round, str], ...]
    # Who ordered, by id: a bag may be for somebody else.
    customers: Mapping[int, Customer]


def read_day(session: Session, day_id: int, *, address: AddressOf) -> DayRead:
    """Read a day at one instant, or refuse: no rounds, or rounds that are being built."""
    # One picture for all questions: rounds that are stored meanwhile are on the next print whole.
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    day = find_day(session, day_id)
    build = newest_build(session, day_id)
    if build is not None and build.state in RUNNING:
        raise RoundsBeingBuilt
    rows = list_rounds(session, day_id)
    if not rows:
        raise NothingToPrint
    count = day_count(session, day_id)
    orders = [order for row in rows for stop in row.stops for order in living(stop)]
    points = {stop.relay_point_id for row in rows for stop in row.stops if stop.relay_point_id}
    people = {order.customer_id for order in orders}
    return DayRead(
        day,
        organisation(session),
        tuple(read_round(session, row, address=address) for row in rows),
        tuple(listed.order for listed in count.exceptions),
        _ordered(session, day_id),
        {point.id: point for point in session.exec(select(RelayPoint).where(col(RelayPoint.id).in_(points)))},
        _missing(session, orders),
        *_delivery_before(session, day),
        {one.id: one for one in session.exec(select(Customer).where(col(Customer.id).in_(people)))},
    )


def _delivery_before(session: Session, day: DeliveryDay) -> tuple[dt.date | None, tuple[tuple[Round, str], ...]]:
    last = session.exec(
        select(DeliveryDay)
        .join(Round, col(Round.delivery_day_id) == col(DeliveryDay.id))
        .where(col(DeliveryDay.zone_id) == day.zone_id, col(DeliveryDay.date) < day.date, col(Round.current))
        .order_by(col(DeliveryDay.date).desc())
        .limit(1)
    ).first()
    if last is None:
        return None, ()
    return last.date, tuple((row, driver_name(session, row)) for row in list_rounds(session, last.id))


def _ordered(session: Session, day_id: int) -> dict[int, int]:
    rows = session.exec(
        select(OrderLine.product_id, func.sum(col(OrderLine.ordered)))
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .where(col(Order.delivery_day_id) == day_id, col(Order.state).in_(ALIVE))
        .group_by(col(OrderLine.product_id))
    )
    return {product: int(pieces) for product, pieces in rows}


def _missing(session: Session, orders: Sequence[Order]) -> dict[int, list[OrderMissing]]:
    found: dict[int, list[OrderMissing]] = {}
    ids = [order.id for order in orders]
    for row in session.exec(
        select(OrderMissing).where(col(OrderMissing.order_id).in_(ids)).order_by(col(OrderMissing.id))
    ):
        found.setdefault(row.order_id, []).append(row)
    return found


def read_round(session: Session, row: Round, *, address: AddressOf) -> RoundRead:
    """Read one round, found with its stops, drops and orders."""
    positions = {stop.producer_id: stop.position for stop in row.stops if stop.producer_id}
    farm_stops = {product: positions[farm] for product, farm in farms_of_goods(session, row).items()}
    return RoundRead(row, round_name(row), fill_sheet(session, row.id, address=address), farm_stops)
