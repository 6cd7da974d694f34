"""A driver opens his round at the depot, loses the network in the valley, and nothing that he does is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.models import Role
from meloko.accounts.services import set_organisation
from meloko.clock import now
from meloko.config import from_environment
from meloko.driving.models import Act, ActKind
from meloko.driving.tokens import write_pin
from meloko.rounds.models import Round
from meloko.rounds.phone_address import round_url
from tests.driving.phones import DIGITS
from tests.eyes import Eyes
from tests.make import Make
from tests.rounds.rounds import Halt, close_and_plan, driven_today, put_round
from tests.stage import WEB, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAMES = ("Carlier", "Legrand", "Wattel", "Penel", "Dubois", "Lefebvre")
THUMB = 60
HELD = "Tout est envoyé, tout est gardé ici"


@dataclass
class Valley:
    stage: Stage
    round_id: int
    address: str
    customers: list[int]

    @property
    def engine(self) -> Engine:
        return self.stage.engine

    def acts(self) -> list[Act]:
        with Session(self.engine) as session:
            return list(session.exec(select(Act).order_by(col(Act.said_at), col(Act.id))))


@pytest.fixture
def valley(tmp_path: Path) -> Iterator[Valley]:
    with Stage(tmp_path, crew=(WEB,)) as stage:
        make = Make(stage.engine)
        make.ask(lambda session: set_organisation(
            session, name="Les Saules (fictif)", baseline="Épicier et livreur", phone="03 53 01 24 60",
            phone_hours="du lundi au vendredi",
        ))  # fmt: skip
        depot, karim = make.depot(), make.user(Role.DRIVER, name="Karim B.")
        zone, leeks = make.zone(depot), make.product(name="Poireaux", price_cents=320)
        day = driven_today(make, make.relay_point(zone))
        people = [make.customer(last_name=name, phone=f"03 53 01 66 0{n}") for n, name in enumerate(NAMES)]
        orders = [make.order(person, day, None, {leeks.id: 2}).order_id for person in people]
        close_and_plan(make, day)
        halts = [Halt(person, [order]) for person, order in zip(people, orders, strict=True)]
        round_id = put_round(stage.engine, day, 1, make.vehicle(depot, driver=karim), karim, halts)
        make.ask(write_pin, karim.id, DIGITS)
        secret_key = from_environment(stage.environ).secret_key
        with Session(stage.engine) as session:
            address = round_url(stage.address, session.get_one(Round, round_id), secret_key)
        yield Valley(stage, round_id, address, [person.id for person in people])


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def unlock(page: Page) -> None:
    page.get_by_label("Vos six chiffres").fill(DIGITS)
    press(page, "Ouvrir ma tournée")


def deliver(page: Page, n: int) -> None:
    expect(page.locator("#title")).to_have_text(f"Arrêt {n} sur 6")
    press(page, "Livré")
    press(page, "Reçu en espèces")


def said_offline(eyes: Eyes) -> None:
    """Forget what a browser writes down of each request that finds no network: it was cut on purpose."""
    eyes.said[:] = [words for words in eyes.said if "ERR_INTERNET_DISCONNECTED" not in words]


def test_the_driver_in_a_valley(valley: Valley, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    eyes = Eyes(page)
    page.goto(valley.address)
    unlock(page)
    expect(page.locator("#net")).to_have_text(HELD)

    browser.set_offline(True)
    page.reload()
    unlock(page)
    press(page, "Je pars")
    before = now()
    for n in range(1, 6):
        deliver(page, n)
    press(page, "Annuler")
    after = now()
    expect(page.locator("#title")).to_have_text("Arrêt 5 sur 6")
    expect(page.locator("#net")).to_contain_text("Pas de réseau : tout est gardé ici")
    assert valley.acts() == []
    # Still no network: the acts come back with the round.
    page.reload()
    unlock(page)
    expect(page.locator("#title")).to_have_text("Arrêt 5 sur 6")

    browser.set_offline(False)
    expect(page.locator("#net")).to_have_text(HELD, timeout=60_000)
    acts = valley.acts()
    delivered = [act for act in acts if act.kind is ActKind.DELIVERED]
    assert [act.place_id for act in delivered] == valley.customers[:5], "each once, in the order of the round"
    assert all(before <= act.said_at <= after < act.received_at for act in delivered), "the hour of the act"
    assert [act.uuid for act in delivered] == [act.uuid for act in sorted(delivered, key=lambda each: each.said_at)]
    undone = {act.undoes for act in acts if act.kind is ActKind.UNDO}
    fifth = {act.uuid for act in acts if act.place_id == valley.customers[4] and act.kind is not ActKind.UNDO}
    assert undone == fifth, "the fifth stop, and what was paid there"
    assert len({act.uuid for act in acts}) == len(acts) == 1 + 5 + 5 + 2

    # Sent again, as after an answer that was lost on the way: nothing is counted twice.
    page.reload()
    unlock(page)
    expect(page.locator("#net")).to_have_text(HELD)
    assert len(valley.acts()) == len(acts)
    said_offline(eyes)
    eyes.trust()
