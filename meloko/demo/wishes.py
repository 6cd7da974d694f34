"""What people order on the day that is played: drawn with a seed, and sized so that three vehicles can carry it."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select

from meloko.catalogue.models import Product, SupplyMode
from meloko.catalogue.services import in_season
from meloko.clock import today
from meloko.customers.models import Customer, CustomerKind
from meloko.demo.organisation import points_open_on
from meloko.relay_points.models import RelayPoint
from meloko.roads.models import Precision

# Of a hundred orders so many come on paper.
_ON_PAPER = 45
_AT_HOME = 0.25
_FROM_FARMS = 0.5
# Homes take a van longer than anything else: no more of them than three vehicles can call at before one o'clock.
_MOST_HOMES = 25
# From so many orders on, baskets are small.
_MANY = 120
_SMALL_HUNDREDTHS = 8
# From so many orders on, one and then two come from a door that nobody can find.
_LOST_FROM = (2, 20)
_CARDS_ON_THE_WEB = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person wants: the places she would go to, best first, and (code, quantity) of the goods."""

    name: str
    phone: str
    card: str
    address: str
    postcode: str
    commune: str
    home: bool
    relay_points: tuple[str, ...]
    lines: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """The orders of the day by the door they come through."""

    web: tuple[Wish, ...]
    paper: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class People:
    """Who may order, where and what, read once."""

    customers: Sequence[Customer]
    points: Sequence[RelayPoint]
    products: Sequence[Product]


def people(session: Session, date: dt.date) -> People:
    """Read who may order for a day, the relay points that can be served and the goods in season, now and then."""
    customers = session.exec(select(Customer).where(col(Customer.guest).is_(False)).order_by(col(Customer.id))).all()
    rows = session.exec(
        select(Product)
        .where(col(Product.active), col(Product.stock).is_(None))
        .options(joinedload(Product.producer))
        .order_by(col(Product.code))
    )
    return People(
        customers, points_open_on(session, date), [p for p in rows if in_season(p, today()) and in_season(p, date)]
    )


def draw_wishes(known: People, orders: int, seed: int) -> Wishes:
    """Draw the orders of a day: at least two in five on paper, some at home, one or two to a door nobody can find."""
    draw = _Draw(known, orders, random.Random(seed))  # noqa: S311
    on_paper = -(-orders * _ON_PAPER // 100)
    paper = [draw.of_customer(customer, home=True) for customer in draw.lost(orders)][:on_paper]
    paper += [draw.of_customer(customer) for customer in draw.regulars(on_paper - len(paper))]
    cards = [
        draw.of_customer(customer) for customer in draw.with_email(min(_CARDS_ON_THE_WEB, (orders - on_paper) // 3))
    ]
    guests = [draw.of_guest(number) for number in range(orders - on_paper - len(cards))]
    return Wishes((*cards, *guests), tuple(paper))


class _Draw:
    """Draws people and goods; nobody is drawn twice."""

    def __init__(self, known: People, orders: int, dice: random.Random) -> None:
        self._known = known
        self._dice = dice
        self._many = orders > _MANY
        self._home_share = min(_AT_HOME, _MOST_HOMES / orders)
        persons = [c for c in known.customers if c.kind is CustomerKind.PERSON]
        self._lost = [
            c for c in persons if c.address and c.precision is Precision.NONE and not c.preferred_relay_point_id
        ]
        self._placed = [c for c in persons if c.lat is not None]
        dice.shuffle(self._placed)
        # Those who want the paper form stand first where paper orders are drawn.
        self._placed.sort(key=lambda c: not c.paper_form_wanted)
        small = [p for p in known.products if p.crates_hundredths <= _SMALL_HUNDREDTHS]
        self._goods = small if self._many else list(known.products)
        # Somebody must want what a van fetches on its way; the others may.
        self._farm_share = 1.0
        self._from_farms = [p for p in self._goods if p.producer.supply_mode is SupplyMode.ON_THE_ROUND]

    def lost(self, orders: int) -> list[Customer]:
        """Draw those whose door nobody can find."""
        return self._lost[: sum(orders >= least for least in _LOST_FROM)]

    def regulars(self, count: int) -> list[Customer]:
        """Draw customers who order on paper."""
        drawn, self._placed = self._placed[:count], self._placed[count:]
        return drawn

    def with_email(self, count: int) -> list[Customer]:
        """Draw customers who can be sent a code."""
        drawn = [c for c in self._placed if c.email][:count]
        self._placed = [c for c in self._placed if c not in drawn]
        return drawn

    def of_customer(self, customer: Customer, *, home: bool | None = None) -> Wish:
        """Draw the order of a customer who has a card."""
        at_home = self._dice.random() < self._home_share if home is None else home
        name = f"{customer.first_name} {customer.last_name}"
        return self._wish(customer, name, customer.phone, customer.card_number, at_home)

    def of_guest(self, number: int) -> Wish:
        """Draw the order of somebody new, who lives where others live."""
        first = self._dice.choice(self._known.customers[:200]).first_name or "Claude"
        last = self._dice.choice([c.last_name for c in self._known.customers if c.last_name])
        neighbour = self._dice.choice(self._placed or list(self._known.customers))
        phone = f"06 39 98 {number // 100:02d} {number % 100:02d}"
        return self._wish(neighbour, f"{first} {last}", phone, "", self._dice.random() < self._home_share)

    def _wish(self, at: Customer, name: str, phone: str, card: str, home: bool) -> Wish:
        lat, lon = at.lat or 0.0, at.lon or 0.0
        points = sorted(self._known.points, key=lambda p: ((p.lat or 0.0) - lat) ** 2 + ((p.lon or 0.0) - lon) ** 2)
        if at.preferred_relay_point_id:
            points.sort(key=lambda p: p.id != at.preferred_relay_point_id)
        names = tuple(point.name for point in points)
        wish = Wish(name, phone, card, at.address, at.postcode, at.commune, home, names, self._lines())
        if at not in self._lost:
            self._farm_share = _FROM_FARMS
        return wish

    def _lines(self) -> tuple[tuple[str, int], ...]:
        count = self._dice.randint(1, 3) if self._many else self._dice.randint(2, 6)
        goods = self._dice.sample(self._goods, min(count, len(self._goods)))
        if self._from_farms and self._dice.random() < self._farm_share:
            goods[0] = self._dice.choice(self._from_farms)
        most = (1,) if self._many else (1, 1, 1, 2, 2, 3)
        return tuple((code, self._dice.choice(most)) for code in sorted({p.code for p in goods}))
