"""The village of the stories about ordering: a café, two days, goods, and Yvette, signed in on a browser."""

import datetime as dt
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page
from sqlmodel import Session

from meloko.accounts.access import COOKIE
from meloko.accounts.models import Role
from meloko.accounts.services import WORK_ENDS, open_sign_in, set_organisation
from meloko.catalogue.models import Product
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.relay_points.models import RelayPoint
from tests.make import Make
from tests.stage import Stage


@dataclass
class Neighbourhood:
    """What the stories share."""

    stage: Stage
    make: Make
    yvette: Customer
    cafe: RelayPoint
    soon: DeliveryDay
    later: DeliveryDay
    milk: Product
    leeks: Product


def settle(stage: Stage) -> Neighbourhood:
    """Make the village."""
    make = Make(stage.engine)
    make.ask(lambda session: set_organisation(
        session, name="Les Saules (fictif)", baseline="Épicier et livreur", phone="03 53 01 24 60",
        phone_hours="du lundi au vendredi, de 9 h à 12 h",
    ))  # fmt: skip
    dairy = make.category("Laiterie et œufs")
    milk = make.product(name="Lait entier cru", price_cents=165, deposit_cents=50, category=dairy)
    leeks = make.product(name="Poireaux", price_cents=320, category=make.category("Légumes"))
    cafe = make.relay_point(name="Café de la Place")
    yvette = make.customer(email="yvette@meloko.example", preferred=cafe)
    soon = make.day(cafe, in_days=2, closes_in=dt.timedelta(hours=2))
    later = make.day(cafe, in_days=7, closes_in=dt.timedelta(days=4))
    return Neighbourhood(stage, make, yvette, cafe, soon, later, milk, leeks)


def sign_in(browser: BrowserContext, village: Neighbourhood) -> Page:
    """Give a page of a browser on which Yvette is signed in."""
    user = village.make.user(Role.CUSTOMER, name=village.yvette.full_name)
    village.make.ask(_belongs, village.yvette.id, user.id)
    signed_in = village.make.ask(open_sign_in, user, WORK_ENDS, WORK_ENDS)
    browser.add_cookies([{"name": COOKIE, "value": signed_in.token, "url": village.stage.address}])
    return browser.new_page()


def press(page: Page, what: str) -> None:
    page.get_by_role("button", name=what).locator("visible=true").first.click()


def follow(page: Page, what: str) -> None:
    page.get_by_role("link", name=what).locator("visible=true").first.click()


def _belongs(session: Session, customer_id: int, user_id: int) -> None:
    session.get_one(Customer, customer_id).user_id = user_id
