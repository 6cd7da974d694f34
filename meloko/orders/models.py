"""Baskets and orders: what is being chosen, and what was asked."""

import datetime as dt
import enum
import uuid

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Relationship

from meloko.catalogue.models import Product, Temperature
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.db import Moment, Table, one_of
from meloko.delivery_days.models import DeliveryDay
from meloko.money import divide_half_up

MOST_OF_ONE_PRODUCT = 500


class Source(enum.StrEnum):
    """Through which door an order came."""

    WEB = "web"
    PAPER = "paper"
    PHONE = "phone"
    PARTNER = "partner"


class OrderState(enum.StrEnum):
    """Where an order is."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    PREPARED = "prepared"
    LOADED = "loaded"
    AT_RELAY = "at_relay"
    COLLECTED = "collected"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    UNDELIVERED = "undelivered"
    RESCHEDULED = "rescheduled"
    RETURNED = "returned"
    GIVEN = "given"


class Substitution(enum.StrEnum):
    """What a customer wishes when something is missing."""

    REPLACE = "replace"
    REMOVE = "remove"
    CALL = "call"


class Basket(Table, table=True):
    """What a person is choosing: kept on the server, never emptied by us."""

    __tablename__ = "basket"
    __table_args__ = (CheckConstraint("NOT (home AND relay_point_id IS NOT NULL)", name="relay_point_or_home"),)

    token_hash: str = Field(unique=True)
    user_id: int | None = Field(default=None, foreign_key="user.id", index=True)
    # Made with the basket: sending twice is sending once.
    key: uuid.UUID = Field(default_factory=uuid.uuid4, unique=True)
    begun_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    delivery_day_id: int | None = Field(default=None, foreign_key="delivery_day.id")
    relay_point_id: int | None = Field(default=None, foreign_key="relay_point.id")
    home: bool = False
    guest_name: str = ""
    guest_phone: str = ""
    guest_address: str = ""
    guest_postcode: str = ""
    guest_commune: str = ""
    note: str = ""
    order_id: int | None = Field(default=None, foreign_key="order.id")

    lines: Mapped[list["BasketLine"]] = Relationship(sa_relationship_kwargs={"lazy": "raise"})
    bags: Mapped[list["BasketBag"]] = Relationship(sa_relationship_kwargs={"lazy": "raise", "order_by": "BasketBag.id"})


class BasketBag(Table, table=True):
    """A bag for somebody else: it becomes an order of its own, with its own label and bill."""

    __tablename__ = "basket_bag"
    __table_args__ = (UniqueConstraint("basket_id", "recipient_id"),)

    basket_id: int = Field(foreign_key="basket.id", ondelete="CASCADE")
    recipient_id: int = Field(foreign_key="customer.id", index=True)
    # Otherwise the person who orders pays for it.
    recipient_pays: bool = True

    recipient: Mapped["Customer"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})


class BasketLine(Table, table=True):
    """How many of one product, and in which bag: none is the bag of who orders."""

    __tablename__ = "basket_line"
    __table_args__ = (
        UniqueConstraint("basket_id", "bag_id", "product_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(f"quantity BETWEEN 1 AND {MOST_OF_ONE_PRODUCT}", name="quantity_sensible"),
    )

    basket_id: int = Field(foreign_key="basket.id", ondelete="CASCADE")
    bag_id: int | None = Field(default=None, foreign_key="basket_bag.id", index=True, ondelete="CASCADE")
    product_id: int = Field(foreign_key="product.id", index=True)
    quantity: int

    product: Mapped["Product"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})


class Order(Table, table=True):
    """What one person asked for one delivery day at one place; names and place are frozen copies."""

    __tablename__ = "order"
    __table_args__ = (
        CheckConstraint("(relay_point_id IS NULL) = home", name="relay_point_or_home"),
        CheckConstraint("NOT home OR home_address <> ''", name="home_has_address"),
        CheckConstraint("fee_cents >= 0", name="fee_not_negative"),
        Index(
            "uq_order_open",
            "customer_id",
            "recipient_id",
            "delivery_day_id",
            text("coalesce(relay_point_id, 0)"),
            unique=True,
            postgresql_where=text("state = 'placed'"),
        ),
    )

    customer_id: int = Field(foreign_key="customer.id", index=True)
    recipient_id: int = Field(foreign_key="customer.id", index=True)
    payer_id: int = Field(foreign_key="customer.id", index=True)
    source: Source = Field(sa_type=one_of(Source))
    state: OrderState = Field(default=OrderState.PLACED, sa_type=one_of(OrderState))
    delivery_day_id: int = Field(foreign_key="delivery_day.id", index=True)
    relay_point_id: int | None = Field(default=None, foreign_key="relay_point.id", index=True)
    home: bool = False
    home_address: str = ""
    home_postcode: str = ""
    home_commune: str = ""
    place_name: str
    customer_name: str
    public_name: str
    phone: str = ""
    received_at: dt.datetime = Field(sa_type=Moment)
    placed_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    keyed_by: int | None = Field(default=None, foreign_key="user.id")
    note: str = ""
    # What to do when something is missing; a line may say otherwise.
    substitution: Substitution = Field(default=Substitution.REMOVE, sa_type=one_of(Substitution))
    # The customer has declared that whoever takes the alcohol is of age.
    adult_declared: bool = False
    goods_cents: int = 0
    deposit_cents: int = 0
    fee_cents: int = 0
    fee_vat_rate_bp: int = 0
    vat: list[dict[str, int]] = Field(default_factory=list, sa_type=JSONB)
    crates_hundredths: int = 0
    chilled_hundredths: int = 0
    # Received in time but keyed after the rounds were locked: a person decides.
    to_decide: bool = False

    lines: Mapped[list["OrderLine"]] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "order_by": "OrderLine.code"}
    )
    missing: Mapped[list["OrderMissing"]] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "order_by": "OrderMissing.id"}
    )
    customer: Mapped["Customer"] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "foreign_keys": "Order.customer_id"}
    )
    recipient: Mapped["Customer"] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "foreign_keys": "Order.recipient_id"}
    )
    day: Mapped["DeliveryDay"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})

    @property
    def number(self) -> str:
        """Return the number a person can read out."""
        return order_number(self.id)

    @property
    def total_cents(self) -> int:
        """Return what is due: goods, deposits and delivery."""
        return self.goods_cents + self.deposit_cents + self.fee_cents


class OrderLine(Table, table=True):
    """How much of one product at one price; four quantities, as life goes on."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "product_id", "price_cents"),
        CheckConstraint(f"ordered BETWEEN 1 AND {MOST_OF_ONE_PRODUCT}", name="ordered_sensible"),
        CheckConstraint("reserved BETWEEN 0 AND ordered", name="reserved_within_ordered"),
        CheckConstraint("prepared >= 0 AND delivered >= 0", name="amounts_not_negative"),
    )

    # None only until the order has its id.
    order_id: int = Field(default=None, foreign_key="order.id", ondelete="CASCADE")
    product_id: int = Field(foreign_key="product.id", index=True)
    code: str
    name: str
    unit: str
    ordered: int
    reserved: int
    prepared: int | None = None
    delivered: int | None = None
    price_cents: int
    priced_by_weight: bool = False
    piece_weight_g: int = 0
    vat_rate_bp: int
    deposit_cents: int = 0
    crates_hundredths: int = 0
    temperature: Temperature = Field(sa_type=one_of(Temperature))
    # None: as the order says.
    substitution: Substitution | None = Field(default=None, sa_type=one_of(Substitution))
    alcohol: bool = False
    # Goods that do not spoil: 14 days to change one's mind.
    fit_to_withdraw: bool = False

    @property
    def goods_cents(self) -> int:
        """Return the amount of the line; goods charged by weight are reckoned at their usual weight."""
        return goods_cents(self.ordered, self.price_cents, self.piece_weight_g if self.priced_by_weight else None)

    @property
    def room(self) -> tuple[int, bool]:
        """Return the room that the line takes, in hundredths of crates, and whether it is chilled."""
        return self.ordered * self.crates_hundredths, self.temperature.chilled


class OrderMissing(Table, table=True):
    """What a standing order should have brought and could not, with the reason: it stands on the order."""

    __tablename__ = "order_missing"
    __table_args__ = (
        UniqueConstraint("order_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    order_id: int = Field(foreign_key="order.id", ondelete="CASCADE")
    product_id: int = Field(foreign_key="product.id", index=True)
    name: str
    quantity: int
    reason: str


class WithdrawalState(enum.StrEnum):
    """Where a withdrawal from the contract is."""

    RECEIVED = "received"
    GOODS_BACK = "goods back"
    PAID_BACK = "paid back"
    REFUSED = "refused"


class Withdrawal(Table, table=True):
    """A customer takes back her word about one line that is fit to withdraw; once a line."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        CheckConstraint("state = 'received' OR decided_by IS NOT NULL", name="decided_by_somebody"),
        CheckConstraint("state <> 'refused' OR note <> ''", name="refused_with_a_reason"),
    )

    order_id: int = Field(foreign_key="order.id", index=True)
    order_line_id: int = Field(foreign_key="order_line.id", unique=True)
    state: WithdrawalState = Field(default=WithdrawalState.RECEIVED, sa_type=one_of(WithdrawalState))
    received_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    decided_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    decided_by: int | None = Field(default=None, foreign_key="user.id")
    # Why it was refused, as the customer reads it.
    note: str = ""


class MayOrderFor(Table, table=True):
    """A customer orders for another: both know it, and either may end it."""

    __tablename__ = "may_order_for"
    __table_args__ = (
        UniqueConstraint("customer_id", "recipient_id"),
        CheckConstraint("customer_id <> recipient_id", name="somebody_else"),
    )

    customer_id: int = Field(foreign_key="customer.id", ondelete="CASCADE")
    recipient_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    # Who wrote it down: the customer herself, who has asked her neighbour, or one of us.
    written_by: int | None = Field(default=None, foreign_key="user.id")
    since: dt.datetime = Field(default_factory=now, sa_type=Moment)
    ended_at: dt.datetime | None = Field(default=None, sa_type=Moment)

    recipient: Mapped["Customer"] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "foreign_keys": "MayOrderFor.recipient_id"}
    )


class Submission(Table, table=True):
    """One sending of a form: the same key again is the same order, never a second one."""

    __tablename__ = "submission"

    key: uuid.UUID = Field(unique=True)
    # The page that sent it, when one page sent several orders.
    page_key: uuid.UUID | None = Field(default=None, index=True)
    fingerprint: str
    order_id: int | None = Field(default=None, foreign_key="order.id", index=True)
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)


def order_number(order_id: int) -> str:
    """Write the number of an order as a person reads it out."""
    return f"{order_id:04d}"


def goods_cents(quantity: int, price_cents: int, piece_weight_g: int | None) -> int:
    """Return the amount of a line in cents: the one place where it is reckoned.

    `price_cents` is for one piece, or for a kilo when `piece_weight_g` (g) says what a piece usually weighs.
    """
    if piece_weight_g is None:
        return quantity * price_cents
    return divide_half_up(quantity * price_cents * piece_weight_g, 1_000)
