"""The timetable of a round: what each stop takes or leaves, what is on board, what the last print does not know."""

from collections.abc import Mapping
from dataclasses import dataclass

from meloko.rounds.models import Round, Stop, StopKind
from meloko.rounds.sheet_words import counted
from meloko.wording import euros, hour_words

# An hour that moves less than this is the same hour on a doorstep.
SAME_HOUR_S = 300
_GOODS_NAMED = 3

# Where a stop is, whatever its version: its kind and the id of its relay point, customer or producer.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Peak:
    """The most that is ever on board, in hundredths of crates, and after which stop."""

    taken_hundredths: int
    room_hundredths: int
    after: str


@dataclass(frozen=True, slots=True)
class StopRow:
    """One row of a timetable: `changed` and `gone` say what the last print, or the page before, does not know.

    `stop_id` is None for a stop that is only proposed; `late` says that its window is not kept.
    """

    kind: str
    n: int
    arrival_s: int
    name: str
    commune: str
    load: str
    window_from_s: int
    window_until_s: int
    pinned: bool = False
    changed: str = ""
    gone: str = ""
    stop_id: int | None = None
    place: Place = ("", 0)
    late: bool = False


def at_departure(row: Round, what: str) -> int:
    """Return what leaves the depot, in hundredths of crates: what is left on the way without what is taken on board."""
    return sum(-getattr(stop, what) if stop.kind is StopKind.FARM else getattr(stop, what) for stop in row.stops)


def peak(row: Round, what: str) -> Peak:
    """Find the most that is ever on board."""
    on_board = most = at_departure(row, what)
    after = "au départ"
    for stop in row.stops:
        on_board += getattr(stop, what) if stop.kind is StopKind.FARM else -getattr(stop, what)
        if on_board > most:
            most, after = on_board, f"après {stop.name}"
    return Peak(most, getattr(row.vehicle, what), after)


def place_of(stop: Stop) -> Place:
    """Return where a stop is, whatever its version."""
    return stop.kind.value, stop.relay_point_id or stop.customer_id or stop.producer_id or 0


def rows(
    row: Round,
    before: Mapping[Place, Stop] | None,
    gone: str = "n’est plus sur cette tournée",
    same_s: int = SAME_HOUR_S,
) -> tuple[StopRow, ...]:
    """Lay out the stops, and those that `before` still has: what was printed, or what was there before a change.

    An hour that moves by less than `same_s` seconds is the same one.
    """
    listed = [_row(stop, _change(stop, before, same_s)) for stop in row.stops]
    here = {place_of(stop) for stop in row.stops}
    listed += [_row(stop, "", gone=gone) for place, stop in (before or {}).items() if place not in here]
    return tuple(sorted(listed, key=lambda each: each.arrival_s))


def _change(stop: Stop, before: Mapping[Place, Stop] | None, same_s: int) -> str:
    if before is None:
        return ""
    was = before.get(place_of(stop))
    if was is None:
        return "ajouté"
    if abs(was.arrival_s - stop.arrival_s) >= same_s:
        return f"{hour_words(was.arrival_s)} avant"
    return "" if {drop.order_id for drop in was.drops} == {drop.order_id for drop in stop.drops} else "autre charge"


def _row(stop: Stop, changed: str, gone: str = "") -> StopRow:
    return StopRow(
        kind=stop.kind.value,
        n=stop.position,
        arrival_s=stop.arrival_s,
        name=stop.name,
        commune=stop.commune,
        load=_load(stop),
        window_from_s=stop.window_from_s,
        window_until_s=stop.window_until_s,
        pinned=stop.pinned,
        changed=changed,
        gone=gone,
        stop_id=stop.id,
        place=place_of(stop),
        late=stop.start_s > stop.window_until_s,
    )


def _load(stop: Stop) -> str:
    if stop.kind is StopKind.FARM:
        return f"prendre {goods_words(stop)}" if stop.pick_ups else "rien à prendre"
    carried = crate_words(stop.crates_hundredths, stop.chilled_hundredths)
    if stop.kind is StopKind.RELAY:
        return f"{counted(len(stop.drops), 'commande')}, {carried}"
    due = sum(drop.order.total_cents for drop in stop.drops)
    return f"{carried}, {euros(due)}" if due else carried


def goods_words(stop: Stop) -> str:
    """Name the first goods that are taken on board."""
    named = [f"{pick_up.quantity} × {pick_up.name.partition(',')[0]}" for pick_up in stop.pick_ups[:_GOODS_NAMED]]
    more = len(stop.pick_ups) - len(named)
    return ", ".join(named) + (f" et {counted(more, 'autre produit', 'autres produits')}" if more else "")


def crate_words(crates_hundredths: int, chilled_hundredths: int) -> str:
    """Say whole crates, rounded up: a half-full crate is carried too."""
    crates, chilled = -(-crates_hundredths // 100), -(-chilled_hundredths // 100)
    words = counted(crates, "caisse")
    return f"{words}, {chilled} au frais" if chilled else words
