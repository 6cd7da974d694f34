"""Say what drives on a day: vehicles, their hours, their room, their prices and their drivers' rest."""

from dataclasses import dataclass

from routing.refusals import LAST_SECOND, MOST_COST, BadWindow, named, whole
from routing.visits import Load, Place, Window


@dataclass(frozen=True, slots=True)
class Rest:
    """Ask for a pause of `duration_s` before `after_s` of work without one; waiting that long at a stop is a pause."""

    after_s: int = 21_600
    duration_s: int = 1_200

    def __post_init__(self) -> None:
        whole("The work before a rest", self.after_s, 1, LAST_SECOND)
        whole("A rest", self.duration_s, 1, LAST_SECOND)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Describe one vehicle for one route: `hours` holds the first departure and the last return.

    `speed_percent` divides the durations of the matrix (50: twice as long, rounded up to a second). `per_m`: what a
    metre costs with this vehicle, None for the day's `Weights.per_m`: somebody's own car is paid by the kilometre.
    """

    id: str
    start: Place
    end: Place
    hours: Window
    max_duration_s: int
    capacity: Load
    use_cost: int = 0
    speed_percent: int = 100
    rest: Rest | None = Rest()
    per_m: int | None = None

    def __post_init__(self) -> None:
        named("A vehicle", self.id)
        if not isinstance(self.hours, Window):
            raise BadWindow(f"Vehicle {self.id} has no hours.")
        whole(f"The longest day of vehicle {self.id}", self.max_duration_s, 0, LAST_SECOND)
        whole(f"The price of using vehicle {self.id}", self.use_cost, 0, MOST_COST)
        whole(f"The speed of vehicle {self.id}", self.speed_percent, 1, 1_000)
        if self.per_m is not None:
            whole(f"The price of a metre with vehicle {self.id}", self.per_m, 0, MOST_COST)
