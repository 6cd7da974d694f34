"""Dates, hours and sums as people say them, in French or in the language being spoken.

No-break spaces are put in where the words are shown.
"""

import datetime as dt

from meloko.languages import Language, spoken

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ENGLISH_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day_words(date: dt.date, *, year: bool = False) -> str:
    """Say a date: "jeudi 26 novembre", or with its year."""
    words = f"{weekday_words(date.weekday())} {day_and_month(date)}"
    return f"{words} {date.year}" if year else words


def weekday_words(weekday: int) -> str:
    """Say a day of the week, 0 for Monday."""
    return (ENGLISH_WEEKDAYS if _english() else WEEKDAYS)[weekday]


def day_and_month(date: dt.date) -> str:
    """Say a date without its day of the week: "1er décembre", "1 December"."""
    if _english():
        return f"{date.day} {ENGLISH_MONTHS[date.month - 1]}"
    return f"{'1er' if date.day == 1 else date.day} {MONTHS[date.month - 1]}"


def hour_words(seconds: int) -> str:
    """Say an hour given in seconds since local midnight: "16 h", "16 h 05"; in English "16:00", "16:05"."""
    hour, minute = divmod(seconds // 60, 60)
    if _english():
        return f"{hour}:{minute:02d}"
    return f"{hour} h {minute:02d}" if minute else f"{hour} h"


def hours_between(first_s: int, last_s: int) -> str:
    """Say two hours given in seconds since local midnight: "de 16 h à 19 h", "from 16:00 to 19:00"."""
    first, last = hour_words(first_s), hour_words(last_s)
    return f"from {first} to {last}" if _english() else f"de {first} à {last}"


def euros(cents: int) -> str:
    """Say a sum: "12,45 €", "1 234,50 €"; in English "€12.45", "€1,234.50"."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    if _english():
        return f"{sign}€{whole:,}.{rest:02d}"
    return f"{sign}{whole:,}".replace(",", " ") + f",{rest:02d} €"


def _english() -> bool:
    return spoken() is Language.ENGLISH
