"""What follows from the acts of a round: the outcomes of its orders, its state, the hours that teach the planner."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import local, now
from meloko.db import Table
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.models import OF_BEFORE, Act, ActKind, DropOutcome
from meloko.driving.outcomes import (
    comes_from,
    hours,
    outcomes,
    place_of_act,
    round_state,
    second_of,
    state_after,
)
from meloko.orders.models import Order
from meloko.rounds.models import Round, RoundState, Stop, StopReport
from meloko.rounds.reporting import Hours, Reported, report_hours
from meloko.rounds.timetable import Place, place_of

DAY = Table.metadata.tables["delivery_day"]


def follow(session: Session, day: DeliveryDay, row: Round, *, by: int) -> None:
    """Bring outcomes, states and hours in step with the acts of a round; doing it twice changes nothing."""
    # All rounds of the day: a stop may have moved from one to another after somebody set off with the older version.
    of_day = session.exec(select(Act).where(col(Act.delivery_day_id) == day.id)).all()
    _follow_outcomes(session, day, of_day, by)
    acts = [act for act in of_day if act.round_number == row.number]
    _follow_state(session, day, row, acts, by)
    _follow_hours(session, day, row, acts, by)


def _follow_outcomes(session: Session, day: DeliveryDay, acts: Sequence[Act], by: int) -> None:
    said = outcomes(acts)
    kept = {
        outcome.order_id: outcome
        for outcome in session.exec(select(DropOutcome).where(col(DropOutcome.delivery_day_id) == day.id))
    }
    changed = {
        order_id
        for order_id in said.keys() | kept.keys()
        if order_id not in said or order_id not in kept or said[order_id].id != kept[order_id].act_id
    }
    orders = session.exec(select(Order).where(col(Order.id).in_(changed)).with_for_update().order_by(col(Order.id)))
    for order in orders:
        _set_outcome(session, day, order, said.get(order.id), kept.get(order.id), by)


def _set_outcome(
    session: Session, day: DeliveryDay, order: Order, act: Act | None, kept: DropOutcome | None, by: int
) -> None:
    before: dict[str, object] = {"outcome": kept.kind if kept else None, "state": order.state}
    if kept is not None and kept.state_after is not None and order.state is kept.state_after:
        order.state = kept.state_before
    if act is None:
        if kept is not None:
            session.delete(kept)
    else:
        mine = (order.delivery_day_id == day.id) != (act.kind in OF_BEFORE)
        moves = mine and order.state in comes_from(act.kind)
        after = state_after(act.kind, home=order.home) if moves else None
        if kept is None:
            kept = DropOutcome(delivery_day_id=day.id, order_id=order.id, act_id=act.id, kind=act.kind,
                               state_before=order.state)  # fmt: skip
            session.add(kept)
        kept.act_id, kept.kind, kept.state_before, kept.state_after = act.id, act.kind, order.state, after
        order.state = after or order.state
    audit(
        session, by, "order.outcome", "order", order.id,
        before=before, after={"outcome": act.kind if act else None, "state": order.state},
    )  # fmt: skip
    session.flush()


def _follow_state(session: Session, day: DeliveryDay, row: Round, acts: Sequence[Act], by: int) -> None:
    state = round_state(acts)
    if row.state is not state:
        audit(session, by, "round.state", "round", row.id, before={"state": row.state}, after={"state": state})
        row.state = state
        session.flush()
    if state is not RoundState.DONE:
        return
    out = session.exec(
        select(Round.id).where(
            col(Round.delivery_day_id) == day.id, col(Round.current), col(Round.state) != RoundState.DONE
        )
    ).first()
    if out is None:
        session.connection().execute(
            update(DAY).where(DAY.c.id == day.id, DAY.c.state == DayState.PLANNED).values(state=DayState.DELIVERED)
        )


def _follow_hours(session: Session, day: DeliveryDay, row: Round, acts: Sequence[Act], by: int) -> None:
    """Report the hours that the phone said, except where somebody has written other hours down."""
    if day.date > local(now()).date() or not row.current:
        return
    told, seconds = hours(acts, day.date), _seconds(acts)
    stops = session.exec(select(Stop).where(col(Stop.round_id) == row.id)).all()
    ids = {place_of(stop): stop.id for stop in stops}
    reports = session.exec(select(StopReport).where(col(StopReport.stop_id).in_(ids.values()))).all()
    known = {report.stop_id: {report.arrival_s, report.departure_s} - {None} for report in reports}
    by_phone = {place for place, stop_id in ids.items() if known.get(stop_id, set()) <= seconds.get(place, set())}
    said = {
        ids[place]: told.stops.get(place, Hours()) for place in by_phone if place in told.stops or ids[place] in known
    }
    departure_s, return_s = row.reported_departure_s, row.reported_return_s
    if departure_s is None or departure_s in seconds.get(ActKind.START, set()):
        departure_s = told.departure_s
    if return_s is None or return_s in seconds.get(ActKind.RETURN, set()):
        return_s = told.return_s
    report_hours(session, row.id, Reported(departure_s, return_s, said, other_order=True), by=by)


def _seconds(acts: Sequence[Act]) -> dict[Place | ActKind, set[int | None]]:
    """Return all hours that acts ever said, undone or not, by place and by kind: such an hour was written by nobody."""
    found: dict[Place | ActKind, set[int | None]] = {}
    for act in acts:
        for key in (act.kind, place_of_act(act)):
            if key is not None:
                found.setdefault(key, set()).add(second_of(act))
    return found
