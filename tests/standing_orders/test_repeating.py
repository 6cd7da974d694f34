"""Repeats on the wall calendar: ten years of any rhythm, over both changes of the clocks."""

import datetime as dt
import itertools
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meloko.clock import from_local, local
from meloko.standing_orders.repeating import (
    OnHoliday,
    Repeat,
    Rhythm,
    easter,
    holiday_name,
    occurrence_on,
    occurrences,
)

TEN_YEARS = dt.timedelta(days=3_653)
repeats = st.builds(
    Repeat,
    st.sampled_from(Rhythm),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.dates(dt.date(2026, 1, 1), dt.date(2036, 12, 31)),
    st.sampled_from(OnHoliday),
)


def ten_years(repeat: Repeat) -> list[dt.date]:
    until = repeat.first_day + TEN_YEARS
    return [
        each.planned_for
        for each in itertools.takewhile(lambda one: one.planned_for < until, occurrences(repeat, repeat.first_day))
    ]


@settings(deadline=None, max_examples=60)
@given(repeats)
def test_every_day_of_ten_years_keeps_the_rhythm(repeat: Repeat) -> None:
    days = ten_years(repeat)

    assert days == sorted(set(days))
    assert {day.weekday() for day in days} == repeat.weekdays
    for weekday in repeat.weekdays:
        gaps = {(b - a).days for a, b in itertools.pairwise(day for day in days if day.weekday() == weekday)}
        if repeat.rhythm is Rhythm.WEEKLY:
            assert gaps == {7}
        elif repeat.rhythm is Rhythm.FORTNIGHTLY:
            assert gaps == {14}
        else:
            assert gaps <= {28, 35}
    if repeat.rhythm is Rhythm.MONTHLY:
        # Of the first month and the last, only a part lies within the ten years; every other has each weekday once.
        months = Counter(12 * day.year + day.month for day in days)
        first = 12 * repeat.first_day.year + repeat.first_day.month
        assert {months[month] for month in range(first + 1, first + 120)} == {len(repeat.weekdays)}


@settings(deadline=None, max_examples=60)
@given(repeats)
def test_an_hour_of_the_wall_stays_that_hour_over_both_changes_of_the_clocks(repeat: Repeat) -> None:
    for day in ten_years(repeat):
        eve = day - dt.timedelta(days=1)
        assert local(from_local(eve, dt.time(20))).time() == dt.time(20)


@settings(deadline=None, max_examples=60)
@given(repeats)
@example(Repeat(Rhythm.WEEKLY, frozenset(range(5)), dt.date(2034, 1, 1)))
def test_what_a_holiday_moves_falls_on_a_free_day_of_its_own(repeat: Repeat) -> None:
    until = repeat.first_day + TEN_YEARS
    seen = list(itertools.takewhile(lambda one: one.planned_for < until, occurrences(repeat, repeat.first_day)))
    delivered = [each.on for each in seen if each.on is not None]

    assert len(delivered) == len(set(delivered))
    for each in seen:
        assert bool(each.holiday) == bool(holiday_name(each.planned_for))
        if each.on is None:
            assert each.holiday
            continue
        assert holiday_name(each.on) == ""
        assert abs((each.on - each.planned_for).days) <= 2
        assert occurrence_on(repeat, each.on) == each


@settings(deadline=None, max_examples=60)
@given(repeats, st.integers(0, 3_000))
def test_asking_from_a_later_day_gives_the_same_days(repeat: Repeat, later: int) -> None:
    since = repeat.first_day + dt.timedelta(days=later)

    asked = list(itertools.islice(occurrences(repeat, since), 5))

    assert [each.planned_for for each in asked] == _from(repeat, since)


def _from(repeat: Repeat, since: dt.date) -> list[dt.date]:
    days = (each.planned_for for each in occurrences(repeat, repeat.first_day))
    return list(itertools.islice((day for day in days if day >= since), 5))


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25)), (2049, (4, 18))],
)
def test_easter_is_when_the_church_says(year: int, sunday: tuple[int, int]) -> None:
    assert easter(year) == dt.date(year, *sunday)


def test_christmas_on_a_thursday_comes_the_eve() -> None:
    thursdays = Repeat(Rhythm.WEEKLY, frozenset({3}), dt.date(2025, 12, 1))

    christmas = occurrence_on(thursdays, dt.date(2025, 12, 24))

    assert christmas is not None
    assert (christmas.planned_for, christmas.holiday) == (dt.date(2025, 12, 25), "Noël")
    assert occurrence_on(thursdays, dt.date(2025, 12, 25)) is None


def test_the_fifth_thursday_means_the_last() -> None:
    last = Repeat(Rhythm.MONTHLY, frozenset({3}), dt.date(2026, 1, 29))

    days = [each.planned_for for each in itertools.islice(occurrences(last, last.first_day), 3)]

    assert days == [dt.date(2026, 1, 29), dt.date(2026, 2, 26), dt.date(2026, 3, 26)]
