"""Photograph the pages of customers as docs/pictures shows them.

    python -m benchmarks.page_pictures [--out DIR] [--every DIR] [--only PATTERN]

The shop is the demo's; somebody who orders there regularly is signed in. `--every` photographs each page there is, for
whoever wants to look at all of them, and leaves docs/pictures alone.
"""

import argparse
import io
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine

from benchmarks.shop import open_shop, regular_of
from meloko.accounts.access import COOKIE
from meloko.orders.views import COOKIE as BASKET_COOKIE
from tests.customer_pages import Regular, addresses
from tests.listening import listening
from tests.make import Make
from tests.visitor import Visitor

ROOT = Path(__file__).resolve().parents[1]
WIDTHS = (1280, 390)
# A picture shows what a screen or two show; a longer page is cut there.
TALLEST = {1280: 3100, 390: 3400}
# So many colours do for flat drawings and text.
_COLOURS = 96


def _as_it_opens(_page: Page) -> None:
    """Do nothing."""


def _add_some(page: Page) -> None:
    page.locator("button[value=more]").nth(2).click()
    page.locator(".product__said").first.wait_for()


def _make_a_mistake(page: Page) -> None:
    page.fill("input[name=name]", "Jeanne Dubrulle")
    page.fill("input[name=phone]", "03 53 01 88 7")
    page.locator("main button.button").last.click()
    page.wait_for_load_state()


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to photograph, by its rule, and what is done on it before."""

    name: str
    rule: str
    signed_in: bool = True
    language: str = ""
    act: Callable[[Page], None] = _as_it_opens
    # What a screen shows at once, when that is wanted.
    height: int = 0


PICTURES = (
    Picture("site-front", "/", signed_in=False, height=960),
    Picture("site-home", "/", signed_in=False),
    Picture("site-home-english", "/", signed_in=False, language="/en"),
    Picture("site-products", "/produits", signed_in=False),
    Picture("site-producers", "/producteurs", signed_in=False),
    Picture("site-producer", "/producteurs/<code>", signed_in=False),
    Picture("site-relay-points", "/points-relais", signed_in=False),
    Picture("site-relay-point", "/points-relais/<code>", signed_in=False),
    Picture("site-days", "/jours", signed_in=False),
    Picture("site-search", "/chercher", signed_in=False),
    Picture("site-paper-form", "/bon-de-commande", signed_in=False),
    Picture("site-how-it-works", "/comment-ca-marche", signed_in=False),
    Picture("sign-in", "/connexion", signed_in=False),
    Picture("order-products", "/commander", act=_add_some),
    Picture("order-place", "/commander/jour-et-lieu"),
    Picture("order-check", "/commander/verifier"),
    Picture("order-done", "/commander/merci/<id:order_id>"),
    Picture("order-neighbours", "/commander/voisins"),
    Picture("order-standing", "/commander/regulieres/<id:standing_order_id>"),
    Picture("order-mistake", "/bon-de-commande", signed_in=False, act=_make_a_mistake),
    Picture("account", "/mon-compte"),
    Picture("account-order", "/commander/commandes/<id:order_id>"),
)


def main(arguments: list[str]) -> int:
    """Open the shop, photograph the pages, say what each picture weighs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_pictures", allow_abbrev=False)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures", metavar="DIR")
    parser.add_argument("--every", type=Path, metavar="DIR")
    parser.add_argument("--only", metavar="PATTERN", help="only pictures whose name matches")
    options = parser.parse_args(arguments)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.stderr.write("There is no Chromium here.\n")
        return 1
    folder = options.every or options.out
    folder.mkdir(parents=True, exist_ok=True)
    with _studio(program) as studio:
        for picture in _each(studio) if options.every else PICTURES:
            for width in WIDTHS if re.search(options.only or "", picture.name) else ():
                path = folder / f"{picture.name}-{width}.png"
                path.write_bytes(_small(studio.photograph(picture, width)))
                sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} KB\n")
    return 0


@dataclass(frozen=True, slots=True)
class _Studio:
    """A browser before the open shop."""

    browser: Browser
    address: str
    cookies: dict[str, str]
    places: dict[str, str]

    def photograph(self, picture: Picture, width: int) -> bytes:
        context = self._context(picture, width)
        page = context.new_page()
        answer = page.goto(f"{self.address}{picture.language}{self.places.get(picture.rule, picture.rule)}")
        assert answer is not None
        picture.act(page)
        page.wait_for_load_state("networkidle")
        page.evaluate("scrollTo(0, 0)")
        height = picture.height or int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": min(height, TALLEST[width])})
        shot = page.screenshot(animations="disabled")
        context.close()
        return shot

    def _context(self, picture: Picture, width: int) -> BrowserContext:
        context = self.browser.new_context(
            locale="fr-FR",
            timezone_id="Europe/Paris",
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
        )
        if picture.signed_in:
            context.add_cookies(
                [{"name": name, "value": value, "url": self.address} for name, value in self.cookies.items()]
            )
        return context


@contextmanager
def _studio(program: str) -> Iterator[_Studio]:
    with open_shop() as (app, engine):
        visitor = Visitor(app.test_client())
        regular = regular_of(Make(engine), visitor)
        kept = ((name, visitor.client.get_cookie(name)) for name in (COOKIE, BASKET_COOKIE))
        cookies = {name: cookie.value for name, cookie in kept if cookie is not None}
        with listening(app) as address, sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=program,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--lang=fr-FR"],
            )
            yield _Studio(browser, address, cookies, _places(app, engine, regular))
            browser.close()


def _places(app: Flask, engine: Engine, regular: Regular) -> dict[str, str]:
    return addresses(app, engine, regular)


def _each(studio: _Studio) -> Iterator[Picture]:
    """Give every page there is, as a visitor and as somebody signed in see it."""
    for rule, place in studio.places.items():
        name = re.sub(r"\W+", "-", place).strip("-") or "home"
        yield Picture(f"{name}-visitor", rule, signed_in=False)
        yield Picture(f"{name}-customer", rule)


def _small(shot: bytes) -> bytes:
    """Return the same picture in few colours, which is all that flat drawings need."""
    with Image.open(io.BytesIO(shot)) as picture:
        few = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        packed = io.BytesIO()
        few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
