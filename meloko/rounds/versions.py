"""Write changed rounds down as new versions: the old ones stay, an act can be undone, and nobody is overwritten."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, update
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from meloko.accounts.models import User
from meloko.accounts.services import audit
from meloko.clock import local, now
from meloko.db import Table
from meloko.delivery_days.models import DeliveryDay
from meloko.errors import NotFound, Refusal
from meloko.jobs import DrawRounds
from meloko.outbox import enqueue
from meloko.rounds.models import Drop, PickUp, Round, RoundException, RoundShaping, RoundState, Stop
from meloko.rounds.services import RoundLocked
from meloko.wording import hour_words

DAY = Table.metadata.tables["delivery_day"]
ROUND = Table.metadata.tables["round"]
ORDER = Table.metadata.tables["order"]
TAKEN_OFF = "retirée de la tournée"
# What one version takes over from another, word for word.
_ROUND_FACTS = (
    "delivery_day_id", "number", "vehicle_id", "driver_id", "departure_s", "departure_fixed", "return_s", "distance_m",
    "duration_s", "return_leg_duration_s", "return_leg_distance_m", "return_leg_classes", "way",
)  # fmt: skip
_STOP_FACTS = tuple(set(Stop.model_fields) - {"id", "round_id"})
_PICK_UP_FACTS = tuple(set(PickUp.model_fields) - {"id", "stop_id"})


class RoundChanged(Refusal):
    """Somebody has changed the round since this page was read: nothing of theirs is overwritten."""

    def __init__(self, who: str, hour: str, newer_id: int | None) -> None:
        by = f" par {who}" if who else ""
        at = f" à {hour}" if hour else ""
        super().__init__(
            f"Cette tournée a été changée{by}{at}, pendant que vous la regardiez. Rien n’a été écrasé :"
            " voici la tournée comme elle est maintenant."
        )
        self.newer_id = newer_id


class NothingToUndo(Refusal):
    """There is no act to undo, or what it changed has been changed again."""

    def __init__(self) -> None:
        super().__init__("Il n’y a rien à défaire : les tournées ont été recalculées ou verrouillées depuis.")


def hold_day(session: Session, round_id: int) -> int:
    """Keep a day to ourselves until the end of the transaction, so that two hands shape it one after the other."""
    day_id = session.exec(select(Round.delivery_day_id).where(col(Round.id) == round_id)).first()
    if day_id is None:
        raise NotFound("Cette tournée n’existe pas.")
    session.exec(select(DeliveryDay.id).where(col(DeliveryDay.id) == day_id).with_for_update()).one()
    return day_id


def check_current(session: Session, round_id: int) -> Round:
    """Refuse a version that somebody has replaced, and a round that is locked."""
    row = session.get(Round, round_id)
    if row is None:
        raise NotFound("Cette tournée n’existe pas.")
    if not row.current:
        raise changed_by(session, row)
    if row.state is not RoundState.PLANNED:
        raise RoundLocked
    return row


def changed_by(session: Session, row: Round) -> RoundChanged:
    """Say who replaced a version, and which one holds now."""
    newer = session.exec(
        select(Round.id).where(
            col(Round.delivery_day_id) == row.delivery_day_id, col(Round.number) == row.number, col(Round.current)
        )
    ).first()
    act = session.exec(
        select(RoundShaping, User.name)
        .join(User, col(User.id) == col(RoundShaping.by))
        .where(col(RoundShaping.delivery_day_id) == row.delivery_day_id)
        .order_by(col(RoundShaping.id).desc())
        .limit(1)
    ).first()
    shaping, who = act or (None, "")
    if shaping is None or row.id not in shaping.before:
        return RoundChanged("", "", newer)
    return RoundChanged(who, local_hour(shaping), newer)


def local_hour(shaping: RoundShaping) -> str:
    """Say the hour of an act as the clock on the wall has it."""
    at = local(shaping.at)
    return hour_words(at.hour * 3600 + at.minute * 60)


def write_versions(
    session: Session,
    day_id: int,
    rows: Mapping[int, Round],
    gone: Sequence[int],
    sentence: str,
    *,
    by: int,
    left: Iterable[int] = (),
    undoes: RoundShaping | None = None,
) -> RoundShaping:
    """Replace rounds by new versions, and write down the act; `gone` are numbers of rounds that drive no more."""
    numbers = {*rows, *gone}
    old = session.exec(
        select(Round)
        .where(col(Round.delivery_day_id) == day_id, col(Round.number).in_(numbers), col(Round.current))
        .with_for_update()
    ).all()
    if any(row.state is not RoundState.PLANNED for row in old):
        raise RoundLocked
    version = _next_plan(session, day_id)
    for row in old:
        row.current = False
    session.flush()
    for row in rows.values():
        row.version, row.current = version, True
        session.add(row)
    session.flush()
    driven = {drop.order_id for row in rows.values() for stop in row.stops for drop in stop.drops}
    _carry_exceptions(session, day_id, version, driven, set(left))
    _decide(session, driven)
    shaping = RoundShaping(
        delivery_day_id=day_id,
        plan_version=version,
        by=by,
        sentence=sentence,
        before=sorted(row.id for row in old),
        after=sorted(row.id for row in rows.values()),
        undoes_id=undoes.id if undoes else None,
    )
    session.add(shaping)
    if any(not row.way for row in rows.values()):
        enqueue(session, DrawRounds(day_id=day_id))
    said: dict[str, object] = {"sentence": sentence}
    audit(
        session, by, "round.undone" if undoes else "round.shaped", "delivery_day", day_id,
        before={"rounds": shaping.before}, after={"rounds": shaping.after, **said},
    )  # fmt: skip
    for row in rows.values():
        audit(session, by, "round.version", "round", row.id, after={"version": version, **said})
    return shaping


def last_shaping(session: Session, day_id: int) -> RoundShaping | None:
    """Find the newest act that can be undone, None when there is none: a new plan, a lock or another change ends it."""
    acts = session.exec(
        select(RoundShaping)
        .where(
            col(RoundShaping.delivery_day_id) == day_id,
            col(RoundShaping.undone_at).is_(None),
            col(RoundShaping.undoes_id).is_(None),
        )
        .order_by(col(RoundShaping.id).desc())
        .limit(1)
    ).first()
    if acts is None or not _stand(session, day_id, acts):
        return None
    return acts


def undo(session: Session, day_id: int, *, by: int) -> RoundShaping:
    """Take up again the rounds as they were before the newest act, as new versions."""
    act = last_shaping(session, day_id)
    if act is None:
        raise NothingToUndo
    old = session.exec(
        select(Round)
        .where(col(Round.id).in_(act.before))
        .options(
            selectinload(Round.stops).options(selectinload(Stop.drops), selectinload(Stop.pick_ups)),
        )
    ).all()
    rows = {row.number: _copy(row) for row in old}
    after = session.exec(select(Round.number).where(col(Round.id).in_(act.after))).all()
    act.undone_at = now()
    gone = sorted(set(after) - rows.keys())
    return write_versions(session, day_id, rows, gone, f"Défait : {act.sentence}", by=by, undoes=act)


def _stand(session: Session, day_id: int, act: RoundShaping) -> bool:
    """Tell whether the rounds that an act made still are the current ones, perhaps taken up again, and not locked."""
    rows = session.exec(
        select(Round.id, Round.copy_of_id).where(
            col(Round.delivery_day_id) == day_id, col(Round.current), col(Round.state) == RoundState.PLANNED
        )
    )
    there = {origin or row_id for row_id, origin in rows}
    numbers = session.exec(select(Round.id, Round.number, Round.copy_of_id).where(col(Round.id).in_(act.after)))
    return {origin or row_id for row_id, _, origin in numbers} <= there


def _copy(row: Round) -> Round:
    new = Round(version=0, **{name: getattr(row, name) for name in _ROUND_FACTS})
    new.copy_of_id = row.copy_of_id or row.id
    new.stops = []
    for stop in row.stops:
        again = Stop(**{name: getattr(stop, name) for name in _STOP_FACTS})
        again.drops = [Drop(order_id=drop.order_id) for drop in stop.drops]
        again.pick_ups = [PickUp(**{name: getattr(each, name) for name in _PICK_UP_FACTS}) for each in stop.pick_ups]
        new.stops.append(again)
    return new


def _next_plan(session: Session, day_id: int) -> int:
    """Count the plan of a day up: a search that is under way now is thrown away and asked for again."""
    version: int = session.connection().execute(
        update(DAY)
        .where(DAY.c.id == bindparam("day"))
        .values(plan_version=DAY.c.plan_version + 1)
        .returning(DAY.c.plan_version),
        {"day": day_id},
    ).scalar_one()  # fmt: skip
    return version


def _carry_exceptions(session: Session, day_id: int, version: int, driven: set[int], left: set[int]) -> None:
    """Take the reasons over to the new plan; what was undone finds the reason it had before."""
    reasons: dict[int, RoundException] = {}
    for row in session.exec(
        select(RoundException)
        .where(col(RoundException.delivery_day_id) == day_id)
        .order_by(col(RoundException.plan_version))
    ):
        reasons[row.order_id] = row
    kept = {order_id: (row.reason, row.sentence) for order_id, row in reasons.items()}
    kept |= dict.fromkeys(left, ("taken_off", TAKEN_OFF))
    session.add_all(
        RoundException(
            delivery_day_id=day_id, plan_version=version, order_id=order_id, reason=reason, sentence=sentence
        )
        for order_id, (reason, sentence) in kept.items()
        if order_id not in driven
    )


def _decide(session: Session, driven: set[int]) -> None:
    """Note that orders which came after the lock are decided on: they are on a round."""
    session.connection().execute(update(ORDER).where(ORDER.c.id.in_(driven), ORDER.c.to_decide).values(to_decide=False))
