"""Check the table: who wins a day, what a bar needs to hold, and that what was not measured says so."""

import sys
from pathlib import Path

import pytest

from benchmarks import duels
from benchmarks.__main__ import main
from benchmarks.duels import Duel, Score, mean, more_left_out, rows_of
from benchmarks.planner import measure
from benchmarks.racing import PYVRP, Answer
from benchmarks.table import Row, printed
from tests.routing.days import line, problem, stop


def duel(ours: float | None, peer: float | None, left_out: int = 0, peer_left_out: int = 0) -> Duel:
    return Duel(
        "day", Score(left_out, ours), Score(peer_left_out, peer, note="" if peer else "PyVRP: not installed: x")
    )


def test_the_mean_is_the_geometric_one() -> None:
    assert mean([0.5, 2.0]) == pytest.approx(1)
    assert mean([]) is None


@pytest.mark.parametrize(
    ("fought", "value", "holds"),
    [
        ([duel(99, 100), duel(100, 100)], 0.99499, True),
        ([duel(102, 100)], 1.02, False),
        ([duel(99, 100), duel(None, 100)], 0.99, False),
        ([duel(99, 100), duel(99, None)], 0.99, False),
        ([], None, False),
        # Fewer left out wins the day whatever it costs, more loses it whatever it costs.
        ([duel(300, 100, 0, 1)], None, True),
        ([duel(10, 100, 1, 0)], None, False),
        ([duel(99, 100), duel(300, 100, 0, 1)], 0.99, True),
    ],
)
def test_a_bar_holds_when_all_answered_and_the_mean_is_below_it(
    fought: list[Duel], value: float | None, holds: bool
) -> None:
    row = rows_of("x", PYVRP, fought, 1.0)[-1]

    assert row.value == (None if value is None else pytest.approx(value, abs=1e-5))
    assert row.holds is holds


def test_leaving_out_more_on_one_day_shows_beside_many_won_ones() -> None:
    row = more_left_out("x", PYVRP, [duel(1, 1, 0, 5), duel(1, 1, 2, 1)])

    assert (row.value, row.holds) == (1, False)


def test_a_peer_that_is_not_installed_is_named_and_its_bar_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duels, "race", lambda *_: Answer(None, note="not installed: pyvrp"))
    missing = duels.score(PYVRP, problem([stop("p0")], line(10)), 1, (0,), lambda _: 1.0)
    rows = rows_of("x", PYVRP, [Duel("day", Score(0, 1.0), missing)], 1.0)

    assert "PyVRP: not installed: pyvrp" in printed(rows)
    assert "not measured" in printed(rows).splitlines()[-1]
    assert not rows[-1].holds


def test_what_was_not_measured_is_printed_so() -> None:
    assert printed([Row("a", None, "≤ 1", False)]).splitlines()[1].split() == ["a", "not", "measured", "≤", "1", "NO"]


def test_no_instances_and_no_roads_are_said_by_name(tmp_path: Path) -> None:
    rows = measure(["--only", "pdptw"])
    rows += measure(["--only", "pdptw", "--instances", str(tmp_path)])
    rows += measure(["--only", "growth", "--roads", str(tmp_path / "nowhere.osm.pbf")])

    assert [row.holds for row in rows] == [False] * 3
    assert str(tmp_path) in rows[1].figure
    assert "nowhere.osm.pbf" in rows[2].figure


@pytest.mark.parametrize(
    "wrong", [["--days", "3-1"], ["--days", "x"], ["--seconds", "0"], ["--seeds", "0"], ["--only", "everything"]]
)
def test_options_that_make_no_sense_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["planner", *wrong])

    assert wrong[0] in capsys.readouterr().err


def test_peers_are_known_to_the_benchmarks_alone() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [path for folder in ("routing", "meloko", "workers") for path in (root / folder).rglob("*.py")]
    words = ("pyvrp", "vroom", "ortools", "benchmarks")
    found = [
        f"{path.name}: {line}"
        for path in sources
        for line in path.read_text().splitlines()
        if line.lstrip().startswith(("import ", "from ")) and line.split()[1].split(".")[0] in words
    ]

    assert sources
    assert found == []
    assert "benchmarks.duels" in sys.modules
