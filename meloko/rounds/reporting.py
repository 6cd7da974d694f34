"""Keep the hours that were really driven: checked, corrected with a trace, line by line."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import local, now
from meloko.delivery_days.services import find_day
from meloko.errors import Refusal
from meloko.rounds.models import Round, RoundState, Stop, StopReport
from meloko.rounds.services import find_round, find_round_of_driver, lock_round
from meloko.wording import hour_words

# A watch may be ahead of the server's by that much.
_AHEAD_S = 600
LAST_S = 86_399
DEPARTURE, RETURN = "depart", "retour"


class NotDrivenYet(Refusal):
    """Hours of a day that has not come."""

    def __init__(self) -> None:
        super().__init__("Ce jour n’est pas encore venu : les heures se notent le jour même ou après.")


class NewerVersion(Refusal):
    """Hours for a version of a round that is no longer driven."""

    def __init__(self) -> None:
        super().__init__("Cette version de la tournée a été remplacée : notez les heures sur la nouvelle.")


class TooLateToSay(Refusal):
    """A driver keeps his pages until the day after the round."""

    def __init__(self) -> None:
        super().__init__("Cette tournée est passée depuis plus d’un jour : donnez les heures au dépôt, qui les notera.")


@dataclass(frozen=True, slots=True)
class Hours:
    """When a stop was reached and left, in seconds since local midnight; None when nobody knows."""

    arrival_s: int | None = None
    departure_s: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What was reported of a round: `departure_s` and `return_s` at the depot, and the hours of stops by their id.

    `other_order`: the stops were not called at in the order of the sheet.
    """

    departure_s: int | None
    return_s: int | None
    stops: Mapping[int, Hours]
    other_order: bool = False


def arrival_field(stop_id: int) -> str:
    """Name the field of an arrival."""
    return f"arrivee-{stop_id}"


def departure_field(stop_id: int) -> str:
    """Name the field of a departure."""
    return f"fin-{stop_id}"


def reported_hours(session: Session, row: Round) -> dict[int, Hours]:
    """Return what is known of the stops of a round, by the id of the stop."""
    reports = session.exec(select(StopReport).where(col(StopReport.stop_id).in_([stop.id for stop in row.stops])))
    return {report.stop_id: Hours(report.arrival_s, report.departure_s) for report in reports}


def report_hours(
    session: Session, round_id: int, said: Reported, *, by: int, driver_id: int | None = None
) -> dict[str, str]:
    """Keep each line that makes sense, and return what is wrong with the others, by the field it shows at.

    A line left out of `said.stops` stays as it is; empty hours take back what was said before. `driver_id`: only a
    round of this driver, until the day after it.
    """
    row = find_round(session, round_id) if driver_id is None else find_round_of_driver(session, round_id, driver_id)
    # One report at a time: staff and the driver may both be at it.
    session.exec(select(Round.id).where(col(Round.id) == round_id).with_for_update()).one()
    if not row.current:
        raise NewerVersion
    day = find_day(session, row.delivery_day_id).date
    today = local(now()).date()
    if day > today:
        raise NotDrivenYet
    if driver_id is not None and today > day + dt.timedelta(days=1):
        raise TooLateToSay
    known = {**reported_hours(session, row), **said.stops}
    wrong = dict(_wrong(row, known, said, _latest(day)))
    if row.state is RoundState.PLANNED:
        # What was driven is no plan any more: no building rewrites it.
        lock_round(session, round_id, by=by)
    _keep_round(session, row, said, wrong, by)
    for stop in row.stops:
        hours = said.stops.get(stop.id)
        if hours is not None and not {arrival_field(stop.id), departure_field(stop.id)} & wrong.keys():
            _keep_stop(session, stop, hours, by)
    return wrong


def _latest(day: dt.date) -> int:
    """Return the last second that can have been driven: of today, this one."""
    wall = local(now())
    if day < wall.date():
        return LAST_S
    return min(LAST_S, wall.hour * 3600 + wall.minute * 60 + _AHEAD_S)


def _wrong(row: Round, known: Mapping[int, Hours], said: Reported, latest_s: int) -> Iterator[tuple[str, str]]:
    """Find the hours that cannot be true, each at the field of the later of two."""
    at_s, since = 0, ""
    for name, moment, what in _in_order(row, known, said):
        if moment is None:
            continue
        if moment > latest_s:
            yield name, "Cette heure n’est pas encore passée."
        elif moment < at_s:
            yield name, f"{hour_words(moment)} est avant {since}, à {hour_words(at_s)}."
        else:
            at_s, since = moment, what


def _in_order(row: Round, known: Mapping[int, Hours], said: Reported) -> Iterator[tuple[str, int | None, str]]:
    """Give each field, its hour and its words, in the order in which they were driven."""
    yield DEPARTURE, said.departure_s, "le départ"
    stops = [stop for stop in row.stops if stop.id in known]
    if said.other_order:
        stops.sort(key=lambda stop: (_first(known[stop.id]) or 0, stop.position))
    for stop in stops:
        hours = known[stop.id]
        yield arrival_field(stop.id), hours.arrival_s, f"l’arrivée à l’arrêt {stop.position}"
        yield departure_field(stop.id), hours.departure_s, f"la fin de l’arrêt {stop.position}"
    yield RETURN, said.return_s, "le retour"


def _first(hours: Hours) -> int | None:
    return hours.arrival_s if hours.arrival_s is not None else hours.departure_s


def _keep_round(session: Session, row: Round, said: Reported, wrong: Mapping[str, str], by: int) -> None:
    departure_s = row.reported_departure_s if DEPARTURE in wrong else said.departure_s
    return_s = row.reported_return_s if RETURN in wrong else said.return_s
    if departure_s is not None and return_s is not None and return_s < departure_s:
        return
    before = {"departure_s": row.reported_departure_s, "return_s": row.reported_return_s}
    after = {"departure_s": departure_s, "return_s": return_s}
    if before == after:
        return
    row.reported_departure_s, row.reported_return_s = departure_s, return_s
    audit(session, by, "round.hours", "round", row.id, before=dict(before), after=dict(after))


def _keep_stop(session: Session, stop: Stop, hours: Hours, by: int) -> None:
    report = session.exec(select(StopReport).where(col(StopReport.stop_id) == stop.id)).first()
    old = Hours(report.arrival_s, report.departure_s) if report else Hours()
    if old == hours:
        return
    if report is None:
        report = StopReport(stop_id=stop.id, reported_by=by)
        session.add(report)
    report.arrival_s, report.departure_s = hours.arrival_s, hours.departure_s
    report.reported_by, report.reported_at = by, now()
    audit(session, by, "stop.hours", "stop", stop.id, before=_plain(old), after=_plain(hours))


def _plain(hours: Hours) -> dict[str, object]:
    return {"arrival_s": hours.arrival_s, "departure_s": hours.departure_s}
