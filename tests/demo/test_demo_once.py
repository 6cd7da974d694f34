"""The day of the demo from end to end, in real processes: what the summary says is what lies on paper."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
# In a new organisation no order has a number beyond 0999.
_NUMBER = re.compile(r"(?<!\d)0\d{3}(?!\d)")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


def play(out: Path, *words: str) -> dict[str, Any]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MELOKO_")}
    command = [sys.executable, "-m", "meloko", "demo", "--once", "--out", str(out), *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400
    )
    assert done.returncode == 0, done.stdout
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return summary


def text_of(sheet: Path) -> str:
    paper = pypdfium2.PdfDocument(sheet)
    try:
        return "\n".join(paper[page].get_textpage().get_text_range() for page in range(len(paper)))
    finally:
        paper.close()


def check(out: Path, summary: dict[str, Any], orders: int) -> str:
    """Hold the summary against the sheets; return the text of them all."""
    assert set(summary) == {"orders", "rounds", "exceptions", "counts_close"}
    assert summary["counts_close"] is True
    assert summary["orders"]["web"] + summary["orders"]["paper"] == summary["orders"]["total"] == orders
    assert summary["orders"]["paper"] >= 0.4 * orders
    exceptions = {row["order"] for row in summary["exceptions"]}
    assert len(exceptions) == len(summary["exceptions"]) >= 1
    assert all(row["reason"] for row in summary["exceptions"])
    assert sum(row["orders"] for row in summary["rounds"]) + len(exceptions) == orders
    texts = []
    for row in summary["rounds"]:
        text = text_of(out / row["sheet"])
        # The head of the sheet counts its stops and its orders.
        head = re.search(r"(\d+)\s+arrêts, (\d+) commandes", text)
        assert head is not None
        assert (int(head[1]), int(head[2])) == (row["stops"], row["orders"])
        # Each order stands on the sheet by its number; those of no round are listed at its end.
        printed = set(_NUMBER.findall(text))
        assert len(printed - exceptions) == row["orders"]
        assert exceptions <= printed
        assert row["distance_m"] > 1_000
        assert row["duration_s"] > 600
        texts.append(text)
    assert {path.name for path in out.glob("*.pdf")} == {row["sheet"] for row in summary["rounds"]}
    return "\n".join(texts)


def test_a_day_is_ordered_closed_planned_and_printed(tmp_path: Path) -> None:
    summary = play(tmp_path)

    text = check(tmp_path, summary, 60)
    assert "À prendre en route" in text
    assert "Vieille" in text, "the customer whose door nobody can find is not listed"


def test_the_day_runs_on_a_real_map_with_its_own_addresses(tmp_path: Path) -> None:
    roads, addresses = DATA / "liechtenstein.osm.pbf", DATA / "addresses_osm_liechtenstein.csv"

    summary = play(tmp_path, "--orders", "30", "--roads", str(roads), "--addresses", str(addresses))

    text = check(tmp_path, summary, 30)
    assert "À prendre en route" in text
    assert re.search(r"Vaduz|Triesen|Schaan", text)
    assert "Béthune" not in text
