"""Refuse what makes no sense in a problem, by a sentence that names the thing and the value."""

from collections.abc import Iterable

LAST_SECOND = 172_800  # a round may run past midnight, never past the following one
MOST_HUNDREDTHS = 10_000_000  # 100,000 crates: keeps every sum of a day far from 64 bits
MOST_COST = 10**12


class ProblemError(ValueError):
    """Refuse a problem that makes no sense."""


class BadNumber(ProblemError):
    """Refuse a number that is not whole or lies outside what a day can hold."""


class BadWindow(ProblemError):
    """Refuse a window that ends before it begins."""


class BadPlace(ProblemError):
    """Refuse a place that is not on the globe or has no name."""


class TwiceTheSameId(ProblemError):
    """Refuse two things under one id."""


class UnknownId(ProblemError):
    """Refuse a mention of something that is not in the problem."""


class BadMatrix(ProblemError):
    """Refuse a travel matrix that is not square, not whole or negative."""


class BadPin(ProblemError):
    """Refuse a pin that says nothing by itself, such as a stop before itself."""


def whole(what: str, value: int, low: int, high: int) -> None:
    """Refuse a number that is not whole or lies outside its limits, by BadNumber."""
    if type(value) is not int:
        raise BadNumber(f"{what} must be a whole number, not {value!r}.")
    if not low <= value <= high:
        raise BadNumber(f"{what} must lie between {low} and {high}, not {value}.")


def named(what: str, value: str) -> None:
    """Refuse an empty id, by UnknownId."""
    if not value:
        raise UnknownId(f"{what} needs an id.")


def distinct(what: str, ids: Iterable[str]) -> None:
    """Refuse an id that comes twice, by TwiceTheSameId."""
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise TwiceTheSameId(f"{what} hold {one} twice.")
        seen.add(one)


def known(what: str, ids: Iterable[str], known: Iterable[str]) -> None:
    """Refuse an id that is not among those known, by UnknownId."""
    for one in sorted(ids):
        if one not in known:
            raise UnknownId(f"{what} {one}, which the problem does not have.")
