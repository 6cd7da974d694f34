"""What reported hours have taught so far, as the next building uses it and a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from meloko.rounds.models import Learning, SpeedFactor, StopKind, StopTime
from routing.learning import FEWEST
from routing.learning import StopTime as LearntTime
from routing.speeds import HourBand, SpeedFactors
from routing.spread import USUAL_SPREAD, Spread


@dataclass(frozen=True, slots=True)
class Learnt:
    """The newest learning: speeds by class and band, times by kind of place, how far hours stray."""

    learning_id: int | None = None
    factors: SpeedFactors = field(default_factory=dict)
    stop_times: Mapping[StopKind, LearntTime] = field(default_factory=dict)
    spread: Spread = USUAL_SPREAD


def newest_learning(session: Session) -> Learning | None:
    """Return the newest learning that came to an end."""
    return session.exec(
        select(Learning).where(col(Learning.learnt_at).is_not(None)).order_by(col(Learning.on_day).desc()).limit(1)
    ).first()


def factors_of(session: Session, learning_id: int) -> list[SpeedFactor]:
    """Return the speeds of a learning, by class and hour."""
    query = select(SpeedFactor).where(col(SpeedFactor.learning_id) == learning_id)
    return list(session.exec(query.order_by(col(SpeedFactor.road_class), col(SpeedFactor.from_hour))))


def times_of(session: Session, learning_id: int) -> list[StopTime]:
    """Return the times at stops of a learning, by kind."""
    query = select(StopTime).where(col(StopTime.learning_id) == learning_id)
    return list(session.exec(query.order_by(col(StopTime.kind))))


def what_is_learnt(session: Session) -> Learnt:
    """Read the newest learning for the planner; before the first one, the tables hold."""
    newest = newest_learning(session)
    if newest is None:
        return Learnt()
    times = [row for row in times_of(session, newest.id) if row.stops >= FEWEST]
    spread = USUAL_SPREAD
    if newest.pace_spread is not None and newest.leg_spread is not None and newest.stop_spread is not None:
        by_kind = tuple((row.kind.value, row.spread) for row in times)
        spread = Spread(newest.pace_spread, newest.leg_spread, newest.stop_spread, by_kind)
    return Learnt(
        newest.id,
        {
            (row.road_class, HourBand(row.from_hour, row.until_hour)): row.ppm
            for row in factors_of(session, newest.id)
            if row.legs >= FEWEST
        },
        {row.kind: LearntTime(row.base_s, row.per_crate_s, row.spread, row.stops) for row in times},
        spread,
    )
