"""Odette, 81, has lost her paper: she finds her card number again, signs in by the link, and sees her devices."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from meloko.accounts.services import set_organisation
from meloko.customers.cards import card_words
from tests.eyes import Eyes
from tests.make import Make
from tests.stage import WEB, WORKER, Stage, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

expect.set_options(timeout=15_000)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, demo=True, crew=(WEB, WORKER)) as whole:
        make = Make(whole.engine)
        make.ask(lambda session: set_organisation(session, name="Les Saules (fictif)", phone="03 53 01 24 60"))
        yield whole


def newest(page: Page, stage: Stage, wanted: str) -> str:
    """Read the newest message of the demo once it says what is waited for."""
    found: list[str] = []

    def has_come() -> bool:
        page.goto(f"{stage.address}/demo/messages")
        article = page.locator("article").first
        found[:] = re.findall(wanted, article.inner_text().replace("\u00a0", " ")) if article.count() else []
        return bool(found)

    until(has_come)
    return found[0]


def test_a_forgotten_card_number(stage: Stage, browser: BrowserContext) -> None:
    odette = Make(stage.engine).customer(last_name="Bailleul", first_name="Odette", email="odette@client.example")
    page, messages = browser.new_page(), browser.new_page()
    eyes = Eyes(page)
    page.goto(f"{stage.address}/connexion")
    page.get_by_role("link", name="J’ai oublié mon numéro de carte").click()
    eyes.look()

    page.get_by_label("Votre e-mail ou votre téléphone").fill("odette")
    page.get_by_role("button", name="Recevoir mon numéro").click()
    expect(page.get_by_role("heading", name="Il y a une chose à corriger")).to_be_visible()
    eyes.look()
    page.get_by_label("Votre e-mail ou votre téléphone").fill("Odette@client.example")
    page.get_by_role("button", name="Recevoir mon numéro").click()
    expect(page.get_by_role("heading", name="Regardez vos messages")).to_be_visible()
    eyes.look()
    number = newest(messages, stage, r"\b\d{4} \d{3} \d\b")
    assert number == card_words(odette.card_number)

    page.get_by_role("link", name="J’ai mon numéro : me connecter").click()
    page.get_by_label("Numéro de carte").fill(number)
    page.get_by_role("button", name="Recevoir un code").click()
    page.get_by_label("Votre code").fill(newest(messages, stage, r"\b\d{6}\b"))
    page.get_by_label("C’est mon appareil : rester connecté").check()
    page.get_by_role("button", name="Me connecter").click()
    expect(page.get_by_role("link", name="Mme Bailleul Odette")).to_be_visible()

    for door in ("", "/coordonnees", "/personnes-a-prevenir", "/mes-donnees"):
        page.goto(f"{stage.address}/mon-compte{door}")
        eyes.look()
    page.goto(f"{stage.address}/mon-compte/appareils")
    expect(page.get_by_text("celui-ci")).to_be_visible()
    eyes.look()
    page.get_by_role("button", name="Déconnecter tous mes appareils").click()
    page.goto(f"{stage.address}/mon-compte")
    expect(page.get_by_role("heading", name="Quel est votre numéro de carte ?")).to_be_visible()
    eyes.trust()
