"""Settle a day: only when every order has an end and every till is counted; what lacks is named."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import today
from meloko.db import Table, gate
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.errors import Refusal
from meloko.evening.deciding import ToDecide, undecided
from meloko.evening.tills import DriverTill, rounds_with_money, tills, words_of
from meloko.rounds.models import RoundState

DAY = Table.metadata.tables["delivery_day"]
ROUND = Table.metadata.tables["round"]
_NAMED = 5
LOOKED_BACK = dt.timedelta(days=21)


class NotSettled(Refusal):
    """A day in which something lacks."""

    def __init__(self, lacks: tuple[str, ...]) -> None:
        self.lacks = lacks
        super().__init__(f"Ce jour n’est pas encore à clore. Il manque : {' ; '.join(lacks)}.")


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a day lacks before it can be settled."""

    without_outcome: tuple[ToDecide, ...]
    to_decide: tuple[ToDecide, ...]
    tills: tuple[DriverTill, ...]
    words: tuple[str, ...]


def lacking(day: DeliveryDay, orders: list[ToDecide], purses: list[DriverTill]) -> Lacking:
    """Say what a day lacks before it can be settled."""
    silent = tuple(each for each in orders if each.waits_for_outcome)
    waiting = tuple(each for each in orders if not each.waits_for_outcome)
    uncounted = tuple(each for each in purses if not each.counted)
    words = []
    if day.date > today():
        words.append("que ce jour soit passé")
    elif day.state is DayState.OPEN:
        words.append("la clôture des commandes")
    if silent:
        words.append(f"l’issue {_orders('de', silent)}")
    if waiting:
        words.append(f"une décision {_orders('sur', waiting)}")
    for each in uncounted:
        who = each.driver or words_of(each.rounds)
        words.append(f"la caisse de {who}, {'à recompter' if each.stale else 'à compter'}")
    return Lacking(silent, waiting, uncounted, tuple(words))


def unsettled_days(session: Session) -> Sequence[DeliveryDay]:
    """Return the days of the last weeks that are over and not settled, oldest first."""
    return session.exec(
        select(DeliveryDay)
        .where(
            col(DeliveryDay.date) < today(),
            col(DeliveryDay.date) >= today() - LOOKED_BACK,
            col(DeliveryDay.state).in_((DayState.PLANNED, DayState.DELIVERED)),
        )
        .order_by(col(DeliveryDay.date), col(DeliveryDay.id))
    ).all()


def settle_day(session: Session, day_id: int, *, by: int) -> DeliveryDay:
    """Settle a day, alone in its gate; settling it again changes nothing."""
    gate(session, day_id, shared=False)
    day = find_day(session, day_id)
    if day.state is DayState.SETTLED:
        return day
    purses = tills(session, day_id, rounds_with_money(session, day_id))
    lack = lacking(day, undecided(session, day_id), purses)
    if lack.words:
        raise NotSettled(lack.words)
    before = day.state
    session.connection().execute(
        update(ROUND)
        .where(ROUND.c.delivery_day_id == day_id, ROUND.c.current, ROUND.c.state != RoundState.DONE)
        .values(state=RoundState.DONE)
    )
    session.connection().execute(update(DAY).where(DAY.c.id == day_id).values(state=DayState.SETTLED))
    session.refresh(day, ["state"])
    found = sum(each.till.found_cents for each in purses if each.till is not None)
    audit(
        session, by, "day.settled", "delivery_day", day_id,
        before={"state": before},
        after={"due_cents": sum(each.due_cents for each in purses), "found_cents": found},
    )  # fmt: skip
    return day


def _orders(before: str, orders: tuple[ToDecide, ...]) -> str:
    """Name orders after "de" or "sur": "de la commande n° 0012", "sur les commandes n° 0012, n° 0013"."""
    numbers = ", ".join(f"n° {each.order.number}" for each in orders[:_NAMED])
    if len(orders) == 1:
        return f"{before} la commande {numbers}"
    more = f" et {len(orders) - _NAMED} autres" if len(orders) > _NAMED else ""
    return f"{'des' if before == 'de' else 'sur les'} commandes {numbers}{more}"
