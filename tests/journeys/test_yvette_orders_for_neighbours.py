"""Yvette, 95, orders for herself and two neighbours: three bags, three numbers, and each is told."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import Session, col, select

from meloko.notices.models import Channel, Notice
from meloko.orders.models import Order
from tests.eyes import Eyes
from tests.journeys.neighbourhood import Neighbourhood, follow, press, settle, sign_in
from tests.stage import WEB, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    with Stage(Path(tmp_path_factory.mktemp("stage")), crew=(WEB,)) as stage:
        yield settle(stage)


def fill_bag(page: Page, village: Neighbourhood, quantity: int) -> None:
    row = page.locator(f"#p-{village.leeks.code}")
    row.get_by_label("Nombre").fill(str(quantity))
    row.get_by_label("Nombre").press("Enter")
    expect(row.get_by_role("status")).to_contain_text("Ajouté")


def test_yvette_95_orders_for_herself_and_two_neighbours(village: Neighbourhood, browser: BrowserContext) -> None:
    page = sign_in(browser, village)
    eyes = Eyes(page)
    page.goto(f"{village.stage.address}/commander")
    fill_bag(page, village, 2)

    follow(page, "Commander aussi pour quelqu’un d’autre")
    eyes.look()
    press(page, "Ouvrir un sac pour cette personne")
    expect(page.locator("#a-corriger")).to_be_focused()
    eyes.look()
    neighbour(page, "Petit", "Lucienne", "03 53 01 77 50")
    fill_bag(page, village, 1)
    eyes.look()
    follow(page, "Ajouter quelqu’un")
    neighbour(page, "Wattel", "Roger", "")
    fill_bag(page, village, 3)

    follow(page, "Choisir le jour et le lieu")
    press(page, "Vérifier ma commande")
    expect(page.get_by_role("heading", name="Le sac de Petit Lucienne")).to_be_visible()
    eyes.look()
    page.get_by_role("group", name="Qui paie le sac de Wattel Roger").get_by_label("Moi").check()
    page.get_by_role("button", name="Commander avec obligation de paiement").dblclick()

    expect(page.get_by_role("heading", name="C’est fait, merci")).to_be_visible()
    expect(page.get_by_role("heading", name="Et pour vos voisins")).to_be_visible()
    eyes.look()
    eyes.trust()
    check_orders(village)


def neighbour(page: Page, last_name: str, first_name: str, phone: str) -> None:
    page.get_by_label("Son nom", exact=True).fill(last_name)
    page.get_by_label("Son prénom").fill(first_name)
    page.get_by_label("Son téléphone").fill(phone)
    page.get_by_label("Son adresse").fill("3 rue du Moulin")
    page.get_by_label("Commune").fill("Locon")
    press(page, "Ouvrir un sac pour cette personne")
    expect(page.locator(".shelves [aria-current]")).to_have_text(f"{last_name} {first_name}")


def check_orders(village: Neighbourhood) -> None:
    """Three orders of one page: names, payers, sums, and how each neighbour is told."""
    with Session(village.stage.engine) as session:
        mine, hers, his = session.exec(
            select(Order).where(col(Order.customer_id) == village.yvette.id).order_by(col(Order.id))
        ).all()
        told = {row.channel for row in session.exec(select(Notice).where(col(Notice.subject).contains("pour vous")))}
    assert [order.goods_cents for order in (mine, hers, his)] == [640, 320, 960]
    assert [order.customer_name for order in (mine, hers, his)] == [
        "Mme Legrand Yvette", "Petit Lucienne", "Wattel Roger",
    ]  # fmt: skip
    assert (hers.payer_id, his.payer_id) == (hers.recipient_id, village.yvette.id)
    assert told == {Channel.TELEPHONE, Channel.LETTER}


def test_the_window_closes_while_she_checks(village: Neighbourhood, browser: BrowserContext) -> None:
    browser.clear_cookies()
    page = browser.new_page()
    eyes = Eyes(page)
    page.goto(f"{village.stage.address}/commander")
    fill_bag(page, village, 4)
    follow(page, "Choisir le jour et le lieu")
    page.get_by_label("Café de la Place").check()
    press(page, "Vérifier ma commande")
    page.get_by_label("Votre nom").fill("Marcel Petit")
    page.get_by_label("Votre téléphone").fill("03 53 01 77 52")
    press(page, "Continuer")
    expect(page.get_by_role("heading", name="Vérifiez votre commande")).to_be_visible()
    close(village)

    press(page, "Commander avec obligation de paiement")
    expect(page.get_by_text("Votre commande est gardée, rien n’est perdu.")).to_be_visible()
    eyes.look()
    press(page, "La même commande pour")
    expect(page.get_by_role("heading", name="Vérifiez votre commande")).to_be_visible()
    press(page, "Commander avec obligation de paiement")

    expect(page.get_by_role("heading", name="C’est fait, merci")).to_be_visible()
    with Session(village.stage.engine) as session:
        order = session.exec(select(Order).order_by(col(Order.id).desc())).first()
    assert order is not None
    assert (order.delivery_day_id, order.goods_cents) == (village.later.id, 4 * 320)
    eyes.trust()


def close(village: Neighbourhood) -> None:
    """Let the cut-off of the next day pass, and its grace with it."""
    with Session(village.stage.engine) as session:
        day = session.get_one(type(village.soon), village.soon.id)
        day.cut_off_at -= dt.timedelta(hours=3)
        session.commit()
