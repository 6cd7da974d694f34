"""Staff deal with withdrawals: goods that come back, money that goes back, or a refusal with its reason."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from meloko.accounts.services import audit
from meloko.clock import local, now, today
from meloko.errors import NotFound, Refusal
from meloko.orders.models import Order, OrderLine, Withdrawal, WithdrawalState
from meloko.orders.telling import tell_paid_back, tell_withdrawal_refused

# Code de la consommation, article L221-24: the money is back within 14 days; until the goods are, it may wait.
DAYS_TO_PAY_BACK = 14
LONGEST_REASON = 300
MOST_SHOWN = 200
_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)

# What may follow what; anything else is refused.
_NEXT = {
    WithdrawalState.RECEIVED: {
        WithdrawalState.GOODS_BACK, WithdrawalState.PAID_BACK, WithdrawalState.REFUSED,
    },
    WithdrawalState.GOODS_BACK: {
        # A mistake is taken back as long as no money has left.
        WithdrawalState.RECEIVED, WithdrawalState.PAID_BACK, WithdrawalState.REFUSED,
    },
}  # fmt: skip


class DecidedAlready(Refusal):
    """A withdrawal that a colleague has dealt with in between."""

    def __init__(self) -> None:
        super().__init__("Cette renonciation a changé depuis que la page est ouverte. Regardez-la de nouveau.")


class ReasonMissing(Refusal):
    """A refusal without a word."""

    status = 422
    field = "note"

    def __init__(self) -> None:
        super().__init__("Écrivez pourquoi : le client reçoit cette phrase.")


class ReasonTooLong(Refusal):
    """More words than a letter wants."""

    status = 422
    field = "note"

    def __init__(self) -> None:
        super().__init__(f"C’est trop long pour une lettre : {LONGEST_REASON} signes au plus.")


@dataclass(frozen=True, slots=True)
class ListedWithdrawal:
    """One line that a customer gives back, with its order."""

    withdrawal: Withdrawal
    line: OrderLine
    order: Order

    @property
    def cents(self) -> int:
        """Return what is paid back: the goods and their deposit; the delivery only when all goods go back."""
        return self.line.goods_cents + self.line.ordered * self.line.deposit_cents

    @property
    def pay_back_until(self) -> dt.date:
        """Return the last day for the money."""
        return local(self.withdrawal.received_at).date() + dt.timedelta(days=DAYS_TO_PAY_BACK)

    @property
    def waits(self) -> bool:
        """Tell whether somebody must still do something."""
        return self.withdrawal.state in _NEXT

    @property
    def late(self) -> bool:
        """Tell whether the last day for the money has passed."""
        return self.waits and today() > self.pay_back_until


def withdrawals(session: Session, most: int = MOST_SHOWN) -> Sequence[ListedWithdrawal]:
    """Return the withdrawals: those that wait first, the oldest on top, then those dealt with, the newest on top."""
    waits = col(Withdrawal.state).in_(list(_NEXT))
    rows = session.exec(
        select(Withdrawal, OrderLine, Order)
        .join(OrderLine, col(OrderLine.id) == col(Withdrawal.order_line_id))
        .join(Order, col(Order.id) == col(Withdrawal.order_id))
        .order_by(waits.desc(), col(Withdrawal.decided_at).desc().nulls_first(), col(Withdrawal.received_at))
        .limit(most)
    )
    listed = [ListedWithdrawal(withdrawal, line, order) for withdrawal, line, order in rows]
    return sorted(listed, key=lambda each: (not each.waits, each.withdrawal.received_at if each.waits else _EVER))


def count_withdrawals(session: Session) -> int:
    """Count the withdrawals that wait for a person."""
    return session.exec(select(func.count(col(Withdrawal.id))).where(col(Withdrawal.state).in_(list(_NEXT)))).one()


def orders_to_pay_back() -> SelectOfScalar[int]:
    """Select the ids of the orders of which something is still to be decided or paid back."""
    return select(Withdrawal.order_id).where(col(Withdrawal.state).in_(list(_NEXT)))


def decide_withdrawal(
    session: Session, withdrawal_id: int, shown: WithdrawalState, to: WithdrawalState, reason: str, *, by: int
) -> Withdrawal:
    """Move a withdrawal on from the state that the page showed; the same step twice is one step."""
    withdrawal = session.get(Withdrawal, withdrawal_id, with_for_update=True)
    if withdrawal is None:
        raise NotFound("Cette renonciation n’existe pas.")
    if withdrawal.state is to:
        return withdrawal
    if withdrawal.state is not shown or to not in _NEXT.get(withdrawal.state, set()):
        raise DecidedAlready
    reason = reason.strip()
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong
    if to is WithdrawalState.REFUSED and not reason:
        raise ReasonMissing
    before: dict[str, object] = {"state": withdrawal.state}
    withdrawal.state, withdrawal.decided_by, withdrawal.decided_at = to, by, now()
    withdrawal.note = reason if to is WithdrawalState.REFUSED else ""
    audit(session, by, "withdrawal.decided", "withdrawal", withdrawal_id, before=before, after={"state": to})
    _tell(session, withdrawal)
    return withdrawal


def _tell(session: Session, withdrawal: Withdrawal) -> None:
    if withdrawal.state not in (WithdrawalState.PAID_BACK, WithdrawalState.REFUSED):
        return
    line = session.get_one(OrderLine, withdrawal.order_line_id)
    order = session.exec(
        select(Order).where(col(Order.id) == withdrawal.order_id).options(joinedload(Order.customer))
    ).one()
    if withdrawal.state is WithdrawalState.PAID_BACK:
        tell_paid_back(session, order, line, order.customer)
    else:
        tell_withdrawal_refused(session, order, line, order.customer, withdrawal.note)
