"""What people and drivers are used to: the hour and the vehicle of each place on the last rounds of its zone."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.delivery_days.models import DeliveryDay
from meloko.rounds.models import Round, Stop, StopKind, StopReport
from routing.habits import ROUNDS, Served, habit_of
from routing.problem import Habit

# A place that is not served each time still has its last six rounds within that many days of delivery.
_DAYS_BACK = 2 * ROUNDS


@dataclass(frozen=True, slots=True)
class Habits:
    """The habit of each place by its id in the problem, and the last rounds (visits by vehicle), the latest first."""

    by_place: Mapping[str, Habit]
    rounds: tuple[Mapping[str, tuple[str, ...]], ...]


def place_id(kind: StopKind, owner_id: int) -> str:
    """Return the id of a place in the problem."""
    return f"{kind.value}:{owner_id}"


def vehicle_id(number: int) -> str:
    """Return the id of a vehicle in the problem."""
    return f"vehicle:{number}"


def habits_of(session: Session, day: DeliveryDay) -> Habits:
    """Read what the rounds of the zone before a day make a habit of; what was really driven counts before the plan."""
    days = list(
        session.exec(
            select(DeliveryDay.id)
            .where(
                col(DeliveryDay.zone_id) == day.zone_id,
                col(DeliveryDay.date) < day.date,
                select(Round.id).where(col(Round.delivery_day_id) == col(DeliveryDay.id), col(Round.current)).exists(),
            )
            .order_by(col(DeliveryDay.date).desc())
            .limit(_DAYS_BACK)
        )
    )
    rows = session.exec(
        select(Stop, col(Round.vehicle_id), col(DeliveryDay.date), col(StopReport.arrival_s))
        .join(Round, col(Round.id) == col(Stop.round_id))
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .outerjoin(StopReport, col(StopReport.stop_id) == col(Stop.id))
        .where(col(Round.delivery_day_id).in_(days), col(Round.current))
        .order_by(col(DeliveryDay.date).desc(), col(Round.number), col(Stop.position))
    )
    served: dict[str, list[Served]] = {}
    orders: dict[object, dict[str, list[str]]] = {}
    for stop, vehicle, date, arrival_s in rows:
        place, van = place_id(stop.kind, stop.owner_id), vehicle_id(vehicle)
        orders.setdefault(date, {}).setdefault(van, []).append(place)
        if stop.kind is not StopKind.FARM:
            hour_s = stop.arrival_s if arrival_s is None else arrival_s
            served.setdefault(place, []).append(Served(date, hour_s, van))
    found = {place: habit_of(times) for place, times in served.items()}
    return Habits(
        {place: habit for place, habit in found.items() if habit is not None},
        tuple({van: tuple(visits) for van, visits in by_van.items()} for by_van in orders.values()),
    )
