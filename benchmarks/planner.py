"""Measure the planner against its peers: PyVRP, VROOM and OR-Tools, all sides in one run, judged by our checker.

Each side plans in a process of its own and has the same CPU seconds. A day is won by who leaves out fewer; prices are
compared where both leave out as many (`duels`).
"""

import argparse
import sys
from functools import cache
from pathlib import Path

from benchmarks.contests import CONTESTS, Entry
from benchmarks.ground import NoPlace, Roads
from benchmarks.instances import BadInstance
from benchmarks.table import Row
from routing.osm import OsmFileError

# Of the networks in the repository the wider and more rural one.
_ROADS = Path(__file__).resolve().parents[1] / "demo" / "artois-synthetic.osm.pbf"
_OF_INSTANCES = ("vrptw-pyvrp", "vrptw-vroom", "pdptw")


def measure(arguments: list[str]) -> list[Row]:
    """Hold the contests asked for, one after the other; answer the rows of the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks planner", description=__doc__, allow_abbrev=False)
    parser.add_argument("--instances", type=Path, metavar="DIR", help="with VRPTW/*.txt, PDPTW/*.txt, best_known.csv")
    parser.add_argument("--days", default="1-3", metavar="FIRST-LAST", help="seeds of the days (default 1-3)")
    parser.add_argument("--roads", type=Path, default=_ROADS, metavar="FILE", help="an OpenStreetMap extract")
    parser.add_argument("--seconds", type=float, metavar="S", help="CPU seconds (default 2 an instance, 5 a day)")
    parser.add_argument("--only", action="append", choices=CONTESTS, metavar="NAME", help=", ".join(CONTESTS))
    parser.add_argument("--seed", type=int, default=0, help="of the searches (default 0)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="searches a day; the median counts")
    chosen = parser.parse_args(arguments)
    if (chosen.seconds is not None and not chosen.seconds > 0) or chosen.seeds < 1:
        parser.error("--seconds and --seeds must be more than nothing")
    names = list(dict.fromkeys(chosen.only or CONTESTS))
    entry = Entry(
        chosen.instances or Path("instances"),
        cache(lambda: Roads.read(chosen.roads)),
        _days(parser, chosen.days),
        chosen.seconds or 2.0,
        chosen.seconds or 5.0,
        range(chosen.seed, chosen.seed + chosen.seeds),
    )
    rows: list[Row] = []
    for name in names:
        if name in _OF_INSTANCES and chosen.instances is None:
            rows.append(Row(f"{name}: no --instances DIR given", None, "see --help", False))
            continue
        sys.stderr.write(f"{name} …\n")
        try:
            rows += CONTESTS[name](entry)
        except (BadInstance, OsmFileError, NoPlace) as refusal:
            rows.append(Row(f"{name}: {refusal}", None, "must be read", False))
    return rows


def _days(parser: argparse.ArgumentParser, text: str) -> range:
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit() and int(first) <= int(last or first)):
        parser.error(f"--days wants FIRST-LAST, such as 1-3, not {text!r}")
    return range(int(first), int(last or first) + 1)
