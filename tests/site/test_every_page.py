"""Every page that customers see, in both languages, in a real browser: whoever adds one cannot forget it.

An address of the map of the application that is for visitors or customers is opened here, or named below with a reason.
"""

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Engine
from sqlmodel import Session
from werkzeug.serving import make_server

from meloko.accounts.access import COOKIE, audience
from meloko.accounts.models import Role, User
from meloko.accounts.services import WORK_ENDS, open_sign_in, set_organisation
from meloko.catalogue.models import Producer
from meloko.clock import today
from meloko.customers.models import Customer
from meloko.relay_points.models import RelayPoint
from meloko.standing_orders.editing import Wanted, start_standing_order
from meloko.standing_orders.repeating import Rhythm
from tests.eyes import WIDTHS, Eyes
from tests.make import Make

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# What the holes of an address are filled with; `_world` makes these things, and names its order and what repeats it.
EXAMPLES = {
    "/producteurs/<code>": "/producteurs/FAB",
    "/points-relais/<code>": "/points-relais/R01",
    "/jours": "/jours?commune=Bethune",
    "/chercher": "/chercher?q=poirau",
    "/commander/commandes/<id:order_id>": "/commander/commandes/{order}",
    "/commander/commandes/<id:order_id>/renoncer": "/commander/commandes/{order}/renoncer",
    "/commander/merci/<id:order_id>": "/commander/merci/{order}",
    "/commander/regulieres/<id:standing_order_id>": "/commander/regulieres/{standing}",
    "/commander/regulieres/<id:standing_order_id>/changer": "/commander/regulieres/{standing}/changer",
    # Links that no longer serve: what is said then is a page too.
    "/connexion/lien/<token>": "/connexion/lien/perdu",
    "/mon-compte/pas-moi/<token>": "/mon-compte/pas-moi/perdu",
}
# Not a page of its own: for machines, for who works here, or it leads elsewhere at once.
NO_PAGE = re.compile(
    r"/(equipe|livreur|tournee|hote|partenaire|producteur/|invitation|demo|health|ready|robots\.txt|sitemap\.xml)"
)
LEADS_ON = {"/commander/produits/<code>", "/mon-compte/donnees.zip"}
LANGUAGES = ("", "/en")
FRENCH_WORDS = re.compile(
    r"\b(le|les|des|du|vous|votre|vos|nous|nos|pour|avec|sans|chez|est|sont|une|dans|sur|par|cette|où)\b", re.IGNORECASE
)
# Names stay as they are: a title and the name of a drawing cannot say which of their words are French.
NAMES = re.compile("Café du Canal|Ferme des Saules")
# What a reader of English sees or hears that is not marked as French.
_HEARD = """() => {
  const french = element => element.closest("[lang=fr]");
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    const seen = !parent.closest("script, style, svg, input, textarea");
    if (seen && !french(parent)) found.push(walk.currentNode.data.trim());
  }
  for (const element of document.querySelectorAll("[aria-label]"))
    if (!french(element) && !element.matches("input")) found.push(element.getAttribute("aria-label"));
  return [document.title, ...found].filter(Boolean);
}"""


@dataclass
class Site:
    """The application, listening, with everything on it that a page may show."""

    address: str
    app: Flask
    token: str
    ids: dict[str, int]


@pytest.fixture
def site(app: Flask, make: Make, engine: Engine) -> Iterator[Site]:
    token, ids = _world(make, engine)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with contextlib.ExitStack() as stack:
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        yield Site(f"http://127.0.0.1:{server.port}", app, token, ids)
    server.server_close()


def pages(app: Flask, ids: dict[str, int]) -> list[str]:
    """Return the addresses of all pages of customers, their holes filled."""
    found = []
    for rule in app.url_map.iter_rules():
        allowed = audience(app.view_functions[rule.endpoint]) if rule.endpoint != "static" else None
        if allowed is None or "GET" not in (rule.methods or ()) or NO_PAGE.match(rule.rule) or rule.rule in LEADS_ON:
            continue
        if allowed & {Role.VISITOR, Role.CUSTOMER} and ("<" not in rule.rule or rule.rule in EXAMPLES):
            found.append(EXAMPLES.get(rule.rule, rule.rule).format(**ids))
    return sorted(found)


def test_no_page_of_customers_is_without_an_example(app: Flask) -> None:
    waiting = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "<" in rule.rule and "GET" in (rule.methods or ()) and rule.endpoint != "static"
        and (audience(app.view_functions[rule.endpoint]) or frozenset()) & {Role.VISITOR, Role.CUSTOMER}
        and not NO_PAGE.match(rule.rule) and rule.rule not in EXAMPLES and rule.rule not in LEADS_ON
    ]  # fmt: skip

    assert waiting == []


@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "customer"])
def test_every_page_is_read_by_all_in_both_languages(site: Site, browser: BrowserContext, signed_in: bool) -> None:
    if signed_in:
        browser.add_cookies([{"name": COOKIE, "value": site.token, "url": site.address}])
    page = browser.new_page()
    eyes = Eyes(page)
    _choose(page, site)
    wrong = []
    for path in pages(site.app, site.ids):
        for language in LANGUAGES:
            answer = page.goto(site.address + language + path)
            assert answer is not None
            if answer.status >= 500:
                wrong.append(f"{language}{path}: {answer.status}")
                continue
            try:
                eyes.look(widths=WIDTHS if not language else WIDTHS[-1:])
                eyes.enlarge_the_letters()
            except AssertionError as told:
                wrong.append(str(told).splitlines()[0])
            wrong += [f"{language}{path} says: {words}" for words in _french_in_english(page)]
    eyes.trust()

    assert not wrong, "\n".join(wrong)


def test_every_page_stands_without_a_script(site: Site, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    for path in pages(site.app, site.ids):
        page.goto(site.address + path)
        assert page.locator("main h1, main h2").count() >= 1, path


def test_a_commune_is_found_and_a_relay_point_opened_with_the_keyboard_alone(
    site: Site, browser: BrowserContext
) -> None:
    page = browser.new_page()
    page.goto(site.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "commune":
            break
    page.keyboard.type("bethune")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jours?commune=bethune")
    for _ in range(30):
        page.keyboard.press("Tab")
        if "/points-relais/R01" in (page.evaluate("document.activeElement.href") or ""):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/points-relais/R01")

    assert page.locator("h1").inner_text() == "Café du Canal"


def _choose(page: Page, site: Site) -> None:
    """Choose something and a place, so that the pages after it have something to show."""
    page.goto(f"{site.address}/commander")
    page.locator("button[value=more]").first.click()
    page.locator(".product__said").first.wait_for()
    page.goto(f"{site.address}/commander/jour-et-lieu")
    page.locator("input[name=place]").last.check()
    page.locator(".columns__side button").click()


def _french_in_english(page: Page) -> list[str]:
    if page.get_attribute("html", "lang") != "en":
        return []
    return [words for words in page.evaluate(_HEARD) if FRENCH_WORDS.search(NAMES.sub("", words))]


def _world(make: Make, engine: Engine) -> tuple[str, dict[str, int]]:
    """Make one of everything; return the token of a customer who is signed in, and the ids of what is hers."""
    make.ask(
        lambda session: set_organisation(
            session, name="Les Saules", phone="03 53 01 24 60", phone_hours="du lundi au vendredi",
            email="bonjour@meloko.example", address="1 rue du Pont, 62400 Béthune", mediator="Le médiateur",
        )
    )  # fmt: skip
    cafe, farm = make.relay_point(name="Café du Canal"), make.producer()
    make.ask(_rename, cafe.id, farm.id)
    day = make.day(cafe, in_days=2)
    goods = [make.product(farm, name=name) for name in ("Poireaux, la botte", "Lait entier cru", "Pain de campagne")]
    customer = make.customer(email="yvette@meloko.example")
    token, user_id = make.ask(_sign_in, customer)
    placed = make.order(customer, day, cafe, {goods[0].id: 2})
    wanted = Wanted({goods[1].id: 1}, Rhythm.WEEKLY, frozenset({3}), today(), relay_point_id=cafe.id)
    standing = make.ask(start_standing_order, user_id, wanted)
    return token, {"order": placed.order_id, "standing": standing.id}


def _rename(session: Session, cafe_id: int, farm_id: int) -> None:
    session.get_one(RelayPoint, cafe_id).code = "R01"
    farm = session.get_one(Producer, farm_id)
    farm.code, farm.labels, farm.about = "FAB", "AB", "Trois générations de maraîchers."


def _sign_in(session: Session, customer: Customer) -> tuple[str, int]:
    user = User(name=customer.full_name, email=None, roles=[Role.CUSTOMER])
    session.add(user)
    session.flush()
    session.get_one(Customer, customer.id).user_id = user.id
    return open_sign_in(session, user, WORK_ENDS, WORK_ENDS).token, user.id
