"""What is typed about rounds: the hours of a round, line by line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meloko.rounds.models import Stop
from meloko.rounds.reporting import DEPARTURE, RETURN, Hours, Reported, arrival_field, departure_field

OTHER_ORDER = "autre-ordre"
_LONGEST = 40
_HOUR = re.compile(r"(\d{1,2})(?:[h:.](\d{2})?|(\d{2}))?")
_UNREADABLE = "Écrivez l’heure ainsi : 9h05, 9:05 ou 0905."


def read_hour(words: str) -> int | None:
    """Read "9h05", "9:05", "9 h 05", "0905" or "9h" as seconds since midnight; None when empty; ValueError."""
    plain = re.sub(r"\s", "", words).lower()
    if not plain:
        return None
    match = _HOUR.fullmatch(plain) if plain.isascii() else None
    if match is None:
        raise ValueError(words)
    hour, minute = int(match[1]), int(match[2] or match[3] or 0)
    if hour > 23 or minute > 59:
        raise ValueError(words)
    return hour * 3600 + minute * 60


def written(seconds: int | None) -> str:
    """Write an hour as it is typed: "9h05"."""
    return "" if seconds is None else f"{seconds // 3600}h{seconds % 3600 // 60:02d}"


@dataclass(slots=True)
class TypedHours:
    """The page of hours as typed, word for word, and what could be read of it."""

    words: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    other_order: bool = False

    def read(self, name: str, sent: Mapping[str, str]) -> int | None:
        """Read one field; what cannot be read is kept and blamed."""
        self.words[name] = sent.get(name, "").replace("\x00", "").strip()[:_LONGEST]
        try:
            return read_hour(self.words[name])
        except ValueError:
            self.errors[name] = _UNREADABLE
            return None


def typed_hours(sent: Mapping[str, str], stops: Iterable[Stop], known: Reported) -> tuple[TypedHours, Reported]:
    """Read the page: what was typed, and the lines of it that are readable; the others stay as they were known."""
    typed = TypedHours(other_order=OTHER_ORDER in sent)
    departure_s, return_s = typed.read(DEPARTURE, sent), typed.read(RETURN, sent)
    read = {}
    for stop in stops:
        arrival, departure = arrival_field(stop.id), departure_field(stop.id)
        if not {arrival, departure} & sent.keys():
            continue
        hours = Hours(typed.read(arrival, sent), typed.read(departure, sent))
        if not {arrival, departure} & typed.errors.keys():
            read[stop.id] = hours
    return typed, Reported(
        known.departure_s if DEPARTURE in typed.errors else departure_s,
        known.return_s if RETURN in typed.errors else return_s,
        read,
        typed.other_order,
    )


def shown_hours(known: Reported) -> TypedHours:
    """Write what is known into the fields."""
    words = {DEPARTURE: written(known.departure_s), RETURN: written(known.return_s)}
    for stop_id, hours in known.stops.items():
        words[arrival_field(stop_id)] = written(hours.arrival_s)
        words[departure_field(stop_id)] = written(hours.departure_s)
    return TypedHours(words)
