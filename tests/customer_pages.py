"""The pages of customers, and somebody for whom each of them has something to show."""

import datetime as dt
import re
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.access import audience
from meloko.accounts.models import Role
from meloko.catalogue.models import Category, NetUnit, Producer, Product
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import Order
from meloko.relay_points.models import RelayPoint
from meloko.standing_orders.editing import Wanted, start_standing_order
from meloko.standing_orders.repeating import Rhythm
from tests.make import Make
from tests.visitor import Visitor, value_of

# For machines, for who works here, for what is over when it has been opened, or a file.
NO_PAGE = re.compile(
    r"/(equipe|livreur|tournee|hote|partenaire|producteur/|demo|health|ready|robots\.txt|sitemap\.xml|static)"
)
LEADS_ON = re.compile(r"/commander/produits/<code>|/mon-compte/donnees\.zip|.*<(token|link|undo)>.*|.*/confirmer")
ASKED = {"/jours": "/jours?commune=Bethune", "/chercher": "/chercher?q=poirau"}


@dataclass(frozen=True, slots=True)
class Regular:
    """A customer with an order sent, another begun, one that comes back by itself, and where she collects."""

    customer: Customer
    order_id: int
    standing_order_id: int
    relay_point: RelayPoint


def opened(app: Flask) -> list[str]:
    """Return the rules of all pages that visitors and customers open."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or NO_PAGE.match(rule.rule) or LEADS_ON.fullmatch(rule.rule):
            continue
        if (audience(app.view_functions[rule.endpoint]) or frozenset()) & {Role.VISITOR, Role.CUSTOMER}:
            found.append(rule.rule)
    return sorted(found)


def addresses(app: Flask, engine: Engine, regular: Regular) -> dict[str, str]:
    """Return where each of those pages is opened, by its rule; what a hole may hold is asked of the database."""
    with Session(engine) as session:
        producer = session.exec(select(Producer.code).where(col(Producer.active))).first()
    holes = {
        "/producteurs/<code>": str(producer),
        "/points-relais/<code>": regular.relay_point.code,
        "order_id": str(regular.order_id),
        "standing_order_id": str(regular.standing_order_id),
    }
    found = {}
    for rule in opened(app):
        hole = re.search(r"<(?:id:)?(\w+)>", rule)
        value = holes.get(rule) or holes.get(hole[1]) if hole else None
        found[rule] = ASKED.get(rule) or (re.sub(r"<[^>]*>", value, rule) if value else rule)
    return found


def fill_catalogue(make: Make, up_to: int) -> None:
    """Sell so many products in all, like those there are."""
    make.ask(_fill, up_to)


def _fill(session: Session, up_to: int) -> None:
    categories = list(session.exec(select(Category.id)))
    producers = list(session.exec(select(Producer.id)))
    sold = len(list(session.exec(select(Product.id).where(col(Product.active)))))
    session.add_all(
        Product(
            code=f"X{n}",
            name=f"Poireaux du champ {n}",
            category_id=categories[n % len(categories)],
            producer_id=producers[n % len(producers)],
            unit="la botte",
            price_cents=200 + n,
            vat_rate_bp=550,
            net_quantity=1000,
            net_unit=NetUnit.GRAM,
            ingredients="Poireaux",
            origin="Locon (Pas-de-Calais), France",
            keeping="Au frais",
            allergens_stated=True,
            stamp="poireau",
            crates_hundredths=10,
        )
        for n in range(sold, up_to)
    )


def become_regular(
    make: Make, visitor: Visitor, customer: Customer, day: DeliveryDay, relay_point: RelayPoint, products: list[Product]
) -> Regular:
    """Sign in as a customer, send an order, make it come back, and fill another basket up to the check page."""
    visitor.sign_in(make.engine, customer)
    _fill_basket(visitor, day, relay_point, products)
    page = visitor.open("/commander/verifier")
    answer = visitor.send("/commander/verifier", follow=False, key=value_of(page, "key"), adult="1")
    assert answer.status_code == 303, page.text
    with Session(make.engine) as session:
        order_id = session.exec(select(Order.id).order_by(col(Order.id).desc())).first()
        user_id = session.get_one(Customer, customer.id).user_id
    assert order_id
    assert user_id
    wanted = Wanted(
        quantities={product.id: 2 for product in products},
        rhythm=Rhythm.WEEKLY,
        weekdays=frozenset({day.date.isoweekday()}),
        first_day=day.date + dt.timedelta(days=7),
        relay_point_id=relay_point.id,
        adult_declared=True,
    )
    standing = make.ask(start_standing_order, user_id, wanted)
    _fill_basket(visitor, day, relay_point, products)
    return Regular(customer, order_id, standing.id, relay_point)


def _fill_basket(visitor: Visitor, day: DeliveryDay, relay_point: RelayPoint, products: list[Product]) -> None:
    for product in products:
        visitor.order(product.code, 2)
    visitor.send("/commander/jour-et-lieu", day=day.id, place=relay_point.id)
