"""A driver signs in, finds the round of the day and prints its sheet; nobody else can, and the office sees it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import zxingcpp
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import Session

from meloko.accounts.models import Role, User
from meloko.accounts.services import set_organisation
from meloko.config import from_environment
from meloko.customers.models import Customer
from meloko.rounds.models import Round
from meloko.rounds.phone_address import round_url
from tests.eyes import Eyes
from tests.make import PASSWORD, Make
from tests.papers.sheets import pages_of, picture_of
from tests.rounds.rounds import Halt, close_and_plan, driven_today, put_round
from tests.stage import WEB, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# A driver's fingers are cold: nothing to press is smaller than this.
COLD_FINGERS = 60


@dataclass
class Morning:
    """Today, closed: round A of two homes for Karim, round B of one for Sylvie, one order that is on none."""

    stage: Stage
    clerk: User
    karim: User
    round_a: int
    round_b: int
    called_at: tuple[Customer, Customer]
    left_out: Customer


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    with Stage(Path(tmp_path_factory.mktemp("stage")), crew=(WEB,)) as stage:
        make = Make(stage.engine)
        make.ask(lambda session: set_organisation(
            session, name="Les Saules (fictif)", baseline="Épicier et livreur", phone="03 53 01 24 60",
            phone_hours="du lundi au vendredi",
        ))  # fmt: skip
        depot = make.depot()
        zone, leeks = make.zone(depot), make.product(name="Poireaux", price_cents=320)
        karim, sylvie = (make.user(Role.DRIVER, name=name) for name in ("Karim B.", "Sylvie N."))
        day = driven_today(make, make.relay_point(zone))
        names = ("Carlier", "Legrand", "Wattel", "Penel")
        people = [make.customer(last_name=name, phone=f"03 53 01 66 0{n}") for n, name in enumerate(names)]
        orders = [make.order(person, day, None, {leeks.id: 2}).order_id for person in people]
        close_and_plan(make, day, left_out=orders[3:])
        halts = [Halt(person, [order]) for person, order in zip(people, orders, strict=True)]
        yield Morning(
            stage,
            make.user(Role.STAFF),
            karim,
            put_round(stage.engine, day, 1, make.vehicle(depot, driver=karim), karim, halts[:2]),
            put_round(stage.engine, day, 2, make.vehicle(depot, driver=sylvie), sylvie, halts[2:3]),
            (people[0], people[1]),
            people[3],
        )


def sign_in(page: Page, morning: Morning, user: User) -> None:
    page.goto(f"{morning.stage.address}/equipe/connexion")
    page.get_by_label("Adresse e-mail").fill(user.email or "")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter").click()


def test_the_driver_prints_the_round_of_the_day(morning: Morning, browser: BrowserContext) -> None:
    page = browser.new_page()
    eyes = Eyes(page)
    sign_in(page, morning, morning.karim)
    expect(page).to_have_url(f"{morning.stage.address}/livreur/")
    expect(page.get_by_role("heading", name="Tournée A, Essars")).to_be_visible()
    expect(page.get_by_text("Tournée B")).to_have_count(0)
    look(eyes)
    eyes.trust()

    address = f"{morning.stage.address}/livreur/tournees/{morning.round_a}/feuille.pdf"
    with page.expect_response(lambda answer: answer.url == address and answer.request.method == "GET") as pressed:
        page.get_by_role("button", name="Imprimer la feuille de route").click()
    assert (pressed.value.status, pressed.value.headers["content-type"]) == (200, "application/pdf")
    # The browser keeps a PDF to its own reader: the same address is read once more.
    pdf = page.request.get(address).body()
    read_sheet(morning, pdf)

    [code] = zxingcpp.read_barcodes(picture_of(pdf, scale=2.0))
    with Session(morning.stage.engine) as session:
        row = session.get_one(Round, morning.round_a)
    assert code.text == round_url(morning.stage.address, row, from_environment(morning.stage.environ).secret_key)
    page = browser.new_page()
    eyes = Eyes(page)
    page.goto(f"{morning.stage.address}/livreur/tournees/{morning.round_a}")
    expect(page.get_by_role("heading", name="Tournée A, Essars")).to_be_visible()
    look(eyes)
    eyes.trust()


def look(eyes: Eyes) -> None:
    """Look at a page of the driver; what is pressed there is large."""
    eyes.look()
    heights = [part.bounding_box() for part in eyes.page.locator("main").locator("a, button").all()]
    assert heights
    assert all(box is not None and box["height"] >= COLD_FINGERS for box in heights), heights


def read_sheet(morning: Morning, pdf: bytes) -> None:
    """Find the stops of this round, no others, and the count that closes."""
    pages = pages_of(pdf)
    words = " ".join(pages)
    assert "Feuille de route, Essars" in pages[0]
    assert "Karim B." in pages[0]
    for customer in morning.called_at:
        assert f"{customer.full_name} 17 rue du Marais, Essars {customer.phone}" in words
    assert "Wattel" not in words, "a home of round B stands on the sheet of round A"
    assert "4 commandes pour le" in words
    assert "= 2 sur cette feuille + 1 tournée B + 1 hors tournée Le compte est bon." in words
    assert f"{morning.left_out.full_name}, Essars adresse non placée sur la carte" in words


def test_the_round_of_another_driver_is_not_there(morning: Morning, browser: BrowserContext) -> None:
    page = browser.new_page()
    sign_in(page, morning, morning.karim)

    for address in (f"/livreur/tournees/{morning.round_b}", f"/livreur/tournees/{morning.round_b}/feuille.pdf"):
        answer = page.request.get(morning.stage.address + address)
        assert answer.status == 404
        assert "Wattel" not in answer.text()
    page.goto(f"{morning.stage.address}/livreur/tournees/{morning.round_b}")
    Eyes(page).look()


def test_nobody_prints_without_signing_in(morning: Morning, browser: BrowserContext) -> None:
    browser.clear_cookies()
    page = browser.new_page()

    page.goto(f"{morning.stage.address}/livreur/tournees/{morning.round_a}/feuille.pdf")

    expect(page.get_by_label("Mot de passe")).to_be_visible()


def test_the_office_sees_which_version_was_printed(morning: Morning, browser: BrowserContext) -> None:
    page = browser.new_page()
    sign_in(page, morning, morning.karim)
    page.get_by_role("button", name="Imprimer la feuille de route").click()
    browser.clear_cookies()

    sign_in(page, morning, morning.clerk)
    page.goto(f"{morning.stage.address}/equipe/tournees/{morning.round_a}")
    expect(page.get_by_text("version 1, ").first).to_be_visible()
    page.goto(f"{morning.stage.address}/equipe/tournees/{morning.round_b}")
    expect(page.get_by_text("pas imprimée").first).to_be_visible()
