"""What is chosen, the draft that is checked and the order that was sent, as their pages show them."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.services import why_not_sold
from meloko.clock import now
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import enters_in_time, find_day
from meloko.languages import say
from meloko.orders.basket import BasketView, basket_view, line_cents
from meloko.orders.drafting import NothingOrdered
from meloko.orders.models import BasketBag, BasketLine, Order, OrderLine, Substitution
from meloko.orders.sending import NotIntroduced, PlaceNotChosen, goods_seen_cents, sent_order, sent_together
from meloko.relay_points.hours import day_hours_words
from meloko.relay_points.models import RelayPoint, Zone
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
    id: int = 0
    # Why it cannot be ordered, in words; it is then left out.
    off: str = ""
    wish: Substitution | None = None


@dataclass(frozen=True, slots=True)
class BagName:
    """A bag of the basket and for whom it is; without an id, the bag of who orders."""

    id: int | None
    who: str
    count: int


@dataclass(frozen=True, slots=True)
class Bag:
    """One bag of the check page: it becomes an order of its own; amounts in cents."""

    id: int | None
    who: str
    lines: tuple[Line, ...]
    deposit_cents: int
    fee_cents: int
    total_cents: int
    recipient_pays: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen so far, in cents."""

    lines: tuple[Line, ...]
    deposit_cents: int
    total_cents: int
    fee_cents: int = 0

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
    bags: tuple[Bag, ...] = ()
    alcohol: bool = False
    # What is left out because nobody sells it any more, and its ids for the form.
    off: tuple[Line, ...] = ()
    without: str = ""
    seen_cents: int = 0
    minimum_cents: int = 0
    lacking_cents: int = 0
    # The window has closed, and the grace has passed.
    closed: bool = False
    order_id: int = 0
    together: tuple[Order, ...] = ()
    missing: tuple[str, ...] = ()


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
    charging: Zone | RelayPoint = day.zone
    if basket.relay_point_id is not None:
        charging = _place_of(session, day, basket.relay_point_id)
        place, hours = _at_relay(charging, day.date)
    else:
        place, hours = _at_home(day, *address_of(view))
    who = customer.full_name if customer else f"{basket.guest_name}, {basket.guest_phone}"
    off = tuple(line for line in view.lines if why_not_sold(line.product, day.date))
    kept = [line for line in view.lines if line not in off]
    bags = _bags(view, who, kept, charging.fee_cents)
    return Sent(
        number="",
        day=day.date,
        cut_off=day.cut_off_at,
        place=place,
        home=basket.home,
        hours=hours,
        who=who,
        guest=customer is None,
        email=customer.email if customer else "",
        basket=_together(bags),
        paid_where=_paid_where(basket.relay_point_id),
        weighed=any(line.product.priced_by_weight for line in kept),
        key=basket.key,
        bags=bags,
        alcohol=any(line.product.alcohol for line in kept),
        off=tuple(_line(line, why_not_sold(line.product, day.date)) for line in off),
        without=",".join(str(line.product_id) for line in off),
        seen_cents=goods_seen_cents(kept),
        minimum_cents=charging.minimum_cents,
        lacking_cents=_lacking(kept, charging.minimum_cents, basket.home),
        closed=not enters_in_time(day, now(), basket.begun_at),
    )


def sent(session: Session, token: str, user_id: int | None, order_id: int) -> Sent:
    """Gather the page that says it is done, for who has just sent the order or owns it."""
    order = sent_order(session, token, user_id, order_id)
    if order.relay_point_id is not None:
        place, hours = _at_relay(session.get_one(RelayPoint, order.relay_point_id), order.day.date)
    else:
        place, hours = _at_home(order.day, order.home_address, order.home_commune)
    together = tuple(sent_together(session, order))
    basket = Chosen(
        tuple(_ordered(line) for line in order.lines), order.deposit_cents, order.total_cents, order.fee_cents
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
        basket=basket,
        paid_where=_paid_where(order.relay_point_id),
        weighed=any(line.priced_by_weight for line in order.lines),
        key=uuid.UUID(int=0),
        order_id=order.id,
        together=together,
        missing=tuple(f"{each.quantity} × {each.name} : {each.reason}" for each in order.missing),
    )


def _place_of(session: Session, day: DeliveryDay, relay_point_id: int) -> RelayPoint:
    """Return where an order is collected: nearly always a place that the day serves."""
    served = (each.relay_point for each in day.relay_points if each.relay_point_id == relay_point_id)
    return next(served, None) or find_relay_point(session, relay_point_id)


def chosen(view: BasketView) -> Chosen:
    """Turn a basket into what its pages show."""
    return Chosen(tuple(_line(line) for line in view.lines), view.deposit_cents, view.total_cents)


def bags_of(view: BasketView) -> tuple[BagName, ...]:
    """Name the bags of a basket, that of who orders first; nothing when there is no other."""
    if not view.bags:
        return ()
    own = BagName(None, say("Pour moi"), len(view.in_bag(None)))
    return (own, *(BagName(bag.id, bag.recipient.full_name, len(view.in_bag(bag.id))) for bag in view.bags))


def address_of(view: BasketView) -> tuple[str, str]:
    """Return the address and the commune of who orders, empty when nobody has said them."""
    if view.customer is not None:
        return view.customer.address, view.customer.commune
    return view.basket.guest_address, view.basket.guest_commune


def home_hours(day: DeliveryDay) -> str:
    """Say between which hours homes are called at."""
    first, last = (hour_words(at.hour * 3_600 + at.minute * 60) for at in (day.homes_from, day.homes_until))
    return say("entre {first} et {last}", first=first, last=last)


def _bags(view: BasketView, who: str, kept: list[BasketLine], fee_cents: int) -> tuple[Bag, ...]:
    each: list[tuple[BasketBag | None, str]] = [(None, who), *((bag, bag.recipient.full_name) for bag in view.bags)]
    bags = []
    for bag, name in each:
        held = [line for line in kept if line.bag_id == (bag.id if bag else None)]
        if held:
            deposit_cents = sum(line.quantity * line.product.deposit_cents for line in held)
            total_cents = goods_seen_cents(held) + fee_cents
            lines = tuple(_line(line) for line in held)
            bags.append(
                Bag(bag.id if bag else None, name, lines, deposit_cents, fee_cents, total_cents,
                    bag.recipient_pays if bag else False)
            )  # fmt: skip
    return tuple(bags)


def _together(bags: tuple[Bag, ...]) -> Chosen:
    return Chosen(
        tuple(line for bag in bags for line in bag.lines),
        sum(bag.deposit_cents for bag in bags),
        sum(bag.total_cents for bag in bags),
        sum(bag.fee_cents for bag in bags),
    )


def _lacking(kept: list[BasketLine], minimum_cents: int, home: bool) -> int:
    """Return what is lacking to the minimum: of everything at a relay point, of the smallest bag at home."""
    sums: dict[int | None, int] = {}
    for line in kept:
        door = line.bag_id if home else None
        sums[door] = sums.get(door, 0) + line_cents(line.product, line.quantity)
    return max(0, minimum_cents - min(sums.values(), default=0))


def _line(line: BasketLine, off: str = "") -> Line:
    product = line.product
    amount_cents = line_cents(product, line.quantity)
    return Line(
        product.code, product.name, product.unit, product.priced_by_weight, line.quantity, amount_cents, line.id, off
    )


def _ordered(line: OrderLine) -> Line:
    return Line(
        line.code, line.name, line.unit, line.priced_by_weight, line.ordered, line.goods_cents, line.id,
        wish=line.substitution,
    )  # fmt: skip


def _at_relay(point: RelayPoint, date: dt.date) -> tuple[str, str]:
    return say("{name}, à {commune}", name=point.name, commune=point.commune), day_hours_words(point.public_hours, date)


def _at_home(day: DeliveryDay, address: str, commune: str) -> tuple[str, str]:
    return say("chez vous, {address}, {commune}", address=address, commune=commune), home_hours(day)


def _paid_where(relay_point_id: int | None) -> str:
    return say("À payer à la livraison") if relay_point_id is None else say("À payer au point relais")
