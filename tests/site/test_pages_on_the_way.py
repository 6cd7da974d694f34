"""The pages that only open on the way to something: codes, links, the second factor, and those of the administrator."""

import base64
import dataclasses
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.access import COOKIE
from meloko.accounts.models import Role
from meloko.accounts.services import set_organisation
from meloko.accounts.totp import STEP_S, totp
from meloko.app import create_app
from meloko.clock import now
from meloko.config import Settings
from meloko.notices.models import Notice
from tests.eyes import Eyes
from tests.listening import listening
from tests.make import PASSWORD, Make
from tests.visitor import work

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# Staff sit before a large screen, and links stand in dense rows with room between them.
DENSE, DESKS = 0, (1280, 1024)
PUBLIC = "https://saules.example"


@pytest.fixture
def address(settings: Settings, engine: Engine, make: Make) -> Iterator[str]:
    make.ask(lambda session: set_organisation(session, name="Les Saules", phone="03 53 01 24 60"))
    app = create_app(dataclasses.replace(settings, public_url=PUBLIC, totp=True), engine)
    with listening(app) as address:
        yield address


def newest(engine: Engine, wanted: str) -> str:
    """Read something in the newest message that has it."""
    work(engine, PUBLIC)
    with Session(engine) as session:
        bodies = session.exec(select(Notice.body).order_by(col(Notice.id).desc())).all()
    return next(found[0] for body in bodies if (found := re.search(wanted, body)))


@pytest.mark.parametrize("language", ["", "/en"])
def test_every_page_between_a_card_and_new_details_is_read_by_all(
    address: str, make: Make, engine: Engine, browser: BrowserContext, language: str
) -> None:
    yvette = make.customer(email="yvette@client.example")
    page = browser.new_page()
    eyes = Eyes(page)
    page.goto(f"{address}{language}/connexion")
    page.fill("#card_number", yvette.card_number)
    page.locator("main form button").first.click()
    page.wait_for_url("**/connexion/code*")
    eyes.look()
    page.fill("#code", "12")
    page.locator("main form button").click()
    expect(page.locator(".field__error")).to_be_visible()
    eyes.look()

    link = newest(engine, r"/connexion/lien/\S+")
    page.goto(f"{address}{language}{link}")
    eyes.look()
    page.locator("main form button").click()
    page.wait_for_url(re.compile(r"/commander$|/mon-compte$"))
    page.goto(f"{address}{language}{link}")
    page.locator("main form button").click()
    expect(page.locator(".summary")).to_be_visible()
    eyes.look()

    page.goto(f"{address}{language}/mon-compte/coordonnees")
    page.fill("#email", "yvette.legrand@client.example")
    page.locator("main form button").first.click()
    page.wait_for_url("**/coordonnees/confirmer")
    eyes.look()
    page.fill("#old_code", "000000")
    page.locator("main form button").first.click()
    expect(page.locator(".field__error").first).to_be_visible()
    eyes.look()

    undo = newest(engine, r"/mon-compte/pas-moi/\S+")
    page.goto(f"{address}{language}{undo}")
    eyes.look()
    page.locator("main form button").click()
    expect(page.locator("main h1")).to_be_visible()
    eyes.look()
    page.goto(f"{address}{language}/mon-compte/pas-moi/perdu")
    eyes.look()
    eyes.trust()


def test_every_page_of_the_administrator_and_of_the_second_factor_is_read_by_all(
    address: str, make: Make, engine: Engine, browser: BrowserContext
) -> None:
    admin, driver = make.user(Role.ADMIN, name="Nadia L."), make.user(Role.DRIVER, name="Malik B.")
    page = browser.new_page()
    eyes = Eyes(page)
    enter(page, address, "wrong")
    expect(page.locator(".summary, .field__error").first).to_be_visible()
    eyes.look()
    enter(page, address, PASSWORD, admin.email or "")
    secret = base64.b32decode(
        page.locator("b").filter(has_text=re.compile("^([A-Z2-7]{4} ?){8}$")).inner_text().replace(" ", "")
    )
    eyes.look()
    confirm(page, "000000")
    expect(page.locator(".field__error")).to_be_visible()
    eyes.look()
    step = int(now().timestamp()) // STEP_S
    confirm(page, totp(secret, step))
    expect(page.get_by_text("Gardez ces dix codes de secours")).to_be_visible()
    eyes.look()
    page.goto(f"{address}/equipe/second-code")
    eyes.look()

    at_work = ("organisation", "personnes", "personnes/nouvelle", f"personnes/{driver.id}", f"personnes/{admin.id}")
    for path in at_work:
        page.goto(f"{address}/equipe/{path}")
        expect(page.locator("h1")).to_be_visible()
        eyes.look(DENSE, DESKS)
    page.goto(f"{address}/equipe/personnes/nouvelle")
    page.locator("main form button").first.click()
    expect(page.locator(".field__error").first).to_be_visible()
    eyes.look(DENSE, DESKS)

    browser.clear_cookies(name=COOKIE)
    enter(page, address, PASSWORD, admin.email or "")
    page.wait_for_url("**/equipe/connexion/code*")
    eyes.look()
    confirm(page, totp(secret, step))
    expect(page.locator(".field__error")).to_be_visible()
    eyes.look()
    eyes.trust()


def enter(page: Page, address: str, password: str, email: str = "personne@meloko.example") -> None:
    page.goto(f"{address}/equipe/connexion")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.locator("main button").click()
    page.wait_for_load_state()


def confirm(page: Page, code: str) -> None:
    page.fill("#code", code)
    page.locator("main form button").click()
    page.wait_for_load_state()
