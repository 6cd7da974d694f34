"""Run one benchmark: `python -m benchmarks NAME [--json FILE] [its own options]`."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.table import Row, printed, write_json

NAMES = ("orders", "matrix", "pages", "planner", "papers")


def main(arguments: list[str]) -> int:
    """Measure, print, write; answer 1 when a bar does not hold and 2 when nothing was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, allow_abbrev=False)
    parser.add_argument("name", metavar="NAME", help="one of: " + ", ".join(NAMES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.name not in NAMES:
        sys.stderr.write(f"There is no benchmark “{chosen.name}”. There are: {', '.join(NAMES)}.\n")
        return 2
    # Only the module asked for is loaded: each benchmark needs other packages and servers.
    rows: list[Row] = importlib.import_module(f"benchmarks.{chosen.name}").measure(rest)
    sys.stdout.write(printed(rows) + "\n")
    if chosen.json is not None:
        write_json(rows, chosen.json)
    return 0 if rows and all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
