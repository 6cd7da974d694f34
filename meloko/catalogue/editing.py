"""Edit the catalogue: products, their stock and what must be said of them, and the producers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, func, select

from meloko.accounts.services import audit
from meloko.catalogue.models import Category, NetUnit, Producer, Product, PurchasePrice, SupplyMode, Temperature
from meloko.catalogue.services import in_season
from meloko.errors import NotFound, Refusal
from meloko.folding import fold
from meloko.roads.models import Precision


class CodeTaken(Refusal):
    """A code that another product or producer has."""

    status = 422
    field = "code"

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"Le code {code} est déjà celui de « {name} ». Choisissez-en un autre.")


class AllergensNotStated(Refusal):
    """A product on sale whose allergens nobody has stated."""

    status = 422
    field = "allergens_stated"

    def __init__(self) -> None:
        super().__init__(
            "Avant la vente, il faut dire les allergènes : cochez ceux qui y sont, puis « vérifiés », même s’il n’y en"
            " a aucun."
        )


class StockGone(Refusal):
    """Less is left than what staff want to take away."""

    field = "stock"

    def __init__(self, left: int) -> None:
        super().__init__(f"Entre-temps, des clients ont commandé : il n’en reste que {left}. Relisez le stock.")


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """All that is known of a product; money in cents, crates in hundredths."""

    code: str
    name: str
    category_id: int
    producer_id: int
    unit: str
    price_cents: int
    vat_rate_bp: int
    net_quantity: int
    net_unit: NetUnit
    priced_by_weight: bool = False
    weight_g: int = 0
    allergens: tuple[str, ...] = ()
    allergens_stated: bool = False
    ingredients: str = ""
    origin: str = ""
    keeping: str = ""
    alcohol: bool = False
    perishable: bool = True
    labels: str = ""
    temperature: Temperature = Temperature.AMBIENT
    deposit_cents: int = 0
    crates_hundredths: int = 0
    season_from: str = ""
    season_to: str = ""
    position: int = 0
    active: bool = True
    # None: without limit.
    stock: int | None = None
    # What the page showed when the new stock was typed.
    stock_seen: int | None = None


@dataclass(frozen=True, slots=True)
class ProducerFacts:
    """All that is known of a producer."""

    code: str
    name: str
    supply_mode: SupplyMode
    kind: str = ""
    makes: str = ""
    labels: str = ""
    labels_until: dt.date | None = None
    about: str = ""
    address: str = ""
    postcode: str = ""
    commune: str = ""
    pickup_hours: str = ""
    order_email: str = ""
    phone: str = ""
    lead_time_h: int = 24
    active: bool = True


@dataclass(frozen=True, slots=True)
class StaffShelf:
    """One category and all its products, on sale or not."""

    category: Category
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """What the page of a product offers."""

    product: Product | None
    categories: Sequence[Category]
    producers: Sequence[Producer]
    bought: Sequence[PurchasePrice]


def staff_shelves(session: Session, words: str = "", active: bool | None = None) -> tuple[StaffShelf, ...]:
    """Return the whole catalogue by category, narrowed by words and by being on sale."""
    query = (
        select(Product)
        .join(Category, col(Category.id) == col(Product.category_id))
        .options(joinedload(Product.producer), joinedload(Product.category))
        .order_by(col(Category.position), col(Category.id), col(Product.position), col(Product.code))
    )
    if active is not None:
        query = query.where(col(Product.active) == active)
    shelves: dict[int, tuple[Category, list[Product]]] = {}
    for product in session.exec(query):
        said = fold(f"{product.code} {product.name} {product.producer.name} {product.category.name}")
        if all(word in said for word in fold(words).split()):
            shelves.setdefault(product.category_id, (product.category, []))[1].append(product)
    return tuple(StaffShelf(category, tuple(products)) for category, products in shelves.values())


def product_page(session: Session, product_id: int | None) -> ProductPage:
    """Gather what the page of a product shows, or refuse."""
    bought: Sequence[PurchasePrice] = ()
    if product_id is not None:
        bought = session.exec(
            select(PurchasePrice)
            .where(col(PurchasePrice.product_id) == product_id)
            .order_by(col(PurchasePrice.from_day).desc())
        ).all()
    return ProductPage(
        find_product(session, product_id) if product_id is not None else None,
        session.exec(select(Category).order_by(col(Category.position), col(Category.id))).all(),
        session.exec(select(Producer).order_by(func.lower(col(Producer.name)))).all(),
        bought,
    )


def find_product(session: Session, product_id: int) -> Product:
    """Find one product, or refuse."""
    product = session.get(Product, product_id)
    if product is None:
        raise NotFound("Ce produit n’existe pas.")
    return product


def add_product(session: Session, facts: ProductFacts, *, by: int) -> Product:
    """Add a product to the catalogue."""
    _check(session, facts, None)
    product = Product(
        code=facts.code, name=facts.name, category_id=facts.category_id, producer_id=facts.producer_id,
        unit=facts.unit, price_cents=facts.price_cents, vat_rate_bp=facts.vat_rate_bp,
        net_quantity=facts.net_quantity, net_unit=facts.net_unit, stock=facts.stock,
    )  # fmt: skip
    _write(product, facts)
    session.add(product)
    session.flush()
    audit(session, by, "product.added", "product", product.id, after={"price_cents": facts.price_cents})
    return product


def change_product(session: Session, product_id: int, facts: ProductFacts, *, by: int) -> Product:
    """Change a product; the stock moves by what staff changed, so that orders placed meanwhile are not undone."""
    _check(session, facts, product_id)
    product = session.exec(select(Product).where(col(Product.id) == product_id).with_for_update()).first()
    if product is None:
        raise NotFound("Ce produit n’existe pas.")
    before = _watched(product)
    product.stock = _new_stock(product.stock, facts)
    _write(product, facts)
    session.flush()
    audit(session, by, "product.changed", "product", product.id, before=before, after=_watched(product))
    return product


def on_sale(product: Product, day: dt.date) -> bool:
    """Tell whether a product may be ordered on a day."""
    return product.active and in_season(product, day) and product.stock != 0


def list_producers(session: Session) -> list[tuple[Producer, int]]:
    """Return the producers and how many products each has on sale."""
    rows = session.exec(
        select(Producer, func.count(col(Product.id)))
        .outerjoin(Product, (col(Product.producer_id) == col(Producer.id)) & col(Product.active))
        .group_by(col(Producer.id))
        .order_by(func.lower(col(Producer.name)))
    )
    return [(producer, count) for producer, count in rows]


def find_producer(session: Session, producer_id: int) -> Producer:
    """Find one producer, or refuse."""
    producer = session.get(Producer, producer_id)
    if producer is None:
        raise NotFound("Ce producteur n’existe pas.")
    return producer


def save_producer(session: Session, producer_id: int | None, facts: ProducerFacts, *, by: int) -> Producer:
    """Add a producer, or change one; an address that changed has to be placed anew."""
    taken = session.exec(
        select(Producer).where(col(Producer.code) == facts.code, col(Producer.id) != (producer_id or 0))
    ).first()
    if taken is not None:
        raise CodeTaken(facts.code, taken.name)
    if producer_id is None:
        producer = Producer(code=facts.code, name=facts.name, supply_mode=facts.supply_mode)
        session.add(producer)
    else:
        producer = find_producer(session, producer_id)
    moved = (producer.address, producer.postcode, producer.commune) != (facts.address, facts.postcode, facts.commune)
    if moved and producer.precision is not Precision.HAND:
        producer.lat, producer.lon, producer.precision = None, None, Precision.NONE
    for name in ProducerFacts.__dataclass_fields__:
        setattr(producer, name, getattr(facts, name))
    session.flush()
    audit(session, by, "producer.saved", "producer", producer.id)
    return producer


_PLAIN = frozenset(ProductFacts.__dataclass_fields__) - {"stock", "stock_seen", "allergens"}


def _check(session: Session, facts: ProductFacts, product_id: int | None) -> None:
    taken = session.exec(
        select(Product).where(col(Product.code) == facts.code, col(Product.id) != (product_id or 0))
    ).first()
    if taken is not None:
        raise CodeTaken(facts.code, taken.name)
    if facts.active and not facts.allergens_stated:
        raise AllergensNotStated
    if session.get(Category, facts.category_id) is None or session.get(Producer, facts.producer_id) is None:
        raise NotFound("Ce rayon ou ce producteur n’existe pas.")


def _write(product: Product, facts: ProductFacts) -> None:
    for name in _PLAIN:
        setattr(product, name, getattr(facts, name))
    product.allergens = list(facts.allergens)


def _watched(product: Product) -> dict[str, object]:
    return {"price_cents": product.price_cents, "stock": product.stock, "active": product.active}


def _new_stock(there: int | None, facts: ProductFacts) -> int | None:
    if facts.stock is None or there is None or facts.stock_seen is None:
        return facts.stock
    moved = there + facts.stock - facts.stock_seen
    if moved < 0:
        raise StockGone(there)
    return moved
