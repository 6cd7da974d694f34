"""What travels when a page is opened, counted by the browser itself, with all that belongs to the demo."""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Engine
from sqlmodel import col, select

from meloko import outbox
from meloko.config import Settings
from meloko.db import ask
from meloko.demo.fiction import read_fiction
from meloko.demo.loading import load
from meloko.jobs import BuildRounds
from meloko.rounds.building import Tools, build_rounds
from meloko.rounds.models import Round
from tests import questions
from tests.listening import listening

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FIRST_HOME, FIRST_PRODUCTS, FIRST_AT_WORK, LATER = 80_000, 65_000, 90_000, 20_000
# The page alone, packed.
PRODUCTS_PAGE = 15_000


@dataclass
class Scales:
    """Weighs what one page of a browser receives: heads and contents, as they travel."""

    page: Page
    by_address: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _addresses: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.loadingFinished", self._came)
        devtools.send("Network.enable")

    def _asked(self, event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        self._addresses[str(event["requestId"])] = str(request["url"]).split("/", 3)[3]

    def _came(self, event: dict[str, object]) -> None:
        self.by_address[self._addresses[str(event["requestId"])]] += int(str(event["encodedDataLength"]))

    def open(self, address: str) -> int:
        """Open a page; return the bytes that came for it."""
        self.by_address.clear()
        answer = self.page.goto(address, wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200
        # A face is asked for by the letters that are shown; none of the rare ones may be.
        assert sum(".woff2" in name for name in self.by_address) == 3, self.by_address
        return sum(self.by_address.values())


def test_the_pages_of_the_demo_stay_within_their_bytes(
    app: Flask, settings: Settings, engine: Engine, browser: BrowserContext
) -> None:
    load(settings, seed=1)
    round_id = build_today(engine, settings)
    weighed: dict[str, int] = {}
    told: dict[str, dict[str, int]] = {}
    with listening(app) as address:
        for name, path in (("home", "/"), ("products", "/commander")):
            scales = emptied(browser)
            for visit in ("first", "later"):
                weighed[f"{name}, {visit} visit"] = scales.open(address + path)
                told[f"{name}, {visit} visit"] = dict(scales.by_address)
        at_work(browser, address)
        for name, path in (("day", "/equipe/"), ("round", f"/equipe/tournees/{round_id}")):
            weighed[f"{name}, first visit"] = emptied(browser).open(address + path)

    limits = {
        "home, first visit": FIRST_HOME, "home, later visit": LATER,
        "products, first visit": FIRST_PRODUCTS, "products, later visit": LATER,
        "day, first visit": FIRST_AT_WORK, "round, first visit": FIRST_AT_WORK,
    }  # fmt: skip
    assert {name: bytes_ for name, bytes_ in weighed.items() if bytes_ > limits[name]} == {}, told
    assert told["products, first visit"]["commander"] <= PRODUCTS_PAGE
    assert min(weighed[f"{name}, first visit"] for name in ("home", "products", "day", "round")) > 30_000


def emptied(browser: BrowserContext) -> Scales:
    """Return a new page of a browser that has seen nothing yet."""
    page = browser.new_page()
    devtools = browser.new_cdp_session(page)
    devtools.send("Network.clearBrowserCache")
    devtools.detach()
    return Scales(page)


def build_today(engine: Engine, settings: Settings) -> int:
    """Let the planner make the rounds of today, as the worker would; return the longest."""
    for job in questions.jobs(engine, BuildRounds.name):
        claimed = ask(engine, outbox.claim, job.id)
        if claimed is not None:
            build_rounds(Tools(engine, settings.var, None), claimed)
    return ask(engine, lambda s: s.exec(select(Round.id).order_by(col(Round.duration_s).desc())).first()) or 0


def at_work(browser: BrowserContext, address: str) -> None:
    """Sign in as one of the staff."""
    sign_ins = read_fiction().organisation["sign_ins"]
    page = browser.new_page()
    page.goto(f"{address}/equipe/connexion")
    page.fill("input[name=email]", next(user["email"] for user in sign_ins["users"] if "staff" in user["roles"]))
    page.fill("input[name=password]", sign_ins["password"])
    page.click("main button")
    page.wait_for_url(f"{address}/equipe/")
