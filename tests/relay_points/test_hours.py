import datetime as dt

import pytest

from meloko.relay_points.hours import Span, UnreadableHours, day_hours_words, spans_on, week_words

MONDAY = dt.date(2026, 11, 23)
SATURDAY, SUNDAY = MONDAY + dt.timedelta(days=5), MONDAY + dt.timedelta(days=6)
H = 3600


def test_hours_of_a_day_are_read_from_a_week() -> None:
    hours = "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00"

    assert spans_on(hours, MONDAY) == (Span(9 * H, 12 * H), Span(14 * H, 18 * H))
    assert spans_on(hours, SATURDAY) == (Span(10 * H, 12 * H),)
    assert spans_on(hours, SUNDAY) == ()


def test_hours_without_days_hold_every_day() -> None:
    assert spans_on("07:00-10:30,14:00-16:00", SUNDAY) == (Span(7 * H, 10 * H + 1800), Span(14 * H, 16 * H))


def test_days_may_be_listed_or_span_the_end_of_the_week() -> None:
    assert spans_on("Tu,We,Fr 10:00-12:00", MONDAY) == ()
    assert spans_on("Sa-Mo 10:00-12:00", MONDAY) == (Span(10 * H, 12 * H),)


def test_no_hours_are_closed() -> None:
    assert spans_on("", MONDAY) == ()
    assert day_hours_words("", MONDAY) == "fermé"


@pytest.mark.parametrize(
    "words", ["lundi", "Mo 9h-12h", "09:00-25:00", "12:00-09:00", "09:75-10:00", "Mo-We-Fr 09:00-10:00", "Mo"]
)
def test_hours_that_cannot_be_read_are_refused_with_what_was_written(words: str) -> None:
    with pytest.raises(UnreadableHours, match=words):
        spans_on(words, MONDAY)


def test_hours_are_said_as_people_say_them() -> None:
    assert day_hours_words("09:00-12:00,14:05-18:30", MONDAY) == "de 9 h à 12 h et de 14 h 05 à 18 h 30"
    assert week_words("Mo-Fr 09:00-12:00; Sa 10:00-12:00") == [
        "lundi au vendredi : de 9 h à 12 h",
        "samedi : de 10 h à 12 h",
    ]
