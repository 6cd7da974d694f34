"""Play one whole day over HTTP: opened, ordered for by both doors, closed and planned by the worker, printed."""

import datetime as dt
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from meloko.config import Settings
from meloko.db import ask, engine_for
from meloko.demo.browser import Browser
from meloko.demo.fiction import read_fiction
from meloko.demo.opening import end_orders, open_day
from meloko.demo.ordering import DESK, key_paper, order_on_the_web, sign_in_staff
from meloko.demo.organisation import next_run
from meloko.demo.printing import lost_or_doubled, print_sheets, wait_for_rounds
from meloko.demo.wishes import People, Wish, draw_wishes, people
from meloko.errors import MelokoError

Say = Callable[[str], None]

MOST_ORDERS = 400
SUMMARY = "summary.json"
# So many exceptions are told one by one.
_TOLD = 8
# So many people order on the web at once.
_AT_ONCE = 3


class TooManyOrders(MelokoError):
    """More orders than the demo has people."""

    def __init__(self) -> None:
        super().__init__(f"La démonstration joue de 1 à {MOST_ORDERS} commandes.")


def play(settings: Settings, *, url: str, out: Path, orders: int, seed: int, say: Say = print) -> bool:
    """Play a day and write its sheets and `summary.json` into `out`; return whether every order is on paper.

    The web, a worker and beat must be running. Raises MelokoError.
    """
    if not 1 <= orders <= MOST_ORDERS:
        raise TooManyOrders
    fiction = read_fiction()
    date = next_run(fiction)
    known = _people(settings, date)
    wishes = draw_wishes(known, orders, seed)
    sign_ins = fiction.organisation["sign_ins"]
    email = next(user["email"] for user in sign_ins["users"] if "staff" in user["roles"])
    staff = sign_in_staff(url, email, sign_ins["password"])
    day_id = open_day(staff, date, known.points)
    say(f"Jour de livraison ouvert : {date:%d/%m/%Y}.")
    with ThreadPoolExecutor(_AT_ONCE + 1) as crowd:
        keyed = crowd.submit(_key_all, staff, day_id, wishes.paper)
        # Those with a card wait for their code, one after the other; guests come all at once.
        carded = [order_on_the_web(url, day_id, wish) for wish in wishes.web if wish.card]
        guests = crowd.map(lambda wish: order_on_the_web(url, day_id, wish), (w for w in wishes.web if not w.card))
        web, paper = [*carded, *guests], keyed.result()
    say(f"Commandes : {len(web)} sur le site, {len(paper)} sur papier.")
    end_orders(staff, day_id)
    day = wait_for_rounds(staff, day_id, say)
    rounds = print_sheets(staff, day["rounds"], out)
    forgotten = lost_or_doubled([*web, *paper], day)
    summary = {
        "orders": {"web": len(web), "paper": len(paper), "total": len(web) + len(paper)},
        "rounds": rounds,
        "exceptions": [{"order": row["order"], "reason": row["sentence"]} for row in day["exceptions"]],
        "counts_close": not forgotten,
    }
    (out / SUMMARY).write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", "utf-8")
    _tell(day, rounds, forgotten, say)
    return not forgotten


def _tell(day: dict[str, Any], rounds: list[dict[str, Any]], forgotten: list[str], say: Say) -> None:
    for row in rounds:
        km, minutes = row["distance_m"] / 1000, row["duration_s"] // 60
        load = f"{_counted(row['stops'], 'arrêt')}, {_counted(row['orders'], 'commande')}"
        say(f"  {row['sheet']} : {load}, {km:.0f} km, {minutes} min.")
    for row in day["exceptions"][:_TOLD]:
        say(f"  exception, commande {row['order']} : {row['sentence']}")
    if len(day["exceptions"]) > _TOLD:
        say(f"  et {_counted(len(day['exceptions']) - _TOLD, 'autre exception')}, dans {SUMMARY}.")
    if forgotten:
        say(f"Le compte n’y est pas. À chercher : {', '.join(forgotten)}.")
    else:
        on_rounds = sum(row["orders"] for row in rounds)
        left_out = _counted(len(day["exceptions"]), "exception")
        say(f"Le compte y est : {_counted(on_rounds, 'commande')} sur les tournées + {left_out}.")


def _counted(count: int, words: str) -> str:
    return f"{count} {words}" if count < 2 else f"{count} {' '.join(f'{word}s' for word in words.split())}"


def _people(settings: Settings, date: dt.date) -> People:
    engine = engine_for(settings.database_url)
    try:
        return ask(engine, people, date)
    finally:
        engine.dispose()


def _key_all(staff: Browser, day_id: int, wishes: tuple[Wish, ...]) -> list[str]:
    page = staff.open(f"{DESK}?jour={day_id}")
    numbers = []
    for wish in wishes:
        number, page = key_paper(staff, page, day_id, wish)
        numbers.append(number)
    return numbers
