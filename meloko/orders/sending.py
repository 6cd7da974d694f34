"""Send a basket: its bags become orders once, however often the button is pressed."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col, delete, or_, select

from meloko.accounts.services import TooManyTries, count_attempt
from meloko.catalogue.services import NotSold, why_not_sold
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.customers.services import CustomerFacts, customer_of_user, guest, read_phone
from meloko.delivery_days.services import find_day
from meloko.errors import NotFound, Refusal
from meloko.languages import say
from meloko.orders.basket import find_basket, line_cents, lock_basket
from meloko.orders.drafting import Draft, NothingOrdered, Placed
from meloko.orders.models import Basket, BasketBag, BasketLine, Order, Source, Submission, Substitution
from meloko.orders.neighbours import check_may_order_for
from meloko.orders.placing import place_orders
from meloko.orders.services import find_order

SENDINGS_AN_HOUR = 5
LONGEST_NOTE = 300


class PlaceNotChosen(Refusal):
    """A basket that is sent before its day and place are chosen."""

    status = 422

    def __init__(self) -> None:
        super().__init__(say("Choisissez d’abord le jour et le lieu de la livraison."))


class TooManySendings(Refusal):
    """More orders from one card or one telephone within an hour than people send."""

    status = 429

    def __init__(self) -> None:
        super().__init__(
            say("Vous avez envoyé cinq commandes en une heure. Appelez-nous, nous ajoutons le reste avec vous.")
        )


class NotIntroduced(Refusal):
    """A basket that is sent by somebody who has said neither who she is nor how to reach her."""

    status = 422

    def __init__(self) -> None:
        super().__init__(say("Dites-nous votre nom et votre téléphone, pour que nous puissions vous joindre."))


class SignInForOthers(Refusal):
    """Bags for others, sent by somebody who is not signed in."""

    status = 422

    def __init__(self) -> None:
        super().__init__(say("Pour commander pour d’autres personnes, connectez-vous avec votre carte."))


class NoteTooLong(Refusal):
    """More words for the driver than fit beside a stop on a round sheet."""

    status = 422
    field = "note"

    def __init__(self, written: int) -> None:
        super().__init__(
            say(
                "Le mot pour le livreur compte {written} signes, {most} au plus : raccourcissez-le.",
                written=str(written),
                most=str(LONGEST_NOTE),
            )
        )


class PageTooOld(Refusal):
    """A check page whose basket is no longer this one."""

    def __init__(self) -> None:
        super().__init__(say("Votre commande a changé depuis cette page. Vérifiez-la de nouveau, puis envoyez."))


@dataclass(frozen=True, slots=True)
class Sending:
    """What the check page says besides the basket."""

    note: str = ""
    substitution: Substitution = Substitution.REMOVE
    # By line of the basket, where it wishes otherwise than the order.
    wishes: Mapping[int, Substitution] = field(default_factory=dict)
    # The bags of others that the customer pays for.
    paid_bags: frozenset[int] = frozenset()
    adult_declared: bool = False
    # The products that the page said would be left out.
    without: frozenset[int] = frozenset()
    # What the page said that goods and deposits cost; None when it did not say.
    seen_cents: int | None = None


def send_basket(
    session: Session, token: str, key: uuid.UUID, user_id: int | None, sending: Sending | None = None
) -> Placed:
    """Place the orders of the basket whose check page carried this key; the same key again is the same orders.

    In the same transaction the basket begins anew: same person, day and place, a new key and no lines. Returns the
    order of who orders, or the first of the others.
    """
    said = sending or Sending()
    basket = lock_basket(session, token)
    if basket is None:
        raise NothingOrdered
    sent = session.exec(
        select(Submission.order_id).where(or_(col(Submission.key) == key, col(Submission.page_key) == key))
    ).all()
    if sent:
        if basket.order_id is None or basket.order_id not in sent:
            raise PageTooOld
        return Placed(basket.order_id, again=True)
    if key != basket.key:
        raise PageTooOld
    if not basket.lines:
        raise NothingOrdered
    if len(said.note) > LONGEST_NOTE:
        raise NoteTooLong(len(said.note))
    if basket.delivery_day_id is None or not (basket.home or basket.relay_point_id):
        raise PlaceNotChosen
    lines = _kept(session, basket, said)
    _count_sending(session, basket, user_id)
    placed = place_orders(session, _drafts(session, basket, lines, user_id, said))
    session.exec(delete(BasketLine).where(col(BasketLine.basket_id) == basket.id))
    session.exec(delete(BasketBag).where(col(BasketBag.basket_id) == basket.id))
    basket.order_id, basket.key, basket.begun_at, basket.note = placed[0].order_id, uuid.uuid4(), now(), ""
    return placed[0]


def _count_sending(session: Session, basket: Basket, user_id: int | None) -> None:
    """Count what one card or one telephone sends; what is refused for another reason counts for nothing."""
    who = f"user {user_id}" if user_id is not None else f"telephone {read_phone(basket.guest_phone)}"
    try:
        count_attempt(session, f"order from {who}", SENDINGS_AN_HOUR, dt.timedelta(hours=1))
    except TooManyTries:
        raise TooManySendings from None


def sent_order(session: Session, token: str, user_id: int | None, order_id: int) -> Order:
    """Find an order that this browser has just sent, or that who is signed in has placed."""
    order = find_order(session, order_id)
    if user_id is not None and order.customer.user_id == user_id:
        return order
    basket = find_basket(session, token)
    if basket is None or basket.order_id != order_id:
        raise NotFound
    return order


def order_for(session: Session, user_id: int | None, order_id: int) -> Order:
    """Find an order that another has placed, for who receives it or pays for it: she reads it and changes nothing."""
    asking = customer_of_user(session, user_id) if user_id is not None else None
    if asking is None:
        raise NotFound
    order = find_order(session, order_id)
    if asking.id not in (order.recipient_id, order.payer_id):
        raise NotFound
    return order


def sent_together(session: Session, order: Order) -> list[Order]:
    """Return the other orders that the same page sent, by number."""
    page_key = select(Submission.page_key).where(
        col(Submission.order_id) == order.id, col(Submission.page_key).is_not(None)
    )
    ids = select(Submission.order_id).where(col(Submission.page_key).in_(page_key))
    query = select(Order).where(
        col(Order.id).in_(ids), col(Order.id) != order.id, col(Order.customer_id) == order.customer_id
    )
    return list(session.exec(query.order_by(col(Order.id))))


def goods_seen_cents(lines: list[BasketLine]) -> int:
    """Return what goods and deposits of some lines cost: what the page shows is what is asked."""
    return sum(line_cents(line.product, line.quantity) + line.quantity * line.product.deposit_cents for line in lines)


def _kept(session: Session, basket: Basket, said: Sending) -> list[BasketLine]:
    """Return the lines that can be ordered; what the page did not say to be left out is refused by name."""
    date = find_day(session, basket.delivery_day_id or 0).date
    off = {line.product_id: line.product.name for line in basket.lines if why_not_sold(line.product, date)}
    unsaid = [name for product_id, name in off.items() if product_id not in said.without]
    if unsaid:
        raise NotSold(unsaid)
    kept = [line for line in basket.lines if line.product_id not in said.without]
    if not kept:
        raise NothingOrdered
    if said.seen_cents is not None and said.seen_cents != goods_seen_cents(kept):
        raise PageTooOld
    return kept


def _drafts(
    session: Session, basket: Basket, lines: list[BasketLine], user_id: int | None, said: Sending
) -> list[Draft]:
    customer = _orderer(session, basket, user_id)
    bags: list[BasketBag | None] = [None, *basket.bags]
    drafts = []
    for bag in bags:
        bag_id = bag.id if bag else None
        held = [line for line in lines if line.bag_id == bag_id]
        if held:
            if bag is not None and customer.guest:
                raise SignInForOthers
            if bag is not None:
                check_may_order_for(session, customer.id, bag.recipient_id)
            drafts.append(_draft(basket, bag, held, customer, said))
    return drafts


def _draft(basket: Basket, bag: BasketBag | None, lines: list[BasketLine], customer: Customer, said: Sending) -> Draft:
    if basket.delivery_day_id is None:
        raise PlaceNotChosen
    return Draft(
        key=basket.key if bag is None else uuid.uuid5(basket.key, str(bag.id)),
        customer_id=customer.id,
        recipient_id=bag.recipient_id if bag else None,
        payer_id=bag.recipient_id if bag and bag.id not in said.paid_bags else None,
        day_id=basket.delivery_day_id,
        relay_point_id=basket.relay_point_id,
        quantities={line.product_id: line.quantity for line in lines},
        source=Source.WEB,
        received_at=now(),
        begun_at=basket.begun_at,
        note=said.note,
        substitution=said.substitution,
        wishes={line.product_id: said.wishes[line.id] for line in lines if line.id in said.wishes},
        adult_declared=said.adult_declared,
        page_key=basket.key,
    )


def _orderer(session: Session, basket: Basket, user_id: int | None) -> Customer:
    customer = customer_of_user(session, user_id) if user_id is not None else None
    if customer is not None:
        return customer
    if not (basket.guest_name and basket.guest_phone):
        raise NotIntroduced
    first, _, last = basket.guest_name.rpartition(" ")
    return guest(
        session,
        CustomerFacts(
            last_name=last,
            first_name=first,
            phone=basket.guest_phone,
            address=basket.guest_address,
            postcode=basket.guest_postcode,
            commune=basket.guest_commune,
            guest=True,
        ),
    )
