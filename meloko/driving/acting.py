"""Record what a driver did: many acts at once, each once, the wrong ones named and the others kept."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import local, now
from meloko.db import Table, gate
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.following import follow
from meloko.driving.models import MONEY, OF_BEFORE, OF_THE_ROUND, OUTCOMES, Act, ActKind, ActSource, OtherWay
from meloko.errors import NotFound, Refusal
from meloko.orders.models import Order, OrderState
from meloko.rounds.models import Drop, Round, RoundState, Stop
from meloko.rounds.services import lock_round
from meloko.rounds.timetable import Place, place_of

ACT = Table.metadata.tables["act"]

MOST_ACTS = 500
LONGEST_WORDS = 500
_MOST_CENTS = 1_000_000
_MOST_EMPTIES = 10_000
# A clock this near to ours is right: the rest is the way through the network.
_SAME_CLOCK = dt.timedelta(minutes=2)

# Why a single act is refused, in words for the driver.
WHY_NOT = {
    "day settled": "Ce jour est clos au dépôt : dites-le au dépôt, qui le notera.",
    "day ahead": "Cette tournée n’est pas encore venue : cela se note le jour même.",
    "stop of another round": "Cet arrêt est d’une autre tournée.",
    "unknown order": "Cette commande n’existe pas.",
    "order of another round": "Cette commande est d’une autre tournée.",
    "not waiting there": "Cette commande n’attend pas à ce point relais.",
    "no place": "Il manque l’arrêt où cela s’est fait.",
    "no order": "Il manque la commande dont il s’agit.",
    "no way": "Il manque comment la commande a été laissée : chez qui, ou où.",
    "no amount": "Le montant manque, ou n’est pas possible.",
    "no count": "Le nombre manque, ou n’est pas possible.",
    "nothing to undo": "Il manque ce qui est annulé.",
    "act of another round": "Cet acte est déjà noté pour une autre tournée.",
    "unreadable": "Cet acte n’a pas pu être lu.",
}


class TooManyActs(Refusal):
    """More acts than are taken at once."""

    status = 413

    def __init__(self) -> None:
        super().__init__(f"Plus de {MOST_ACTS} actes à la fois : envoyez-les en plusieurs fois, dans l’ordre.")


@dataclass(frozen=True, slots=True)
class Said:
    """One act as a driver says it; `uuid` is made by who acts, `stop_id` is a stop of any version of his round."""

    uuid: UUID
    kind: ActKind
    said_at: dt.datetime
    stop_id: int | None = None
    order_id: int | None = None
    how: OtherWay | None = None
    cents: int | None = None
    count: int | None = None
    words: str = ""
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one act: `recorded`, `already` there, or `refused` with its reason and a sentence."""

    uuid: str
    state: str
    reason: str = ""

    @property
    def sentence(self) -> str:
        """Return the reason in words for the driver."""
        return WHY_NOT.get(self.reason, "")


@dataclass(frozen=True, slots=True)
class _Ground:
    """What acts of one round are judged on: its stops and drops in all its versions, the orders they name."""

    day: DeliveryDay
    row: Round
    places: Mapping[int, Place]
    place_of_order: Mapping[int, Place]
    orders: Mapping[int, Order]
    known: Mapping[UUID, tuple[int, int]]


def record_acts(
    session: Session,
    round_id: int,
    acts: Sequence[Said],
    *,
    by: int,
    sent_at: dt.datetime | None = None,
    source: ActSource = ActSource.PHONE,
) -> tuple[Answer, ...]:
    """Record acts of one round, in any order and however often they are sent; answer each of them.

    `round_id`: the version that who acted had before him. `sent_at`: the hour of his clock when he sent them, so that
    a wrong clock is seen; both hours are kept. Refuses all of them only when there are more than `MOST_ACTS`.
    """
    if len(acts) > MOST_ACTS:
        raise TooManyActs
    ground = _ground(session, round_id, acts)
    at = now()
    skew = at - sent_at if sent_at is not None and abs(at - sent_at) >= _SAME_CLOCK else dt.timedelta()
    answers, new, seen = [], [], set(ground.known)
    for said in acts:
        reason = _why_not(said, ground)
        if said.uuid in seen and not reason.startswith("act of"):
            answers.append(Answer(str(said.uuid), "already"))
        elif reason:
            answers.append(Answer(str(said.uuid), "refused", reason))
        else:
            new.append(_values(said, ground, at, skew, by, source))
            answers.append(Answer(str(said.uuid), "recorded"))
            seen.add(said.uuid)
    if new:
        session.execute(insert(ACT).on_conflict_do_nothing(index_elements=["uuid"]), new)
        if ground.row.current and ground.row.state is RoundState.PLANNED:
            # What is being driven is no plan any more: no building rewrites it.
            lock_round(session, ground.row.id, by=by)
            session.refresh(ground.row)
        follow(session, ground.day, ground.row, by=by)
        audit(
            session, by, "round.acts", "round", ground.row.id,
            after={"recorded": len(new), "refused": [answer.reason for answer in answers if answer.reason]},
        )  # fmt: skip
    return tuple(answers)


def acts_of_round(session: Session, day_id: int, number: int) -> list[Act]:
    """Return all acts of a round of a day, whatever its version, by the hour they were said."""
    query = select(Act).where(col(Act.delivery_day_id) == day_id, col(Act.round_number) == number)
    return list(session.exec(query.order_by(col(Act.said_at), col(Act.uuid))))


def _ground(session: Session, round_id: int, acts: Sequence[Said]) -> _Ground:
    """Read what the acts are judged on, alone in the gate of their day: acts of one day come one batch at a time."""
    shown = session.get(Round, round_id)
    if shown is None:
        raise NotFound("Cette tournée n’existe pas.")
    gate(session, shown.delivery_day_id, shared=False)
    day = session.exec(
        select(DeliveryDay)
        .where(col(DeliveryDay.id) == shown.delivery_day_id)
        .execution_options(populate_existing=True)
    ).one()
    of_number = (col(Round.delivery_day_id) == day.id, col(Round.number) == shown.number)
    rows = session.exec(select(Round).where(*of_number).execution_options(populate_existing=True)).all()
    row = next((each for each in rows if each.current), shown)
    stops = session.exec(select(Stop).join(Round, col(Round.id) == col(Stop.round_id)).where(*of_number)).all()
    places = {stop.id: place_of(stop) for stop in stops}
    drops = session.exec(
        select(Drop.order_id, Drop.stop_id).where(col(Drop.stop_id).in_(places)).order_by(col(Drop.id))
    )
    ids = {said.order_id for said in acts if said.order_id is not None}
    orders = session.exec(select(Order).where(col(Order.id).in_(ids)).with_for_update().order_by(col(Order.id)))
    known = session.exec(
        select(Act.uuid, Act.delivery_day_id, Act.round_number).where(col(Act.uuid).in_([each.uuid for each in acts]))
    )
    return _Ground(
        day=day,
        row=row,
        places=places,
        place_of_order={order_id: places[stop_id] for order_id, stop_id in drops},
        orders={order.id: order for order in orders},
        known={key: (day_id, number) for key, day_id, number in known},
    )


def _why_not(said: Said, ground: _Ground) -> str:
    """Say why an act is refused; an empty reason when it is not."""
    if said.uuid in ground.known and ground.known[said.uuid] != (ground.day.id, ground.row.number):
        return "act of another round"
    if ground.day.state is DayState.SETTLED:
        return "day settled"
    if ground.day.date > local(now()).date():
        return "day ahead"
    if said.stop_id is not None and said.stop_id not in ground.places:
        return "stop of another round"
    return _why_not_order(said, ground) or _why_not_facts(said, ground)


def _why_not_order(said: Said, ground: _Ground) -> str:
    if said.order_id is None:
        return "no order" if said.kind in OUTCOMES else ""
    order = ground.orders.get(said.order_id)
    if order is None:
        return "unknown order"
    if said.kind not in OF_BEFORE:
        return "" if said.order_id in ground.place_of_order else "order of another round"
    here = said.stop_id is not None and ground.places[said.stop_id] == ("relay", order.relay_point_id)
    left = order.state in (OrderState.AT_RELAY, OrderState.UNDELIVERED, OrderState.COLLECTED)
    return "" if here and left and order.delivery_day_id != ground.day.id else "not waiting there"


def _why_not_facts(said: Said, ground: _Ground) -> str:
    if said.kind is ActKind.UNDO:
        return "" if said.undoes is not None else "nothing to undo"
    if said.kind not in (*OF_THE_ROUND, ActKind.NOTE) and _place(said, ground) is None:
        return "no place"
    if said.kind is ActKind.OTHERWISE and said.how is None:
        return "no way"
    if said.kind in MONEY and not 0 < (said.cents or 0) <= _MOST_CENTS:
        return "no amount"
    if said.kind is ActKind.EMPTIES and not 0 < (said.count or 0) <= _MOST_EMPTIES:
        return "no count"
    return ""


def _place(said: Said, ground: _Ground) -> Place | None:
    if said.stop_id is not None:
        return ground.places.get(said.stop_id)
    return ground.place_of_order.get(said.order_id) if said.order_id is not None else None


def _values(
    said: Said, ground: _Ground, at: dt.datetime, skew: dt.timedelta, by: int, source: ActSource
) -> dict[str, object]:
    place = _place(said, ground)
    return {
        "uuid": said.uuid,
        "delivery_day_id": ground.day.id,
        "round_number": ground.row.number,
        "round_id": ground.row.id,
        "place_kind": place[0] if place else None,
        "place_id": place[1] if place else None,
        "order_id": said.order_id,
        "kind": said.kind,
        "how": said.how if said.kind is ActKind.OTHERWISE else None,
        "cents": said.cents if said.kind in MONEY else None,
        "count": said.count if said.kind is ActKind.EMPTIES else None,
        "words": said.words.replace("\x00", "").strip()[:LONGEST_WORDS],
        "undoes": said.undoes if said.kind is ActKind.UNDO else None,
        "said_at": said.said_at,
        # Nothing was done after it was told.
        "done_at": min(said.said_at + skew, at),
        "received_at": at,
        "clock_skew_s": round(skew.total_seconds()),
        "said_by": by,
        "source": source,
    }
