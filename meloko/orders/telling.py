"""Tell people what became of an order: one message a fact, by the channel that reaches each of them."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlmodel import Session

from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import cut_off_words
from meloko.languages import say, speaking
from meloko.notices.models import Channel
from meloko.notices.services import post
from meloko.orders.models import Order, OrderLine, order_number
from meloko.wording import day_words, euros


@dataclass(frozen=True, slots=True)
class Fact:
    """An order that was placed, as its confirmation tells it."""

    key: uuid.UUID
    order_id: int
    day: DeliveryDay
    place: str
    total_cents: int
    # What a standing order could not bring, in words.
    missing: tuple[str, ...] = ()


def tell_placed(session: Session, fact: Fact, customer: Customer, recipient: Customer, *, durable: bool) -> None:
    """Confirm an order to who asked for it, and tell who receives it when that is somebody else.

    `durable`: without an e-mail, the confirmation is printed and travels with the next round.
    """
    if customer.email or durable:
        with speaking(customer.language):
            _confirm(session, fact, customer, recipient)
    if recipient.id != customer.id:
        with speaking(recipient.language):
            _announce(session, fact, customer, recipient)


def tell_cancelled(session: Session, order: Order, day: DeliveryDay, people: tuple[Customer, ...]) -> None:
    """Say that an order is cancelled to all who were told of it."""
    for person in {person.id: person for person in people}.values():
        with speaking(person.language):
            _reach(
                session,
                person,
                key=f"order-cancelled:{order.id}:{person.id}",
                subject=say("Commande n° {number} annulée", number=order.number),
                body=say(
                    "La commande n° {number} pour {day}, {place}, est annulée. Il n’y a rien à payer.",
                    number=order.number,
                    day=day_words(day.date),
                    place=order.place_name,
                ),
            )


def tell_not_placed(session: Session, key: str, customer: Customer, date: dt.date, reason: str) -> None:
    """Say that a standing order does not come on a day, and why."""
    with speaking(customer.language):
        day = day_words(date)
        _reach(
            session,
            customer,
            key=key,
            subject=say("Votre commande régulière ne part pas {day}", day=day),
            body=say(
                "Votre commande régulière ne part pas {day} : {reason}. La suivante reste prévue.",
                day=day,
                reason=reason.rstrip("."),
            ),
        )


def tell_withdrawn(session: Session, order: Order, lines: tuple[OrderLine, ...], customer: Customer) -> None:
    """Give the receipt of a withdrawal: what, when, and what happens next."""
    names = "\n".join(f"{line.ordered} × {line.name}" for line in lines)
    with speaking(customer.language):
        post(
            session,
            key=f"withdrawal:{order.id}:{min(line.id for line in lines)}",
            channel=Channel.EMAIL if customer.email else Channel.LETTER,
            recipient=customer.email or address_of(customer),
            subject=say("Nous avons reçu votre renonciation, commande n° {number}", number=order.number),
            body=say(
                "Vous renoncez à votre achat, commande n° {number} :\n{names}\nRendez les produits dans les 14 jours,"
                " au livreur ou au point relais. Nous vous remboursons au plus tard 14 jours après votre renonciation.",
                number=order.number,
                names=names,
            ),
        )


def address_of(customer: Customer) -> str:
    """Write where a letter to somebody goes."""
    street = ", ".join(filter(None, (customer.address, f"{customer.postcode} {customer.commune}".strip())))
    return f"{customer.full_name}, {street}" if street else customer.full_name


def _confirm(session: Session, fact: Fact, customer: Customer, recipient: Customer) -> None:
    number = order_number(fact.order_id)
    whom = say(" pour {name}", name=recipient.full_name) if recipient.id != customer.id else ""
    body = say(
        "Nous avons bien reçu votre commande n° {number}{whom}, pour {day}, {place}.\nTotal : {total}, à payer à la"
        " livraison.\nVous pouvez la changer jusqu’au {cut_off}.",
        number=number,
        whom=whom,
        day=day_words(fact.day.date),
        place=fact.place,
        total=euros(fact.total_cents),
        cut_off=cut_off_words(fact.day.cut_off_at),
    )
    if fact.missing:
        body += "\n" + say("Il manque : {what}", what=" ; ".join(fact.missing))
    post(
        session,
        key=f"order:{fact.key}",
        channel=Channel.EMAIL if customer.email else Channel.LETTER,
        recipient=customer.email or address_of(customer),
        subject=say("Votre commande n° {number}", number=number),
        body=body,
    )


def _announce(session: Session, fact: Fact, customer: Customer, recipient: Customer) -> None:
    _reach(
        session,
        recipient,
        key=f"order-for-you:{fact.key}",
        subject=say("Une commande pour vous, n° {number}", number=order_number(fact.order_id)),
        body=say(
            "{name} a commandé pour vous : commande n° {number}, {day}, {place}. Total : {total}.",
            name=customer.full_name,
            number=order_number(fact.order_id),
            day=day_words(fact.day.date),
            place=fact.place,
            total=euros(fact.total_cents),
        ),
    )


def _reach(session: Session, person: Customer, *, key: str, subject: str, body: str) -> None:
    """Write to somebody by the first channel that reaches her: e-mail, the list of calls, a letter."""
    phone = person.phone or person.other_phone
    channel = Channel.EMAIL if person.email else Channel.TELEPHONE if phone else Channel.LETTER
    where = person.email or (f"{person.full_name}, {phone}" if phone else address_of(person))
    post(session, key=key, channel=channel, recipient=where, subject=subject, body=body)
