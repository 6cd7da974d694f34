"""What is sold, and who makes it."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Relationship

from meloko.db import Table, one_of
from meloko.roads.models import Addressed, placed_or_not


class SupplyMode(enum.StrEnum):
    """How the goods of a producer come to us."""

    DELIVERED = "delivered to the depot"
    BEFORE = "picked up before"
    ON_THE_ROUND = "picked up on the round"


class Temperature(enum.StrEnum):
    """How goods travel; frozen counts as chilled in the van."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"

    @property
    def chilled(self) -> bool:
        """Tell whether the goods ride in the chilled crates."""
        return self is not Temperature.AMBIENT


class NetUnit(enum.StrEnum):
    """What a net quantity is counted in."""

    GRAM = "g"
    MILLILITRE = "ml"
    PIECE = "piece"


ALLERGENS = (
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soybeans", "milk", "nuts",
    "celery", "mustard", "sesame", "sulphites", "lupin", "molluscs",
)  # fmt: skip


class Category(Table, table=True):
    """A shelf of the shop; shelves and products stand in the order of the paper form."""

    __tablename__ = "category"

    name: str = Field(unique=True)
    position: int = 0


class Producer(Addressed, Table, table=True):
    """A farm or an artisan."""

    __tablename__ = "producer"
    __table_args__ = (placed_or_not(),)

    code: str = Field(unique=True)
    name: str
    kind: str = ""
    makes: str = ""
    labels: str = ""
    # The last day of the certificate behind the labels; nobody may read them as valid after it.
    labels_until: dt.date | None = None
    # How the producer presents itself, a few sentences.
    about: str = ""
    supply_mode: SupplyMode = Field(sa_type=one_of(SupplyMode))
    pickup_hours: str = ""
    order_email: str = ""
    phone: str = ""
    lead_time_h: int = 24
    active: bool = True


class Product(Table, table=True):
    """One thing that is sold, with all that the law wants said of it."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        CheckConstraint("price_cents > 0", name="price_positive"),
        CheckConstraint("vat_rate_bp IN (0, 210, 550, 1000, 2000)", name="vat_rate_known"),
        CheckConstraint("net_quantity > 0", name="net_quantity_positive"),
        CheckConstraint("deposit_cents >= 0 AND crates_hundredths >= 0", name="deposit_and_crates_not_negative"),
        CheckConstraint(
            "allergens <@ ARRAY[" + ",".join(f"'{name}'" for name in ALLERGENS) + "]", name="allergens_known"
        ),
        CheckConstraint("(season_from = '') = (season_to = '')", name="season_whole"),
        CheckConstraint("NOT active OR allergens_stated", name="allergens_stated_when_sold"),
        CheckConstraint("NOT priced_by_weight OR net_unit = 'g'", name="weighed_in_grams"),
    )

    code: str = Field(unique=True)
    name: str
    category_id: int = Field(foreign_key="category.id", index=True)
    producer_id: int = Field(foreign_key="producer.id", index=True)
    unit: str
    price_cents: int
    priced_by_weight: bool = False
    vat_rate_bp: int
    net_quantity: int
    net_unit: NetUnit = Field(sa_type=one_of(NetUnit))
    weight_g: int = 0
    allergens: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    allergens_stated: bool = False
    ingredients: str = ""
    origin: str = ""
    keeping: str = ""
    alcohol: bool = False
    perishable: bool = True
    labels: str = ""
    temperature: Temperature = Field(default=Temperature.AMBIENT, sa_type=one_of(Temperature))
    deposit_cents: int = 0
    crates_hundredths: int = 0
    season_from: str = ""
    season_to: str = ""
    stock: int | None = None
    stamp: str = ""
    position: int = 0
    active: bool = True

    producer: Mapped["Producer"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})
    category: Mapped["Category"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})

    def crates_and_chill(self, quantity: int) -> tuple[int, bool]:
        """Return the room that a quantity takes, in hundredths of crates, and whether it is chilled."""
        return quantity * self.crates_hundredths, self.temperature.chilled


class PurchasePrice(Table, table=True):
    """What a producer is owed for one unit, before VAT, from a day on."""

    __tablename__ = "purchase_price"
    __table_args__ = (CheckConstraint("price_cents > 0", name="price_positive"),)

    product_id: int = Field(foreign_key="product.id", index=True)
    from_day: dt.date
    price_cents: int
