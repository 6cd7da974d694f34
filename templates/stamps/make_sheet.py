"""Make the sheet that long lists show their stamps from: fetched once, kept for a year.

    python templates/stamps/make_sheet.py

Each stamp is a view of its own, `stamps.svg#carotte`. A browser that knows no views, or is asked for a stamp that
there is not, shows the first one, the basket.
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHEET = HERE.parents[1] / "meloko" / "static" / "stamps.svg"
FIRST = "panier"
SIDE = 64
# A stroke may reach a little beyond its stamp.
STEP = 80
# A picture knows nothing of the style of the page: what the class says there is said here.
CARVED = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
_DRAWING = re.compile(r'<svg class="stamp" viewBox="0 0 64 64" aria-hidden="true">(.*)</svg>\s*', re.DOTALL)


def sheet() -> str:
    """Return the drawing of all stamps, one below the other."""
    names = sorted((path.stem for path in HERE.glob("*.svg")), key=lambda name: (name != FIRST, name))
    parts = [_stamp(name, STEP * row) for row, name in enumerate(names)]
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">\n{body}\n</svg>\n'


def _stamp(name: str, top: int) -> str:
    found = _DRAWING.fullmatch((HERE / f"{name}.svg").read_text("utf-8"))
    if found is None:
        sys.exit(f"{name}.svg is not drawn as the others are")
    drawing = found[1].replace('class="cut"', CARVED)
    moved = f'<g transform="translate(0 {top})">{drawing}</g>' if top else f"<g>{drawing}</g>"
    return f'<view id="{name}" viewBox="0 {top} {SIDE} {SIDE}"/>{moved}'


if __name__ == "__main__":
    SHEET.write_text(sheet(), "utf-8")
    print(f"{SHEET.name}: {SHEET.stat().st_size:,} bytes")
