"""Print what a benchmark found as a table, and write it for machines."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """State one figure, the bar it is held to (in words, such as "≤ 4") and whether it holds; None: not measured."""

    figure: str
    value: float | None
    bar: str
    holds: bool


def printed(rows: list[Row]) -> str:
    """Lay the rows out as text, one a line."""
    width = max([len(row.figure) for row in rows], default=6)
    bar_width = max([len(row.bar) for row in rows], default=3)
    lines = [f"{'figure':<{width}}  {'value':>12}  {'bar':<{bar_width}}  holds"]
    lines += [
        f"{row.figure:<{width}}  {_value(row):>12}  {row.bar:<{bar_width}}  {'yes' if row.holds else 'NO'}"
        for row in rows
    ]
    return "\n".join(lines)


def _value(row: Row) -> str:
    return "not measured" if row.value is None else f"{row.value:.5g}"


def write_json(rows: list[Row], path: Path) -> None:
    """Write the rows as `{"rows": [{"figure", "value", "bar", "holds"}]}`."""
    path.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, ensure_ascii=False, indent=2) + "\n")
