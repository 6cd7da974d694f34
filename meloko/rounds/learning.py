"""Learn from the hours that drivers report: each night all of it anew, so that one night more changes nothing."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, func, select

from meloko.clock import local, now
from meloko.db import Table
from meloko.delivery_days.models import DeliveryDay
from meloko.jobs import LearnTimes
from meloko.outbox import enqueue
from meloko.rounds.learnt import newest_learning
from meloko.rounds.models import Learning, Round, SpeedFactor, Stop, StopKind, StopReport, StopTime
from meloko.rounds.planning import table_s
from routing.learning import LearntSpeeds, ReportedLeg, ReportedStop, learn_speeds, learn_spread, learn_stops
from routing.learning import StopTime as LearntTime
from routing.speeds import HOUR_BANDS, WHOLE_PPM, HourBand
from routing.spread import USUAL_SPREAD

LEARNING = Table.metadata.tables["learning"]

# What drivers did is kept for ninety days.
DAYS_BACK = 90
_NIGHT_HOUR = 3
# As routing.learning counts: a leg speaks for a class of road that makes a fifth of it.
_SHARE = 5
_MOST_S = 12 * 3600


def ask_learning(session: Session, at: dt.datetime) -> int | None:
    """Ask for tonight's learning, once, when something was reported since the last one; return its id."""
    wall = local(at)
    if wall.hour < _NIGHT_HOUR:
        return None
    newest = newest_learning(session)
    latest = session.exec(select(func.max(col(StopReport.reported_at)))).one()
    if latest is None or (newest is not None and newest.learnt_at is not None and latest <= newest.learnt_at):
        return None
    made = session.execute(
        insert(LEARNING).values(on_day=wall.date(), legs=0, stops=0).on_conflict_do_nothing().returning(LEARNING.c.id)
    ).scalar_one_or_none()
    if not isinstance(made, int):
        return None
    enqueue(session, LearnTimes(learning_id=made))
    return made


def learn_times(session: Session, job: LearnTimes) -> None:
    """Learn speeds and times at stops from the reports of the last months; doing it twice is doing it once."""
    learning = session.get_one(Learning, job.learning_id)
    rounds = _reported_rounds(session, learning.on_day)
    legs = [leg for row, reports in rounds for leg in legs_of(row, reports)]
    stops = [stop for row, reports in rounds for stop in stops_of(row, reports)]
    speeds, times = learn_speeds(legs), learn_stops(stops)
    spread = learn_spread(legs, speeds, times)
    for table in (SpeedFactor, StopTime):
        session.connection().execute(delete(table).where(col(table.learning_id) == learning.id))
    session.add_all(_factors(learning.id, legs, speeds))
    session.add_all(_times(learning.id, stops, times))
    learning.learnt_at, learning.legs, learning.stops = now(), len(legs), len(stops)
    learning.pace_spread, learning.leg_spread, learning.stop_spread = spread.pace, spread.leg, spread.stop


def legs_of(row: Round, reports: Mapping[int, StopReport]) -> Iterator[ReportedLeg]:
    """Find the legs of a round that were driven as planned and whose both ends are known."""
    arrivals = sorted(report.arrival_s for report in reports.values() if report.arrival_s is not None)
    left_s = row.reported_departure_s
    for stop in row.stops:
        report = reports.get(stop.id)
        arrival_s, departure_s = (report.arrival_s, report.departure_s) if report else (None, None)
        yield from _leg(row, stop.leg_classes, left_s, arrival_s, arrivals)
        left_s = departure_s
    yield from _leg(row, row.return_leg_classes, left_s, row.reported_return_s, arrivals)


def _leg(
    row: Round, classes: Mapping[str, int], left_s: int | None, arrival_s: int | None, arrivals: Sequence[int]
) -> Iterator[ReportedLeg]:
    if left_s is None or arrival_s is None or not classes or not 0 < arrival_s - left_s <= _MOST_S:
        return
    # Another stop in between: the driver took another order, and drove other roads.
    if not any(left_s < moment < arrival_s for moment in arrivals):
        yield ReportedLeg(dict(classes), left_s, arrival_s - left_s, str(row.id))


def stops_of(row: Round, reports: Mapping[int, StopReport]) -> Iterator[ReportedStop]:
    """Find how long the halts of a round lasted; waiting for a place to open is no halt."""
    for stop in row.stops:
        report = reports.get(stop.id)
        if report is None or report.arrival_s is None or report.departure_s is None:
            continue
        actual_s = report.departure_s - max(report.arrival_s, min(stop.window_from_s, report.departure_s))
        if 0 < actual_s <= _MOST_S:
            # What a farm gives is known only once the round is made.
            crates = 0 if stop.kind is StopKind.FARM else stop.crates_hundredths + stop.chilled_hundredths
            yield ReportedStop(stop.kind.value, table_s(stop.kind, crates), crates, actual_s)


def _reported_rounds(session: Session, until: dt.date) -> list[tuple[Round, dict[int, StopReport]]]:
    rows = session.exec(
        select(Round)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .where(
            col(Round.current),
            col(DeliveryDay.date) > until - dt.timedelta(days=DAYS_BACK),
            col(DeliveryDay.date) <= until,
            select(StopReport.id)
            .join(Stop, col(Stop.id) == col(StopReport.stop_id))
            .where(col(Stop.round_id) == col(Round.id))
            .exists(),
        )
        .options(selectinload(Round.stops))
        .order_by(col(DeliveryDay.date), col(Round.id))
    ).all()
    reports: dict[int, dict[int, StopReport]] = {}
    found = session.exec(
        select(Stop.round_id, StopReport)
        .join(StopReport, col(StopReport.stop_id) == col(Stop.id))
        .where(col(Stop.round_id).in_([row.id for row in rows]))
    )
    for round_id, report in found:
        reports.setdefault(round_id, {})[report.stop_id] = report
    return [(row, reports.get(row.id, {})) for row in rows]


def _factors(learning_id: int, legs: Sequence[ReportedLeg], speeds: LearntSpeeds) -> Iterator[SpeedFactor]:
    """Write down each class and band that was driven: with too few legs the table stays, and the number is shown."""
    counts: Counter[tuple[str, HourBand]] = Counter()
    for leg in legs:
        counts.update((name, leg.band) for name, s in leg.by_class.items() if s * _SHARE >= leg.planned_s)
    for (name, band), number in sorted(counts.items()):
        if band in HOUR_BANDS:
            ppm = speeds.factors.get((name, band), WHOLE_PPM)
            yield SpeedFactor(
                learning_id=learning_id,
                road_class=name,
                from_hour=band.from_hour,
                until_hour=band.until_hour,
                ppm=ppm,
                legs=number,
            )


def _times(learning_id: int, stops: Sequence[ReportedStop], times: Mapping[str, LearntTime]) -> Iterator[StopTime]:
    counts = Counter(stop.kind for stop in stops)
    for kind in StopKind:
        number = counts[kind.value]
        if number:
            told = times.get(kind.value)
            yield StopTime(
                learning_id=learning_id,
                kind=kind,
                base_s=told.base_s if told else table_s(kind, 0),
                per_crate_s=told.per_crate_s if told else table_s(kind, 100) - table_s(kind, 0),
                spread=told.spread if told else USUAL_SPREAD.stop,
                stops=number,
            )
