"""Read the sheets of a day: each stop with its orders, what is said of them, what waits at its relay point."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_
from sqlmodel import Session, col, select

from meloko.accounts.models import User
from meloko.delivery_days.models import DeliveryDay
from meloko.driving.acting import acts_of_round
from meloko.driving.models import MONEY, Act, ActKind, DropOutcome
from meloko.driving.outcomes import place_of_act, standing
from meloko.errors import NotFound
from meloko.orders.models import Order, OrderState
from meloko.relay_points.models import Zone
from meloko.rounds.models import Drop, Round, Stop, StopReport
from meloko.rounds.timetable import place_of


@dataclass(frozen=True, slots=True)
class SaidOf:
    """An order and the act that says what became of it today, if one does."""

    order: Order
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop as the evening sees it."""

    stop: Stop
    drops: tuple[SaidOf, ...]
    # Orders of earlier days that wait at this relay point, or did until this round.
    waiting: tuple[SaidOf, ...]
    # Money and empties noted here, not undone.
    money: tuple[Act, ...]
    report: StopReport | None

    def noted_cents(self, kind: ActKind) -> int:
        """Return what was noted here, in cents, paid in one way."""
        return sum(act.cents or 0 for act in self.money if act.kind is kind)

    @property
    def empties(self) -> int:
        """Return how many empties were noted here."""
        return sum(act.count or 0 for act in self.money if act.kind is ActKind.EMPTIES)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet of a round, with what is said of it."""

    round: Round
    day: DeliveryDay
    zone: str
    driver: str
    halts: tuple[Halt, ...]


def read_sheet(session: Session, round_id: int) -> Sheet:
    """Read the sheet of a round, or refuse; an older version of a round leads to the one that is driven."""
    row, day, zone, driver = _head(session, round_id)
    acts = acts_of_round(session, day.id, row.number)
    money: dict[object, list[Act]] = {}
    for act in standing(acts):
        if act.kind in MONEY or act.kind is ActKind.EMPTIES:
            money.setdefault(place_of_act(act), []).append(act)
    drops: dict[int, list[SaidOf]] = {}
    stops: dict[int, tuple[Stop, StopReport | None]] = {}
    for stop, report, order, act in session.exec(
        select(Stop, StopReport, Order, Act)
        .outerjoin(StopReport, col(StopReport.stop_id) == col(Stop.id))
        .outerjoin(Drop, col(Drop.stop_id) == col(Stop.id))
        .outerjoin(Order, and_(col(Order.id) == col(Drop.order_id), col(Order.state) != OrderState.CANCELLED))
        .outerjoin(
            DropOutcome,
            and_(col(DropOutcome.order_id) == col(Order.id), col(DropOutcome.delivery_day_id) == day.id),
        )
        .outerjoin(Act, col(Act.id) == col(DropOutcome.act_id))
        .where(col(Stop.round_id) == row.id)
        .order_by(col(Stop.position), col(Order.id))
    ):
        stops[stop.id] = (stop, report)
        if order is not None:
            drops.setdefault(stop.id, []).append(SaidOf(order, act))
    waiting = _waiting(session, day, [stop for stop, _ in stops.values()])
    return Sheet(
        row,
        day,
        zone,
        driver,
        tuple(
            Halt(
                stop,
                tuple(drops.get(stop.id, ())),
                tuple(waiting.get(stop.relay_point_id or 0, ())),
                tuple(money.get(place_of(stop), ())),
                report,
            )
            for stop, report in stops.values()
        ),
    )


def _head(session: Session, round_id: int) -> tuple[Round, DeliveryDay, str, str]:
    asked = select(Round.delivery_day_id, Round.number).where(col(Round.id) == round_id).subquery()
    found = session.exec(
        select(Round, DeliveryDay, Zone.name, User.name)
        .join(asked, and_(asked.c.delivery_day_id == Round.delivery_day_id, asked.c.number == Round.number))
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .join(Zone, col(Zone.id) == col(DeliveryDay.zone_id))
        .outerjoin(User, col(User.id) == col(Round.driver_id))
        .where(col(Round.current))
    ).first()
    if found is None:
        raise NotFound("Cette tournée n’existe pas.")
    row, day, zone, driver = found
    return row, day, zone, driver or ""


def _waiting(session: Session, day: DeliveryDay, stops: Sequence[Stop]) -> dict[int, list[SaidOf]]:
    """List the orders of days before that wait at the relay points, and those of which this day said something."""
    relay_ids = [stop.relay_point_id for stop in stops if stop.relay_point_id]
    if not relay_ids:
        return {}
    found: dict[int, list[SaidOf]] = {}
    for order, act in session.exec(
        select(Order, Act)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Order.delivery_day_id))
        .outerjoin(
            DropOutcome,
            and_(col(DropOutcome.order_id) == col(Order.id), col(DropOutcome.delivery_day_id) == day.id),
        )
        .outerjoin(Act, col(Act.id) == col(DropOutcome.act_id))
        .where(
            col(Order.relay_point_id).in_(relay_ids),
            col(DeliveryDay.date) < day.date,
            (col(Order.state) == OrderState.AT_RELAY) | col(Act.id).is_not(None),
        )
        .order_by(col(Order.id))
    ):
        found.setdefault(order.relay_point_id or 0, []).append(SaidOf(order, act))
    return found
