"""The evening of a round, by the keyboard: the sheet, what came back, the till, and the day is settled, not before."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import Session, select

from meloko.accounts.models import Role, User
from meloko.accounts.services import set_organisation
from meloko.clock import today
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.models import ActKind
from meloko.evening.models import Till
from meloko.orders.models import Order, OrderState
from meloko.orders.services import find_order
from tests.driving.driven import Driven, drive, said
from tests.eyes import Eyes
from tests.make import PASSWORD, Make
from tests.stage import WEB, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# Staff sit before a large screen; links stand in dense rows.
DESKS = (1280, 1024)
DENSE = 0


@dataclass
class Evening:
    """A round that is back: the telephone said one stop, the paper says the rest; a next day is open."""

    stage: Stage
    clerk: User
    driven: Driven
    next_day: DeliveryDay

    def due(self, *orders: int) -> str:
        cents = sum(self.driven.make.ask(find_order, order).total_cents for order in orders)
        return f"{cents // 100},{cents % 100:02d}"


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    with Stage(Path(tmp_path_factory.mktemp("stage")), crew=(WEB,)) as stage:
        make = Make(stage.engine)
        make.ask(lambda session: set_organisation(session, name="Les Saules (fictif)", phone="03 53 01 24 60"))
        driven = drive(make)
        with Session(stage.engine) as session:
            row = session.get_one(DeliveryDay, driven.day.id)
            later = DeliveryDay(
                **{**row.model_dump(exclude={"id"}), "date": today() + dt.timedelta(days=7), "state": DayState.OPEN,
                   "plan_version": 0, "rounds_locked": False}
            )  # fmt: skip
            session.add(later)
            session.commit()
            session.refresh(later)
            session.expunge(later)
        first = driven.orders[0]
        driven.record(said(ActKind.DELIVERED, first), said(ActKind.CASH, first, cents=640))
        yield Evening(stage, make.user(Role.STAFF), driven, later)


def sign_in(page: Page, evening: Evening) -> None:
    page.goto(f"{evening.stage.address}/equipe/connexion")
    page.get_by_label("Adresse e-mail").fill(evening.clerk.email or "")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter").click()


def test_the_evening_is_closed_by_the_keyboard(evening: Evening, browser: BrowserContext) -> None:
    page = browser.new_page()
    eyes = Eyes(page)
    sign_in(page, evening)
    page.get_by_role("link", name="Le soir").click()
    expect(page.get_by_text("1 sur 4")).to_be_visible()
    eyes.look(DENSE, DESKS)
    page.get_by_role("button", name="Clore le jour").click()
    expect(page.get_by_role("alert").or_(page.locator(".summary"))).to_contain_text("n’est pas encore à clore")
    eyes.look(DENSE, DESKS)

    key_the_sheet(evening, page, eyes)
    decide(evening, page, eyes)
    count(evening, page, eyes)

    page.get_by_role("button", name="Clore le jour").click()
    expect(page.get_by_role("heading", name="Ce jour est clos")).to_be_visible()
    eyes.look(DENSE, DESKS)
    assert evening.driven.day_state() is DayState.SETTLED
    page.get_by_role("link", name="Voir la feuille A").click()
    expect(page.get_by_text("la feuille se lit, elle ne change plus")).to_be_visible()
    eyes.look(DENSE, DESKS)
    eyes.trust()


def key_the_sheet(evening: Evening, page: Page, eyes: Eyes) -> None:
    """Key two stops of three with five keys; a line that makes no sense keeps what was typed."""
    page.get_by_role("link", name="Noter la feuille A").click()
    _, cafe, last = evening.driven.stops
    # What the telephone said is there: the cursor waits on the next stop.
    expect(page.locator(f"#issue-{cafe}")).to_be_focused()
    eyes.look(DENSE, DESKS)
    for pressed in ("l", "Enter", "v"):
        page.keyboard.press(pressed)
    expect(page.locator(f"#issue-{last}")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator(f"#mot-{last}-error")).to_contain_text("Écrivez chez qui")
    expect(page.locator(f"#issue-{last}")).to_have_value("V")
    assert evening.driven.states() == ["delivered", "at_relay", "at_relay", "confirmed"]
    eyes.look(DENSE, DESKS)
    page.locator(f"#issue-{last}").focus()
    page.keyboard.type("p")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.get_by_text("La feuille est notée.")).to_be_visible()
    assert evening.driven.states() == ["delivered", "at_relay", "at_relay", "undelivered"]


def decide(evening: Evening, page: Page, eyes: Eyes) -> None:
    """Move the order that nobody opened for to the next day: the same order, and no second one."""
    page.get_by_role("link", name="Retour au soir").click()
    page.get_by_role("link", name="Décider", exact=True).click()
    eyes.look(DENSE, DESKS)
    missed = evening.driven.orders[3]
    page.get_by_role("button", name="Donner").click()
    expect(page.locator(f"#reason-{missed}-error")).to_be_visible()
    page.get_by_role("button", name="Reporter").click()
    expect(page.get_by_role("heading", name="Rien à décider")).to_be_visible()
    with Session(evening.stage.engine) as session:
        moved = session.get_one(Order, missed)
        assert (moved.delivery_day_id, moved.state) == (evening.next_day.id, OrderState.CONFIRMED)
        assert len(session.exec(select(Order.id)).all()) == 4
    page.get_by_role("link", name="Retour au soir").click()


def count(evening: Evening, page: Page, eyes: Eyes) -> None:
    """Count the till by the keyboard; what lacks wants its reason."""
    page.get_by_role("link", name="Karim B.").click()
    eyes.look(DENSE, DESKS)
    page.get_by_label("Espèces").fill("6,40")
    page.keyboard.press("Enter")
    expect(page.locator("#motif-error")).to_contain_text("de moins que prévu")
    expect(page.get_by_label("Espèces")).to_have_value("6,40")
    eyes.look(DENSE, DESKS)
    page.get_by_label("Chèques").fill(evening.due(*evening.driven.orders[1:3]))
    page.keyboard.press("Enter")
    expect(page.get_by_text("La caisse de Karim B. est comptée.")).to_be_visible()
    with Session(evening.stage.engine) as session:
        till = session.exec(select(Till)).one()
        assert (till.difference_cents, till.cash_noted_cents, till.round_numbers) == (0, 640, [1])
