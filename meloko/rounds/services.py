"""Rounds: asked for, found, counted, locked, given to a driver."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from meloko.accounts.models import Role, User
from meloko.accounts.services import audit
from meloko.clock import now
from meloko.db import Table, gate
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.errors import NotFound, Refusal
from meloko.jobs import BuildRounds
from meloko.orders.models import Order
from meloko.orders.services import ALIVE
from meloko.outbox import enqueue
from meloko.relay_points.models import Zone
from meloko.rounds.models import BuildState, Drop, Round, RoundBuild, RoundException, RoundState, Stop

BUILD = Table.metadata.tables["round_build"]
DAY = Table.metadata.tables["delivery_day"]
ROUND = Table.metadata.tables["round"]

RUNNING = (BuildState.ASKED, BuildState.BUILDING)
LATE_REASON = "saisie après le verrouillage des tournées"
WAITING_REASON = "pas encore en tournée"


class DayStillOpen(Refusal):
    """Rounds are built after the closing, when nobody can order any more."""

    def __init__(self) -> None:
        super().__init__(
            "Les commandes de ce jour sont encore ouvertes. Les tournées se construisent après la clôture."
        )


class NothingToStop(Refusal):
    """No search is under way."""

    def __init__(self) -> None:
        super().__init__("Aucun calcul n’est en cours pour ce jour : il vient peut-être de finir.")


class NotAShare(Refusal):
    """A share of habit that is none."""

    status = 422

    def __init__(self) -> None:
        super().__init__("Choisissez entre 0, le moins de kilomètres, et 100, le plus d’habitudes.")


class NotADriver(Refusal):
    """A round cannot be given to somebody who does not drive."""

    status = 422

    def __init__(self) -> None:
        super().__init__("Choisissez une personne qui conduit.")


class RoundLocked(Refusal):
    """A round that is locked or under way stays as it is."""

    def __init__(self) -> None:
        super().__init__("Cette tournée est verrouillée : elle ne change plus.")


@dataclass(frozen=True, slots=True)
class ListedException:
    """An order of the day that is on no round, with its reason."""

    order: Order
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class DayCount:
    """The equation of a day: its orders are those on rounds and the listed exceptions, always."""

    orders: int
    on_rounds: int
    exceptions: tuple[ListedException, ...]

    @property
    def closes(self) -> bool:
        """Tell whether nobody is forgotten and nobody counted twice."""
        return self.orders == self.on_rounds + len(self.exceptions)


def ask_build(session: Session, day_id: int, *, by: int | None, anew: bool = False) -> int:
    """Ask for the rounds of a closed day; while they are being built, asking again is the same request.

    Rounds that are planned already change as little as must be, unless all is searched `anew`.
    """
    day = find_day(session, day_id)
    if day.state is DayState.OPEN:
        raise DayStillOpen
    if day.state not in (DayState.CLOSED, DayState.PLANNED):
        raise RoundLocked
    made = session.execute(
        insert(BUILD)
        .values(
            delivery_day_id=day_id,
            state=BuildState.ASKED,
            asked_at=now(),
            step="En attente",
            done=0,
            of=0,
            message="",
            anew=anew,
            stop_asked=False,
            stopped_early=False,
            engine_version="",
            weights={},
        )
        .on_conflict_do_nothing()
        .returning(BUILD.c.id)
    ).scalar_one_or_none()
    if isinstance(made, int):
        enqueue(session, BuildRounds(day_id=day_id))
        audit(session, by, "rounds.asked", "delivery_day", day_id, after={"anew": anew})
        return made
    running = session.exec(
        select(RoundBuild.id).where(col(RoundBuild.delivery_day_id) == day_id, col(RoundBuild.state).in_(RUNNING))
    ).one()
    # The job of an older request may have been given up: the bell is rung again, doing it twice is doing it once.
    enqueue(session, BuildRounds(day_id=day_id))
    return running


def stop_build(session: Session, day_id: int, *, by: int) -> None:
    """End the search of a day that is being built: the best rounds so far are kept."""
    stopped = session.connection().execute(
        update(BUILD).where(BUILD.c.delivery_day_id == day_id, BUILD.c.state.in_(RUNNING)).values(stop_asked=True)
    )
    if stopped.rowcount != 1:
        raise NothingToStop
    audit(session, by, "rounds.stopped", "delivery_day", day_id)


def set_familiarity(session: Session, day_id: int, words: str, *, by: int) -> str:
    """Say how much habits count in the zone of a day, from 0 (cheapest) to 100; return the zone's name."""
    zone = session.get_one(Zone, find_day(session, day_id).zone_id)
    if not words.isascii() or not words.isdigit() or not 0 <= int(words[:4]) <= 100:
        raise NotAShare
    before, zone.familiarity = zone.familiarity, int(words)
    audit(
        session, by, "zone.familiarity", "zone", zone.id,
        before={"familiarity": before}, after={"familiarity": zone.familiarity},
    )  # fmt: skip
    return zone.name


def newest_build(session: Session, day_id: int) -> RoundBuild | None:
    """Return the newest request for the rounds of a day, with its progress, or None."""
    return session.exec(
        select(RoundBuild).where(col(RoundBuild.delivery_day_id) == day_id).order_by(col(RoundBuild.id).desc()).limit(1)
    ).first()


def list_rounds(session: Session, day_id: int) -> Sequence[Round]:
    """Return the current rounds of a day with their stops and drops, by number."""
    query = _whole().where(col(Round.delivery_day_id) == day_id, col(Round.current))
    return session.exec(query.order_by(col(Round.number))).all()


def find_round(session: Session, round_id: int) -> Round:
    """Find one round with its stops, drops and orders, or refuse."""
    row = session.exec(_whole().where(col(Round.id) == round_id)).first()
    if row is None:
        raise NotFound("Cette tournée n’existe pas.")
    return row


def rounds_of_driver(session: Session, user_id: int, from_day: dt.date) -> Sequence[Round]:
    """Return the current rounds of a driver from a day on, soonest first."""
    query = (
        _whole()
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .where(col(Round.driver_id) == user_id, col(Round.current), col(DeliveryDay.date) >= from_day)
        .order_by(col(DeliveryDay.date), col(Round.number))
    )
    return session.exec(query).all()


def find_round_of_driver(session: Session, round_id: int, user_id: int) -> Round:
    """Find a round that this driver drives; another one does not exist for him."""
    row = find_round(session, round_id)
    if row.driver_id != user_id or not row.current:
        raise NotFound("Cette tournée n’existe pas.")
    return row


def day_count(session: Session, day_id: int) -> DayCount:
    """Count a day: what is on no round and has no reason yet is listed too, so that nobody is ever forgotten."""
    day = find_day(session, day_id)
    living = set(
        session.exec(select(Order.id).where(col(Order.delivery_day_id) == day_id, col(Order.state).in_(ALIVE)))
    )
    on_rounds = list(
        session.exec(
            select(Drop.order_id)
            .join(Stop, col(Stop.id) == col(Drop.stop_id))
            .join(Round, col(Round.id) == col(Stop.round_id))
            .where(col(Round.delivery_day_id) == day_id, col(Round.current))
        )
    )
    driven = [order_id for order_id in on_rounds if order_id in living]
    missing = living - set(driven)
    reasons = _reasons(session, day, missing)
    orders = session.exec(
        select(Order)
        .where(col(Order.id).in_(missing))
        .options(joinedload(Order.recipient), selectinload(Order.lines))
        .order_by(col(Order.id))
    ).all()
    listed = tuple(ListedException(order, *reasons.get(order.id, _unplanned(order))) for order in orders)
    return DayCount(len(living), len(driven), listed)


def lock_round(session: Session, round_id: int, *, by: int) -> None:
    """Lock a round: no building rewrites it, and what comes for its day is decided by a person."""
    row = find_round(session, round_id)
    gate(session, row.delivery_day_id, shared=False)
    locked = session.connection().execute(
        update(ROUND)
        .where(ROUND.c.id == round_id, ROUND.c.current, ROUND.c.state == RoundState.PLANNED)
        .values(state=RoundState.LOCKED)
    )
    if locked.rowcount != 1:
        raise RoundLocked
    session.connection().execute(update(DAY).where(DAY.c.id == row.delivery_day_id).values(rounds_locked=True))
    audit(session, by, "round.locked", "round", round_id)


def assign_driver(session: Session, round_id: int, user_id: int | None, *, by: int) -> None:
    """Give a round to a driver, or to nobody."""
    row = find_round(session, round_id)
    if user_id is not None:
        driver = session.get(User, user_id)
        if driver is None or Role.DRIVER not in driver.roles or driver.disabled_at is not None:
            raise NotADriver
    audit(session, by, "round.driver", "round", round_id, before={"driver": row.driver_id}, after={"driver": user_id})
    row.driver_id = user_id


def drivers(session: Session) -> Sequence[User]:
    """Return the people who drive, by name."""
    return session.exec(
        select(User)
        .where(col(User.roles).contains([Role.DRIVER]), col(User.disabled_at).is_(None))
        .order_by(func.lower(col(User.name)))
    ).all()


def _whole() -> SelectOfScalar[Round]:
    return select(Round).options(
        joinedload(Round.vehicle),
        selectinload(Round.stops)
        .selectinload(Stop.drops)
        .joinedload(Drop.order)
        .options(selectinload(Order.lines), joinedload(Order.recipient)),
        selectinload(Round.stops).selectinload(Stop.pick_ups),
    )


def _reasons(session: Session, day: DeliveryDay, orders: set[int]) -> dict[int, tuple[str, str]]:
    rows = session.exec(
        select(RoundException).where(
            col(RoundException.delivery_day_id) == day.id,
            col(RoundException.plan_version) == day.plan_version,
            col(RoundException.order_id).in_(orders),
        )
    )
    return {row.order_id: (row.sentence, row.reason) for row in rows}


def _unplanned(order: Order) -> tuple[str, str]:
    return (LATE_REASON, "late") if order.to_decide else (WAITING_REASON, "waiting")
