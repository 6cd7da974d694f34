"""A driver opens his round at the depot, loses the network in the valley, and nothing that he does is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from meloko.accounts.models import Role
from meloko.accounts.services import set_organisation
from meloko.clock import now
from meloko.config import from_environment
from meloko.driving.models import Act, ActKind
from meloko.driving.tokens import write_pin
from meloko.rounds.models import Drop, Round, Stop
from meloko.rounds.phone_address import round_url
from tests.driving.phones import DIGITS
from tests.eyes import Eyes
from tests.make import Make
from tests.rounds.rounds import Halt, close_and_plan, driven_today, put_round
from tests.stage import WEB, Stage, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAMES = ("Carlier", "Legrand", "Wattel", "Penel", "Dubois", "Lefebvre")
THUMB = 60
SLOW_CLOCK = """const right = Date.now, Right = Date;
globalThis.Date = class extends Right { constructor(...at) { at.length ? super(...at) : super(Date.now()); } };
Date.now = () => right() - 10_800_000;"""
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


@pytest.fixture
def page(browser: BrowserContext) -> Page:
    """Give a telephone."""
    page = browser.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def said_offline(eyes: Eyes) -> None:
    """Forget what a browser writes down of each request that finds no network: it was cut on purpose."""
    eyes.said[:] = [words for words in eyes.said if "ERR_INTERNET_DISCONNECTED" not in words]


def test_the_driver_in_a_valley(valley: Valley, browser: BrowserContext, page: Page) -> None:
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


def test_a_round_that_staff_change_is_a_difference_to_accept(valley: Valley, page: Page) -> None:
    eyes = Eyes(page)
    page.goto(valley.address)
    unlock(page)
    press(page, "Je pars")
    deliver(page, 1)
    expect(page.locator("#net")).to_have_text(HELD)
    look_on_the_telephone(eyes)

    with Session(valley.engine) as session:
        stops = session.exec(select(Stop).where(col(Stop.round_id) == valley.round_id).order_by(col(Stop.position)))
        *_, fifth, last = stops.all()
        session.exec(update(Drop).where(col(Drop.stop_id) == last.id).values(stop_id=fifth.id))
        session.delete(last)
        session.get_one(Round, valley.round_id).version = 2
        session.commit()
    press(page, "Autre chose")
    press(page, "Je suis arrivé")
    press(page, "La tournée a changé au dépôt\u00a0: voir")
    expect(page.get_by_text("Enlevé : Mme Lefebvre")).to_be_visible()
    look_on_the_telephone(eyes)
    press(page, "Garder la mienne pour l’instant")
    expect(page.locator("#title")).to_have_text("Arrêt 2 sur 6")
    press(page, "La tournée a changé au dépôt\u00a0: voir")
    press(page, "Prendre la version 2")
    expect(page.locator("#title")).to_have_text("Arrêt 2 sur 5")
    page.locator(".onward").click()
    expect(page.locator(".row--done")).to_have_count(1)
    eyes.trust()


def test_a_round_that_is_over_leaves_nothing_on_the_telephone(valley: Valley, page: Page) -> None:
    eyes = Eyes(page)
    page.goto(valley.address)
    unlock(page)
    press(page, "Je pars")
    expect(page.locator("#net")).to_have_text(HELD)
    assert kept(page) == [False], "what is kept can be read without the digits"

    page.locator(".onward").click()
    press(page, "Rentrer au dépôt")
    press(page, "Je suis rentré")
    expect(page.locator("#title")).to_have_text("Tournée finie")

    assert kept(page) == []
    assert [act.kind for act in valley.acts()] == [ActKind.START, ActKind.RETURN]
    look_on_the_telephone(eyes)
    eyes.trust()


def test_a_clock_that_is_three_hours_slow_is_said_and_both_hours_are_kept(valley: Valley, page: Page) -> None:
    page.add_init_script(SLOW_CLOCK)
    page.goto(valley.address)
    unlock(page)
    expect(page.locator("#net")).to_contain_text("L’horloge de ce téléphone a 3 h de retard")
    press(page, "Je pars")
    until(lambda: len(valley.acts()) == 1)

    [start] = valley.acts()
    assert 10_700 < (start.done_at - start.said_at).total_seconds() < 10_900


def test_a_telephone_that_cannot_keep_a_round_says_so(valley: Valley, browser: BrowserContext, page: Page) -> None:
    refusing = browser.new_page()
    refusing.add_init_script("indexedDB.open = () => { throw new DOMException('refused', 'SecurityError'); };")
    refusing.goto(valley.address)
    expect(refusing.get_by_role("alert")).to_contain_text("Ce navigateur refuse de garder la tournée")
    unlock(refusing)
    press(refusing, "Je pars")
    expect(refusing.locator("#net")).to_contain_text("restez avec du réseau, ou prenez la feuille")
    until(lambda: len(valley.acts()) == 1)

    # The round is open there: a second page of the same telephone would keep acts of its own.
    page.goto(valley.address)
    expect(page.get_by_role("heading", name="Cette tournée est déjà ouverte")).to_be_visible()
    refusing.close()

    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined });")
    page.reload()
    expect(page.get_by_role("heading", name="Ce téléphone ne peut pas garder la tournée")).to_be_visible()
    expect(page.get_by_role("link", name="Ouvrir la page simple")).to_be_visible()
    Eyes(page).look(least_px=THUMB, widths=(390, 320))


def look_on_the_telephone(eyes: Eyes) -> None:
    """Look at what a driver sees: large, readable in the sun, nothing beyond the edge."""
    eyes.look(least_px=THUMB, widths=(390, 320))


def kept(page: Page) -> list[bool]:
    """Tell of each round kept on the telephone whether a name can be read in it."""
    found: list[bool] = page.evaluate(
        """async () => {
          const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
          const database = await asked(indexedDB.open("meloko-tournee"));
          const rounds = await asked(database.transaction("rounds").objectStore("rounds").getAll());
          database.close();
          return rounds.map(({ body }) => new TextDecoder("latin1").decode(body).includes("Carlier"));
        }"""
    )
    return found
