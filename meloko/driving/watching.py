"""Watch over drivers who are alone: a round of which nothing is heard, or that is not home, tells the office."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from meloko.accounts.models import User
from meloko.accounts.services import audit, organisation
from meloko.clock import from_local, local, now
from meloko.db import Table
from meloko.delivery_days.models import DeliveryDay
from meloko.driving.models import Act
from meloko.driving.phone_models import AlarmKind, PhonePass, PhoneSession, RoundAlarm
from meloko.errors import NotFound
from meloko.notices.models import Channel
from meloko.notices.services import Addressee, post
from meloko.rounds.models import Round, RoundState
from meloko.wording import hour_words

ALARM = Table.metadata.tables["round_alarm"]

# Longer than any stop and its way: a valley without network is behind him by then.
SILENT_AFTER = dt.timedelta(minutes=60)
LATE_AFTER = dt.timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class ShownAlarm:
    """A driver to call: whom, why, and whether somebody has."""

    id: int
    kind: AlarmKind
    letter: str
    driver: str
    phone: str
    what: str
    called_by: str = ""
    called_at: dt.datetime | None = None


def watch_rounds(session: Session, at: dt.datetime) -> int:
    """Raise an alarm for each round that wants one and end those that do not any more; return how many are new."""
    wanted = dict(_wanted(session, at))
    open_ones = session.exec(select(RoundAlarm).where(col(RoundAlarm.ended_at).is_(None)).with_for_update()).all()
    for alarm in open_ones:
        key = (alarm.delivery_day_id, alarm.round_number, alarm.kind)
        # Somebody called, all was well, and then again nothing: that is another alarm.
        again = alarm.called_at is not None and at - alarm.called_at > SILENT_AFTER
        if key not in wanted or again:
            alarm.ended_at = at
    session.flush()
    raised = 0
    for (day_id, number, kind), (since, row) in wanted.items():
        made = session.execute(
            insert(ALARM)
            .values(delivery_day_id=day_id, round_number=number, kind=kind, since=since, raised_at=at)
            .on_conflict_do_nothing(
                index_elements=["delivery_day_id", "round_number", "kind"], index_where=text("ended_at IS NULL")
            )
            .returning(ALARM.c.id)
        ).scalar_one_or_none()
        if made is not None:
            raised += 1
            _tell_office(session, int(made), kind, since, row)
    return raised


def open_alarms(session: Session) -> Sequence[ShownAlarm]:
    """List the drivers who are to be called, those whom nobody has called yet first."""
    caller = aliased(User)
    rows = session.exec(
        select(RoundAlarm, Round, User, caller)
        .join(
            Round,
            (col(Round.delivery_day_id) == col(RoundAlarm.delivery_day_id))
            & (col(Round.number) == col(RoundAlarm.round_number))
            & col(Round.current),
        )
        .outerjoin(User, col(User.id) == col(Round.driver_id))
        .outerjoin(caller, col(caller.id) == col(RoundAlarm.called_by))
        .where(col(RoundAlarm.ended_at).is_(None))
        .order_by(col(RoundAlarm.called_at).is_not(None), col(RoundAlarm.since))
    )
    return [_shown(alarm, row, driver, who) for alarm, row, driver, who in rows]


def note_called(session: Session, alarm_id: int, *, by: int) -> None:
    """Write down that somebody has called the driver of an alarm."""
    alarm = session.get(RoundAlarm, alarm_id)
    if alarm is None:
        raise NotFound
    if alarm.called_at is None:
        alarm.called_by, alarm.called_at = by, now()
        audit(session, by, "round.driver_called", "round_alarm", alarm_id, after={"kind": alarm.kind})


def _shown(alarm: RoundAlarm, row: Round, driver: User | None, caller: User | None) -> ShownAlarm:
    return ShownAlarm(
        id=alarm.id,
        kind=alarm.kind,
        letter=row.letter,
        driver=driver.name if driver else "",
        phone=(driver.phone if driver else "") or "",
        what=_words(alarm.kind, alarm.since),
        called_by=caller.name if caller else "",
        called_at=alarm.called_at,
    )


_Key = tuple[int, int, AlarmKind]


def _wanted(session: Session, at: dt.datetime) -> Iterator[tuple[_Key, tuple[dt.datetime, Round]]]:
    """Find the rounds that are out and of which nothing is heard, or that should be home."""
    for row, day, heard in _out(session, at):
        leaves = _moment(day, row.departure_s)
        home = _moment(day, row.return_s)
        last = max(heard, leaves)
        if at - last > SILENT_AFTER:
            yield (row.delivery_day_id, row.number, AlarmKind.SILENT), (last, row)
        if at - home > LATE_AFTER:
            yield (row.delivery_day_id, row.number, AlarmKind.LATE), (home, row)


def _out(session: Session, at: dt.datetime) -> Iterator[tuple[Round, dt.date, dt.datetime]]:
    """Return the rounds of today and yesterday that are driven, or held by a telephone, and when last heard of."""
    day = local(at).date()
    of_round = (
        col(Act.delivery_day_id) == col(Round.delivery_day_id),
        col(Act.round_number) == col(Round.number),
    )
    acted = select(func.max(Act.received_at)).where(*of_round).correlate(Round).scalar_subquery()
    opened = (
        select(func.max(PhoneSession.opened_at))
        .join(PhonePass, col(PhonePass.id) == col(PhoneSession.pass_id))
        .where(
            col(PhonePass.delivery_day_id) == col(Round.delivery_day_id),
            col(PhonePass.round_number) == col(Round.number),
        )
        .correlate(Round)
        .scalar_subquery()
    )
    heard = func.greatest(acted, opened)
    rows = session.execute(
        sqlalchemy.select(Round, col(DeliveryDay.date), heard)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .where(
            col(Round.current),
            col(Round.state) != RoundState.DONE,
            col(DeliveryDay.date).in_([day, day - dt.timedelta(days=1)]),
            heard.is_not(None),
        )
    )
    yield from rows


def _moment(day: dt.date, seconds: int) -> dt.datetime:
    days, rest = divmod(seconds, 86_400)
    hour = dt.time(rest // 3600, rest % 3600 // 60)
    return from_local(day + dt.timedelta(days=days), hour)


def _words(kind: AlarmKind, since: dt.datetime) -> str:
    wall = local(since)
    hour = hour_words(wall.hour * 3600 + wall.minute * 60)
    if kind is AlarmKind.SILENT:
        return f"Rien de lui depuis {hour}. Il est peut-être sans réseau : appelez-le."
    return f"Il devait être rentré à {hour}, et n’a pas dit qu’il l’est : appelez-le."


def _tell_office(session: Session, alarm_id: int, kind: AlarmKind, since: dt.datetime, row: Round) -> None:
    """Write to the office too: the morning page is not always looked at."""
    where = organisation(session).email
    if not where:
        return
    driver = session.get(User, row.driver_id) if row.driver_id else None
    named = f"{driver.name}, {driver.phone}" if driver and driver.phone else driver.name if driver else "sans livreur"
    what = "rien depuis longtemps" if kind is AlarmKind.SILENT else "pas encore rentré"
    post(
        session,
        key=f"round-alarm:{alarm_id}",
        to=Addressee(Channel.EMAIL, where),
        subject=f"Tournée {row.letter} : {what}",
        body=f"{named}.\n\n{_words(kind, since)}\n\nNotez l’appel sur la page du jour.",
    )
