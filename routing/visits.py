"""Say who is to be served, where, when and with what: windows, loads, places, farms and stops.

Seconds since local midnight of the day, metres, whole hundredths of crates. What is sad but sensible (no point, no
window) is accepted here: such a stop comes back among those left out, with its reason.
"""

from dataclasses import dataclass

from routing.refusals import LAST_SECOND, MOST_COST, MOST_HUNDREDTHS, BadPlace, BadWindow, named, whole


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Give the first and the last moment at which a stop may begin (for a vehicle: leave and be back)."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        whole("The start of a window", self.start_s, 0, LAST_SECOND)
        whole("The end of a window", self.end_s, 0, LAST_SECOND)
        if self.end_s < self.start_s:
            raise BadWindow(f"A window from {self.start_s} to {self.end_s} ends before it begins.")


@dataclass(frozen=True, slots=True)
class Load:
    """Count crates in whole hundredths, ambient and chilled apart."""

    ambient: int = 0
    chilled: int = 0

    def __post_init__(self) -> None:
        whole("An ambient load", self.ambient, 0, MOST_HUNDREDTHS)
        whole("A chilled load", self.chilled, 0, MOST_HUNDREDTHS)


@dataclass(frozen=True, slots=True)
class Place:
    """Name a point on the globe; the id is its key in the travel matrix."""

    id: str
    lat: float
    lon: float

    def __post_init__(self) -> None:
        named("A place", self.id)
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise BadPlace(f"Place {self.id} lies at {self.lat}, {self.lon}: not on the globe.")


@dataclass(frozen=True, slots=True)
class Farm:
    """Describe where goods are picked up; each route that carries its goods calls there once, before their drops.

    `place=None` and `road_gap_m` mean the same as for a stop; its drops are then left out as FARM_CLOSED.
    """

    id: str
    place: Place | None
    windows: tuple[Window, ...]
    service_s: int
    road_gap_m: int | None = None
    kind: str = "farm"

    def __post_init__(self) -> None:
        named("A farm", self.id)
        whole(f"The minutes at farm {self.id}", self.service_s, 0, LAST_SECOND)
        if self.road_gap_m is not None:
            whole(f"The way from farm {self.id} to a road", self.road_gap_m, 0, 100_000_000)


@dataclass(frozen=True, slots=True)
class Goods:
    """Say how much comes from one farm, or (`farm_id=None`) is on board when the vehicle leaves."""

    farm_id: str | None
    load: Load


@dataclass(frozen=True, slots=True)
class Habit:
    """Remember when and by whom a stop is usually served."""

    arrival_s: int
    vehicle_id: str
    weeks: int

    def __post_init__(self) -> None:
        whole("A habitual hour", self.arrival_s, 0, LAST_SECOND)
        whole("The weeks of a habit", self.weeks, 0, 10_000)


@dataclass(frozen=True, slots=True)
class Stop:
    """Describe one place to serve, whatever the number of orders left there.

    `place=None`: its address has no point (NO_POINT). `road_gap_m`: it has a point, but the nearest drivable road is
    that many metres away (OFF_ROAD). In both cases the place need not be in the matrix, and the stop comes back from
    the planner among those left out, like every other one with a reason. `windows=()`: closed on the day (CLOSED).
    `worth` is added to `Weights.left_out` when the stop is left out: it decides who stays when not everybody fits.
    `vehicle_ids=None`: any vehicle may serve it. `kind`: the kind of place, by which `Spread` knows how far its minutes
    stray.
    """

    id: str
    place: Place | None
    windows: tuple[Window, ...]
    service_s: int
    goods: tuple[Goods, ...] = ()
    returns: Load = Load()
    worth: int = 0
    habit: Habit | None = None
    vehicle_ids: frozenset[str] | None = None
    road_gap_m: int | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        named("A stop", self.id)
        whole(f"The minutes at stop {self.id}", self.service_s, 0, LAST_SECOND)
        whole(f"The worth of stop {self.id}", self.worth, 0, MOST_COST)
        if self.road_gap_m is not None:
            whole(f"The way from stop {self.id} to a road", self.road_gap_m, 0, 100_000_000)
