"""The screen of one round: its map, its timetable, what a gesture would change, who is on no round."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import Session, col, select

from meloko.accounts.models import User
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.relay_points.models import Depot
from meloko.roads.drawing import Mode
from meloko.rounds.asking import Asked
from meloko.rounds.effects import SAME_MINUTE_S
from meloko.rounds.filling import map_of_round, printed_before
from meloko.rounds.grounds import split_place, vehicles_of
from meloko.rounds.models import DayTravel, Round, RoundState, Stop, Vehicle
from meloko.rounds.services import ListedException, day_count, drivers, find_round, list_rounds
from meloko.rounds.shaping import Preview, preview, what_can_be_undone
from meloko.rounds.showing import ShownRound, shown_round
from meloko.rounds.timetable import Place, StopRow, at_departure, crate_words, place_of, rows

# A map that lies beside a timetable, and one for a telephone.
_WIDTH, _HEIGHT = 640, 720


@dataclass(frozen=True, slots=True)
class Other:
    """A round that a stop may be put on: its stops are where it may stand."""

    round_id: int
    letter: str
    stops: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Where a stop goes, one place up or down: the stop that it is put before, 0 for the end."""

    up: int | None = None
    down: int | None = None


@dataclass(frozen=True, slots=True)
class RoundPage:
    """One round whole, as it is or, with `seen`, as a gesture would leave it."""

    # The version that a gesture is asked of, and the one whose timetable is shown.
    home_id: int
    shown_id: int
    shown: ShownRound
    day: DeliveryDay
    depot: Depot
    rows: tuple[StopRow, ...]
    drawing: str
    exceptions: tuple[ListedException, ...]
    drivers: Sequence[User]
    vehicles: Sequence[Vehicle]
    others: tuple[Other, ...]
    undo: str
    may_shape: bool
    chosen: int | None = None
    seen: Preview | None = None
    asked: Asked | None = None
    steps: Mapping[int, Step] = field(default_factory=dict)

    @property
    def departure_load(self) -> str:
        """Say what leaves the depot."""
        row = self.shown.round
        return crate_words(at_departure(row, "crates_hundredths"), at_departure(row, "chilled_hundredths"))

    @property
    def may_lock(self) -> bool:
        """Tell whether the round can still be locked."""
        return self.seen is None and self.shown.round.current and self.shown.round.state is RoundState.PLANNED

    @property
    def chosen_row(self) -> StopRow | None:
        """Return the row of the stop that is in hand."""
        return next((row for row in self.rows if row.stop_id is not None and row.stop_id == self.chosen), None)


def round_page(
    session: Session, round_id: int, asked: Asked | None = None, chosen: int | None = None, since: int | None = None
) -> RoundPage:
    """Gather what the page of one round shows.

    `asked` shows what a gesture would bring, `chosen` is the stop in hand, `since` an older version whose reader is
    told what has changed.
    """
    row = find_round(session, round_id)
    day = find_day(session, row.delivery_day_id)
    seen = preview(session, round_id, asked) if asked is not None else None
    number = seen.number if seen else row.number
    shown = _proposed(seen, row) if seen else row
    printed = printed_before(session, day)
    depot = session.get_one(Depot, shown.vehicle.depot_id)
    others = [other for other in list_rounds(session, day.id) if other.state is RoundState.PLANNED]
    before = _stops(session, since) if since else _printed_stops(session, row, printed)
    listed = rows(shown, before)
    now = next((each for each in others if each.number == number), row)
    if seen is not None and asked is not None:
        listed, chosen = _as_proposed(shown, now, asked, seen.place), asked.stop_id
    page = RoundPage(
        home_id=row.id,
        shown_id=now.id,
        shown=shown_round(session, shown, printed),
        day=day,
        depot=depot,
        rows=listed,
        drawing=map_of_round(session, shown, depot, Mode.SCREEN, width=_WIDTH, height=_HEIGHT),
        exceptions=day_count(session, day.id).exceptions,
        drivers=drivers(session),
        vehicles=[vehicle for vehicle, _ in vehicles_of(session, day, [row]).values()],
        others=tuple(_other(each) for each in others),
        undo=what_can_be_undone(session, day.id),
        may_shape=_may_shape(session, day, row),
        chosen=chosen,
        seen=seen,
        asked=asked,
    )
    return replace(page, steps=_steps(listed)) if page.may_shape else page


def _may_shape(session: Session, day: DeliveryDay, row: Round) -> bool:
    if not row.current or row.state is not RoundState.PLANNED or day.state is not DayState.PLANNED:
        return False
    return session.exec(select(DayTravel.id).where(col(DayTravel.delivery_day_id) == day.id)).first() is not None


def _proposed(seen: Preview, row: Round) -> Round:
    """Return the round that a gesture is about, as it would be; a round that empties shows what it was."""
    return seen.proposal.rounds.get(seen.number) or row


def _as_proposed(shown: Round, now: Round, asked: Asked, place: str) -> tuple[StopRow, ...]:
    """Lay out a proposal beside the round as it is: its rows have the ids of the stops that are there."""
    before = {place_of(stop): stop for stop in now.stops}
    ids = {each: stop.id for each, stop in before.items()}
    in_hand = split_place(place) if place and asked.stop_id else None
    if in_hand is not None:
        kind, owner = in_hand
        ids[kind.value, owner] = asked.stop_id or 0
    listed = rows(shown, before, gone="n’y serait plus", same_s=SAME_MINUTE_S)
    return tuple(replace(row, stop_id=row.stop_id or ids.get(row.place)) for row in listed)


def _steps(listed: Sequence[StopRow]) -> dict[int, Step]:
    """Say where each stop would go, one place up or down, by the stops that it is put before."""
    there = [row for row in listed if not row.gone]
    found = {}
    for n, row in enumerate(there):
        if row.stop_id is None or row.pinned:
            continue
        up = there[n - 1].stop_id if n else None
        after = there[n + 2].stop_id if n + 2 < len(there) else 0
        found[row.stop_id] = Step(up, after if n + 1 < len(there) else None)
    return found


def _other(row: Round) -> Other:
    return Other(row.id, row.letter, tuple((stop.id, stop.name) for stop in row.stops))


def _stops(session: Session, round_id: int) -> dict[Place, Stop]:
    return {place_of(stop): stop for stop in find_round(session, round_id).stops}


def _printed_stops(
    session: Session, row: Round, printed: dict[int, tuple[int, dt.datetime]]
) -> dict[Place, Stop] | None:
    """Return the stops of the version that lies on paper, by place; None when there is none or it is this one."""
    version = printed.get(row.number, (row.version, None))[0]
    if version == row.version:
        return None
    old = session.exec(
        select(Round.id).where(
            col(Round.delivery_day_id) == row.delivery_day_id,
            col(Round.number) == row.number,
            col(Round.version) == version,
        )
    ).first()
    return None if old is None else _stops(session, old)


def again_on(session: Session, old_id: int, newer_id: int, asked: Asked) -> Asked | None:
    """Turn a gesture on an older version into the same one on the newer, None when its stop is not there any more."""
    old, new = find_round(session, old_id), find_round(session, newer_id)
    ids = {place_of(stop): stop.id for stop in new.stops}
    known = {stop.id: ids.get(place_of(stop)) for stop in old.stops}
    turned = replace(
        asked,
        stop_id=known.get(asked.stop_id or 0),
        before_stop_id=known.get(asked.before_stop_id or 0),
        to_round_id=newer_id if asked.to_round_id == old_id else asked.to_round_id,
    )
    lost = (asked.stop_id and not turned.stop_id) or (asked.before_stop_id and not turned.before_stop_id)
    return None if lost else turned
