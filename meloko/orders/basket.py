"""The basket of one browser: kept on the server, never emptied by us."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, delete, select

from meloko.catalogue.models import Product
from meloko.catalogue.selling import OutOfStock
from meloko.catalogue.services import find_sold, in_season
from meloko.clock import local, now
from meloko.customers.models import Customer
from meloko.customers.services import NameMissing, WrongPhone, customer_of_user, read_phone
from meloko.db import Table
from meloko.delivery_days.entering import HomesNotServed, check_relay_served
from meloko.delivery_days.services import find_day
from meloko.errors import NotFound
from meloko.languages import say
from meloko.orders.drafting import AddressMissing, NothingOrdered
from meloko.orders.models import (
    MOST_OF_ONE_PRODUCT,
    Basket,
    BasketBag,
    BasketLine,
    Order,
    OrderLine,
    goods_cents,
)
from meloko.orders.neighbours import check_may_order_for
from meloko.orders.writing import TooMany

LINE = Table.metadata.tables["basket_line"]
BAG = Table.metadata.tables["basket_bag"]


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket as a page shows it; amounts in cents."""

    basket: Basket
    lines: tuple[BasketLine, ...]
    customer: Customer | None
    bags: tuple[BasketBag, ...] = ()

    @property
    def goods_cents(self) -> int:
        """Return what the goods cost; those charged by weight at their usual weight."""
        return sum(line_cents(line.product, line.quantity) for line in self.lines)

    @property
    def deposit_cents(self) -> int:
        """Return the deposits of the containers."""
        return sum(line.quantity * line.product.deposit_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """Return what will be due."""
        return self.goods_cents + self.deposit_cents

    def in_bag(self, bag_id: int | None) -> dict[int, int]:
        """Return how many of each product one bag holds, by its id; None is the bag of who orders."""
        return {line.product_id: line.quantity for line in self.lines if line.bag_id == bag_id}

    @property
    def products(self) -> set[int]:
        """Return the products that are in any bag."""
        return {line.product_id for line in self.lines}

    @property
    def introduced(self) -> bool:
        """Tell whether we know who orders."""
        return self.customer is not None or bool(self.basket.guest_name and self.basket.guest_phone)


def line_cents(product: Product, quantity: int) -> int:
    """Return the amount of a quantity of a product, before it becomes a line."""
    return goods_cents(quantity, product.price_cents, product.net_quantity if product.priced_by_weight else None)


def new_token() -> str:
    """Make the token of a new basket, for the cookie."""
    return secrets.token_urlsafe(24)


def basket_view(session: Session, token: str, user_id: int | None) -> BasketView:
    """Return the basket of a browser, an empty one when it has none yet."""
    basket = find_basket(session, token)
    customer = customer_of_user(session, user_id) if user_id is not None else None
    if basket is None:
        return BasketView(Basket(token_hash="", lines=[], bags=[]), (), customer)
    lines = sorted(basket.lines, key=lambda line: line.product.code)
    return BasketView(basket, tuple(lines), customer, tuple(basket.bags))


def set_quantity(session: Session, token: str, product_id: int, quantity: int, bag_id: int | None = None) -> Product:
    """Set how many of a product are in one bag; 0 takes it out. Returns the product, for the sentence."""
    if not 0 <= quantity <= MOST_OF_ONE_PRODUCT:
        raise TooMany
    basket = own_basket(session, token)
    check_bag(basket, bag_id)
    if quantity == 0:
        # What is no longer sold can still be taken out.
        session.exec(
            delete(BasketLine).where(
                col(BasketLine.basket_id) == basket.id,
                col(BasketLine.bag_id).is_not_distinct_from(bag_id),
                col(BasketLine.product_id) == product_id,
            )
        )
        return session.get_one(Product, product_id)
    product = find_sold(session, [product_id], local(now()).date())[product_id]
    others = sum(each.quantity for each in basket.lines if each.product_id == product_id and each.bag_id != bag_id)
    if product.stock is not None and product.stock < quantity + others:
        raise OutOfStock({product.name: product.stock})
    _put(session, basket.id, bag_id, product_id, quantity)
    return product


def check_bag(basket: Basket, bag_id: int | None) -> None:
    """Refuse a bag that is not in this basket."""
    if bag_id is not None and all(bag.id != bag_id for bag in basket.bags):
        raise NotFound(say("Ce sac n’est plus ouvert. Rechargez la page : le reste de la commande est gardé."))


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What came back from the last order, and by name what could not."""

    products: int
    missing: tuple[str, ...] = ()


def take_up_again(session: Session, token: str, user_id: int) -> TakenUp:
    """Put the lines of the customer's last order into her bag; what is not sold now is left out and named."""
    customer = customer_of_user(session, user_id)
    basket = own_basket(session, token)
    if customer is None:
        return TakenUp(0)
    last = session.exec(
        select(Order.id)
        .where(col(Order.customer_id) == customer.id, col(Order.recipient_id) == customer.id)
        .order_by(col(Order.id).desc())
        .limit(1)
    ).first()
    sums: dict[int, int] = {}
    for line in session.exec(select(OrderLine).where(col(OrderLine.order_id) == last)):
        sums[line.product_id] = min(sums.get(line.product_id, 0) + line.ordered, MOST_OF_ONE_PRODUCT)
    missing = []
    for product in session.exec(select(Product).where(col(Product.id).in_(sums)).order_by(col(Product.position))):
        if product.active and in_season(product, local(now()).date()) and product.stock != 0:
            _put(session, basket.id, None, product.id, min(sums[product.id], product.stock or MOST_OF_ONE_PRODUCT))
        else:
            missing.append(product.name)
    return TakenUp(len(sums) - len(missing), tuple(missing))


def open_bag(session: Session, token: str, user_id: int, recipient_id: int) -> BasketBag:
    """Open a bag for somebody one may order for; opening it again is the same bag."""
    customer = customer_of_user(session, user_id)
    if customer is None:
        raise NotFound
    check_may_order_for(session, customer.id, recipient_id)
    basket = own_basket(session, token)
    session.execute(
        insert(BAG)
        .values(basket_id=basket.id, recipient_id=recipient_id, recipient_pays=True)
        .on_conflict_do_nothing(index_elements=["basket_id", "recipient_id"])
    )
    return session.exec(
        select(BasketBag).where(col(BasketBag.basket_id) == basket.id, col(BasketBag.recipient_id) == recipient_id)
    ).one()


def close_bag(session: Session, token: str, bag_id: int) -> None:
    """Take a bag out with all that is in it; closing it again is no harm."""
    basket = find_basket(session, token)
    if basket is not None:
        session.exec(delete(BasketBag).where(col(BasketBag.basket_id) == basket.id, col(BasketBag.id) == bag_id))


def _put(session: Session, basket_id: int, bag_id: int | None, product_id: int, quantity: int) -> None:
    session.execute(
        insert(LINE)
        .values(basket_id=basket_id, bag_id=bag_id, product_id=product_id, quantity=quantity)
        .on_conflict_do_update(index_elements=["basket_id", "bag_id", "product_id"], set_={"quantity": quantity})
    )


def choose_place(session: Session, token: str, day_id: int, relay_point_id: int | None) -> None:
    """Choose the day and the place, None for at home; refuse what is not possible."""
    day = find_day(session, day_id)
    if relay_point_id is not None:
        check_relay_served(day, relay_point_id)
    elif not day.homes_served:
        raise HomesNotServed
    basket = own_basket(session, token)
    basket.delivery_day_id, basket.relay_point_id, basket.home = day_id, relay_point_id, relay_point_id is None


def introduce(
    session: Session, token: str, *, name: str, phone: str, address: str = "", postcode: str = "", commune: str = ""
) -> None:
    """Say who orders and how to reach her: name, telephone, and the address when she is delivered at home."""
    if not name.strip():
        raise NameMissing
    number = read_phone(phone)
    if not number:
        raise WrongPhone("Écrivez un numéro de téléphone à 10 chiffres, par exemple 03 53 01 24 60.")
    basket = own_basket(session, token)
    if basket.home and not (address.strip() and commune.strip()):
        raise AddressMissing
    basket.guest_name, basket.guest_phone = name.strip(), number
    basket.guest_address, basket.guest_postcode, basket.guest_commune = (
        address.strip(),
        postcode.strip(),
        commune.strip(),
    )


def find_basket(session: Session, token: str) -> Basket | None:
    """Return the basket behind a cookie with its bags, lines and products, or None."""
    if not token:
        return None
    query = (
        select(Basket)
        .where(col(Basket.token_hash) == _hash(token))
        .options(
            joinedload(Basket.lines).joinedload(BasketLine.product).joinedload(Product.producer),
            joinedload(Basket.bags).joinedload(BasketBag.recipient),
        )
        .execution_options(populate_existing=True)
    )
    return session.exec(query).unique().first()


def lock_basket(session: Session, token: str) -> Basket | None:
    """Return the basket behind a cookie, in nobody else's hands until the transaction ends."""
    session.exec(select(Basket.id).where(col(Basket.token_hash) == _hash(token)).with_for_update()).first()
    return find_basket(session, token)


def own_basket(session: Session, token: str) -> Basket:
    """Return the basket behind a cookie, made when there is none yet."""
    found = find_basket(session, token)
    if found is not None:
        if not found.lines:
            # The grace of the cut-off counts from the first line, not from a visit of last month.
            found.begun_at = now()
        return found
    session.execute(
        insert(Table.metadata.tables["basket"])
        .values(token_hash=_hash(token), key=uuid.uuid4(), begun_at=now(), home=False, guest_name="",
                guest_phone="", guest_address="", guest_postcode="", guest_commune="", note="")
        .on_conflict_do_nothing(index_elements=["token_hash"])
    )  # fmt: skip
    made = find_basket(session, token)
    if made is None:
        raise NothingOrdered
    return made


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
