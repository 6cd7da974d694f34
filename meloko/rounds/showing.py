"""What the screens show of rounds: their loads, what the last print does not know, who drives."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.accounts.models import User
from meloko.clock import today
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day, list_days
from meloko.orders.services import find_order
from meloko.rounds.filling import printed_before, round_name
from meloko.rounds.models import BuildState, Drop, Round, RoundBuild, Stop, StopKind
from meloko.rounds.reporting import Reported, reported_hours
from meloko.rounds.services import (
    RUNNING,
    DayCount,
    day_count,
    find_round,
    find_round_of_driver,
    list_rounds,
    newest_build,
    rounds_of_driver,
)
from meloko.rounds.sheet_words import counted
from meloko.rounds.timetable import Peak, at_departure, crate_words, peak
from meloko.wording import hour_words

# What a plan is priced with, in hundred-thousandths of a euro, seconds and percent.
_WEIGHTS = {
    "per_driving_s": "seconde de route",
    "per_m": "mètre",
    "per_waiting_s": "seconde d’attente",
    "waiting_free_s": "attente gratuite (s)",
    "per_drift_s": "seconde d’écart à l’heure habituelle",
    "drift_free_s": "écart gratuit (s)",
    "change_vehicle": "changement de véhicule",
    "left_out": "arrêt laissé",
    "hours_quantile": "arrivées à l’heure (%)",
}


@dataclass(frozen=True, slots=True)
class ShownRound:
    """One round as a row of a list."""

    round: Round
    name: str
    driver: str
    crates: Peak
    chilled: Peak
    printed_version: int | None
    printed_at: dt.datetime | None

    @property
    def orders(self) -> int:
        """Return how many orders it leaves."""
        return sum(len(stop.drops) for stop in self.round.stops)

    @property
    def version(self) -> int:
        """Return the version on screen."""
        return self.round.version


@dataclass(frozen=True, slots=True)
class DayRounds:
    """The rounds of one day."""

    day: DeliveryDay
    count: DayCount
    build: RoundBuild | None
    rounds: tuple[ShownRound, ...]

    @property
    def building(self) -> bool:
        """Tell whether the rounds are being reckoned."""
        return self.build is not None and self.build.state in RUNNING

    @property
    def failed(self) -> bool:
        """Tell whether the last reckoning came to nothing."""
        return self.build is not None and self.build.state is BuildState.FAILED

    @property
    def price(self) -> str:
        """Say what the habitual round costs beside the cheapest; nothing before there are habits."""
        build = self.build
        if build is None or build.distance_m is None or build.cheapest_distance_m is None:
            return ""
        return price_words(build.distance_m, build.cheapest_distance_m, len(self.rounds))

    @property
    def made_with(self) -> str:
        """Say what the plan was made with: the same again gives the same plan."""
        build = self.build
        if build is None or build.seed is None or build.iterations is None:
            return ""
        weights = ", ".join(f"{_WEIGHTS.get(name, name)} {value}" for name, value in sorted(build.weights.items()))
        return f"{build.engine_version}, graine {build.seed}, {build.iterations} itérations ; {weights}"

    @property
    def may_build(self) -> bool:
        """Tell whether asking for rounds is sensible now."""
        return self.day.state in (DayState.CLOSED, DayState.PLANNED) and not self.building


@dataclass(frozen=True, slots=True)
class HoursPage:
    """One round and what was reported of it."""

    shown: ShownRound
    day: DeliveryDay
    known: Reported


@dataclass(frozen=True, slots=True)
class DriverRound:
    """One round as its driver needs it."""

    day: DeliveryDay
    shown: ShownRound

    @property
    def departure_load(self) -> str:
        """Say what is loaded at the depot."""
        row = self.shown.round
        return crate_words(at_departure(row, "crates_hundredths"), at_departure(row, "chilled_hundredths"))

    @property
    def pick_ups(self) -> str:
        """Say where something is taken on board on the way."""
        farms = [stop for stop in self.shown.round.stops if stop.pick_ups]
        return ", ".join(f"{stop.name} ({counted(len(stop.pick_ups), 'produit')})" for stop in farms)

    @property
    def first_stop(self) -> str:
        """Say where to go first."""
        stop = next(iter(self.shown.round.stops), None)
        return "" if stop is None else ", ".join(filter(None, (hour_words(stop.arrival_s), stop.name, stop.commune)))

    @property
    def collect_cents(self) -> int:
        """Return what is to be collected in all."""
        return sum(drop.order.total_cents for stop in self.shown.round.stops for drop in stop.drops)


def price_words(distance_m: int, cheapest_m: int, rounds: int) -> str:
    """Say how many kilometres habit costs: "La tournée habituelle coûte 6 km de plus (42 km au lieu de 36)."."""
    own, cheapest = round(distance_m / 1000), round(cheapest_m / 1000)
    one = rounds < 2
    habitual, costs = ("La tournée habituelle", "coûte") if one else ("Les tournées habituelles", "coûtent")
    if own <= cheapest:
        return f"{habitual} ne {costs} pas un kilomètre de plus ({own} km)."
    return f"{habitual} {costs} {own - cheapest} km de plus ({own} km au lieu de {cheapest})."


def nearest_day(session: Session) -> int | None:
    """Return the day that staff work on: the next that is not delivered, else the latest."""
    ahead = session.exec(
        select(DeliveryDay.id)
        .where(col(DeliveryDay.date) >= today(), col(DeliveryDay.state) != DayState.SETTLED)
        .order_by(col(DeliveryDay.date), col(DeliveryDay.id))
        .limit(1)
    ).first()
    if ahead is not None:
        return ahead
    return next((day.id for day in list_days(session, size=1)), None)


def near_days(session: Session, most: int = 5) -> Sequence[DeliveryDay]:
    """Return the days around today, soonest first."""
    latest = [day for day in list_days(session) if day.date >= today() - dt.timedelta(days=7)]
    return latest[::-1][:most]


def day_rounds(session: Session, day_id: int) -> DayRounds:
    """Gather the rounds of a day, its count and the state of its building."""
    day = find_day(session, day_id)
    printed = printed_before(session, day)
    return DayRounds(
        day,
        day_count(session, day_id),
        newest_build(session, day_id),
        tuple(shown_round(session, row, printed) for row in list_rounds(session, day_id)),
    )


def day_data(shown: DayRounds) -> dict[str, object]:
    """Return the rounds of a day as plain data: each order by its number, on its round or as an exception."""
    build = shown.build
    return {
        "state": shown.day.state.value,
        "build": build and {name: getattr(build, name) for name in ("state", "step", "done", "of", "message")},
        "orders": shown.count.orders,
        "rounds": [_round_data(each.round) for each in shown.rounds],
        "exceptions": [
            {"order": each.order.number, "reason": each.reason, "sentence": each.sentence}
            for each in shown.count.exceptions
        ],
        "closes": shown.count.closes,
    }


def _round_data(row: Round) -> dict[str, object]:
    return {
        "id": row.id,
        "letter": row.letter,
        "version": row.version,
        "stops": len(row.stops),
        "farm_calls": sum(stop.kind is StopKind.FARM for stop in row.stops),
        "orders": [drop.order.number for stop in row.stops for drop in stop.drops],
        "distance_m": row.distance_m,
        "duration_s": row.duration_s,
    }


def hours_page(session: Session, round_id: int, driver_id: int | None = None) -> HoursPage:
    """Gather the page where the hours of a round are noted; a driver finds only his own."""
    row = find_round(session, round_id) if driver_id is None else find_round_of_driver(session, round_id, driver_id)
    day = find_day(session, row.delivery_day_id)
    known = Reported(row.reported_departure_s, row.reported_return_s, reported_hours(session, row))
    return HoursPage(shown_round(session, row, printed_before(session, day)), day, known)


def rounds_to_drive(session: Session, user_id: int) -> tuple[DriverRound, ...]:
    """Return the rounds of a driver from yesterday on: the hours of that one may still be noted. Soonest first."""
    found = []
    for row in rounds_of_driver(session, user_id, today() - dt.timedelta(days=1)):
        day = find_day(session, row.delivery_day_id)
        found.append(DriverRound(day, shown_round(session, row, printed_before(session, day))))
    return tuple(found)


def round_of_order(session: Session, order_id: int) -> tuple[int, int | None]:
    """Return the day of an order and the current round it is on, if any."""
    order = find_order(session, order_id)
    found = session.exec(
        select(Round.id)
        .join(Stop, col(Stop.round_id) == col(Round.id))
        .join(Drop, col(Drop.stop_id) == col(Stop.id))
        .where(col(Drop.order_id) == order_id, col(Round.current))
    ).first()
    return order.delivery_day_id, found


def shown_round(session: Session, row: Round, printed: dict[int, tuple[int, dt.datetime]]) -> ShownRound:
    """Show one round as a row of a list; `printed` has the printed versions of its day."""
    version, at = printed.get(row.number, (None, None))
    driver = session.get(User, row.driver_id) if row.driver_id else None
    return ShownRound(
        round=row,
        name=round_name(row),
        driver=driver.name if driver else "",
        crates=peak(row, "crates_hundredths"),
        chilled=peak(row, "chilled_hundredths"),
        printed_version=version,
        printed_at=at,
    )
