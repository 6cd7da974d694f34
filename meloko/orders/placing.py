"""Place an order: both doors, web and paper, meet here, and it is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.catalogue.selling import find_to_sell, take_stock
from meloko.clock import now, today
from meloko.customers.models import Customer
from meloko.db import Table
from meloko.delivery_days.entering import (
    Entry,
    HomesNotServed,
    enter_day,
    take_room,
    touch_day,
)
from meloko.errors import NotFound
from meloko.jobs import BuildRounds, LocateCustomer
from meloko.orders.drafting import (
    AddressMissing,
    AdultMissing,
    BelowMinimum,
    Draft,
    KeyUsedOtherwise,
    NothingOrdered,
    Placed,
)
from meloko.orders.models import (
    MOST_OF_ONE_PRODUCT,
    Order,
    OrderState,
    Source,
    Submission,
    order_number,
)
from meloko.orders.telling import Fact, tell_placed
from meloko.orders.totals import crates_of
from meloko.orders.writing import NewLine, Opened, TooMany, write_lines
from meloko.outbox import enqueue
from meloko.roads.models import Precision

ORDER = Table.metadata.tables["order"]
ORDER_LINE = Table.metadata.tables["order_line"]
SUBMISSION = Table.metadata.tables["submission"]
_NEW_MISSING = insert(Table.metadata.tables["order_missing"]).on_conflict_do_nothing()

_PEOPLE = select(Customer).where(col(Customer.id).in_(bindparam("ids", expanding=True)))
_NEW_SUBMISSION = insert(SUBMISSION).on_conflict_do_nothing(index_elements=["key"]).returning(SUBMISSION.c.id)
_SENT = update(SUBMISSION).where(SUBMISSION.c.id == bindparam("submission")).values(order_id=bindparam("sent"))


def place_order(session: Session, draft: Draft) -> Placed:
    """Place an order, or refuse and change nothing; the same key again is the same order."""
    return place_orders(session, [draft])[0]


def place_orders(session: Session, drafts: Sequence[Draft]) -> list[Placed]:
    """Place the orders of one page, all or none; each keeps its own key."""
    for draft in drafts:
        if not draft.quantities:
            raise NothingOrdered
        if not all(1 <= quantity <= MOST_OF_ONE_PRODUCT for quantity in draft.quantities.values()):
            raise TooMany
    # Open orders are locked in the order of who receives them, so that no two pages wait for each other.
    written = {draft.key: _write(session, draft) for draft in sorted(drafts, key=lambda each: each.recipient_id or 0)}
    new = [each for each in written.values() if each.lines]
    _check_minimum(new)
    session.flush()
    _take_room(session, new)
    # Last: the rows of popular products stay locked from here to the commit, and no longer.
    take_stock(session, _limited(new))
    return [written[draft.key].placed for draft in drafts]


@dataclass(frozen=True, slots=True)
class _Written:
    draft: Draft
    placed: Placed
    lines: tuple[NewLine, ...] = ()
    goods_cents: int = 0
    place: str = ""
    minimum_cents: int = 0


def _write(session: Session, draft: Draft) -> _Written:
    """Write one order down, all but what is scarce."""
    customer, recipient = _people(session, draft)
    submission_id = _submit(session, draft)
    if submission_id is None:
        return _Written(draft, _same_order(session, draft))
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
    if draft.source is Source.WEB and not draft.adult_declared and any(sold.alcohol for sold in products.values()):
        raise AdultMissing
    lines = tuple(
        NewLine(products[product_id], quantity, draft.wishes.get(product_id))
        for product_id, quantity in sorted(draft.quantities.items())
    )
    opened = write_lines(session, _columns(draft, entry, customer, recipient, place), lines, late=entry.late)
    _write_missing(session, draft, opened.order_id)
    _tell(session, draft, opened, place, (customer, recipient), entry)
    session.connection().execute(_SENT, {"submission": submission_id, "sent": opened.order_id})
    placed = Placed(opened.order_id, joined=opened.joined, late=entry.late)
    minimum = 0 if draft.keyed_by is not None or draft.standing else entry.charging.minimum_cents
    return _Written(draft, placed, lines, opened.goods_cents, place.name, minimum)


def _check_minimum(written: Sequence[_Written]) -> None:
    """Refuse too small an order; what goes to one relay point together is counted together."""
    together: dict[tuple[int, int | None, int], list[_Written]] = {}
    for each in written:
        draft = each.draft
        door = 0 if draft.relay_point_id is not None else draft.recipient_id or draft.customer_id
        together.setdefault((draft.day_id, draft.relay_point_id, door), []).append(each)
    for group in together.values():
        goods_cents, minimum_cents = sum(each.goods_cents for each in group), group[0].minimum_cents
        if goods_cents < minimum_cents:
            raise BelowMinimum(group[0].place, minimum_cents, minimum_cents - goods_cents)


def _take_room(session: Session, written: Sequence[_Written]) -> None:
    rooms: dict[tuple[int, int], list[tuple[int, bool]]] = {}
    for each in written:
        if each.draft.relay_point_id is not None:
            spot = (each.draft.day_id, each.draft.relay_point_id)
            rooms.setdefault(spot, []).extend(line.room for line in each.lines)
    for (day_id, relay_point_id), lines in sorted(rooms.items()):
        take_room(session, day_id, relay_point_id, *crates_of(lines))


def _limited(written: Sequence[_Written]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for each in written:
        for line in each.lines:
            if line.sold.stock is not None:
                sums[line.sold.id] = sums.get(line.sold.id, 0) + line.ordered
    return sums


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    address: str = ""
    postcode: str = ""
    commune: str = ""


def _submit(session: Session, draft: Draft) -> int | None:
    sent = {"key": draft.key, "page_key": draft.page_key, "fingerprint": draft.fingerprint, "at": now()}
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
        "payer_id": draft.payer_id or customer.id,
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
        "substitution": draft.substitution,
        "adult_declared": draft.adult_declared,
        "fee_cents": entry.charging.fee_cents,
        "fee_vat_rate_bp": entry.charging.fee_vat_rate_bp if entry.charging.fee_cents else 0,
        "to_decide": entry.to_decide,
    }


def _write_missing(session: Session, draft: Draft, order_id: int) -> None:
    for each in draft.missing:
        row = {"order_id": order_id, "product_id": each.product_id, "name": each.name}
        session.connection().execute(_NEW_MISSING, {**row, "quantity": each.quantity, "reason": each.reason})


def _tell(
    session: Session, draft: Draft, opened: Opened, place: _Place, people: tuple[Customer, Customer], entry: Entry
) -> None:
    """Write down all that must happen after the commit, and who did what."""
    customer, recipient = people
    if draft.note and opened.joined:
        order = session.get_one(Order, opened.order_id)
        order.note = f"{order.note}\n{draft.note}".strip()
    if entry.late:
        touch_day(session, draft.day_id)
        if not entry.to_decide:
            enqueue(session, BuildRounds(day_id=draft.day_id))
    if draft.relay_point_id is None and recipient.precision is Precision.NONE:
        enqueue(session, LocateCustomer(customer_id=recipient.id))
    missing = tuple(f"{each.quantity} × {each.name}, {each.reason}" for each in draft.missing)
    fact = Fact(
        draft.key, opened.order_id, entry.day, place.name, opened.lines, opened.total_cents, missing, opened.joined
    )
    # The law wants it in her hands at the latest with the goods; when old orders are brought in, these came long ago.
    durable = entry.day.date >= today()
    tell_placed(session, fact, customer, recipient, durable=durable)
    audit(
        session,
        draft.keyed_by,
        "order.placed",
        "order",
        opened.order_id,
        after={"source": draft.source, "lines": len(draft.quantities), "late": entry.late},
    )
