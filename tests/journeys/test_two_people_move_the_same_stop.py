"""Two people of the office shape one round with the keyboard; the second is told, and nothing is overwritten."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from meloko.accounts.models import Role, User
from tests.eyes import Eyes
from tests.make import PASSWORD, Make
from tests.rounds.shaped import Shaped, shaped_day
from tests.stage import WEB, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# Staff screens are dense: what is pressed there is smaller than on the pages of customers.
DENSE = 24
SCREENS = (1280, 390)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(Path(tmp_path_factory.mktemp("stage")), crew=(WEB,)) as whole:
        yield whole


@pytest.fixture(scope="module")
def day(stage: Stage) -> Shaped:
    return shaped_day(Make(stage.engine))


def sign_in(page: Page, stage: Stage, user: User) -> None:
    page.goto(f"{stage.address}/equipe/connexion")
    page.get_by_label("Adresse e-mail").fill(user.email or "")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def take(page: Page, name: str) -> None:
    """Go to the handle of a stop as one does without a mouse."""
    handle = page.get_by_role("link", name=f"Déplacer {name}")
    for _ in range(80):
        page.keyboard.press("Tab")
        if handle.evaluate("link => link === document.activeElement"):
            return
    pytest.fail(f"the keyboard does not reach the handle of {name}")


def order_of(page: Page) -> list[str]:
    """Read the timetable: who is called at, in order."""
    names = page.locator("tr[data-stop] .name").all_inner_texts()
    return [name.split()[1] for name in names]


def test_two_people_move_the_same_stop(stage: Stage, day: Shaped, browser: BrowserContext) -> None:
    address = f"{stage.address}/equipe/tournees/{day.round(1).id}"
    other = day.make.user(Role.STAFF, name="Paul V.")
    paul = browser.new_page()
    sign_in(paul, stage, other)
    paul.goto(address)
    assert order_of(paul) == ["Carlier", "Legrand", "Wattel"]

    # Paul answers the telephone, the page stays open; Nadia comes to the same round.
    browser.clear_cookies()
    nadia = browser.new_page()
    eyes = Eyes(nadia)
    sign_in(nadia, stage, day.staff)
    nadia.goto(address)
    eyes.look(DENSE, SCREENS)

    take(nadia, "Mme Wattel Yvette")
    with nadia.expect_navigation():
        nadia.keyboard.press("Alt+ArrowUp")
    expect(
        nadia.get_by_role("heading", name="Si vous placez Mme Wattel Yvette avant Mme Legrand Yvette")
    ).to_be_visible()
    # The hand is still on the stop: one more step up.
    with nadia.expect_navigation():
        nadia.keyboard.press("Alt+ArrowUp")
    expect(nadia.locator("#effet")).to_contain_text("Mme Carlier Yvette")
    assert order_of(nadia) == ["Wattel", "Carlier", "Legrand"]
    assert day.names(1) == ["Carlier", "Legrand", "Wattel"], "nothing is saved before it is asked for"
    eyes.look(DENSE, SCREENS)
    with nadia.expect_navigation():
        nadia.keyboard.press("e")
    expect(nadia.get_by_role("status").first).to_contain_text("Mme Wattel Yvette, arrêt placé avant Mme Carlier Yvette")
    assert day.names(1) == ["Wattel", "Carlier", "Legrand"]

    # Paul moves the same stop on the version that he still sees.
    browser.clear_cookies()
    sign_in(browser.new_page(), stage, other)
    paul.bring_to_front()
    take(paul, "Mme Wattel Yvette")
    with paul.expect_navigation():
        paul.keyboard.press("Alt+ArrowUp")
    expect(paul.get_by_role("alert")).to_contain_text("Cette tournée a été changée par Nadia L.")
    expect(paul.get_by_role("alert")).to_contain_text("Rien n’a été écrasé")
    Eyes(paul).look(DENSE, SCREENS)
    assert order_of(paul) == ["Wattel", "Carlier", "Legrand"]
    assert day.names(1) == ["Wattel", "Carlier", "Legrand"]
    with paul.expect_navigation():
        paul.get_by_role("link", name="Voir l’effet du même geste").press("Enter")
    expect(paul.locator("#effet-titre")).to_contain_text("Si vous placez Mme Wattel Yvette avant Mme Legrand Yvette")
    with paul.expect_navigation():
        paul.keyboard.press("e")
    assert day.names(1) == ["Carlier", "Wattel", "Legrand"]

    with paul.expect_navigation():
        paul.keyboard.press("d")
    assert day.names(1) == ["Wattel", "Carlier", "Legrand"]
    eyes.trust()


def test_a_stop_is_dragged_and_let_go_of_with_escape(stage: Stage, day: Shaped, browser: BrowserContext) -> None:
    page = browser.new_page()
    sign_in(page, stage, day.staff)
    page.goto(f"{stage.address}/equipe/tournees/{day.round(2).id}")
    before = day.names(2)

    handle = page.get_by_role("link", name="Déplacer Mme Bar Yvette").bounding_box()
    there = page.get_by_role("link", name="Déplacer Mme Penel Yvette").bounding_box()
    assert handle is not None
    assert there is not None
    page.mouse.move(handle["x"] + 10, handle["y"] + 10)
    page.mouse.down()
    page.mouse.move(there["x"] + 10, there["y"] - 2, steps=5)
    with page.expect_navigation():
        page.mouse.up()

    expect(page.locator("#effet-titre")).to_contain_text("Si vous placez Mme Bar Yvette avant Mme Penel Yvette")
    with page.expect_navigation():
        page.keyboard.press("Escape")
    expect(page.locator("#effet")).to_have_count(0)
    assert day.names(2) == before
