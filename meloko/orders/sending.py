"""Send a basket: it becomes an order once, however often the button is pressed."""

import uuid

from sqlmodel import Session, col, delete, select

from meloko.clock import now
from meloko.customers.models import Customer
from meloko.customers.services import CustomerFacts, customer_of_user, guest
from meloko.errors import NotFound, Refusal
from meloko.orders.basket import find_basket
from meloko.orders.models import Basket, BasketLine, Order, Source, Submission
from meloko.orders.placing import Draft, NothingOrdered, Placed, place_order
from meloko.orders.services import find_order


class PlaceNotChosen(Refusal):
    """A basket that is sent before its day and place are chosen."""

    status = 422

    def __init__(self) -> None:
        super().__init__("Choisissez d’abord le jour et le lieu de la livraison.")


class NotIntroduced(Refusal):
    """A basket that is sent by somebody who has said neither who she is nor how to reach her."""

    status = 422

    def __init__(self) -> None:
        super().__init__("Dites-nous votre nom et votre téléphone, pour que nous puissions vous joindre.")


class PageTooOld(Refusal):
    """A check page whose basket is no longer this one."""

    def __init__(self) -> None:
        super().__init__("Votre commande a changé depuis cette page. Vérifiez-la de nouveau, puis envoyez.")


def send_basket(session: Session, token: str, key: uuid.UUID, user_id: int | None, note: str = "") -> Placed:
    """Place the order of the basket whose check page carried this key; the same key again is the same order.

    In the same transaction the basket begins anew: same person, day and place, a new key and no lines.
    """
    basket = find_basket(session, token)
    if basket is None:
        raise NothingOrdered
    sent = session.exec(select(Submission).where(col(Submission.key) == key)).first()
    if sent is not None and sent.order_id is not None:
        if basket.order_id != sent.order_id:
            raise PageTooOld
        return Placed(sent.order_id, again=True)
    if key != basket.key:
        raise PageTooOld
    if not basket.lines:
        raise NothingOrdered
    if basket.delivery_day_id is None or not (basket.home or basket.relay_point_id):
        raise PlaceNotChosen
    placed = place_order(session, _draft(basket, _orderer(session, basket, user_id), note))
    session.exec(delete(BasketLine).where(col(BasketLine.basket_id) == basket.id))
    basket.order_id, basket.key, basket.begun_at, basket.note = placed.order_id, uuid.uuid4(), now(), ""
    return placed


def sent_order(session: Session, token: str, user_id: int | None, order_id: int) -> Order:
    """Find an order that this browser has just sent, or that belongs to who is signed in."""
    basket = find_basket(session, token)
    order = find_order(session, order_id)
    own = user_id is not None and order.customer.user_id == user_id
    if not own and (basket is None or basket.order_id != order_id):
        raise NotFound
    return order


def _draft(basket: Basket, customer: Customer, note: str) -> Draft:
    if basket.delivery_day_id is None:
        raise PlaceNotChosen
    return Draft(
        key=basket.key,
        customer_id=customer.id,
        day_id=basket.delivery_day_id,
        relay_point_id=basket.relay_point_id,
        quantities={line.product_id: line.quantity for line in basket.lines},
        source=Source.WEB,
        received_at=now(),
        begun_at=basket.begun_at,
        note=note,
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
