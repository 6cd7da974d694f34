"""Withdraw from a contract made at a distance: 14 days for goods that do not spoil, with a receipt."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import now, today
from meloko.db import Table
from meloko.errors import Refusal
from meloko.languages import say
from meloko.orders.models import Order, OrderLine, OrderState, Withdrawal, WithdrawalState
from meloko.orders.telling import tell_withdrawn

# Code de la consommation, article L221-18: from the day the goods are received.
DAYS_TO_WITHDRAW = 14
_NEW = insert(Table.metadata.tables["withdrawal"]).on_conflict_do_nothing(index_elements=["order_line_id"])


class TooLateToWithdraw(Refusal):
    """The fourteen days have passed."""

    def __init__(self, last_day: dt.date) -> None:
        super().__init__(
            say(
                "Le délai de 14 jours s’est terminé le {day}. Appelez-nous, nous verrons ensemble.",
                day=f"{last_day:%d/%m/%Y}",
            )
        )


class NothingToWithdraw(Refusal):
    """No line was chosen, or none that may be given back."""

    status = 422
    field = "lines"

    def __init__(self) -> None:
        super().__init__(say("Cochez au moins un produit que vous voulez rendre."))


@dataclass(frozen=True, slots=True)
class Withdrawable:
    """What may still be given back of an order, what is already, and until when."""

    order: Order
    lines: tuple[OrderLine, ...]
    withdrawn: tuple[OrderLine, ...]
    last_day: dt.date

    @property
    def possible(self) -> bool:
        """Tell whether anything may be withdrawn today."""
        return bool(self.lines) and today() <= self.last_day


def withdrawable(session: Session, order: Order) -> Withdrawable:
    """Return what of an order, with its lines and day, may be withdrawn from."""
    ids = set(session.exec(select(Withdrawal.order_line_id).where(col(Withdrawal.order_id) == order.id)))
    fit = [line for line in order.lines if line.fit_to_withdraw] if order.state is not OrderState.CANCELLED else []
    return Withdrawable(
        order,
        tuple(line for line in fit if line.id not in ids),
        tuple(line for line in order.lines if line.id in ids),
        order.day.date + dt.timedelta(days=DAYS_TO_WITHDRAW),
    )


def withdraw(session: Session, order: Order, line_ids: frozenset[int], *, by: int | None) -> tuple[OrderLine, ...]:
    """Take back one's word about lines of an order, and give a receipt; asking twice is asking once."""
    may = withdrawable(session, order)
    asked = tuple(line for line in (*may.lines, *may.withdrawn) if line.id in line_ids)
    if not asked:
        raise NothingToWithdraw
    new = tuple(line for line in asked if line in may.lines)
    if new and today() > may.last_day:
        raise TooLateToWithdraw(may.last_day)
    written = []
    for line in new:
        row = {"order_id": order.id, "order_line_id": line.id, "note": ""}
        row |= {"state": WithdrawalState.RECEIVED, "received_at": now()}
        if session.connection().execute(_NEW, row).rowcount:
            written.append(line)
    if written:
        names = [line.name for line in written]
        audit(session, by, "order.withdrawn", "order", order.id, after={"lines": names})
        tell_withdrawn(session, order, tuple(written), order.customer)
    return asked
