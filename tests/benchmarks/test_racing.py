"""Check races in processes of their own: who crashes, dies or is not installed has that as its result."""

import sys
from pathlib import Path

import pytest

from benchmarks import racing
from benchmarks.days import day, without_rest
from benchmarks.instances import read_pdptw
from benchmarks.judging import judged
from benchmarks.racing import ORTOOLS, OURS, PYVRP, VROOM, race
from tests.benchmarks.test_instances import LI_LIM, written
from tests.routing.days import line, problem, stop

SIDES = {
    "fails": "def solve(model, seconds, seed):\n    raise ValueError('too hard')\n",
    "dies": "import os\ndef solve(model, seconds, seed):\n    os._exit(3)\n",
    "hangs": "import time\ndef solve(model, seconds, seed):\n    time.sleep(600)\n",
    "lacks": "import no_such_package\n",
    "works": "def solve(model, seconds, seed):\n    return {'van': ['p0'], 'seed': [str(seed)]}\n",
}


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, source in SIDES.items():
        (tmp_path / f"side_{name}.py").write_text(f"{source}\ndef prepare(problem, everybody):\n    return problem\n")
        monkeypatch.setitem(racing.NAMES, f"side_{name}", name)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(racing, "_READY_S", 20)


@pytest.mark.slow
@pytest.mark.usefixtures("sides")
def test_a_side_without_an_answer_has_the_reason_as_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    one = problem([stop("p0")], line(10))

    assert race("side_works", one, 1, 7).orders == {"van": ["p0"], "seed": ["7"]}
    assert race("side_fails", one, 1).note == "ValueError: too hard"
    assert race("side_dies", one, 1).note == "its process ended with code 3"
    assert race("side_lacks", one, 1).note == "not installed: no_such_package"
    monkeypatch.setattr(racing, "_READY_S", 1)
    assert race("side_hangs", one, 0.1).note.startswith("no answer within")


@pytest.mark.slow
@pytest.mark.parametrize("side", [PYVRP, VROOM, ORTOOLS, OURS])
def test_every_side_serves_a_pair(side: str, tmp_path: Path) -> None:
    one = read_pdptw(written(tmp_path, LI_LIM))
    answer = race(side, one.problem, 0.3)

    assert answer.orders is not None, answer.note
    assert one.length(judged(one.problem, answer.orders).orders) == pytest.approx(20)


@pytest.mark.slow
@pytest.mark.parametrize("side", [ORTOOLS, OURS, PYVRP])
def test_every_side_serves_a_small_day_without_breaking_a_rule(side: str) -> None:
    small = day(6, 2, 0 if side == PYVRP else 2, 1, 1)
    small = without_rest(small) if side == PYVRP else small
    answer = race(side, small, 1.0)

    assert answer.orders is not None, answer.note
    verdict = judged(small, answer.orders)
    assert (verdict.left_out, verdict.broken, verdict.breaches) == (0, 0, 0)
