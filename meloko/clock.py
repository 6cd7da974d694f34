"""The only place that asks the time."""

import datetime as dt
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> dt.datetime:
    """Return the present moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """Return the present day, on the wall calendar of Paris."""
    return now().astimezone(PARIS).date()


def local(moment: dt.datetime) -> dt.datetime:
    """Turn a moment into the wall clock of Paris."""
    return moment.astimezone(PARIS)


def from_local(day: dt.date, hour: dt.time) -> dt.datetime:
    """Turn a day and an hour of the wall clock of Paris into a moment in UTC.

    Raises ValueError for an hour that does not exist or exists twice that night (change of clocks).
    """
    early = dt.datetime.combine(day, hour, PARIS)
    if early.utcoffset() != early.replace(fold=1).utcoffset():
        raise ValueError(f"{hour:%H:%M} is not one hour on {day}")
    return early.astimezone(dt.UTC)
