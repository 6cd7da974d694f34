"""Dates, hours and sums as people say them in French; no-break spaces are put in where the words are shown."""

import datetime as dt

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def day_words(date: dt.date, *, year: bool = False) -> str:
    """Say a date: "jeudi 26 novembre", or with its year."""
    number = "1er" if date.day == 1 else str(date.day)
    words = f"{WEEKDAYS[date.weekday()]} {number} {MONTHS[date.month - 1]}"
    return f"{words} {date.year}" if year else words


def hour_words(seconds: int) -> str:
    """Say an hour given in seconds since local midnight: "16 h", "16 h 05"."""
    hour, minute = divmod(seconds // 60, 60)
    return f"{hour} h {minute:02d}" if minute else f"{hour} h"


def euros(cents: int) -> str:
    """Say a sum: "12,45 €", "1 234,50 €"."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole:,}".replace(",", " ") + f",{rest:02d} €"
