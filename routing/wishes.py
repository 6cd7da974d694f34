"""Say what people have decided beforehand about an order of visits: the pins, a closed union."""

from dataclasses import dataclass

from routing.refusals import BadPin, distinct


@dataclass(frozen=True, slots=True)
class First:
    """Serve this stop before every other stop of its route (farm calls may come earlier)."""

    stop_id: str


@dataclass(frozen=True, slots=True)
class Last:
    """Serve this stop after every other visit of its route."""

    stop_id: str


@dataclass(frozen=True, slots=True)
class Before:
    """Serve `stop_id` earlier than `then_id`, on the same vehicle, whenever both are served."""

    stop_id: str
    then_id: str

    def __post_init__(self) -> None:
        if self.stop_id == self.then_id:
            raise BadPin(f"Stop {self.stop_id} cannot come before itself.")


@dataclass(frozen=True, slots=True)
class OnVehicle:
    """Serve this stop with this vehicle or not at all."""

    stop_id: str
    vehicle_id: str


@dataclass(frozen=True, slots=True)
class LockedPrefix:
    """Begin the vehicle's route with exactly these visits (ids of stops and farms, in order).

    When the vehicle cannot drive them, it stays at home and its locked stops are left out as PIN_CONFLICT.
    """

    vehicle_id: str
    visit_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.visit_ids:
            raise BadPin(f"The locked beginning of vehicle {self.vehicle_id} is empty.")
        distinct(f"The locked beginning of vehicle {self.vehicle_id}", self.visit_ids)


Pin = First | Last | Before | OnVehicle | LockedPrefix


def locks(pin: Pin) -> bool:
    """Tell whether the pin is a locked beginning, which may name farm calls too."""
    return isinstance(pin, LockedPrefix)


def visits_named(pin: Pin) -> tuple[str, ...]:
    """Return the ids of the stops, and of the farms of a locked beginning, that the pin names."""
    if isinstance(pin, LockedPrefix):
        return pin.visit_ids
    if isinstance(pin, Before):
        return (pin.stop_id, pin.then_id)
    return (pin.stop_id,)
