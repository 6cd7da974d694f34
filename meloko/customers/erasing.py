"""A customer wishes to be forgotten: her wish is written down and staff answer it within a month."""

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from meloko.accounts.services import audit
from meloko.clock import now
from meloko.customers.models import Customer, ErasureRequest, ErasureState
from meloko.customers.services import find_customer
from meloko.errors import NotFound, Refusal
from meloko.languages import say

ANSWER_WITHIN = dt.timedelta(days=30)
LONGEST_WORDS = 500


class AnswerMissing(Refusal):
    """A wish that is closed without a word of answer."""

    status = 422
    field = "answer"

    def __init__(self) -> None:
        super().__init__("Écrivez ce que vous répondez à la personne.")


def ask_erasure(session: Session, customer_id: int, words: str, *, by: int | None = None) -> ErasureRequest:
    """Write down that a customer wishes to be forgotten, as herself or by one of us; again is the same wish."""
    known = open_request(session, customer_id)
    if known is not None:
        return known
    customer = find_customer(session, customer_id)
    request = ErasureRequest(customer_id=customer_id, words=words.strip()[:LONGEST_WORDS])
    session.add(request)
    session.flush()
    audit(session, by or customer.user_id, "erasure.asked", "customer", customer_id)
    return request


def withdraw_erasure(session: Session, customer_id: int) -> None:
    """Take the wish back, as long as nobody has answered it."""
    request = open_request(session, customer_id)
    if request is None:
        raise NotFound(say("Aucune demande d’effacement n’attend de réponse."))
    request.state = ErasureState.WITHDRAWN
    audit(session, find_customer(session, customer_id).user_id, "erasure.withdrawn", "customer", customer_id)


def answer_erasure(session: Session, request_id: int, state: ErasureState, answer: str, *, by: int) -> None:
    """Close a wish with words: done, or refused with the reason."""
    request = find_asked(session, request_id)
    if state not in (ErasureState.DONE, ErasureState.REFUSED) or not answer.strip():
        raise AnswerMissing
    request.state, request.answer = state, answer.strip()[:LONGEST_WORDS]
    request.answered_by, request.answered_at = by, now()
    audit(session, by, f"erasure.{state}", "customer", request.customer_id)


def find_asked(session: Session, request_id: int) -> ErasureRequest:
    """Find a wish that waits for its answer, and hold it."""
    request = session.get(ErasureRequest, request_id, with_for_update=True)
    if request is None or request.state is not ErasureState.ASKED:
        raise NotFound("Cette demande a déjà sa réponse.")
    return request


def open_request(session: Session, customer_id: int) -> ErasureRequest | None:
    """Return a customer's wish that waits for an answer."""
    return session.exec(
        select(ErasureRequest).where(
            col(ErasureRequest.customer_id) == customer_id, col(ErasureRequest.state) == ErasureState.ASKED
        )
    ).first()


def count_erasures(session: Session) -> int:
    """Count the wishes that wait for an answer."""
    waits = col(ErasureRequest.state) == ErasureState.ASKED
    return session.exec(select(func.count(col(ErasureRequest.id))).where(waits)).one()


def erasure_requests(session: Session, most: int = 100) -> Sequence[tuple[ErasureRequest, Customer]]:
    """Return the wishes for the staff's list: those that wait first, the oldest on top."""
    return session.exec(
        select(ErasureRequest, Customer)
        .join(Customer, col(Customer.id) == col(ErasureRequest.customer_id))
        .order_by((col(ErasureRequest.state) == ErasureState.ASKED).desc(), col(ErasureRequest.asked_at))
        .limit(most)
    ).all()
