"""A standing order pauses for August and comes back: made, paused and found again on its pages."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlmodel import Session, select

from meloko.clock import now, today
from meloko.jobs import PlaceStandingOrder, PlaceStandingOrders
from meloko.orders.models import Order
from meloko.standing_orders.placing import ask_for_standing_orders, place_standing_order, place_standing_orders
from meloko.standing_orders.repeating import holiday_name
from tests import questions
from tests.eyes import Eyes
from tests.journeys.neighbourhood import Neighbourhood, follow, press, settle, sign_in
from tests.stage import WEB, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    with Stage(Path(tmp_path_factory.mktemp("stage")), crew=(WEB,)) as stage:
        yield settle(stage)


def test_a_standing_order_pauses_for_august_and_comes_back(village: Neighbourhood, browser: BrowserContext) -> None:
    page = sign_in(browser, village)
    eyes = Eyes(page)
    page.goto(f"{village.stage.address}/commander/regulieres")
    eyes.look()
    page.goto(f"{village.stage.address}/commander")
    row = page.locator(f"#p-{village.leeks.code}")
    row.get_by_role("button", name="Un de plus").click()
    expect(row.get_by_role("status")).to_contain_text("Ajouté")
    page.goto(f"{village.stage.address}/commander/regulieres/nouvelle")
    press(page, "Commander avec obligation de paiement")
    expect(page.locator("#a-corriger")).to_be_focused()
    eyes.look()
    august = dt.date(today().year + 1, 8, 1)
    thursday = village.later.date.strftime("%w")
    page.locator(f"#weekdays input[value='{(int(thursday) - 1) % 7}']").check()
    page.get_by_label("À partir du").fill(today().isoformat())
    page.get_by_label("Le lieu").select_option(label="Café de la Place, Béthune")
    press(page, "Commander avec obligation de paiement")
    expect(page.get_by_role("heading", name="Les prochaines fois")).to_be_visible()
    eyes.look()

    page.get_by_label("Premier jour de la pause").fill(august.isoformat())
    page.get_by_label("Dernier jour de la pause").fill((august + dt.timedelta(days=30)).isoformat())
    press(page, "Mettre en pause")
    expect(page.get_by_text("La pause est notée.")).to_be_visible()
    expect(
        page.get_by_text(f"au lundi 31 août {august.year}").or_(page.get_by_text(f"31 août {august.year}"))
    ).to_be_visible()

    page.get_by_label("Premier jour de la pause").fill(today().isoformat())
    page.get_by_label("Dernier jour de la pause").fill(village.later.date.isoformat())
    press(page, "Mettre en pause")
    expect(page.get_by_text("En pause jusqu’au")).to_be_visible()
    eyes.look()
    work(village)
    assert questions.how_many(village.stage.engine, Order) == 0

    press(page, "Enlever cette pause")
    expect(page.get_by_text("En pause jusqu’au")).to_have_count(0)
    work(village)
    if not holiday_name(village.later.date):
        page.reload()
        follow(page, "Voir la commande")
        eyes.look()
        with Session(village.stage.engine) as session:
            assert session.exec(select(Order.delivery_day_id)).one() == village.later.id
    eyes.trust()


def work(village: Neighbourhood) -> None:
    """Do what the workers do when a day opens."""
    village.make.ask(ask_for_standing_orders, now())
    for row in questions.jobs(village.stage.engine, PlaceStandingOrders.name):
        village.make.ask(place_standing_orders, PlaceStandingOrders.model_validate(row.payload))
    for row in questions.jobs(village.stage.engine, PlaceStandingOrder.name):
        village.make.ask(place_standing_order, PlaceStandingOrder.model_validate(row.payload))
