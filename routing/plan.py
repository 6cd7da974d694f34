"""Say what the planner answers: routes with their hours, and everybody left out with the reason.

Units as in `problem`: seconds since local midnight, metres, whole hundredths of crates, whole units of cost.
"""

from dataclasses import dataclass
from enum import StrEnum

from routing.problem import Load, Pin, Window


class PlannerError(RuntimeError):
    """Report a plan that breaks its own rules: a fault of the planner, never of the day."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Bound a search by its number of iterations, never by seconds: the same budget gives the same plan."""

    iterations: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.iterations < 0:
            raise ValueError(f"A budget of {self.iterations} iterations makes no sense.")


class Reason(StrEnum):
    """Name why a stop is left out; tested in this order, the first that holds is the answer."""

    NO_POINT = "no_point"
    OFF_ROAD = "off_road"
    CUT_OFF = "cut_off"
    CLOSED = "closed"
    NO_VEHICLE = "no_vehicle"
    TOO_BIG = "too_big"
    FARM_CLOSED = "farm_closed"
    TOO_FAR_ALONE = "too_far_alone"
    PIN_CONFLICT = "pin_conflict"
    DAY_FULL = "day_full"


class Why(StrEnum):
    """Name what a vehicle would run into if it took the stop as well."""

    LATE = "late"  # at `at_id`, by `by_s`
    BACK_LATE = "back_late"  # at the end of its hours, by `by_s`
    TOO_LONG = "too_long"  # its longest day, by `by_s`
    AMBIENT_OVER = "ambient_over"  # after `at_id`, by `by_load` hundredths of a crate
    CHILLED_OVER = "chilled_over"
    NO_REST = "no_rest"  # no rest in time, or none that leaves the hours as they must be
    PINNED = "pinned"  # pins leave no place on this vehicle
    NO_WAY = "no_way"  # no road between two of its visits


@dataclass(frozen=True, slots=True)
class Nearest:
    """Give, for one vehicle, the smallest miss over all places where the stop was tried.

    `fits`: this is all that is missing, tried out: with the window of `at_id` (LATE) or the vehicle's hours (BACK_LATE)
    lasting until `end_s`, with `by_s` more of its longest day (TOO_LONG) or room for `by_load` more, it fits.
    """

    vehicle_id: str
    why: Why
    by_s: int = 0
    by_load: int = 0
    at_id: str | None = None  # stop or farm where it shows; None: at the start or end of the route
    end_s: int | None = None
    fits: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Report a stop that is not served, with facts to make a sentence of.

    `detail` is an English line for logs. `nearest` is the vehicle that comes closest and `misses` all of them.
    `at_id` names the farm for FARM_CLOSED; `pins` the smallest contradictory set for PIN_CONFLICT; `instead_id` a stop
    whose place it could take for DAY_FULL; `by` the metres to the road for OFF_ROAD, the seconds missing for
    TOO_FAR_ALONE, the hundredths of crates over for TOO_BIG.
    """

    stop_id: str
    reason: Reason
    detail: str
    nearest: Nearest | None = None
    misses: tuple[Nearest, ...] = ()
    by: int = 0
    at_id: str | None = None
    pins: tuple[Pin, ...] = ()
    instead_id: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """Place one stop or one farm call in a route; exactly one of the two ids is set.

    `arrival_s` ≤ `start_s` (waiting between) and `departure_s` = start + service + `rest_s`: a rest is taken after the
    service, before driving on. `slack_s`: how much later the visit may begin without breaking anything after it.
    `promise`: the hours to tell the customer, on five-minute marks, around `start_s`.
    """

    stop_id: str | None
    farm_id: str | None
    arrival_s: int
    start_s: int
    departure_s: int
    load_after: Load
    slack_s: int
    promise: Window
    rest_s: int = 0

    @property
    def visit_id(self) -> str:
        """Return the id of the stop or farm visited."""
        return self.stop_id or self.farm_id or ""


@dataclass(frozen=True, slots=True)
class Leg:
    """Measure the drive from one visit to the next."""

    duration_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Route:
    """Give one vehicle its visits in order; `legs` has one more: the last one leads to the vehicle's end."""

    vehicle_id: str
    visits: tuple[Visit, ...]
    legs: tuple[Leg, ...]
    departure_s: int
    return_s: int
    load_at_start: Load
    cost: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Answer one day: the routes driven (by vehicle id) and the stops left out (by stop id).

    `stopped_early`: the caller's `progress` ended the search before its budget.
    """

    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...]
    cost: int
    problem_hash: str
    budget: Budget
    engine_version: str
    stopped_early: bool = False
