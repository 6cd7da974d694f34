"""Place an order: both doors, web and paper, meet here, and it is one transaction."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.catalogue.selling import find_to_sell, take_stock
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.db import Table
from meloko.delivery_days.entering import (
    Entry,
    HomesNotServed,
    enter_day,
    take_room,
    touch_day,
)
from meloko.errors import NotFound, Refusal
from meloko.jobs import BuildRounds, LocateCustomer
from meloko.notices.models import Channel
from meloko.notices.services import post
from meloko.orders.models import (
    MOST_OF_ONE_PRODUCT,
    Order,
    OrderState,
    Source,
    Submission,
    order_number,
)
from meloko.orders.totals import crates_of
from meloko.orders.writing import NewLine, Opened, TooMany, write_lines
from meloko.outbox import enqueue
from meloko.roads.models import Precision
from meloko.wording import day_words, euros

ORDER = Table.metadata.tables["order"]
ORDER_LINE = Table.metadata.tables["order_line"]
SUBMISSION = Table.metadata.tables["submission"]

_PEOPLE = select(Customer).where(col(Customer.id).in_(bindparam("ids", expanding=True)))
_NEW_SUBMISSION = insert(SUBMISSION).on_conflict_do_nothing(index_elements=["key"]).returning(SUBMISSION.c.id)
_SENT = update(SUBMISSION).where(SUBMISSION.c.id == bindparam("submission")).values(order_id=bindparam("sent"))


class NothingOrdered(Refusal):
    """An order without a single line."""

    status = 422

    def __init__(self) -> None:
        super().__init__("Il n’y a encore aucun produit dans cette commande. Choisissez au moins un produit.")


class AddressMissing(Refusal):
    """A delivery at home to somebody whose address nobody knows."""

    status = 422
    field = "address"

    def __init__(self) -> None:
        super().__init__("Pour livrer à la maison, il nous faut l’adresse : numéro, rue et commune.")


class KeyUsedOtherwise(Refusal):
    """The same form was sent before with something else in it."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"Cette page a déjà envoyé la commande n° {number}, avec un autre contenu. Rien n’a été changé :"
            " ouvrez une nouvelle commande pour ajouter des produits."
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """An order as a door understood it: well formed, not yet judged."""

    key: uuid.UUID
    customer_id: int
    day_id: int
    # None: at home.
    relay_point_id: int | None
    quantities: Mapping[int, int]
    source: Source
    received_at: dt.datetime
    recipient_id: int | None = None
    begun_at: dt.datetime | None = None
    keyed_by: int | None = None
    note: str = ""

    @property
    def fingerprint(self) -> str:
        """Return what makes two sendings the same order: who, when, where and what."""
        facts = [self.customer_id, self.recipient_id or self.customer_id, self.day_id, self.relay_point_id or 0]
        lines = sorted(self.quantities.items())
        return hashlib.sha256(json.dumps([facts, lines]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a draft."""

    order_id: int
    # The same form was sent before: nothing was added.
    again: bool = False
    # The lines joined an order that was open already.
    joined: bool = False
    # Received in time, keyed after the closing.
    late: bool = False


def place_order(session: Session, draft: Draft) -> Placed:
    """Place an order, or refuse and change nothing; the same key again is the same order."""
    if not draft.quantities:
        raise NothingOrdered
    if not all(1 <= quantity <= MOST_OF_ONE_PRODUCT for quantity in draft.quantities.values()):
        raise TooMany
    customer, recipient = _people(session, draft)
    submission_id = _submit(session, draft)
    if submission_id is None:
        return _same_order(session, draft)
    entry = enter_day(
        session,
        draft.day_id,
        received_at=draft.received_at,
        begun_at=draft.begun_at,
        by_staff=draft.keyed_by is not None,
        relay_point_id=draft.relay_point_id,
    )
    place = _check_place(draft, entry, recipient)
    products = find_to_sell(session, draft.quantities, entry.day.date)
    lines = [NewLine(products[product_id], quantity) for product_id, quantity in sorted(draft.quantities.items())]
    opened = write_lines(session, _columns(draft, entry, customer, recipient, place), lines, late=entry.late)
    _tell(session, draft, opened, place, customer, entry)
    session.connection().execute(_SENT, {"submission": submission_id, "sent": opened.order_id})
    session.flush()
    if draft.relay_point_id is not None:
        take_room(session, draft.day_id, draft.relay_point_id, *crates_of(line.room for line in lines))
    # Last: the rows of popular products stay locked from here to the commit, and no longer.
    take_stock(session, {p: n for p, n in draft.quantities.items() if products[p].stock is not None})
    return Placed(opened.order_id, joined=opened.joined, late=entry.late)


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    address: str = ""
    postcode: str = ""
    commune: str = ""


def _submit(session: Session, draft: Draft) -> int | None:
    sent = {"key": draft.key, "fingerprint": draft.fingerprint, "at": now()}
    return session.connection().execute(_NEW_SUBMISSION, sent).scalar_one_or_none()


def _same_order(session: Session, draft: Draft) -> Placed:
    before = session.exec(select(Submission).where(col(Submission.key) == draft.key)).one()
    if before.order_id is None or before.fingerprint != draft.fingerprint:
        raise KeyUsedOtherwise(order_number(before.order_id or 0))
    return Placed(before.order_id, again=True)


def _people(session: Session, draft: Draft) -> tuple[Customer, Customer]:
    ids = {draft.customer_id, draft.recipient_id or draft.customer_id}
    found = {customer.id: customer for customer in session.exec(_PEOPLE, params={"ids": list(ids)})}
    if len(found) != len(ids):
        raise NotFound("Ce client n’existe pas.")
    return found[draft.customer_id], found[draft.recipient_id or draft.customer_id]


def _check_place(draft: Draft, entry: Entry, recipient: Customer) -> _Place:
    if draft.relay_point_id is not None:
        return _Place(entry.served_relay().name)
    if not entry.day.homes_served:
        raise HomesNotServed
    if not (recipient.address and recipient.commune):
        raise AddressMissing
    return _Place("À la maison", recipient.address, recipient.postcode, recipient.commune)


def _columns(draft: Draft, entry: Entry, customer: Customer, recipient: Customer, place: _Place) -> dict[str, object]:
    return {
        "customer_id": customer.id,
        "recipient_id": recipient.id,
        "payer_id": customer.id,
        "source": draft.source,
        "state": OrderState.CONFIRMED if entry.late else OrderState.PLACED,
        "delivery_day_id": draft.day_id,
        "relay_point_id": draft.relay_point_id,
        "home": draft.relay_point_id is None,
        "home_address": place.address,
        "home_postcode": place.postcode,
        "home_commune": place.commune,
        "place_name": place.name,
        "customer_name": recipient.full_name,
        "public_name": recipient.public_name,
        "phone": recipient.phone or recipient.other_phone,
        "received_at": draft.received_at,
        "placed_at": now(),
        "keyed_by": draft.keyed_by,
        "note": draft.note,
        "to_decide": entry.to_decide,
    }


def _tell(session: Session, draft: Draft, opened: Opened, place: _Place, customer: Customer, entry: Entry) -> None:
    """Write down all that must happen after the commit, and who did what."""
    if draft.note and opened.joined:
        order = session.get_one(Order, opened.order_id)
        order.note = f"{order.note}\n{draft.note}".strip()
    if entry.late:
        touch_day(session, draft.day_id)
        if not entry.to_decide:
            enqueue(session, BuildRounds(day_id=draft.day_id))
    if draft.relay_point_id is None and customer.precision is Precision.NONE:
        enqueue(session, LocateCustomer(customer_id=draft.recipient_id or customer.id))
    if customer.email:
        number = order_number(opened.order_id)
        post(
            session,
            key=f"order:{draft.key}",
            channel=Channel.EMAIL,
            recipient=customer.email,
            subject=f"Votre commande n° {number}",
            body=f"Nous avons bien reçu votre commande n° {number} pour {day_words(entry.day.date)},"
            f" {place.name}.\nTotal : {euros(opened.total_cents)}, à payer à la livraison.\n"
            f"Vous pouvez la changer jusqu’au {entry.day.cut_off_local}.",
        )
    audit(
        session,
        draft.keyed_by,
        "order.placed",
        "order",
        opened.order_id,
        after={"source": draft.source, "lines": len(draft.quantities), "late": entry.late},
    )
