"""Order as people do, over HTTP: on the web as a guest or with a card, and on paper keyed by staff."""

import re
import time
from collections.abc import Iterator

from meloko.demo.browser import Browser, Form, Page
from meloko.demo.wishes import Wish
from meloko.errors import MelokoError

SHOP, PLACE, CHECK = "/commander", "/commander/jour-et-lieu", "/commander/verifier"
DESK, MESSAGES = "/equipe/saisie", "/demo/messages"

_NUMBER_ON_THE_WEB = re.compile(r'class="placed__number">\s*(\d+)')
_NUMBER_AT_THE_DESK = re.compile(r"Commande n°\s*(\d+) enregistrée")
_CODE = re.compile(r"(\d{6})\s+est\s+votre\s+code")
_HOME = "home"
# A code comes within a second; without a broker, at the next sweep of the outbox.
_PATIENCE_S = 40


class NotOrdered(MelokoError):
    """A person who could not order, and what the page told her."""

    def __init__(self, who: str, page: Page) -> None:
        said = page.said() or f"la page {page.path} a répondu {page.status}"
        super().__init__(f"La commande de {who} n’a pas pu être passée : {said}")


def order_on_the_web(address: str, day_id: int, wish: Wish) -> str:
    """Order in the four steps; return the number of the order."""
    browser = Browser(address)
    if wish.card:
        _sign_in_with_card(browser, wish)
    shop = browser.open(SHOP)
    for code, quantity in wish.lines:
        form = shop.form(f'action="{SHOP}/produits/{code}"')
        form.fill(change="set", quantity=str(quantity))
        answer = browser.send(form, follow=False)
        if answer.status != 303:
            raise NotOrdered(wish.name, answer)
    page = browser.open(f"{PLACE}?jour={day_id}")
    form = page.form('name="day"')
    for place in _places(form, wish):
        form.fill(place=place)
        page = browser.send(form)
        if page.path.endswith("/coordonnees"):
            page = _introduce(browser, page, wish)
        if page.path == CHECK and page.status == 200:
            form = page.form('name="key"')
            if 'name="adult"' in page.text:
                form.fill(adult="1")
            page = browser.send(form)
            number = _NUMBER_ON_THE_WEB.search(page.text)
            if number:
                return number.group(1)
    raise NotOrdered(wish.name, page)


def key_paper(staff: Browser, page: Page, day_id: int, wish: Wish) -> tuple[str, Page]:
    """Key one paper order on the page of the desk; return its number and the page for the next one."""
    form = page.form('name="customer"')
    form.fill(customer=wish.card, day=str(day_id), source="paper", act="save")
    form.write("code", [code for code, _ in wish.lines])
    form.write("quantity", [str(quantity) for _, quantity in wish.lines])
    form.fill(articles=str(sum(quantity for _, quantity in wish.lines)))
    for place in _places(form, wish):
        form.fill(place=place)
        page = staff.send(form)
        number = _NUMBER_AT_THE_DESK.search(" ".join(page.text.split()))
        if number:
            return number.group(1), page
    raise NotOrdered(wish.name, page)


def sign_in_staff(address: str, email: str, password: str) -> Browser:
    """Sign in at the staff's door; return the browser that is in."""
    browser = Browser(address)
    form = browser.open("/equipe/connexion").form('name="password"')
    form.fill(email=email, password=password)
    page = browser.send(form)
    if page.status != 200 or page.path.endswith("/connexion"):
        raise NotOrdered(email, page)
    return browser


def _sign_in_with_card(browser: Browser, wish: Wish) -> None:
    form = browser.open("/connexion").form('name="card_number"')
    form.fill(card_number=wish.card)
    before = _newest_code(browser)
    page = browser.send(form)
    form = page.form('name="code"')
    form.fill(code=_code_after(browser, before))
    page = browser.send(form)
    if page.status != 200 or page.path.startswith("/connexion"):
        raise NotOrdered(wish.name, page)


def _code_after(browser: Browser, before: str) -> str:
    """Wait for the message, as one waits for an e-mail: the workers send it."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        code = _newest_code(browser)
        if code != before:
            return code
        time.sleep(0.2)
    return before


def _newest_code(browser: Browser) -> str:
    # The newest message comes first.
    code = _CODE.search(browser.open(MESSAGES).text)
    return code.group(1) if code else ""


def _introduce(browser: Browser, page: Page, wish: Wish) -> Page:
    form = page.form('name="phone"')
    form.fill(name=wish.name, phone=wish.phone)
    if any(name == "address" for name, _ in form.fields):
        form.fill(address=wish.address, postcode=wish.postcode, commune=wish.commune)
    return browser.send(form)


def _places(form: Form, wish: Wish) -> Iterator[str]:
    """Give the places on offer, in the order in which this person would go there."""
    offered = form.choices.get("place", {})
    if wish.home and _HOME in offered:
        yield _HOME
    for name in wish.relay_points:
        yield from (value for value, words in offered.items() if value and words.startswith(name))
    if not wish.home and _HOME in offered:
        yield _HOME
