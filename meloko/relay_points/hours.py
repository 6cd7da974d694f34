"""Hours of places: read from text, said in words.

Public hours are in the syntax of OpenStreetMap ("Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00"), hours of the
van the same without days ("07:00-10:30,14:00-16:00"). Hours inside the code are seconds since local midnight.
"""

import datetime as dt
import re
from dataclasses import dataclass

from meloko.errors import Refusal
from meloko.languages import Language, say, spoken
from meloko.wording import hours_between, weekday_words

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_SPAN = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")
_DAY_PART = re.compile(r"^((?:Mo|Tu|We|Th|Fr|Sa|Su)(?:[-,](?:Mo|Tu|We|Th|Fr|Sa|Su))*)\s+(.+)$")


class UnreadableHours(Refusal):
    """Hours that are not written as we read them."""

    status = 422

    def __init__(self, words: str) -> None:
        super().__init__(f"Nous ne lisons pas ces heures : « {words} ». Écrivez par exemple Mo-Fr 09:00-12:00.")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one hour to another, in seconds since local midnight."""

    from_s: int
    until_s: int


def spans_on(hours: str, day: dt.date) -> tuple[Span, ...]:
    """Return the spans of one day, in order; hours without days hold every day."""
    spans: list[Span] = []
    for weekdays, found in read(hours):
        if day.weekday() in weekdays:
            spans.extend(found)
    return tuple(sorted(spans))


def read(hours: str) -> list[tuple[frozenset[int], tuple[Span, ...]]]:
    """Read hours as (weekdays, spans), or refuse with what was not understood."""
    rules = []
    for rule in filter(None, (piece.strip() for piece in hours.split(";"))):
        days = _DAY_PART.match(rule)
        weekdays = _weekdays(days.group(1), rule) if days else frozenset(range(7))
        spans = days.group(2) if days else rule
        rules.append((weekdays, tuple(_span(piece.strip(), rule) for piece in spans.split(","))))
    return rules


def span_words(span: Span) -> str:
    """Say a span: "de 16 h à 19 h"."""
    return hours_between(span.from_s, span.until_s)


def day_hours_words(hours: str, day: dt.date) -> str:
    """Say the hours of one day, or that the place is closed."""
    spans = spans_on(hours, day)
    between = " and " if spoken() is Language.ENGLISH else " et "
    return between.join(span_words(span) for span in spans) if spans else say("fermé")


def week_words(hours: str) -> list[str]:
    """Say the hours of a week, days with the same hours together: "lundi au vendredi : de 9 h à 12 h"."""
    monday = dt.date(2026, 1, 5)
    words = [day_hours_words(hours, monday + dt.timedelta(days=n)) for n in range(7)]
    closed = say("fermé")
    lines, first = [], 0
    for day in range(1, 8):
        if day == 7 or words[day] != words[first]:
            if words[first] != closed:
                days = weekday_words(first)
                if day - first > 1:
                    days = say("{first} au {last}", first=days, last=weekday_words(day - 1))
                lines.append(say("{days} : {hours}", days=days, hours=words[first]))
            first = day
    return lines


def _weekdays(words: str, rule: str) -> frozenset[int]:
    days: set[int] = set()
    for piece in words.split(","):
        ends = [_DAYS.index(name) for name in piece.split("-")]
        if len(ends) > 2:
            raise UnreadableHours(rule)
        first, last = ends[0], ends[-1]
        days.update((first + n) % 7 for n in range((last - first) % 7 + 1))
    return frozenset(days)


def _span(words: str, rule: str) -> Span:
    match = _SPAN.match(words)
    if match is None:
        raise UnreadableHours(rule)
    h1, m1, h2, m2 = map(int, match.groups())
    span = Span(h1 * 3600 + m1 * 60, h2 * 3600 + m2 * 60)
    if m1 > 59 or m2 > 59 or not span.from_s < span.until_s <= 86_400:
        raise UnreadableHours(rule)
    return span
