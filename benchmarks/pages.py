"""Measure what pages cost: processor time against a bare Flask page of the same run, questions, and the first paint.

    python -m benchmarks pages [--keep] [--rounds N] [--no-browser]

Each page of customers is asked for by somebody who is signed in, with a catalogue as large as the demo's and with 500
products; a page that says "hello" is asked for in turn, so that a busy machine slows both. Only the time of this
process counts: what the database does is bounded by the number of questions. The ratios are kept in `pages.json`, and
may only fall; `--keep` writes those that are new or lower. A page over its bar is measured once more, twice as long,
and the second figure counts.
"""

import argparse
import gc
import json
import math
import shutil
import statistics
import time
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, event
from werkzeug.test import Client

from benchmarks.shop import open_shop, regular_of
from benchmarks.table import Row
from tests.customer_pages import addresses, fill_catalogue
from tests.listening import listening
from tests.make import Make
from tests.visitor import Visitor

KEPT = Path(__file__).with_name("pages.json")
NOISE = 1.15
ROUNDS = 25
MOST_QUESTIONS = 6
MANY = 500
PAINTED_WITHIN_S = 2.0
# A slow line and a slow telephone: 400 kbit/s, 400 ms, a processor four times slower than this one.
_LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
_SLOWER = 4
_VISITS = 3
# A page and the bare one are each asked for about so long in turn.
_STRETCH_S = 0.01
_PAINT = "performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0] ?? 0"

Costs = dict[str, dict[str, float]]


def measure(arguments: list[str]) -> list[Row]:
    """Return the ratio and the questions of every page, and the first paint of the products."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks pages", allow_abbrev=False)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-browser", action="store_true")
    chosen = parser.parse_args(arguments)
    kept: Costs = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    ratios: Costs = {}
    rows: list[Row] = []
    with open_shop() as (app, engine):
        make, visitor = Make(engine), Visitor(app.test_client())
        regular = regular_of(make, visitor)
        for size, up_to in (("demo", 0), (str(MANY), MANY)):
            fill_catalogue(make, up_to)
            pages = addresses(app, engine, regular)
            ratios[size] = found = _ratios(visitor, pages, chosen.rounds)
            over = {rule: pages[rule] for rule in pages if found[rule] > _bar(rule, size, kept)}
            if over:
                found |= _ratios(visitor, over, 2 * chosen.rounds)
            rows += [_ratio_row(rule, size, ratio, kept) for rule, ratio in ratios[size].items()]
            rows += [_questions_row(rule, size, count) for rule, count in _questions(engine, visitor, pages).items()]
            if not chosen.no_browser and size == "demo":
                rows.append(_painted(app))
    if chosen.keep:
        _keep(ratios, kept)
    return rows


def _ratios(visitor: Visitor, pages: dict[str, str], rounds: int) -> dict[str, float]:
    """Return what each page costs as a multiple of the bare page: the median of the rounds, pages in turn in each."""
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: "hello")
    hello = bare.test_client()
    times = {}
    for rule, address in pages.items():
        answer = visitor.client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        times[rule] = max(1, round(_STRETCH_S / _timed(visitor.client, address, 1)))
    often = round(_STRETCH_S / _timed(hello, "/", 100))
    found: dict[str, list[float]] = {rule: [] for rule in pages}
    for _ in range(rounds):
        for rule, address in pages.items():
            floor = _timed(hello, "/", often)
            page = _timed(visitor.client, address, times[rule])
            # What else runs may change between the two: the floor is taken on both sides.
            found[rule].append(2 * page / (floor + _timed(hello, "/", often)))
    return {rule: statistics.median(ratios) for rule, ratios in found.items()}


def _timed(client: Client, address: str, times: int) -> float:
    """Return the processor seconds of one request, those of collecting garbage left out."""
    gc.collect(0)
    gc.disable()
    began = time.thread_time()
    for _ in range(times):
        client.get(address).get_data()
    spent = time.thread_time() - began
    gc.enable()
    return spent / times


def _questions(engine: Engine, visitor: Visitor, pages: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    for rule, address in pages.items():
        asked.clear()
        visitor.client.get(address)
        found[rule] = len(asked)
    event.remove(engine, "before_cursor_execute", note)
    return found


def _bar(rule: str, size: str, kept: Costs) -> float:
    """Return what a page may cost; a page that is new may cost anything until it is kept."""
    return kept.get(size, {}).get(rule, math.inf) * NOISE


def _ratio_row(rule: str, size: str, ratio: float, kept: Costs) -> Row:
    bar = _bar(rule, size, kept)
    words = "not kept yet" if bar == math.inf else f"≤ {bar:.4g}"
    return Row(f"{rule} ÷ bare page, {size}", ratio, words, holds=ratio <= bar)


def _questions_row(rule: str, size: str, count: int) -> Row:
    return Row(f"{rule} questions, {size}", count, f"≤ {MOST_QUESTIONS}", holds=count <= MOST_QUESTIONS)


def _keep(ratios: Costs, kept: Costs) -> None:
    """Write the ratios that are new or lower; a page that is no more is forgotten."""
    lower = {
        size: {rule: round(min(ratio, kept.get(size, {}).get(rule, ratio)), 1) for rule, ratio in found.items()}
        for size, found in ratios.items()
    }
    KEPT.write_text(json.dumps(lower, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _painted(app: Flask) -> Row:
    """Return the seconds until the first words of the products are painted, on a slow line and a slow telephone."""
    bar = f"≤ {PAINTED_WITHIN_S:g}"
    figure = "/commander first paint, 400 kbit/s, 400 ms, processor ÷ 4, s"
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        return Row(figure, None, bar, holds=False)
    with listening(app) as address, sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        seconds = statistics.median(_first_paint(browser, f"{address}/commander") for _ in range(_VISITS))
        browser.close()
    return Row(figure, seconds, bar, holds=0 < seconds <= PAINTED_WITHIN_S)


def _first_paint(browser: Browser, address: str) -> float:
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 800})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", _LINE)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    page.goto(address, wait_until="load", timeout=60_000)
    painted = float(page.evaluate(_PAINT)) / 1_000
    context.close()
    return painted
