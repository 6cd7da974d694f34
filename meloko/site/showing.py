"""What the pages for everybody show of producers, products and relay points."""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.models import Producer, Product
from meloko.catalogue.searching import found_producers, found_products
from meloko.catalogue.services import (
    Shelf,
    active_producers,
    in_season,
    producer_of_code,
    products_of,
    shelves,
)
from meloko.clock import now, today
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import next_days, orderable_days
from meloko.languages import say
from meloko.relay_points.hours import week_words
from meloko.relay_points.models import RelayClosure, RelayKind, RelayPoint
from meloko.relay_points.searching import found_points, open_points, point_of_code
from meloko.relay_points.services import why_closed
from meloko.roads.drawing import Mark, MarkKind
from meloko.roads.services import places_map
from meloko.site.communes import commune_names
from meloko.site.services import maps_of

_FOUND_AT_MOST = 24


@dataclass(frozen=True, slots=True)
class Shelves:
    """The page of all products."""

    shelves: tuple[Shelf, ...]
    next_day: DeliveryDay | None

    @property
    def count(self) -> int:
        """Return how many products."""
        return sum(len(shelf.products) for shelf in self.shelves)


@dataclass(frozen=True, slots=True)
class ProducerPage:
    """A producer: who, where, what of it is sold now and at another time of the year."""

    producer: Producer
    labels: tuple[str, ...]
    sold: tuple[Product, ...]
    later: tuple[Product, ...]
    map: str

    @property
    def stamp(self) -> str:
        """Return the drawing of the first thing it makes."""
        return next((product.stamp for product in (*self.sold, *self.later)), "panier")


@dataclass(frozen=True, slots=True)
class Producers:
    """The page of all producers; `stamps` are drawings by producer id."""

    producers: tuple[Producer, ...]
    stamps: dict[int, str]
    goods: dict[int, int]


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """One relay point of the list, with its number on the map and its hours in words."""

    n: int
    point: RelayPoint
    kind: str
    hours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """The page of all relay points."""

    places: tuple[PlaceLine, ...]
    maps: tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlacePage:
    """A relay point: where, when, how to get there, and the days that can be ordered for."""

    point: RelayPoint
    kind: str
    hours: tuple[str, ...]
    closures: tuple[RelayClosure, ...]
    days: tuple[DeliveryDay, ...]
    map: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found, of each kind."""

    products: tuple[Product, ...]
    producers: tuple[Producer, ...]
    points: tuple[RelayPoint, ...]
    communes: tuple[str, ...]

    @property
    def count(self) -> int:
        """Return how many things in all."""
        return len(self.products) + len(self.producers) + len(self.points) + len(self.communes)


def kind_words(kind: RelayKind) -> str:
    """Say what kind of place a relay point is."""
    return {
        RelayKind.CAFE: say("café"),
        RelayKind.FARM: say("ferme"),
        RelayKind.HOTEL: say("hôtel"),
        RelayKind.DAY_CENTRE: say("centre de jour"),
        RelayKind.SHOP: say("commerce"),
        RelayKind.RESTAURANT: say("restaurant"),
        RelayKind.LIBRARY: say("bibliothèque"),
        RelayKind.TOWN_HALL: say("mairie"),
        RelayKind.SCHOOL: say("école"),
        RelayKind.OTHER: say("lieu d’accueil"),
    }[kind]


def all_products(session: Session) -> Shelves:
    """Gather what is sold for the next day, by shelf."""
    day = next(iter(next_days(session, now(), 1)), None)
    return Shelves(shelves(session, day.date if day else today()), day)


def all_producers(session: Session) -> Producers:
    """Gather the producers, each with the drawing of one of its goods."""
    stamps: dict[int, str] = {}
    goods: dict[int, int] = {}
    for shelf in shelves(session, today(), off_season=True):
        for product in shelf.products:
            stamps.setdefault(product.producer_id, product.stamp)
            goods[product.producer_id] = goods.get(product.producer_id, 0) + 1
    return Producers(tuple(active_producers(session)), stamps, goods)


def producer_page(session: Session, code: str) -> ProducerPage:
    """Gather the page of one producer, or refuse."""
    producer = producer_of_code(session, code)
    goods = products_of(session, producer.id)
    day = today()
    drawing = ""
    if producer.lat is not None and producer.lon is not None:
        mark = Mark(MarkKind.FARM, "", producer.lat, producer.lon)
        title = say("Carte : {name}, à {commune}", name=producer.name, commune=producer.commune)
        drawing = places_map(session, [mark], title=title, width=360, height=300)
    return ProducerPage(
        producer,
        labels_valid(producer, day),
        tuple(product for product in goods if in_season(product, day)),
        tuple(product for product in goods if not in_season(product, day)),
        drawing,
    )


def labels_valid(producer: Producer, day: dt.date) -> tuple[str, ...]:
    """Return the labels of a producer that hold on a day: none once the certificate has ended."""
    if producer.labels_until is not None and producer.labels_until < day:
        return ()
    return tuple(filter(None, (label.strip() for label in producer.labels.split("+"))))


def all_places(session: Session) -> Places:
    """Gather the relay points and the map they are numbered on."""
    points = open_points(session)
    lines = tuple(
        PlaceLine(n, point, kind_words(point.kind), tuple(week_words(point.public_hours)))
        for n, point in enumerate(points, 1)
    )
    return Places(lines, maps_of(session, points, (880, 400)))


def place_page(session: Session, code: str) -> PlacePage:
    """Gather the page of one relay point, or refuse."""
    point = point_of_code(session, code)
    drawing = ""
    if point.lat is not None and point.lon is not None:
        mark = Mark(MarkKind.RELAY, "1", point.lat, point.lon, now=True)
        title = say("Carte : {name}, à {commune}", name=point.name, commune=point.commune)
        drawing = places_map(session, [mark], title=title, width=360, height=300)
    days = (
        day
        for day in orderable_days(session, now())
        if any(each.relay_point_id == point.id for each in day.relay_points) and why_closed(point, day.date) is None
    )
    return PlacePage(
        point,
        kind_words(point.kind),
        tuple(week_words(point.public_hours)),
        tuple(closure for closure in point.closures if closure.last_day >= today()),
        tuple(days),
        drawing,
    )


def search(session: Session, words: str) -> Found:
    """Look for words in all that the site shows, whatever their accents and spelling."""
    day = next(iter(next_days(session, now(), 1)), None)
    products = found_products(session, words, day.date if day else today())
    points = found_points(session, words)
    return Found(
        tuple(products[:_FOUND_AT_MOST]),
        tuple(found_producers(session, words)),
        tuple(points),
        tuple(commune_names(session, words, points)) if words else (),
    )
