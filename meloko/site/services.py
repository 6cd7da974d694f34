"""What the public pages show: the front page, the pages of a customer's own."""

from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.models import Product
from meloko.catalogue.services import Shelf, shelves
from meloko.clock import now, today
from meloko.customers.cards import card_words
from meloko.customers.services import customer_of_user
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import orderable_days
from meloko.orders.models import Order
from meloko.orders.services import orders_of_customer

_THIS_WEEK = 6


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The next day of delivery and a handful of what is sold for it."""

    next_day: DeliveryDay | None
    week: tuple[Product, ...]
    products: int
    farms: int
    relays: int


@dataclass(frozen=True, slots=True)
class Account:
    """What a customer sees of herself."""

    name: str
    card_number: str
    orders: tuple[Order, ...]


def front_page(session: Session) -> FrontPage:
    """Gather the front page."""
    days = orderable_days(session, now())
    next_day = days[0] if days else None
    found = shelves(session, next_day.date if next_day else today())
    sold = [product for shelf in found for product in shelf.products]
    relays = {served.relay_point_id for day in days for served in day.relay_points}
    return FrontPage(next_day, _handful(found), len(sold), len({product.producer_id for product in sold}), len(relays))


def account(session: Session, user_id: int) -> Account | None:
    """Gather the page of a customer, or None for who is no customer."""
    customer = customer_of_user(session, user_id)
    if customer is None:
        return None
    return Account(
        customer.full_name, card_words(customer.card_number), tuple(orders_of_customer(session, customer.id))
    )


def _handful(found: tuple[Shelf, ...]) -> tuple[Product, ...]:
    """Choose one product a shelf, those of the season first: what the front page promises must be there."""
    there = [[product for product in shelf.products if product.stock != 0] for shelf in found]
    firsts = [min(products, key=_season_first) for products in there if products]
    return tuple(firsts[:_THIS_WEEK])


def _season_first(product: Product) -> tuple[bool, int]:
    return (not product.season_from, product.position)
