"""What is chosen, the draft that is checked and the order that was sent, as their pages show them."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlmodel import Session

from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.orders.basket import BasketView, basket_view, line_cents
from meloko.orders.placing import NothingOrdered
from meloko.orders.sending import NotIntroduced, PlaceNotChosen, sent_order
from meloko.relay_points.hours import day_hours_words
from meloko.relay_points.models import RelayPoint
from meloko.relay_points.services import find_relay_point
from meloko.wording import hour_words


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what is chosen; `weighed` goods are counted by the piece and charged by weight."""

    code: str
    name: str
    unit: str
    weighed: bool
    quantity: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen so far, in cents."""

    lines: tuple[Line, ...]
    deposit_cents: int
    total_cents: int

    @property
    def count(self) -> int:
        """Return how many different products."""
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Sent:
    """An order, or what will be one, as its last two pages show it."""

    number: str
    day: dt.date
    cut_off: dt.datetime
    place: str
    home: bool
    hours: str
    who: str
    guest: bool
    email: str
    basket: Chosen
    paid_where: str
    weighed: bool
    key: uuid.UUID


def draft(session: Session, token: str, user_id: int | None) -> Sent:
    """Gather the page where an order is checked, or refuse with what is still to be said."""
    view = basket_view(session, token, user_id)
    basket, customer = view.basket, view.customer
    if not view.lines:
        raise NothingOrdered
    if basket.delivery_day_id is None or not (basket.home or basket.relay_point_id):
        raise PlaceNotChosen
    if not view.introduced or (customer is None and basket.home and not basket.guest_address):
        raise NotIntroduced
    day = find_day(session, basket.delivery_day_id)
    if basket.relay_point_id is not None:
        place, hours = _at_relay(find_relay_point(session, basket.relay_point_id), day.date)
    else:
        place, hours = _at_home(day, *address_of(view))
    return Sent(
        number="",
        day=day.date,
        cut_off=day.cut_off_at,
        place=place,
        home=basket.home,
        hours=hours,
        who=customer.full_name if customer else f"{basket.guest_name}, {basket.guest_phone}",
        guest=customer is None,
        email=customer.email if customer else "",
        basket=chosen(view),
        paid_where=_paid_where(basket.relay_point_id),
        weighed=any(line.product.priced_by_weight for line in view.lines),
        key=basket.key,
    )


def sent(session: Session, token: str, user_id: int | None, order_id: int) -> Sent:
    """Gather the page that says it is done, for who has just sent the order or owns it."""
    order = sent_order(session, token, user_id, order_id)
    if order.relay_point_id is not None:
        place, hours = _at_relay(find_relay_point(session, order.relay_point_id), order.day.date)
    else:
        place, hours = _at_home(order.day, order.home_address, order.home_commune)
    lines = tuple(
        Line(line.code, line.name, line.unit, line.priced_by_weight, line.ordered, line.goods_cents)
        for line in order.lines
    )
    return Sent(
        number=order.number,
        day=order.day.date,
        cut_off=order.day.cut_off_at,
        place=place,
        home=order.home,
        hours=hours,
        who=order.customer_name,
        guest=order.customer.guest,
        email=order.customer.email,
        basket=Chosen(lines, order.deposit_cents, order.total_cents),
        paid_where=_paid_where(order.relay_point_id),
        weighed=any(line.priced_by_weight for line in order.lines),
        key=uuid.UUID(int=0),
    )


def chosen(view: BasketView) -> Chosen:
    """Turn a basket into what its pages show."""
    lines = tuple(
        Line(
            line.product.code,
            line.product.name,
            line.product.unit,
            line.product.priced_by_weight,
            line.quantity,
            line_cents(line.product, line.quantity),
        )
        for line in view.lines
    )
    return Chosen(lines, view.deposit_cents, view.total_cents)


def address_of(view: BasketView) -> tuple[str, str]:
    """Return the address and the commune of who orders, empty when nobody has said them."""
    if view.customer is not None:
        return view.customer.address, view.customer.commune
    return view.basket.guest_address, view.basket.guest_commune


def home_hours(day: DeliveryDay) -> str:
    """Say between which hours homes are called at."""
    first, last = (hour_words(at.hour * 3_600 + at.minute * 60) for at in (day.homes_from, day.homes_until))
    return f"entre {first} et {last}"


def _at_relay(point: RelayPoint, date: dt.date) -> tuple[str, str]:
    return f"{point.name}, à {point.commune}", day_hours_words(point.public_hours, date)


def _at_home(day: DeliveryDay, address: str, commune: str) -> tuple[str, str]:
    return f"chez vous, {address}, {commune}", home_hours(day)


def _paid_where(relay_point_id: int | None) -> str:
    return "À payer à la livraison" if relay_point_id is None else "À payer au point relais"
