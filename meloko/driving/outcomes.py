"""What follows from acts, whatever the order in which they came in: outcomes, hours, money. No table is touched."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from meloko.clock import local
from meloko.driving.models import OF_BEFORE, OUTCOMES, Act, ActKind, ActSource
from meloko.orders.models import OrderState
from meloko.rounds.models import RoundState
from meloko.rounds.reporting import Hours
from meloko.rounds.timetable import Place

_LEFT_THERE = (ActKind.DELIVERED, ActKind.OTHERWISE)
# From where an outcome takes an order: what a person has decided since is left alone.
ON_THE_WAY = (OrderState.PLACED, OrderState.CONFIRMED, OrderState.PREPARED, OrderState.LOADED)


@dataclass(frozen=True, slots=True)
class RoundHours:
    """When a round was driven, by the acts: seconds since local midnight of its day."""

    departure_s: int | None
    return_s: int | None
    stops: dict[Place, Hours]


def standing(acts: Iterable[Act]) -> list[Act]:
    """Return the acts that were not undone, without the undoing; an undo is never undone itself."""
    acts = list(acts)
    undone = {act.undoes for act in acts if act.kind is ActKind.UNDO}
    return [act for act in acts if act.kind is not ActKind.UNDO and act.uuid not in undone]


def rank(act: Act) -> tuple[bool, dt.datetime, UUID]:
    """Rank an act: what staff keyed comes after what the phone said, then the hour of the act, never of its arrival."""
    return act.source is ActSource.PAPER, act.said_at, act.uuid


def outcomes(acts: Iterable[Act]) -> dict[int, Act]:
    """Return the act that says what became of each order, by the order's id."""
    found: dict[int, Act] = {}
    for act in sorted(standing(acts), key=rank):
        if act.kind in OUTCOMES and act.order_id is not None:
            found[act.order_id] = act
    return found


def state_after(kind: ActKind, *, home: bool) -> OrderState:
    """Return the state that an outcome gives an order."""
    if kind is ActKind.COLLECTED:
        return OrderState.COLLECTED
    if kind in _LEFT_THERE:
        return OrderState.DELIVERED if home else OrderState.AT_RELAY
    return OrderState.UNDELIVERED


def comes_from(kind: ActKind) -> tuple[OrderState, ...]:
    """Return the states from which an outcome takes an order."""
    return (OrderState.AT_RELAY,) if kind in OF_BEFORE else ON_THE_WAY


def round_state(acts: Iterable[Act]) -> RoundState:
    """Return the state that acts give a round that was locked."""
    # What is keyed from a sheet in the evening does not say that somebody is on the road.
    kinds = {act.kind for act in standing(acts) if act.source is ActSource.PHONE}
    if ActKind.RETURN in kinds:
        return RoundState.DONE
    return RoundState.UNDER_WAY if kinds else RoundState.LOCKED


def hours(acts: Iterable[Act], day: dt.date) -> RoundHours:
    """Return the hours that the acts of one round say; nothing for what was done on another day.

    Without an act of leaving, the last outcome at a place is when it was left.
    """
    by_place: dict[Place, list[Act]] = {}
    first: dict[ActKind, Act] = {}
    for act in sorted(standing(acts), key=lambda each: (each.done_at, each.uuid)):
        if act.source is not ActSource.PHONE or local(act.done_at).date() != day:
            continue
        first.setdefault(act.kind, act)
        if act.place_kind is not None and act.place_id is not None:
            by_place.setdefault((act.place_kind.value, act.place_id), []).append(act)
    return RoundHours(
        _second(first.get(ActKind.START)),
        _second(first.get(ActKind.RETURN)),
        {place: _at_place(here) for place, here in by_place.items()},
    )


def _at_place(acts: list[Act]) -> Hours:
    arrived = next((act for act in acts if act.kind is ActKind.ARRIVED), None)
    left = [act for act in acts if act.kind is ActKind.LEFT] or [act for act in acts if act.kind in OUTCOMES]
    arrival_s, departure_s = _second(arrived), _second(left[-1] if left else None)
    if arrival_s is not None and departure_s is not None and departure_s < arrival_s:
        departure_s = None
    return Hours(arrival_s, departure_s)


def second_of(act: Act) -> int:
    """Return the hour of an act, in seconds since local midnight."""
    wall = local(act.done_at)
    return wall.hour * 3600 + wall.minute * 60 + wall.second


def _second(act: Act | None) -> int | None:
    return None if act is None else second_of(act)


def place_of_act(act: Act) -> Place | None:
    """Return where an act was done, whatever the version of the round."""
    return None if act.place_kind is None or act.place_id is None else (act.place_kind.value, act.place_id)
