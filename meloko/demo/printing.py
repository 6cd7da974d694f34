"""Wait for the rounds of a day, print their sheets over HTTP, and look for every order on paper."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from meloko.demo.browser import Browser, Page
from meloko.errors import MelokoError

# Twenty times what a quiet machine needs.
_PATIENCE_S = 180.0
_GLANCE_S = 0.3


class RoundsNotBuilt(MelokoError):
    """The rounds did not come, and what the page said last."""

    def __init__(self, last: str) -> None:
        super().__init__(
            f"Les tournées ne sont pas là après {_PATIENCE_S:.0f} secondes ({last})."
            " Les journaux de la tâche de fond disent pourquoi."
        )


class SheetNotPrinted(MelokoError):
    """A round sheet that did not come out as a PDF."""

    def __init__(self, letter: str, page: Page) -> None:
        super().__init__(f"La feuille de route {letter} ne s’imprime pas : {page.said() or page.status}")


def wait_for_rounds(staff: Browser, day_id: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Ask until the worker has closed the day and built its rounds; return the day as the page tells it."""
    until = time.monotonic() + _PATIENCE_S
    told = ""
    while time.monotonic() < until:
        day: dict[str, Any] = json.loads(staff.open(f"/equipe/tournees/jour/{day_id}.json").text)
        build = day["build"] or {"state": "", "step": "", "message": ""}
        if build["state"] == "failed":
            raise RoundsNotBuilt(build["message"])
        if day["state"] == "planned" and build["state"] == "built":
            return day
        step = build["step"] or "en attente de la clôture"
        if step != told:
            say(f"  {step}")
            told = step
        time.sleep(_GLANCE_S)
    raise RoundsNotBuilt(told)


def print_sheets(staff: Browser, rounds: Iterable[dict[str, Any]], out: Path) -> list[dict[str, Any]]:
    """Print the sheet of each round into a folder; return what the summary says of each."""
    said = []
    for row in rounds:
        round_page = staff.open(f"/equipe/tournees/{row['id']}")
        page = staff.send(round_page.form("feuille.pdf"))
        if page.status != 200 or not page.content.startswith(b"%PDF-"):
            raise SheetNotPrinted(row["letter"], page)
        sheet = f"feuille-de-route-{row['letter']}.pdf"
        (out / sheet).write_bytes(page.content)
        said.append(
            {
                "stops": row["stops"],
                "orders": len(row["orders"]),
                "distance_m": row["distance_m"],
                "duration_s": row["duration_s"],
                "sheet": sheet,
            }
        )
    return said


def lost_or_doubled(ordered: Iterable[str], day: dict[str, Any]) -> list[str]:
    """Return the numbers of orders that are not exactly once on a round or among the exceptions.

    An order that nobody placed here counts as doubled too.
    """
    asked = Counter(ordered)
    found = Counter(number for row in day["rounds"] for number in row["orders"])
    found.update(row["order"] for row in day["exceptions"])
    return sorted(number for number in asked | found if asked[number] != found[number])
