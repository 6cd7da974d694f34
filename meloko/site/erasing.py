"""Forget a customer: what names her is taken out of every table, sums and counts stay as they were.

Every table that leads to a customer stands here with what becomes of it: a test finds the one that is forgotten, and
another looks for her name in all that is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, text, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from meloko.accounts.models import User
from meloko.accounts.services import audit
from meloko.clock import now, today
from meloko.customers.erasing import AnswerMissing, answer_erasure, find_asked
from meloko.customers.models import Customer, CustomerKind, ErasureState
from meloko.customers.services import free_card_number
from meloko.db import Table
from meloko.delivery_days.models import DeliveryDay
from meloko.errors import Refusal
from meloko.orders.deciding import orders_to_pay_back
from meloko.orders.models import Order, OrderState
from meloko.roads.models import Precision

NOBODY = "Client effacé"
_NOWHERE = "adresse effacée"
_GONE = "effacé"
_ENDED = (
    OrderState.CANCELLED, OrderState.COLLECTED, OrderState.DELIVERED, OrderState.UNDELIVERED, OrderState.RETURNED,
    OrderState.GIVEN,
)  # fmt: skip


class StillExpected(Refusal):
    """Somebody who wishes to be forgotten while something of hers is still on its way."""

    field = "answer"

    def __init__(self, numbers: list[str]) -> None:
        many = len(numbers) > 1
        super().__init__(
            f"{'Les commandes' if many else 'La commande'} n° {', '.join(numbers)} {'attendent' if many else 'attend'}"
            " encore d’être livrées ou remboursées. Finissez-les ou annulez-les, puis effacez."
        )


class IdentityUnchecked(Refusal):
    """Nobody has made sure that it is she who asks."""

    status = 422
    field = "checked"

    def __init__(self) -> None:
        super().__init__("Vérifiez d’abord que la demande vient bien de la personne, puis cochez la case.")


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one table: the columns that lead to her, and what is written over, or the rows go."""

    # column -> the table whose rows of hers it names
    by: Mapping[str, str]
    # None: the rows go.
    over: Mapping[str, object] | None = None


# In this order: what is found through other rows comes before these go.
FATES: dict[str, Fate] = {
    "order": Fate(
        {"recipient_id": "customer"},
        {
            "customer_name": NOBODY,
            "public_name": NOBODY,
            "phone": "",
            "note": "",
            "home_address": text(f"CASE WHEN home THEN '{_NOWHERE}' ELSE '' END"),
            "home_postcode": "",
            "home_commune": "",
        },
    ),
    "round_exception": Fate({"order_id": "order"}, {"sentence": NOBODY}),
    "order_decision": Fate({"order_id": "order"}, {"reason": _GONE}),
    "withdrawal": Fate({"order_id": "order"}, {"note": text(f"CASE WHEN note = '' THEN '' ELSE '{_GONE}' END")}),
    "act": Fate({"order_id": "order"}, {"words": ""}),
    # About a kilometre: enough for the count of kilometres, too little for a door.
    "stop": Fate(
        {"customer_id": "customer"},
        {
            "name": NOBODY,
            "address": "",
            "postcode": "",
            "commune": "",
            "lat": text("round(lat::numeric, 2)"),
            "lon": text("round(lon::numeric, 2)"),
        },
    ),
    "standing_order": Fate({"customer_id": "customer", "recipient_id": "customer"}),
    "may_order_for": Fate({"customer_id": "customer", "recipient_id": "customer"}),
    "basket_bag": Fate({"recipient_id": "customer"}),
    "basket": Fate({"user_id": "user"}),
    "card_proposal": Fate({"customer_id": "customer"}),
    "contact_person": Fate({"customer_id": "customer"}),
    "access_note": Fate({"customer_id": "customer"}),
    "contact_change": Fate({"customer_id": "customer"}),
    "notice": Fate({"customer_id": "customer"}),
    "sign_in": Fate({"user_id": "user"}),
    "sign_in_code": Fate({"user_id": "user"}),
    "code_sheet": Fate({"user_id": "user"}),
    # That it was asked and answered is the proof; her own words are not.
    "erasure_request": Fate({"customer_id": "customer"}, {"words": ""}),
}
KEPT: dict[str, str] = {
    "customer": "Written over last, by hand: its number holds the sums together.",
    "user": "Written over last, by hand: what was done is signed with its number.",
    "order_line": "What was sold: the accounts want it for ten years, and it names nobody.",
    "order_missing": "What was not sold: it names nobody.",
    "submission": "A fingerprint of numbers.",
    "drop": "Only the link between an order and a stop.",
    "drop_outcome": "What became of an order: it names nobody.",
    "stop_report": "The hours of a stop.",
    "pick_up": "What is taken on board at a farm.",
    "absence": "Goes with its standing order.",
    "standing_order_line": "Goes with its standing order.",
    "standing_run": "Goes with its standing order.",
    "basket_line": "Goes with its basket.",
    "sheet_code": "Goes with its sheet.",
}


def forget(session: Session, request_id: int, answer: str, *, checked: bool, by: int) -> None:
    """Do what somebody asked who wishes to be forgotten, and write down that it was done, not whom it was."""
    if not answer.strip():
        raise AnswerMissing
    if not checked:
        raise IdentityUnchecked
    request = find_asked(session, request_id)
    customer = session.exec(
        select_rows(Customer).where(col(Customer.id) == request.customer_id).with_for_update()
    ).one()
    expected = _expected(session, customer.id)
    if expected:
        raise StillExpected(expected)
    ids = {"customer": [customer.id], "user": [customer.user_id] if customer.user_id else []}
    counts = {name: _apply(session, name, fate, ids) for name, fate in FATES.items()}
    _by_address(session, customer)
    _write_over(session, customer)
    answer_erasure(session, request_id, ErasureState.DONE, answer, by=by)
    audit(session, by, "customer.erased", "customer", customer.id, after={n: c for n, c in counts.items() if c})


def _expected(session: Session, customer_id: int) -> list[str]:
    """Return the numbers of her orders that are still to come or to be paid back."""
    hers = or_(*(col(column) == customer_id for column in (Order.customer_id, Order.recipient_id, Order.payer_id)))
    ahead = (
        select_rows(Order)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Order.delivery_day_id))
        .where(hers, col(DeliveryDay.date) >= today(), col(Order.state).not_in(_ENDED))
    )
    owed = select_rows(Order).where(hers, col(Order.id).in_(orders_to_pay_back()))
    return sorted({order.number for query in (ahead, owed) for order in session.exec(query)})


def _apply(session: Session, name: str, fate: Fate, ids: dict[str, list[int]]) -> int:
    table = Table.metadata.tables[name]
    hers = or_(*(table.c[column].in_(ids[parent]) for column, parent in fate.by.items()))
    found = list(session.connection().execute(select(table.c.id).where(hers)).scalars())
    ids[name] = found
    rows = table.c.id.in_(found)
    if fate.over is None:
        session.connection().execute(delete(table).where(rows))
    else:
        session.connection().execute(update(table).where(rows).values(**fate.over))
    return len(found)


def _by_address(session: Session, customer: Customer) -> None:
    """Take out what never knew whose it was: messages from before they named her, wishes for a card or a form."""
    reached = [words for words in (customer.email, customer.phone, customer.other_phone) if words]
    tables = Table.metadata.tables
    notice, card, form = tables["notice"], tables["card_wish"], tables["paper_form_wish"]
    named = or_(
        notice.c.recipient.in_(reached), notice.c.recipient.startswith(f"{customer.full_name}, ", autoescape=True)
    )
    for table, hers in (
        (notice, notice.c.customer_id.is_(None) & named),
        (card, or_(card.c.email.in_(reached), card.c.phone.in_(reached))),
        (form, form.c.phone.in_(reached) & (form.c.phone != "")),
    ):
        session.connection().execute(delete(table).where(hers))


def _write_over(session: Session, customer: Customer) -> None:
    if customer.user_id is not None:
        user = session.get_one(User, customer.user_id)
        user.name, user.email, user.phone, user.roles, user.disabled_at = NOBODY, None, None, [], now()
        user.password_hash, user.totp_sealed = None, None
    for name in ("title", "first_name", "company", "siret", "name_key", "phone", "other_phone", "email"):
        setattr(customer, name, "")
    for name in ("address", "postcode", "commune", "doorstep_notes"):
        setattr(customer, name, "")
    customer.kind, customer.last_name, customer.guest = CustomerKind.PERSON, NOBODY, False
    customer.lat, customer.lon, customer.precision = None, None, Precision.NONE
    customer.user_id, customer.preferred_relay_point_id = None, None
    customer.large_print, customer.paper_form_wanted = False, False
    # The number that is printed on her card leads nowhere any more.
    customer.card_number = free_card_number(session)
    session.flush()
