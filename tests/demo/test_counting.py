"""Every order is exactly once on a round or among the exceptions, or it is said by its number."""

from typing import Any

from meloko.demo.printing import lost_or_doubled


def day(*rounds: list[str], exceptions: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "rounds": [{"orders": orders} for orders in rounds],
        "exceptions": [{"order": order, "reason": "no_point"} for order in exceptions],
    }


def test_the_count_closes_when_each_order_is_found_once() -> None:
    assert lost_or_doubled(["0001", "0002", "0003"], day(["0001"], ["0003"], exceptions=("0002",))) == []


def test_an_order_that_is_nowhere_is_named() -> None:
    assert lost_or_doubled(["0001", "0002"], day(["0001"])) == ["0002"]


def test_an_order_on_two_rounds_is_named() -> None:
    assert lost_or_doubled(["0001", "0002"], day(["0001", "0002"], ["0002"])) == ["0002"]


def test_an_order_on_a_round_and_among_the_exceptions_is_named() -> None:
    assert lost_or_doubled(["0001"], day(["0001"], exceptions=("0001",))) == ["0001"]


def test_an_order_that_nobody_placed_is_named() -> None:
    assert lost_or_doubled(["0001"], day(["0001", "0009"])) == ["0009"]
