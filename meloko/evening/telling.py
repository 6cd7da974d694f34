"""Tell people what was decided on an order that could not be delivered, by the channel that reaches each of them."""

from sqlmodel import Session, col, select

from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.languages import say, speaking
from meloko.notices.services import Topic, post
from meloko.orders.models import Order
from meloko.orders.telling import reaching, topic_of
from meloko.wording import day_words


def tell_moved(session: Session, order: Order, to_day: DeliveryDay) -> None:
    """Say that an order comes on another day."""
    for person in _people(session, order):
        with speaking(person.language):
            day = day_words(to_day.date)
            post(
                session,
                key=f"order-moved:{order.id}:{to_day.id}:{person.id}",
                about=Topic(topic_of(order.id, person)),
                to=reaching(person),
                subject=say("Commande n° {number} : elle vient {day}", number=order.number, day=day),
                body=say(
                    "La commande n° {number} n’a pas pu être remise. Elle vient {day}, {place}. Il n’y a rien à faire.",
                    number=order.number,
                    day=day,
                    place=order.place_name,
                ),
            )


def tell_given_up(session: Session, order: Order, day: DeliveryDay) -> None:
    """Say that an order is not delivered any more."""
    for person in _people(session, order):
        with speaking(person.language):
            post(
                session,
                key=f"order-given-up:{order.id}:{person.id}",
                about=Topic(topic_of(order.id, person)),
                to=reaching(person),
                subject=say("Commande n° {number} non livrée", number=order.number),
                body=say(
                    "La commande n° {number}, prévue {day}, n’a pas pu être remise et ne vient plus. Il n’y a rien à"
                    " payer. Une question ? Appelez-nous.",
                    number=order.number,
                    day=day_words(day.date),
                ),
            )


def _people(session: Session, order: Order) -> list[Customer]:
    """Return who ordered and who receives, once each."""
    ids = {order.customer_id, order.recipient_id}
    return list(session.exec(select(Customer).where(col(Customer.id).in_(ids)).order_by(col(Customer.id))))
