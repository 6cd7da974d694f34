"""What the public pages show."""

from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.models import Product
from meloko.catalogue.services import Shelf, shelves
from meloko.clock import now, today
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import next_days
from meloko.languages import say
from meloko.relay_points.models import RelayPoint
from meloko.relay_points.searching import open_points
from meloko.roads.drawing import Mark, MarkKind
from meloko.roads.services import places_maps

_THIS_WEEK = 6
_NAMED = 8
# A drawing that is squeezed into a telephone can no longer be read: it gets its own.
_TELEPHONE = (360, 420)


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The next day of delivery and a handful of what is sold for it."""

    next_day: DeliveryDay | None
    week: tuple[Product, ...]
    products: int
    farms: int
    relays: int
    points: tuple[RelayPoint, ...]
    maps: tuple[str, str]


def front_page(session: Session) -> FrontPage:
    """Gather the front page."""
    next_day = next(iter(next_days(session, now(), 1)), None)
    found = shelves(session, next_day.date if next_day else today())
    sold = [product for shelf in found for product in shelf.products]
    points = open_points(session)
    maps = maps_of(session, points, (520, 440))
    farms = {product.producer_id for product in sold}
    return FrontPage(next_day, _handful(found), len(sold), len(farms), len(points), tuple(points[:_NAMED]), maps)


def _handful(found: tuple[Shelf, ...]) -> tuple[Product, ...]:
    """Choose one product a shelf, those of the season first: what the front page promises must be there."""
    there = [[product for product in shelf.products if product.stock != 0] for shelf in found]
    firsts = [min(products, key=_season_first) for products in there if products]
    return tuple(firsts[:_THIS_WEEK])


def _season_first(product: Product) -> tuple[bool, int]:
    return (not product.season_from, product.position)


def maps_of(session: Session, points: list[RelayPoint], size: tuple[int, int]) -> tuple[str, str]:
    """Draw relay points, numbered in their order: for a wide page, and for a telephone."""
    marks = [
        Mark(MarkKind.RELAY, str(n), point.lat, point.lon)
        for n, point in enumerate(points, 1)
        if point.lat is not None and point.lon is not None
    ]
    title = say("Carte de nos points relais")
    wide, narrow = places_maps(session, marks, title=title, sizes=[size, _TELEPHONE])
    return wide, narrow
