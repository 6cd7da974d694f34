"""Vehicles, rounds and their stops, and every order that is on none, with its reason."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Relationship

from meloko.clock import now
from meloko.db import Moment, Table, one_of
from meloko.orders.models import Order


class RoundState(enum.StrEnum):
    """Where a round is; what is locked or beyond is never rewritten."""

    PLANNED = "planned"
    LOCKED = "locked"
    UNDER_WAY = "under way"
    DONE = "done"


class StopKind(enum.StrEnum):
    """What is called at."""

    RELAY = "relay"
    HOME = "home"
    FARM = "farm"


class VehicleKind(enum.StrEnum):
    """Whose a vehicle is: only an association may send volunteers in their own cars."""

    VAN = "van"
    VOLUNTEER_CAR = "volunteer car"


class BuildState(enum.StrEnum):
    """Where the building of a day's rounds is."""

    ASKED = "asked"
    BUILDING = "building"
    BUILT = "built"
    FAILED = "failed"


class Vehicle(Table, table=True):
    """What carries the goods."""

    __tablename__ = "vehicle"
    __table_args__ = (
        CheckConstraint("crates_hundredths >= 0 AND chilled_hundredths >= 0", name="capacity_not_negative"),
        CheckConstraint("works_from < works_until", name="hours_in_order"),
    )

    code: str = Field(unique=True)
    name: str
    plate: str = ""
    kind: VehicleKind = Field(default=VehicleKind.VAN, sa_type=one_of(VehicleKind))
    depot_id: int = Field(foreign_key="depot.id", index=True)
    crates_hundredths: int
    chilled_hundredths: int
    works_from: dt.time
    works_until: dt.time
    # For a volunteer's car: what each kilometre is refunded.
    cost_cents_per_km: int = 0
    speed_percent: int = 100
    driver_id: int | None = Field(default=None, foreign_key="user.id")
    active: bool = True


class VehicleZone(Table, table=True):
    """A zone that a vehicle serves besides those of its own depot, where it still starts and ends."""

    __tablename__ = "vehicle_zone"
    __table_args__ = (UniqueConstraint("vehicle_id", "zone_id"),)

    vehicle_id: int = Field(foreign_key="vehicle.id", ondelete="CASCADE")
    zone_id: int = Field(foreign_key="zone.id", index=True, ondelete="CASCADE")


class Round(Table, table=True):
    """One vehicle's day."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("delivery_day_id", "number", "version"),
        Index("uq_round_current", "delivery_day_id", "number", unique=True, postgresql_where=text("current")),
        CheckConstraint("departure_s <= return_s", name="hours_in_order"),
        CheckConstraint("reported_departure_s <= reported_return_s", name="reported_hours_in_order"),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id", index=True)
    number: int
    version: int
    current: bool = True
    state: RoundState = Field(default=RoundState.PLANNED, sa_type=one_of(RoundState))
    vehicle_id: int = Field(foreign_key="vehicle.id", index=True)
    driver_id: int | None = Field(default=None, foreign_key="user.id", index=True)
    departure_s: int
    # Chosen by a person; else the latest that costs nobody an hour.
    departure_fixed: bool = False
    return_s: int
    distance_m: int
    duration_s: int
    return_leg_duration_s: int = 0
    return_leg_distance_m: int = 0
    return_leg_classes: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    # When it really left and came home.
    reported_departure_s: int | None = None
    reported_return_s: int | None = None
    # The version that this one takes up again, after something was undone.
    copy_of_id: int | None = Field(default=None, foreign_key="round.id", ondelete="SET NULL")
    # The driven way, simplified: [[lat, lon], …]; empty until it is drawn.
    way: list[list[float]] = Field(default_factory=list, sa_type=JSONB)
    printed_version: int | None = None
    printed_at: dt.datetime | None = Field(default=None, sa_type=Moment)

    stops: Mapped[list["Stop"]] = Relationship(sa_relationship_kwargs={"lazy": "raise", "order_by": "Stop.position"})
    vehicle: Mapped["Vehicle"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})

    @property
    def letter(self) -> str:
        """Return the letter of the round: A, B, … Z, AA."""
        return self.letter_of(self.number)

    @staticmethod
    def letter_of(number: int) -> str:
        """Return the letter of a number."""
        letters = ""
        while number > 0:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return letters


class Stop(Table, table=True):
    """A halt at one place; its hours are seconds since local midnight."""

    __tablename__ = "stop"
    __table_args__ = (
        UniqueConstraint("round_id", "position"),
        CheckConstraint("arrival_s <= start_s AND start_s <= departure_s", name="hours_in_order"),
        CheckConstraint(
            "(kind = 'relay') = (relay_point_id IS NOT NULL) AND (kind = 'farm') = (producer_id IS NOT NULL)"
            " AND (kind = 'home') = (customer_id IS NOT NULL)",
            name="place_of_its_kind",
        ),
    )

    # None only until the round has its id.
    round_id: int = Field(default=None, foreign_key="round.id", index=True, ondelete="CASCADE")
    position: int
    kind: StopKind = Field(sa_type=one_of(StopKind))
    relay_point_id: int | None = Field(default=None, foreign_key="relay_point.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    producer_id: int | None = Field(default=None, foreign_key="producer.id", index=True)
    name: str
    address: str = ""
    postcode: str = ""
    commune: str = ""
    lat: float
    lon: float
    window_from_s: int
    window_until_s: int
    arrival_s: int
    start_s: int
    departure_s: int
    promise_from_s: int
    promise_until_s: int
    # From the place before (the depot for the first stop) to this one.
    leg_duration_s: int
    leg_distance_m: int
    # Seconds of that leg by road class, as planned: what reported hours teach is learnt by class.
    leg_classes: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    crates_hundredths: int = 0
    chilled_hundredths: int = 0
    pinned: bool = False

    @property
    def owner_id(self) -> int:
        """Return the id of the relay point, customer or producer that is called at."""
        return self.relay_point_id or self.customer_id or self.producer_id or 0

    drops: Mapped[list["Drop"]] = Relationship(sa_relationship_kwargs={"lazy": "raise", "order_by": "Drop.order_id"})
    pick_ups: Mapped[list["PickUp"]] = Relationship(sa_relationship_kwargs={"lazy": "raise", "order_by": "PickUp.code"})


class RoundShaping(Table, table=True):
    """One act of a person on the rounds of a day: which versions it found and which it left; it can be undone."""

    __tablename__ = "round_shaping"

    delivery_day_id: int = Field(foreign_key="delivery_day.id", index=True)
    # The plan that it made, and the one it found.
    plan_version: int
    by: int = Field(foreign_key="user.id")
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    sentence: str
    # Ids of rounds.
    before: list[int] = Field(default_factory=list, sa_type=JSONB)
    after: list[int] = Field(default_factory=list, sa_type=JSONB)
    # The act that it undoes, and when it was undone itself.
    undoes_id: int | None = Field(default=None, foreign_key="round_shaping.id", unique=True)
    undone_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class StopReport(Table, table=True):
    """When a stop was really reached and left: what the driver said, or staff keyed from his paper."""

    __tablename__ = "stop_report"
    __table_args__ = (
        CheckConstraint("arrival_s <= departure_s", name="hours_in_order"),
        CheckConstraint("arrival_s >= 0 AND departure_s >= 0", name="hours_not_negative"),
    )

    stop_id: int = Field(foreign_key="stop.id", unique=True, ondelete="CASCADE")
    arrival_s: int | None = None
    departure_s: int | None = None
    reported_by: int = Field(foreign_key="user.id")
    reported_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class Drop(Table, table=True):
    """One order left at a stop."""

    __tablename__ = "drop"
    __table_args__ = (UniqueConstraint("stop_id", "order_id"),)

    stop_id: int = Field(default=None, foreign_key="stop.id", ondelete="CASCADE")
    order_id: int = Field(foreign_key="order.id", index=True)

    order: Mapped["Order"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})


class PickUp(Table, table=True):
    """How much of one product is taken on board at a producer."""

    __tablename__ = "pick_up"
    __table_args__ = (
        UniqueConstraint("stop_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    stop_id: int = Field(default=None, foreign_key="stop.id", ondelete="CASCADE")
    product_id: int = Field(foreign_key="product.id", index=True)
    code: str
    name: str
    quantity: int


class RoundException(Table, table=True):
    """An order of the day that is on no round, and why."""

    __tablename__ = "round_exception"
    __table_args__ = (UniqueConstraint("delivery_day_id", "plan_version", "order_id"),)

    delivery_day_id: int = Field(foreign_key="delivery_day.id")
    plan_version: int
    order_id: int = Field(foreign_key="order.id", index=True)
    reason: str
    sentence: str

    order: Mapped["Order"] = Relationship(sa_relationship_kwargs={"lazy": "raise"})


class RoundBuild(Table, table=True):
    """A request to build the rounds of a day; while one is asked or building, a second is the same one."""

    __tablename__ = "round_build"
    __table_args__ = (
        Index(
            "uq_round_build_running",
            "delivery_day_id",
            unique=True,
            postgresql_where=text("state IN ('asked', 'building')"),
        ),
    )

    delivery_day_id: int = Field(foreign_key="delivery_day.id", index=True)
    state: BuildState = Field(default=BuildState.ASKED, sa_type=one_of(BuildState))
    asked_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    ended_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    # The job that builds: when it comes again after a crash, it goes on with its own request.
    outbox_id: int | None = None
    step: str = ""
    done: int = 0
    of: int = 0
    message: str = ""
    # Asked by staff: search from nothing, or end the search and keep the best so far.
    anew: bool = False
    stop_asked: bool = False
    stopped_early: bool = False
    # What the plan was made with: the same again gives the same plan.
    engine_version: str = ""
    seed: int | None = None
    iterations: int | None = None
    weights: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    learning_id: int | None = Field(default=None, foreign_key="learning.id")
    # What the plan drives, and what the cheapest one would.
    familiarity: int | None = None
    distance_m: int | None = None
    duration_s: int | None = None
    cheapest_distance_m: int | None = None
    cheapest_duration_s: int | None = None


class DayTravel(Table, table=True):
    """The snapped places of a day and the travel matrix between them, so that the web never opens the network."""

    __tablename__ = "day_travel"

    delivery_day_id: int = Field(foreign_key="delivery_day.id", unique=True, ondelete="CASCADE")
    network_digest: str
    # [id, lat, lon of the snapped point], in the order of the matrix
    places: list[list[object]] = Field(default_factory=list, sa_type=JSONB)
    durations_s: bytes = Field(sa_type=LargeBinary)
    distances_m: bytes = Field(sa_type=LargeBinary)


class Learning(Table, table=True):
    """What one night learnt from reported hours; there is one a day, and the newest that ended is used."""

    __tablename__ = "learning"

    on_day: dt.date = Field(unique=True)
    learnt_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    legs: int = 0
    stops: int = 0
    # How far hours stray: deviations of the logarithm in millionths, as routing.spread has them.
    pace_spread: int | None = None
    leg_spread: int | None = None
    stop_spread: int | None = None


class SpeedFactor(Table, table=True):
    """How much longer one class of road takes than the table says (1,000,000: as long), and how many legs say so."""

    __tablename__ = "speed_factor"
    __table_args__ = (
        UniqueConstraint("learning_id", "road_class", "from_hour"),
        CheckConstraint("ppm > 0", name="ppm_positive"),
        CheckConstraint("from_hour < until_hour", name="hours_in_order"),
    )

    learning_id: int = Field(foreign_key="learning.id", ondelete="CASCADE")
    road_class: str
    from_hour: int
    until_hour: int
    ppm: int
    legs: int


class StopTime(Table, table=True):
    """How long a halt at one kind of place lasts, learnt from reported hours."""

    __tablename__ = "stop_time"
    __table_args__ = (UniqueConstraint("learning_id", "kind"),)

    learning_id: int = Field(foreign_key="learning.id", ondelete="CASCADE")
    kind: StopKind = Field(sa_type=one_of(StopKind))
    base_s: int
    per_crate_s: int
    spread: int
    stops: int
