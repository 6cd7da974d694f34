"""When a standing order comes back: days of the wall calendar, public holidays moved or skipped."""

import datetime as dt
import enum
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from meloko.languages import say

_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=7)
# Where a delivery may move to when its day is a public holiday: the nearest day, the eve first.
_NEARBY = (-1, 1, -2, 2)
_SUNDAY = 6


class Rhythm(enum.StrEnum):
    """How often a standing order comes back."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


class OnHoliday(enum.StrEnum):
    """What happens when the day is a public holiday."""

    MOVE = "move"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A rhythm from a first day on; weekdays count from 0, Monday.

    Every other week counts from the week of the first day; once a month keeps its rank in the month: the first
    Thursday, the last Tuesday.
    """

    rhythm: Rhythm
    weekdays: frozenset[int]
    first_day: dt.date
    on_holiday: OnHoliday = OnHoliday.MOVE


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a standing order comes back; `on` is None when a holiday takes it away."""

    planned_for: dt.date
    on: dt.date | None
    # The name of the public holiday that moved it or took it away.
    holiday: str = ""


def occurrences(repeat: Repeat, since: dt.date) -> Iterator[Occurrence]:
    """Yield what comes back from a day on, without end, in the order of the planned days."""
    start = max(since, repeat.first_day)
    for n in itertools.count():
        day = start + n * _DAY
        if not _planned(repeat, day):
            continue
        name = holiday_name(day)
        if not name:
            yield Occurrence(day, day)
        elif repeat.on_holiday is OnHoliday.SKIP:
            yield Occurrence(day, None, name)
        else:
            yield Occurrence(day, _moved(repeat, day), name)


def occurrence_on(repeat: Repeat, day: dt.date) -> Occurrence | None:
    """Return what is delivered on a day, moved there by a holiday or not; None when nothing is."""
    farthest = max(_NEARBY) * _DAY
    for each in occurrences(repeat, day - farthest):
        if each.planned_for > day + farthest:
            return None
        if each.on == day:
            return each
    return None


def holiday_name(day: dt.date) -> str:
    """Say which French public holiday a day is, or nothing."""
    return _named(day) if _holiday_key(day) else ""


@cache
def easter(year: int) -> dt.date:
    """Return Easter Sunday of a year of the Gregorian calendar.

    The anonymous algorithm of Meeus, Jones and Butcher (Nature 13, 487, 1876).
    """
    century = year // 100
    moon = (19 * (year % 19) + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    moon -= moon // 28 * (1 - moon // 28 * (29 // (moon + 1)) * ((21 - year % 19) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    days = moon - weekday
    month = 3 + (days + 40) // 44
    return dt.date(year, month, days + 28 - 31 * (month // 4))


def _planned(repeat: Repeat, day: dt.date) -> bool:
    if day < repeat.first_day or day.weekday() not in repeat.weekdays:
        return False
    if repeat.rhythm is Rhythm.WEEKLY:
        return True
    if repeat.rhythm is Rhythm.FORTNIGHTLY:
        return (_monday(day) - _monday(repeat.first_day)).days % 14 == 0
    rank = _rank(repeat.first_day)
    # Not every month has a fifth Thursday: whoever began on one means the last.
    return (day + _WEEK).month != day.month if rank == 5 else _rank(day) == rank


def _moved(repeat: Repeat, day: dt.date) -> dt.date | None:
    """Return the nearest day that is neither a holiday, nor a Sunday, nor already one of its own days.

    Two holidays of one week may look for the same free day: the first takes it.
    """
    before = (day - n * _DAY for n in range(1, 2 * max(_NEARBY) + 1))
    taken = {_moved(repeat, each) for each in before if _planned(repeat, each) and _holiday_key(each)}
    for distance in _NEARBY:
        near = day + distance * _DAY
        free = near.weekday() != _SUNDAY and not _holiday_key(near) and not _planned(repeat, near)
        if free and near >= repeat.first_day and near not in taken:
            return near
    return None


def _monday(day: dt.date) -> dt.date:
    return day - day.weekday() * _DAY


def _rank(day: dt.date) -> int:
    return (day.day - 1) // 7 + 1


def _holiday_key(day: dt.date) -> bool:
    return (day.month, day.day) in _FIXED or (day - easter(day.year)).days in _AFTER_EASTER


_FIXED = frozenset({(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)})
_AFTER_EASTER = frozenset({1, 39, 50})


def _named(day: dt.date) -> str:
    fixed = {
        (1, 1): say("le jour de l’An"),
        (5, 1): say("la fête du Travail"),
        (5, 8): say("le 8 mai"),
        (7, 14): say("la fête nationale"),
        (8, 15): say("l’Assomption"),
        (11, 1): say("la Toussaint"),
        (11, 11): say("le 11 novembre"),
        (12, 25): say("Noël"),
    }
    after_easter = {1: say("le lundi de Pâques"), 39: say("l’Ascension"), 50: say("le lundi de Pentecôte")}
    return fixed.get((day.month, day.day)) or after_easter[(day - easter(day.year)).days]
