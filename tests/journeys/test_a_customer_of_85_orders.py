"""Yvette, 85, orders: with her card and the usual order; and once more on a browser without any script."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import Session, col, select

from meloko.accounts.services import set_organisation
from meloko.catalogue.models import Product, Temperature
from meloko.customers.models import Customer
from meloko.orders.models import Order, OrderLine
from tests.eyes import Eyes
from tests.make import Make
from tests.stage import WEB, WORKER, Stage, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# A busy machine answers late, not wrong.
expect.set_options(timeout=15_000)


@dataclass
class Village:
    """A small organisation: two shelves, two relay points, two days, and Yvette who ordered before."""

    stage: Stage
    yvette: Customer
    milk: Product
    eggs: Product
    leeks: Product


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Stage(Path(tmp_path_factory.mktemp("stage")), demo=True, crew=(WEB, WORKER)) as stage:
        make = Make(stage.engine)
        make.ask(lambda session: set_organisation(
            session, name="Les Saules (fictif)", baseline="Épicier et livreur", phone="03 53 01 24 60",
            phone_hours="du lundi au vendredi, de 9 h à 12 h",
        ))  # fmt: skip
        dairy, roots = make.category("Laiterie et œufs"), make.category("Légumes")
        milk = make.product(
            name="Lait entier cru", price_cents=165, deposit_cents=50, temperature=Temperature.CHILLED, category=dairy
        )
        eggs = make.product(name="Œufs plein air", price_cents=240, category=dairy)
        leeks = make.product(name="Poireaux", price_cents=320, category=roots)
        zone = make.zone()
        cafe, school = (make.relay_point(zone, name=name) for name in ("Café de la Place", "École des Marronniers"))
        yvette = make.customer(email="yvette@meloko.example", preferred=cafe)
        make.order(yvette, make.day(cafe, in_days=1, closes_in=dt.timedelta(hours=1)), cafe, {milk.id: 3, leeks.id: 1})
        make.day(cafe, school, in_days=4)
        yield Village(stage, yvette, milk, eggs, leeks)


def press(page: Page, what: str) -> None:
    page.get_by_role("button", name=what).locator("visible=true").first.click()


def follow(page: Page, what: str) -> None:
    page.get_by_role("link", name=what).locator("visible=true").first.click()


def lines_of(village: Village, number: str) -> dict[str, int]:
    with Session(village.stage.engine) as session:
        rows = session.exec(select(OrderLine).where(col(OrderLine.order_id) == int(number)))
        return {line.name: line.ordered for line in rows}


def test_yvette_signs_in_and_takes_up_her_usual_order(village: Village, browser: BrowserContext) -> None:
    page = browser.new_page()
    eyes = Eyes(page)
    page.goto(village.stage.address)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("portés jusqu’à vous"))
    eyes.look()

    sign_in(page, eyes, village)
    expect(page.get_by_role("heading", name="Comme d’habitude")).to_be_visible()
    eyes.look()
    press(page, "Reprendre ma commande")
    expect(page.get_by_text("Reprise de votre dernière commande")).to_be_visible()
    change_by_hand(page, eyes, village)

    follow(page, "Choisir le jour et le lieu")
    expect(page.get_by_label("Café de la Place")).to_be_checked()
    page.get_by_role("link", name=re.compile("à commander avant")).last.click()
    expect(page.get_by_label("École des Marronniers")).to_be_visible()
    eyes.look()
    page.get_by_label("École des Marronniers").check()
    press(page, "Vérifier ma commande")

    expect(page.get_by_role("heading", name="Vérifiez votre commande")).to_be_visible()
    expect(page.get_by_text("Mme Legrand Yvette").last).to_be_visible()
    eyes.look()
    page.go_back()
    page.go_forward()
    page.get_by_role("button", name="Commander avec obligation de paiement").dblclick()

    expect(page.get_by_role("heading", name="C’est fait, merci")).to_be_visible()
    eyes.look()
    number = page.locator(".placed__number").inner_text()
    assert lines_of(village, number) == {"Lait entier cru": 3, "Œufs plein air": 3, "Poireaux": 1}
    with Session(village.stage.engine) as session:
        sent = session.exec(select(Order).where(col(Order.customer_id) == village.yvette.id)).all()
    assert len(sent) == 2, "one before, and one press too many is still one order"
    eyes.trust()


def newest_code(messages: Page, stage: Stage) -> str:
    """Read the code in the newest message of the demo, once the workers have written it."""
    found: list[str] = []

    def has_come() -> bool:
        messages.goto(f"{stage.address}/demo/messages")
        newest = messages.locator("article").first
        found[:] = re.findall(r"\b\d{6}\b", newest.inner_text()) if newest.count() else []
        return bool(found)

    until(has_come)
    Eyes(messages).look()
    return found[0]


def sign_in(page: Page, eyes: Eyes, village: Village) -> None:
    """Sign in by card and code, with one slip."""
    follow(page, "Me connecter")
    eyes.look()
    card = village.yvette.card_number
    page.get_by_label("Numéro de carte").fill(card[:-1] + str((int(card[-1]) + 1) % 10))
    press(page, "Recevoir un code")
    expect(page.get_by_role("heading", name="Il y a une chose à corriger")).to_be_visible()
    expect(page).to_have_title(re.compile("^Erreur"))
    eyes.look()
    page.get_by_label("Numéro de carte").fill(f"{card[:4]} {card[4:]}")
    press(page, "Recevoir un code")
    eyes.look()
    messages = page.context.new_page()
    page.get_by_label("Votre code").fill(newest_code(messages, village.stage))
    messages.close()
    press(page, "Me connecter")


def change_by_hand(page: Page, eyes: Eyes, village: Village) -> None:
    """Change quantities in place: the page is not loaded again, the focus stays, the sentence and the total follow."""
    page.evaluate("window.sameTime = true")
    eggs = page.locator(f"#p-{village.eggs.code}")
    more = eggs.get_by_role("button", name="Un de plus")
    more.click()
    expect(eggs.get_by_role("status")).to_contain_text("Ajouté : 1 botte d’œufs plein air, 2,40")
    expect(more).to_be_focused()
    # Milk 3 × (1.65 + 0.50), leeks 3.20, eggs 2.40.
    expect(page.locator("#commande .total__sum")).to_have_text(re.compile("12,05"))
    number = eggs.get_by_label("Nombre")
    number.fill("deux")
    number.press("Enter")
    expect(eggs.get_by_role("status")).to_contain_text("vous avez écrit « deux »")
    expect(number).to_have_value("deux")
    eyes.look()
    number.fill("3")
    number.press("Enter")
    expect(eggs.get_by_role("status")).to_contain_text("Ajouté : 3 bottes")
    assert page.evaluate("window.sameTime") is True


def test_without_any_script_a_guest_orders_all_the_same(village: Village, browser: BrowserContext) -> None:
    browser.clear_cookies()
    browser.route("**/*.js*", lambda route: route.abort())
    page = browser.new_page()
    eyes = Eyes(page)
    page.goto(f"{village.stage.address}/commander?q=OEUFS")
    eggs = page.locator(f"#p-{village.eggs.code}")
    for count in (1, 2):
        eggs.get_by_role("button", name="Un de plus").click()
        expect(eggs.get_by_role("status")).to_contain_text(f"Ajouté : {count} botte")
    eggs.get_by_label("Nombre").fill("4")
    eggs.get_by_label("Nombre").press("Enter")
    expect(eggs.get_by_role("status")).to_contain_text("Ajouté : 4 bottes")
    eggs.get_by_role("button", name="Un de moins").click()
    expect(eggs.get_by_role("status")).to_contain_text("Noté : 3 bottes")

    follow(page, "Choisir le jour et le lieu")
    page.get_by_label("Chez vous").check()
    press(page, "Vérifier ma commande")
    page.get_by_label("Votre nom").fill("Marcel Petit")
    page.get_by_label("Votre téléphone").fill("03 53 01 77 5")
    press(page, "Continuer")
    expect(page.locator("#a-corriger")).to_be_focused()
    eyes.look()
    page.get_by_label("Votre téléphone").fill("03.53.01.77.50")
    page.get_by_label("Votre adresse").fill("3 rue du Moulin")
    page.get_by_label("Commune").fill("Locon")
    press(page, "Continuer")
    expect(page.get_by_text("Marcel Petit, 03 53 01 77 50")).to_be_visible()
    press(page, "Commander avec obligation de paiement")

    expect(page.get_by_role("heading", name="C’est fait, merci")).to_be_visible()
    assert lines_of(village, page.locator(".placed__number").inner_text()) == {"Œufs plein air": 3}
