"""Tell people what became of an order: one message a fact, by the channel that reaches each of them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import cut_off_words
from meloko.languages import say, speaking
from meloko.notices.models import Channel
from meloko.notices.services import Addressee, Topic, post, retract
from meloko.orders.models import Order, OrderLine, order_number
from meloko.orders.totals import Line
from meloko.wording import day_words, euros

# Who presses + five times has one thing to tell.
_MORE_TO_COME = dt.timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Fact:
    """An order as its confirmation tells it: whole, as it is now."""

    key: uuid.UUID
    order_id: int
    day: DeliveryDay
    place: str
    lines: Sequence[Line]
    total_cents: int
    # What a standing order could not bring, in words.
    missing: tuple[str, ...] = ()
    # Lines were added to an order that was there.
    joined: bool = False


def tell_placed(session: Session, fact: Fact, customer: Customer, recipient: Customer, *, durable: bool) -> None:
    """Confirm an order to who asked for it, and tell who receives it when that is somebody else.

    `durable`: without an e-mail, the confirmation is printed and travels with the round.
    """
    if customer.email or durable:
        with speaking(customer.language):
            _confirm(session, fact, customer, recipient)
    if recipient.id != customer.id:
        with speaking(recipient.language):
            _announce(session, fact, customer, recipient)


def tell_changed(
    session: Session, order: Order, day: DeliveryDay, lines: Sequence[OrderLine], people: Sequence[Customer]
) -> None:
    """Say what an order is after a change, whole; several changes in a row are told once."""
    for person in people:
        with speaking(person.language):
            body = say(
                "La commande n° {number} pour {day}, {place}, a changé. Elle est maintenant :",
                number=order.number,
                day=day_words(day.date),
                place=order.place_name,
            )
            post(
                session,
                key=f"order-changed:{uuid.uuid4()}",
                about=Topic(topic_of(order.id, person), wait=_MORE_TO_COME),
                to=_durably(person, day, order.place_name) if person.id == order.customer_id else reaching(person),
                subject=say("Commande n° {number} changée", number=order.number),
                body="\n".join((body, *_line_words(lines, order.fee_cents), _total_words(order.total_cents))),
            )


def tell_cancelled(
    session: Session, order: Order, day: DeliveryDay, people: Sequence[Customer], *, seen_by: int | None
) -> None:
    """Say that an order is cancelled to all who were told of it; nobody calls who has cancelled it on the page."""
    for person in people:
        if person.id == seen_by and not person.email:
            retract(session, topic_of(order.id, person))
            continue
        with speaking(person.language):
            post(
                session,
                key=f"order-cancelled:{order.id}:{person.id}",
                about=Topic(topic_of(order.id, person)),
                to=reaching(person),
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
        post(
            session,
            key=key,
            to=reaching(customer),
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
            to=by_letter_at_least(customer),
            subject=say("Nous avons reçu votre renonciation, commande n° {number}", number=order.number),
            body=say(
                "Vous renoncez à votre achat, commande n° {number} :\n{names}\nRendez les produits dans les 14 jours,"
                " au livreur ou au point relais. Nous vous remboursons au plus tard 14 jours après votre renonciation.",
                number=order.number,
                names=names,
            ),
        )


def tell_paid_back(session: Session, order: Order, line: OrderLine, customer: Customer) -> None:
    """Say that the money for goods given back is on its way."""
    with speaking(customer.language):
        post(
            session,
            key=f"withdrawal-paid:{line.id}",
            to=reaching(customer),
            subject=say("Votre remboursement, commande n° {number}", number=order.number),
            body=say(
                "Nous vous avons remboursé, commande n° {number} : {what}.",
                number=order.number,
                what=f"{line.ordered} × {line.name}",
            ),
        )


def tell_withdrawal_refused(session: Session, order: Order, line: OrderLine, customer: Customer, reason: str) -> None:
    """Say that goods cannot be taken back, and why; it can be kept."""
    with speaking(customer.language):
        post(
            session,
            key=f"withdrawal-refused:{line.id}",
            to=by_letter_at_least(customer),
            subject=say("Votre renonciation, commande n° {number}", number=order.number),
            body=say(
                "Nous ne pouvons pas reprendre {what}, commande n° {number} : {reason}. Vous n’êtes pas d’accord ?"
                " Appelez-nous.",
                what=f"{line.ordered} × {line.name}",
                number=order.number,
                reason=reason.rstrip("."),
            ),
        )


def topic_of(order_id: int, person: Customer) -> str:
    """Name what all messages about one order to one person are about: the newest that waits is the one that goes."""
    return f"order:{order_id}:{person.id}"


def reaching(person: Customer) -> Addressee:
    """Choose the first channel that reaches somebody: e-mail, the list of calls, a letter."""
    phone = person.phone or person.other_phone
    if person.email or not phone:
        return by_letter_at_least(person)
    return Addressee(Channel.TELEPHONE, f"{person.full_name}, {phone}", person.id)


def by_letter_at_least(person: Customer) -> Addressee:
    """Choose what can be kept: an e-mail, else a letter."""
    if person.email:
        return Addressee(Channel.EMAIL, person.email, person.id)
    return Addressee(Channel.LETTER, address_of(person), person.id)


def address_of(customer: Customer) -> str:
    """Write where a letter to somebody goes."""
    street = ", ".join(filter(None, (customer.address, f"{customer.postcode} {customer.commune}".strip())))
    return f"{customer.full_name}, {street}" if street else customer.full_name


def _durably(person: Customer, day: DeliveryDay, place: str) -> Addressee:
    """Choose what can be kept: an e-mail, else a letter that the round of the day takes along."""
    if person.email:
        return by_letter_at_least(person)
    return Addressee(Channel.LETTER, address_of(person), person.id, carried_on=day.date, carried_to=place)


def _confirm(session: Session, fact: Fact, customer: Customer, recipient: Customer) -> None:
    number = order_number(fact.order_id)
    whom = say(" pour {name}", name=recipient.full_name) if recipient.id != customer.id else ""
    received = say(
        "Nous avons bien reçu votre commande n° {number}{whom}, pour {day}, {place} :",
        number=number,
        whom=whom,
        day=day_words(fact.day.date),
        place=fact.place,
    )
    goods_cents = sum(line.goods_cents + line.ordered * line.deposit_cents for line in fact.lines)
    body = [received, *_line_words(fact.lines, fact.total_cents - goods_cents), _total_words(fact.total_cents)]
    body.append(say("Vous pouvez la changer jusqu’au {cut_off}.", cut_off=cut_off_words(fact.day.cut_off_at)))
    if fact.missing:
        body.append(say("Il manque : {what}", what=" ; ".join(fact.missing)))
    keepable = ", ".join(line.name for line in fact.lines if line.fit_to_withdraw)
    if keepable:
        body.append(
            say("Vous avez 14 jours après la livraison pour renoncer à ces produits : {names}.", names=keepable)
        )
    post(
        session,
        key=f"order:{fact.key}",
        about=Topic(topic_of(fact.order_id, customer), first=not fact.joined),
        to=_durably(customer, fact.day, fact.place),
        subject=say("Votre commande n° {number}", number=number),
        body="\n".join(body),
    )


def _announce(session: Session, fact: Fact, customer: Customer, recipient: Customer) -> None:
    post(
        session,
        key=f"order-for-you:{fact.key}",
        about=Topic(topic_of(fact.order_id, recipient), first=not fact.joined),
        to=reaching(recipient),
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


def _line_words(lines: Sequence[Line], fee_cents: int) -> list[str]:
    """Write each line with its amount, then deposits and delivery when there are any."""
    words = [f"{line.ordered} × {line.name}, {euros(line.goods_cents)}" for line in lines]
    deposit_cents = sum(line.ordered * line.deposit_cents for line in lines)
    if deposit_cents:
        words.append(say("Consignes : {amount}", amount=euros(deposit_cents)))
    if fee_cents:
        words.append(say("Livraison : {amount}", amount=euros(fee_cents)))
    return words


def _total_words(cents: int) -> str:
    return say("Total : {total}, à payer à la livraison.", total=euros(cents))
