"""What drivers propose for a customer's card: kept with the act that said it, decided by staff, never by itself."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select, update

from meloko.accounts.models import User
from meloko.accounts.services import audit
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.customers.services import read_phone
from meloko.db import Table
from meloko.driving.models import Act, ActKind
from meloko.driving.phone_models import CardProposal, ProposalState, ProposalTopic
from meloko.errors import NotFound, Refusal
from meloko.rounds.models import Round, StopKind

PROPOSAL = Table.metadata.tables["card_proposal"]
LONGEST = 500


class AlreadyDecided(Refusal):
    """Somebody has decided on this proposal before."""

    def __init__(self) -> None:
        super().__init__("Quelqu’un en a déjà décidé, ou le livreur l’a annulé.")


class NothingWritten(Refusal):
    """A card is not changed to nothing by accepting a proposal."""

    status = 422
    field = "words"

    def __init__(self) -> None:
        super().__init__("Écrivez ce qui doit être sur la fiche.")


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal beside what the card says today."""

    id: int
    customer_id: int
    name: str
    topic: ProposalTopic
    words: str
    today: str
    suggested: str
    driver: str
    at: object


def keep_proposals(session: Session, round_id: int, topics: Mapping[uuid.UUID, ProposalTopic]) -> None:
    """Keep a proposal for each report of a round at a home, once; take back those whose act was undone."""
    row = session.get_one(Round, round_id)
    of_round = (col(Act.delivery_day_id) == row.delivery_day_id, col(Act.round_number) == row.number)
    acts = session.exec(
        select(Act).where(
            *of_round,
            col(Act.uuid).in_(list(topics)),
            col(Act.kind) == ActKind.SIGNALLED,
            col(Act.place_kind) == StopKind.HOME,
            col(Act.words) != "",
        )
    ).all()
    for act in acts:
        session.execute(
            insert(PROPOSAL)
            .values(
                act_uuid=act.uuid,
                customer_id=act.place_id,
                topic=topics[act.uuid],
                words=act.words,
                proposed_by=act.said_by,
                proposed_at=act.done_at,
                state=ProposalState.WAITING,
            )
            .on_conflict_do_nothing()
        )
    undone = select(Act.undoes).where(*of_round, col(Act.kind) == ActKind.UNDO)
    session.execute(
        update(CardProposal)
        .where(col(CardProposal.state) == ProposalState.WAITING, col(CardProposal.act_uuid).in_(undone))
        .values(state=ProposalState.WITHDRAWN)
    )


def waiting_proposals(session: Session) -> Sequence[ShownProposal]:
    """List what waits for a decision, oldest first."""
    rows = session.exec(
        select(CardProposal, Customer, User.name)
        .join(Customer, col(Customer.id) == col(CardProposal.customer_id))
        .join(User, col(User.id) == col(CardProposal.proposed_by))
        .where(col(CardProposal.state) == ProposalState.WAITING)
        .order_by(col(CardProposal.id))
    )
    return [_shown(row, customer, driver) for row, customer, driver in rows]


def accept(session: Session, proposal_id: int, words: str, *, by: int) -> str:
    """Write on the card what staff made of a proposal; return whose card it is.

    An address is never written from here: it moves a point on the map, and is changed on the card itself.
    """
    row = _waiting(session, proposal_id)
    customer = session.get_one(Customer, row.customer_id)
    words = words.replace("\x00", "").strip()[:LONGEST]
    if row.topic is not ProposalTopic.ADDRESS and not words:
        raise NothingWritten
    before = _said_today(customer, row.topic)
    if row.topic is ProposalTopic.NOTES:
        customer.doorstep_notes = words
    elif row.topic is ProposalTopic.PHONE:
        customer.phone = read_phone(words)
    # Notes are for the doorstep, not for the audit.
    changed = {} if row.topic is ProposalTopic.NOTES else {"before": before, "after": words}
    audit(session, by, "card.proposal_accepted", "customer", customer.id, after={"topic": row.topic, **changed})
    _decide(row, ProposalState.ACCEPTED, by)
    return customer.full_name


def decline(session: Session, proposal_id: int, *, by: int) -> str:
    """Leave the card as it is; return whose card it is."""
    row = _waiting(session, proposal_id)
    _decide(row, ProposalState.DECLINED, by)
    audit(session, by, "card.proposal_declined", "customer", row.customer_id, after={"topic": row.topic})
    return session.get_one(Customer, row.customer_id).full_name


def _waiting(session: Session, proposal_id: int) -> CardProposal:
    row = session.exec(select(CardProposal).where(col(CardProposal.id) == proposal_id).with_for_update()).first()
    if row is None:
        raise NotFound
    if row.state is not ProposalState.WAITING:
        raise AlreadyDecided
    return row


def _decide(row: CardProposal, state: ProposalState, by: int) -> None:
    row.state, row.decided_by, row.decided_at = state, by, now()


def _said_today(customer: Customer, topic: ProposalTopic) -> str:
    if topic is ProposalTopic.NOTES:
        return customer.doorstep_notes
    if topic is ProposalTopic.PHONE:
        return customer.phone
    return ", ".join(filter(None, (customer.address, customer.postcode, customer.commune)))


def _shown(row: CardProposal, customer: Customer, driver: str) -> ShownProposal:
    today = _said_today(customer, row.topic)
    # What the door has said so far stays, unless staff strike it.
    suggested = "\n".join(filter(None, (today, row.words))) if row.topic is ProposalTopic.NOTES else row.words
    return ShownProposal(
        row.id, customer.id, customer.full_name, row.topic, row.words, today, suggested, driver, row.proposed_at
    )
