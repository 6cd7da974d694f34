import datetime as dt

import pytest

from meloko.clock import from_local, now, today
from meloko.delivery_days.entering import RelayNotServed
from meloko.delivery_days.opening import DayDraft, DayExists, DayNonsense, open_day
from meloko.delivery_days.services import cut_off_words, orderable_days
from meloko.errors import NotFound
from meloko.relay_points.models import RelayClosure
from tests.make import Make


def _draft(make: Make, **changes: object) -> DayDraft:
    facts = {
        "date": today() + dt.timedelta(days=3),
        "zone_id": make.zone().id,
        "cut_off_at": now() + dt.timedelta(days=1),
        "relay_point_ids": (),
    }
    return DayDraft(**{**facts, **changes})  # type: ignore[arg-type]


def test_a_day_is_opened_once_per_date_and_zone(make: Make) -> None:
    draft = _draft(make)
    day = make.ask(open_day, draft, by=None)

    with pytest.raises(DayExists):
        make.ask(open_day, draft, by=None)

    assert [found.id for found in make.ask(orderable_days, now())] == [day.id]


def test_a_cut_off_after_the_delivery_is_refused(make: Make) -> None:
    with pytest.raises(DayNonsense, match="avant la livraison"):
        make.ask(open_day, _draft(make, cut_off_at=now() + dt.timedelta(days=9)), by=None)


def test_hours_at_home_that_run_backwards_are_refused(make: Make) -> None:
    with pytest.raises(DayNonsense, match="domicile"):
        make.ask(open_day, _draft(make, homes_from=dt.time(13), homes_until=dt.time(9)), by=None)


def test_an_unknown_zone_or_relay_point_is_not_found(make: Make) -> None:
    with pytest.raises(NotFound):
        make.ask(open_day, _draft(make, zone_id=10**6), by=None)
    with pytest.raises(NotFound):
        make.ask(open_day, _draft(make, relay_point_ids=(10**6,)), by=None)


def test_a_relay_point_closed_on_the_day_is_refused_by_name(make: Make) -> None:
    point = make.relay_point(name="Café fermé")
    date = today() + dt.timedelta(days=3)
    make._add(RelayClosure(relay_point_id=point.id, first_day=date, last_day=date))

    with pytest.raises(RelayNotServed, match="Café fermé est fermé"):
        make.ask(open_day, _draft(make, relay_point_ids=(point.id,)), by=None)


def test_cut_offs_keep_their_hour_on_the_wall_across_both_changes_of_clock() -> None:
    before, after = dt.date(2026, 10, 24), dt.date(2026, 10, 25)

    for day in (before, after, dt.date(2027, 3, 27), dt.date(2027, 3, 28)):
        assert cut_off_words(from_local(day, dt.time(20))).endswith("20 h")
    assert from_local(after, dt.time(20)) - from_local(before, dt.time(20)) == dt.timedelta(hours=25)


def test_an_hour_that_does_not_exist_or_exists_twice_is_refused() -> None:
    for day in (dt.date(2026, 10, 25), dt.date(2027, 3, 28)):
        with pytest.raises(ValueError, match="02:30"):
            from_local(day, dt.time(2, 30))
