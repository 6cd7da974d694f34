from random import Random

import pytest

from routing.learning import ReportedLeg, ReportedStop, learn_speeds, learn_spread, learn_stops
from routing.refusals import BadNumber
from routing.speeds import HOUR_BANDS
from routing.spread import Spread

TEN = 10 * 3_600
MORNING = HOUR_BANDS[2]


def legs(count: int, factor: float = 1.5, road_class: str = "unclassified") -> list[ReportedLeg]:
    return [ReportedLeg({road_class: 400 + i}, TEN, round((400 + i) * factor), str(i // 4)) for i in range(count)]


def test_below_thirty_legs_nothing_is_learnt_and_what_is_learnt_is_shrunk() -> None:
    assert learn_speeds(legs(29)).factors == {}

    learnt = learn_speeds(legs(30))

    assert learnt.factors == {("unclassified", MORNING): pytest.approx(1_250_000, abs=2_000)}
    assert learnt.legs == {("unclassified", MORNING): 30}
    assert learn_speeds(legs(570)).factors["unclassified", MORNING] == pytest.approx(1_475_000, abs=2_000)


def test_classes_that_share_legs_are_told_apart() -> None:
    dice = Random(5)  # noqa: S311
    mixed = [{"unclassified": dice.randrange(60, 400), "secondary": dice.randrange(60, 400)} for _ in range(600)]
    reports = [ReportedLeg(m, TEN, round(m["unclassified"] * 1.3 + m["secondary"] * 0.9)) for m in mixed]
    factors = learn_speeds(reports).factors

    assert factors["unclassified", MORNING] == pytest.approx(1_300_000 - 300_000 * 30 // 630, rel=0.01)
    assert factors["secondary", MORNING] == pytest.approx(900_000 + 100_000 * 30 // 630, rel=0.01)


def test_a_class_that_legs_only_touch_is_left_alone() -> None:
    reports = [ReportedLeg({"unclassified": 500, "service": 20}, TEN, 600) for _ in range(50)]

    assert [road_class for road_class, _ in learn_speeds(reports).factors] == ["unclassified"]


def test_each_band_of_hours_learns_by_itself() -> None:
    early = [ReportedLeg({"primary": 300}, 8 * 3_600, 600) for _ in range(40)]

    assert list(learn_speeds([*early, *legs(10, 1.0, "primary")]).factors) == [("primary", HOUR_BANDS[1])]


def test_a_lunch_on_the_way_teaches_nothing() -> None:
    lunches = [ReportedLeg({"unclassified": 500}, TEN, 4_500) for _ in range(40)]

    assert learn_speeds([*legs(200, 1.2), *lunches]).factors == learn_speeds(legs(240, 1.2)).factors
    stops = [ReportedStop("café", 300, 100 * (i % 7), 200 + 40 * (i % 7)) for i in range(200)]
    assert learn_stops([*stops, *(ReportedStop("café", 300, 200, 3_600) for _ in range(20))])["café"].base_s <= 215


def test_the_minutes_of_a_kind_of_place_are_a_base_and_so_much_a_crate() -> None:
    stops = [ReportedStop("café", 300, 100 * (i % 7), 200 + 40 * (i % 7)) for i in range(600)]
    learnt = learn_stops(stops)["café"]

    assert learnt.stops == 600
    assert learnt.base_s == pytest.approx(205, abs=3)
    assert learnt.per_crate_s == pytest.approx(38, abs=1)
    assert learnt.seconds(350) == learnt.base_s + 350 * learnt.per_crate_s // 100
    assert learn_stops(stops[:29]) == {}


def test_a_kind_of_place_that_always_takes_the_same_crates_has_a_base_alone() -> None:
    learnt = learn_stops([ReportedStop("home", 200, 100, 260)] * 60)["home"]

    assert (learnt.base_s, learnt.per_crate_s) == (240, 0)


def test_the_spread_of_legs_and_of_the_pace_are_told_apart() -> None:
    dice = Random(3)  # noqa: S311
    reports = []
    for day in range(120):
        pace = dice.lognormvariate(0, 0.12)
        reports += [
            ReportedLeg({"primary": 600}, TEN, round(600 * pace * dice.lognormvariate(0, 0.2)), str(day))
            for _ in range(20)
        ]
    spread = learn_spread(reports, learn_speeds(reports), {})

    assert spread.leg == pytest.approx(200_000, rel=0.08)
    assert spread.pace == pytest.approx(120_000, rel=0.15)


def test_without_reports_the_usual_spread_stays() -> None:
    assert learn_spread([], learn_speeds([]), {}) == Spread()


def test_a_report_that_makes_no_sense_is_refused_by_name() -> None:
    with pytest.raises(BadNumber, match="seconds of a leg"):
        ReportedLeg({"primary": 60}, TEN, -5)
    with pytest.raises(BadNumber, match="crates"):
        ReportedStop("café", 60, -1, 60)
