"""How often people were served in the hours that they had been promised."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import case
from sqlmodel import Session, col, func, select

from meloko.delivery_days.models import DeliveryDay
from meloko.rounds.models import Round, Stop, StopKind, StopReport

DAYS_BACK = 28
LEAST_PERCENT, MOST_PERCENT = 75, 90
# Fewer reports than that say nothing about a month.
_FEW = 20


@dataclass(frozen=True, slots=True)
class Punctuality:
    """The arrivals of the last four weeks: how many were reported, and how many of them lay in the promised hours."""

    reported: int
    inside: int

    @property
    def percent(self) -> int:
        """Return the share in the promised hours."""
        return round(100 * self.inside / self.reported) if self.reported else 0

    @property
    def judgement(self) -> str:
        """Say whether the promises are as they should be: neither broken nor too wide."""
        if self.reported < _FEW:
            return "encore trop peu d’arrivées notées pour en juger"
        if self.percent < LEAST_PERCENT:
            return "trop peu : les heures annoncées ne tiennent pas, elles s’apprennent avec les heures notées"
        if self.percent > MOST_PERCENT:
            return "plus qu’il n’en faut : les fourchettes annoncées pourraient être plus étroites"
        return f"comme il faut, entre {LEAST_PERCENT} et {MOST_PERCENT} %"


def punctuality(session: Session, today: dt.date) -> Punctuality:
    """Count the arrivals of the last four weeks; a driver who waits for the window to open is not early."""
    begun_s = func.greatest(col(StopReport.arrival_s), col(Stop.window_from_s))
    inside = begun_s.between(col(Stop.promise_from_s), col(Stop.promise_until_s))
    reported, kept = session.exec(
        select(func.count(), func.coalesce(func.sum(case((inside, 1), else_=0)), 0))
        .select_from(StopReport)
        .join(Stop, col(Stop.id) == col(StopReport.stop_id))
        .join(Round, col(Round.id) == col(Stop.round_id))
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .where(
            col(StopReport.arrival_s).is_not(None),
            col(Stop.kind) != StopKind.FARM,
            col(Round.current),
            col(DeliveryDay.date) > today - dt.timedelta(days=DAYS_BACK),
            col(DeliveryDay.date) <= today,
        )
    ).one()
    return Punctuality(int(reported), int(kept))
