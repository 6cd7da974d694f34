"""The shape of a day's rounds, and what a person's hand does to it; nothing here knows hours, tables or the web."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from meloko.errors import NotFound, Refusal


class NowhereElse(Refusal):
    """What is asked leaves everything where it is."""

    status = 422

    def __init__(self) -> None:
        super().__init__("Cet arrêt est déjà là : choisissez une autre place.")


class StopPinned(Refusal):
    """A pinned stop stays where it is."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} : la place de cet arrêt est fixée. Libérez-la d’abord.")


@dataclass(frozen=True, slots=True)
class Line:
    """One round that may change: who drives what, and the places in order; `departure_s` is what a person fixed."""

    number: int
    vehicle_id: int
    driver_id: int | None
    departure_s: int | None
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The rounds of a day that may change, by number, and the orders that are left at each place, by their id."""

    lines: Mapping[int, Line]
    drops: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()

    def with_line(self, line: Line) -> "Shape":
        """Put one round in the place of the one with its number."""
        return replace(self, lines={**self.lines, line.number: line})

    def line_of(self, place: str) -> Line:
        """Find the round that calls at a home or a relay point."""
        found = next((line for line in self.lines.values() if place in line.places), None)
        if found is None:
            raise NotFound("Cet arrêt n’est plus sur une tournée.")
        return found

    def touched(self, other: "Shape") -> tuple[int, ...]:
        """Return the numbers of the rounds that differ from another shape of the day."""
        numbers = sorted(self.lines.keys() | other.lines.keys())
        return tuple(n for n in numbers if self._of(n) != other._of(n))

    def _of(self, number: int) -> object:
        line = self.lines.get(number)
        return line and (line, tuple(self.drops.get(place, ()) for place in line.places))


@dataclass(frozen=True, slots=True)
class Move:
    """Put a stop before another one of a round, or at its end; `of` is the round that calls there now."""

    place: str
    of: int
    to: int
    before: str | None = None


@dataclass(frozen=True, slots=True)
class TakeOff:
    """Take a stop off its round: its orders become exceptions."""

    place: str
    of: int


@dataclass(frozen=True, slots=True)
class Add:
    """Add a place to a round, with orders or with none; `before` None: where it is least out of the way."""

    place: str
    to: int
    orders: tuple[int, ...] = ()
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Give:
    """Give a round another vehicle, another driver, another departure (None: as late as costs nobody an hour)."""

    number: int
    vehicle_id: int
    driver_id: int | None
    departure_s: int | None


Gesture = Move | TakeOff | Add | Give


def reshaped(shape: Shape, gesture: Gesture, names: Mapping[str, str]) -> Shape:
    """Return the shape after a gesture; `names` says the names of places in refusals."""
    match gesture:
        case Move():
            return _moved(shape, gesture, names)
        case TakeOff():
            _refuse_pinned(shape, gesture.place, names)
            line = shape.lines[gesture.of]
            return shape.with_line(replace(line, places=_without(line.places, gesture.place)))
        case Add():
            return _added(shape, gesture)
        case Give():
            line = shape.lines[gesture.number]
            given = replace(
                line, vehicle_id=gesture.vehicle_id, driver_id=gesture.driver_id, departure_s=gesture.departure_s
            )
            if given == line:
                raise NowhereElse
            return shape.with_line(given)


def _moved(shape: Shape, move: Move, names: Mapping[str, str]) -> Shape:
    _refuse_pinned(shape, move.place, names)
    source, target = shape.lines[move.of], shape.lines[move.to]
    if move.before == move.place:
        raise NowhereElse
    left = shape.with_line(replace(source, places=_without(source.places, move.place)))
    rest = left.lines[move.to].places
    if move.before is not None and move.before not in rest:
        raise NotFound("L’arrêt choisi n’est plus sur cette tournée.")
    # A farm may be on both rounds: then one call is enough.
    places = rest if move.place in rest else _put(rest, move.place, move.before)
    if source.number == target.number and places == source.places:
        raise NowhereElse
    return left.with_line(replace(left.lines[move.to], places=places))


def _added(shape: Shape, add: Add) -> Shape:
    line = shape.lines[add.to]
    elsewhere = next((each for each in shape.lines.values() if add.place in each.places), None)
    if elsewhere is not None and not add.orders:
        raise NowhereElse
    drops = {**shape.drops, add.place: _merged(shape.drops.get(add.place, ()), add.orders)}
    if elsewhere is not None:
        # The van calls there already: it takes these orders along, on whichever round that is.
        return replace(shape, drops=drops)
    places = _put(line.places, add.place, add.before)
    return replace(shape.with_line(replace(line, places=places)), drops=drops)


def _refuse_pinned(shape: Shape, place: str, names: Mapping[str, str]) -> None:
    if place in shape.pinned:
        raise StopPinned(names.get(place, ""))


def _put(places: tuple[str, ...], place: str, before: str | None) -> tuple[str, ...]:
    at = len(places) if before is None else places.index(before)
    return (*places[:at], place, *places[at:])


def _without(places: tuple[str, ...], place: str) -> tuple[str, ...]:
    return tuple(each for each in places if each != place)


def _merged(known: Iterable[int], more: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({*known, *more}))
