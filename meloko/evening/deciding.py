"""Decide on orders that a day did not deliver: another day for the same order, or its end with a reason."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import today
from meloko.db import gate
from meloko.delivery_days.entering import HomesNotServed, check_relay_served, give_room_back, take_room, touch_day
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.driving.models import Act, ActKind, DropOutcome
from meloko.driving.outcomes import ON_THE_WAY
from meloko.errors import NotFound, Refusal
from meloko.evening.keying import DaySettled
from meloko.evening.models import DecisionKind, OrderDecision
from meloko.evening.telling import tell_given_up, tell_moved
from meloko.jobs import BuildRounds
from meloko.orders.models import Order, OrderState
from meloko.outbox import enqueue
from meloko.rounds.models import Drop, Round, Stop
from meloko.wording import day_words

LONGEST_REASON = 200
_TAKES_ORDERS = (DayState.OPEN, DayState.CLOSED, DayState.PLANNED)
_ENDS = {DecisionKind.RETURNED: OrderState.RETURNED, DecisionKind.GIVEN: OrderState.GIVEN}


class NotToDecide(Refusal):
    """An order on which there is nothing to decide."""

    def __init__(self, number: str) -> None:
        super().__init__(f"La commande n° {number} n’attend pas de décision : elle est livrée, ou déjà décidée.")


class OutcomeFirst(Refusal):
    """An order that a round carries and of which nothing is said yet."""

    def __init__(self, number: str) -> None:
        super().__init__(f"La commande n° {number} est sur une tournée : notez d’abord ce que le livreur en a fait.")


class DecidedOtherwise(Refusal):
    """An order on which something else was decided already."""

    def __init__(self, number: str) -> None:
        super().__init__(f"La commande n° {number} est déjà décidée autrement. Rechargez la page.")


class NoSuchNextDay(Refusal):
    """A day to which the order cannot be moved."""

    status = 422
    field = "to_day"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class ReasonWanted(Refusal):
    """An order is not given up without a reason."""

    status = 422
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Écrivez pourquoi, ou à qui la commande est donnée : c’est gardé avec elle.")


@dataclass(frozen=True, slots=True)
class ToDecide:
    """An order that waits for a decision, and what happened."""

    order: Order
    act: Act | None
    # Whether a current round of the day carries it.
    on_round: bool

    @property
    def waits_for_outcome(self) -> bool:
        """Tell whether it is on a round and nothing was said of it."""
        return self.act is None and self.on_round


def undecided(session: Session, day_id: int) -> list[ToDecide]:
    """Return every order of a day that has no end: without an outcome, on no round, not delivered, or taken back."""
    carried = (
        select(Drop.order_id)
        .join(Stop, col(Stop.id) == col(Drop.stop_id))
        .join(Round, col(Round.id) == col(Stop.round_id))
        .where(col(Round.delivery_day_id) == day_id, col(Round.current))
    )
    rows = session.exec(
        select(Order, Act, col(Order.id).in_(carried))
        .outerjoin(
            DropOutcome, and_(col(DropOutcome.order_id) == col(Order.id), col(DropOutcome.delivery_day_id) == day_id)
        )
        .outerjoin(Act, col(Act.id) == col(DropOutcome.act_id))
        .where(
            and_(col(Order.delivery_day_id) == day_id, col(Order.state).in_((*ON_THE_WAY, OrderState.UNDELIVERED)))
            | and_(col(DropOutcome.kind) == ActKind.TAKEN_BACK, col(Order.state) == OrderState.UNDELIVERED)
        )
        .order_by(col(Order.id))
    )
    return [ToDecide(order, act, on_round) for order, act, on_round in rows]


def next_days_for(session: Session, day: DeliveryDay) -> Sequence[DeliveryDay]:
    """Return the days to which an order of a day may be moved, soonest first."""
    return session.exec(
        select(DeliveryDay)
        .where(
            col(DeliveryDay.zone_id) == day.zone_id,
            col(DeliveryDay.date) >= max(today(), day.date + dt.timedelta(days=1)),
            col(DeliveryDay.state).in_(_TAKES_ORDERS),
        )
        .order_by(col(DeliveryDay.date))
        .limit(8)
    ).all()


def reschedule(session: Session, day_id: int, order_id: int, to_day_id: int, *, by: int, reason: str = "") -> Order:
    """Move an order to another day: the same order, never a second one; asking twice is asking once."""
    for each in sorted({day_id, to_day_id}):
        gate(session, each, shared=each == to_day_id)
    order, done = _enter(session, day_id, order_id)
    if done is not None:
        if (done.kind, done.to_day_id) != (DecisionKind.RESCHEDULED, to_day_id):
            raise DecidedOtherwise(order.number)
        return order
    day, to_day = find_day(session, day_id), _day_to_move_to(session, to_day_id, order)
    if to_day.date <= day.date or to_day.date < today():
        raise NoSuchNextDay("Choisissez un jour après celui-ci : celui-là est passé.")
    before: dict[str, object] = {"day": order.delivery_day_id, "state": order.state}
    _move_room(session, order, to_day.id)
    _leave(session, find_day(session, order.delivery_day_id))
    order.delivery_day_id, order.state, order.to_decide = to_day.id, OrderState.CONFIRMED, to_day.rounds_locked
    _decide(session, day_id, order, DecisionKind.RESCHEDULED, by, reason, to_day.id)
    tell_moved(session, order, to_day)
    touch_day(session, to_day.id)
    if to_day.state is not DayState.OPEN and not to_day.rounds_locked:
        enqueue(session, BuildRounds(day_id=to_day.id))
    audit(
        session, by, "order.rescheduled", "order", order.id,
        before=before, after={"day": to_day.id, "state": order.state, "reason": reason},
    )  # fmt: skip
    return order


def give_up(session: Session, day_id: int, order_id: int, kind: DecisionKind, *, by: int, reason: str) -> Order:
    """End an order that was not delivered: its goods came back, or were given to somebody; asking twice is once."""
    reason = reason.strip()[:LONGEST_REASON]
    gate(session, day_id, shared=False)
    order, done = _enter(session, day_id, order_id)
    if done is not None:
        if done.kind is not kind:
            raise DecidedOtherwise(order.number)
        return order
    if not reason:
        raise ReasonWanted
    before: dict[str, object] = {"state": order.state}
    day = find_day(session, order.delivery_day_id)
    _leave(session, day)
    if order.relay_point_id is not None:
        give_room_back(session, day.id, order.relay_point_id, order.crates_hundredths, order.chilled_hundredths)
    order.state = _ENDS[kind]
    _decide(session, day_id, order, kind, by, reason, None)
    tell_given_up(session, order, day)
    audit(
        session, by, f"order.{kind.value}", "order", order.id,
        before=before, after={"state": order.state, "reason": reason},
    )  # fmt: skip
    return order


def decisions(session: Session, day_id: int) -> list[tuple[OrderDecision, Order, DeliveryDay | None, Act | None]]:
    """Return what was decided of a day, with the order, its new day and what the driver says of it."""
    rows = session.exec(
        select(OrderDecision, Order, DeliveryDay, Act)
        .join(Order, col(Order.id) == col(OrderDecision.order_id))
        .outerjoin(DeliveryDay, col(DeliveryDay.id) == col(OrderDecision.to_day_id))
        .outerjoin(
            DropOutcome, and_(col(DropOutcome.order_id) == col(Order.id), col(DropOutcome.delivery_day_id) == day_id)
        )
        .outerjoin(Act, col(Act.id) == col(DropOutcome.act_id))
        .where(col(OrderDecision.delivery_day_id) == day_id)
        .order_by(col(OrderDecision.id))
    )
    return [(decision, order, to_day, act) for decision, order, to_day, act in rows]


def _enter(session: Session, day_id: int, order_id: int) -> tuple[Order, OrderDecision | None]:
    """Lock the order, and refuse unless it waits for a decision of this day, or has one already."""
    order = session.exec(
        select(Order).where(col(Order.id) == order_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if order is None:
        raise NotFound("Cette commande n’existe pas.")
    done = session.exec(
        select(OrderDecision).where(
            col(OrderDecision.delivery_day_id) == day_id, col(OrderDecision.order_id) == order_id
        )
    ).first()
    if done is not None:
        return order, done
    if find_day(session, day_id).state is DayState.SETTLED:
        raise DaySettled
    found = next((each for each in undecided(session, day_id) if each.order.id == order_id), None)
    if found is None:
        raise NotToDecide(order.number)
    if found.waits_for_outcome:
        raise OutcomeFirst(order.number)
    return order, None


def _day_to_move_to(session: Session, to_day_id: int, order: Order) -> DeliveryDay:
    to_day = find_day(session, to_day_id)
    words = day_words(to_day.date)
    if to_day.state not in _TAKES_ORDERS:
        raise NoSuchNextDay(f"Le {words} est déjà livré : choisissez un autre jour.")
    if order.relay_point_id is not None:
        check_relay_served(to_day, order.relay_point_id)
    elif find_day(session, order.delivery_day_id).zone_id != to_day.zone_id:
        raise NoSuchNextDay(f"Le {words} ne sert pas ce secteur : choisissez un autre jour.")
    elif not to_day.homes_served:
        raise HomesNotServed
    return to_day


def _move_room(session: Session, order: Order, to_day_id: int) -> None:
    if order.relay_point_id is not None:
        room = (order.relay_point_id, order.crates_hundredths, order.chilled_hundredths)
        take_room(session, to_day_id, *room)
        give_room_back(session, order.delivery_day_id, *room)


def _leave(session: Session, day: DeliveryDay) -> None:
    """Say that a day has lost an order: a plan that can still change is made anew."""
    touch_day(session, day.id)
    if day.state in (DayState.CLOSED, DayState.PLANNED) and not day.rounds_locked:
        enqueue(session, BuildRounds(day_id=day.id))


def _decide(
    session: Session, day_id: int, order: Order, kind: DecisionKind, by: int, reason: str, to_day_id: int | None
) -> None:
    session.add(
        OrderDecision(
            delivery_day_id=day_id,
            order_id=order.id,
            kind=kind,
            to_day_id=to_day_id,
            reason=reason.strip()[:LONGEST_REASON],
            decided_by=by,
        )
    )
    session.flush()
