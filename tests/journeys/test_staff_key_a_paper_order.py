"""Staff key a pile of paper with the keyboard alone, in a real browser; every page they see is looked at."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import Session, col, select

from meloko.accounts.models import Role, User
from meloko.catalogue.models import Product
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import Order, Source
from meloko.relay_points.models import RelayPoint
from tests.eyes import Eyes
from tests.make import PASSWORD, Make
from tests.stage import WEB, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# Staff sit before a large screen; the least it may be is 1024 px, and links stand in dense rows.
DESKS = (1280, 1024)
DENSE = 0
PAGES = (
    "/equipe/",
    "/equipe/commandes",
    "/equipe/commandes/renonciations",
    "/equipe/messages",
    "/equipe/tournees",
    "/equipe/jours",
    "/equipe/jours/nouveau",
    "/equipe/produits",
    "/equipe/produits/nouveau",
    "/equipe/produits/producteurs",
    "/equipe/produits/producteurs/nouveau",
    "/equipe/points-relais",
    "/equipe/points-relais/nouveau",
    "/equipe/points-relais/secteurs",
    "/equipe/clients",
    "/equipe/clients/nouveau",
)


@dataclass
class Office:
    """A small organisation: two products, a relay point, an open day, a customer without a telephone."""

    stage: Stage
    clerk: User
    relay: RelayPoint
    leeks: Product
    milk: Product
    customer: Customer
    day: DeliveryDay


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Stage(Path(tmp_path_factory.mktemp("stage")), crew=(WEB,)) as stage:
        make = Make(stage.engine)
        relay = make.relay_point(name="Café de la Place")
        yield Office(
            stage,
            make.user(Role.STAFF),
            relay,
            make.product(name="Poireaux", price_cents=320),
            make.product(name="Lait entier", price_cents=125, deposit_cents=50),
            make.customer(last_name="Carlier", first_name="Roger", phone=""),
            make.day(relay, closes_in=dt.timedelta(hours=5)),
        )


def sign_in(page: Page, office: Office) -> None:
    page.goto(f"{office.stage.address}/equipe/connexion")
    page.keyboard.type(office.clerk.email or "")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def newest_order(office: Office) -> Order:
    with Session(office.stage.engine) as session:
        return session.exec(select(Order).order_by(col(Order.id).desc()).limit(1)).one()


def type_lines(page: Page, *lines: tuple[str, str]) -> None:
    """Type codes and quantities; Enter moves on."""
    for words in (word for line in lines for word in line):
        page.keyboard.type(words)
        page.keyboard.press("Enter")


def test_a_paper_is_keyed_with_the_keyboard_alone(office: Office, browser: BrowserContext) -> None:
    page = browser.new_page()
    eyes = Eyes(page)
    sign_in(page, office)
    expect(page.locator("h1")).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("n")
    expect(page.locator("#customer")).to_be_focused()
    eyes.look(DENSE, DESKS)

    # The name, spelt as it was read; Enter looks it up and goes on.
    page.keyboard.type("carlier roger")
    page.keyboard.press("Enter")
    expect(page.locator("#qui")).to_contain_text("Mme Carlier Roger")
    expect(page.locator("#received_day")).to_be_focused()
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == "place":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("Café")
    page.keyboard.press("Enter")
    while page.evaluate("document.activeElement.id") != "code-1":
        page.keyboard.press("Tab")
    type_lines(page, (office.leeks.code, "2"), ("999", "1"), (office.milk.code, "3"))
    expect(page.locator("#table-lignes tbody tr").nth(1)).to_contain_text("code inconnu")
    expect(page.locator("[data-sum=total]")).to_have_text("11,65\u00a0€")

    # Enter on an empty code goes to the control; Ctrl and Enter send.
    page.keyboard.press("Enter")
    expect(page.locator("#articles")).to_be_focused()
    page.keyboard.type("5")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator(".summary")).to_contain_text("Aucun produit ne porte le code 999")
    eyes.look(DENSE, DESKS)
    correct_and_send(page, office)
    eyes.look(DENSE, DESKS)
    eyes.trust()

    order = newest_order(office)
    assert (order.source, order.customer_id) == (Source.PAPER, office.customer.id)
    assert (order.delivery_day_id, order.relay_point_id) == (office.day.id, office.relay.id)
    assert order.total_cents == 2 * 320 + 3 * (125 + 50)


def correct_and_send(page: Page, office: Office) -> None:
    """Empty the wrong line, which the summary leads to; the others are still there."""
    expect(page.locator("#code-3")).to_have_value(office.milk.code)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#code-2")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator(".done")).to_contain_text(f"Commande n°\u00a0{newest_order(office).number} enregistrée")
    expect(page.locator("#customer")).to_be_focused()


def test_a_paper_is_keyed_without_any_script(office: Office, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    sign_in(page, office)
    page.goto(f"{office.stage.address}/equipe/saisie")

    page.locator("#customer").fill("Carlier")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#qui")).to_contain_text("Mme Carlier Roger")
    page.locator("#place").select_option("home")
    page.locator("#code-1").fill(office.leeks.code)
    page.locator("#quantity-1").fill("4")
    page.locator("#total").fill("12,80")
    with page.expect_navigation():
        page.locator("[data-save]").click()

    expect(page.locator(".done")).to_contain_text("12,80\u00a0€")
    assert newest_order(office).home


def test_every_page_of_staff_can_be_read_by_everybody(office: Office, browser: BrowserContext) -> None:
    page = browser.new_page()
    eyes = Eyes(page)
    sign_in(page, office)
    # Of somebody else: what is keyed for the customer of the office joins her open order.
    make = Make(office.stage.engine)
    order = make.order(make.customer(last_name="Wattel"), office.day, office.relay, {office.leeks.id: 1})
    own = (
        f"/equipe/commandes/{order.order_id}",
        f"/equipe/jours/{office.day.id}",
        f"/equipe/jours/fermetures/{office.relay.id}",
        f"/equipe/points-relais/{office.relay.id}",
        f"/equipe/points-relais/secteurs/{office.relay.zone_id}",
        f"/equipe/produits/{office.milk.id}",
        f"/equipe/clients/{office.customer.id}",
    )

    for address in (*PAGES, *own):
        page.goto(office.stage.address + address)
        eyes.look(DENSE, DESKS)
    eyes.trust()
