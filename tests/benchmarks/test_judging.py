"""Check that every side is judged alike, and that whoever breaks a rule has not served."""

from dataclasses import replace

from benchmarks.judging import judged
from routing.problem import Farm, Goods, Load, Problem, Window
from tests.routing.days import ALL_DAY, line, place, problem, stop

FARM = Farm("farm", place("p0"), ALL_DAY, 600)


def two_stops() -> Problem:
    return problem([stop("p0"), stop("p1")], line(10, 20))


def day_of_a_farm() -> Problem:
    fed = stop("p1", goods=(Goods("farm", Load(100, 0)),))
    return problem([fed, stop("p2")], line(10, 20, 30), farms=[FARM])


def test_a_sound_order_is_priced_and_holds() -> None:
    verdict = judged(two_stops(), {"van": ["p0", "p1"]})

    assert (verdict.left_out, verdict.broken, verdict.breaches) == (0, 0, 0)
    assert verdict.driven == verdict.plan.cost > 0


def test_a_stop_reached_after_its_window_is_not_served() -> None:
    day = two_stops()
    late = tuple(replace(one, windows=(Window(0, 8 * 3_600 + 900),)) if one.id == "p0" else one for one in day.stops)
    verdict = judged(replace(day, stops=late), {"van": ["p1", "p0"]})

    assert verdict.orders == {"van": ["p1"]}
    assert (verdict.left_out, verdict.broken, verdict.breaches) == (1, 1, 0)


def test_a_drop_before_its_farm_is_not_served_nor_is_the_farm_called_at() -> None:
    verdict = judged(day_of_a_farm(), {"van": ["p1", "farm", "p2"]})

    assert verdict.orders == {"van": ["p2"]}
    assert (verdict.left_out, verdict.broken, verdict.breaches) == (1, 1, 0)


def test_a_second_call_at_a_farm_is_dropped_in_favour_of_who_made_it() -> None:
    verdict = judged(day_of_a_farm(), {"van": ["farm", "farm", "p1", "p2"]})

    assert verdict.orders == {"van": ["farm", "p1", "p2"]}
    assert (verdict.left_out, verdict.broken) == (0, 0)


def test_what_the_day_does_not_have_and_what_comes_twice_counts_as_broken() -> None:
    verdict = judged(two_stops(), {"van": ["p0", "p0", "nobody"], "no such van": ["p1"]})

    assert verdict.orders == {"van": ["p0"]}
    assert (verdict.left_out, verdict.broken, verdict.breaches) == (1, 3, 0)


def test_an_empty_answer_leaves_everybody_out() -> None:
    verdict = judged(two_stops(), {})

    assert (verdict.left_out, verdict.driven, verdict.breaches) == (2, 0, 0)
