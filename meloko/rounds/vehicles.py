"""Edit vehicles: where they stand, when they may drive, how much they hold, whose they are."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from meloko.accounts.models import Role, User
from meloko.accounts.services import audit, organisation
from meloko.errors import NotFound, Refusal
from meloko.folding import fold
from meloko.relay_points.models import Depot, Zone
from meloko.rounds.models import Vehicle, VehicleKind, VehicleZone
from meloko.rounds.services import NotADriver


class VehicleCodeTaken(Refusal):
    """A code that another vehicle has."""

    status = 422
    field = "code"

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"Le code {code} est déjà celui de {name}. Choisissez-en un autre.")


class NotAnAssociation(Refusal):
    """Volunteers who carry goods in their own cars for anybody but an association would be work in disguise."""

    status = 422
    field = "kind"

    def __init__(self) -> None:
        super().__init__(
            "Seule une association peut confier des livraisons à des bénévoles dans leur voiture :"
            " votre organisation n’est pas notée comme association."
        )


class NoSuchDepot(Refusal):
    """A depot that is not there."""

    status = 422
    field = "depot_id"

    def __init__(self) -> None:
        super().__init__("Choisissez le dépôt où ce véhicule commence et finit sa journée.")


class HoursOutOfOrder(Refusal):
    """A vehicle that would be back before it leaves."""

    status = 422
    field = "works_until"

    def __init__(self) -> None:
        super().__init__("La fin vient après le début : corrigez l’une des deux heures.")


class DriverField(NotADriver):
    """A vehicle cannot be given to somebody who does not drive."""

    field = "driver_id"


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """All that is known of a vehicle; room in hundredths of crates, `other_zones` besides those of its own depot."""

    code: str
    name: str
    depot_id: int
    crates_hundredths: int
    chilled_hundredths: int
    works_from: dt.time
    works_until: dt.time
    plate: str = ""
    kind: VehicleKind = VehicleKind.VAN
    cost_cents_per_km: int = 0
    speed_percent: int = 100
    driver_id: int | None = None
    active: bool = True
    other_zones: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ListedVehicle:
    """One vehicle as a row of a list, with the zones it may drive in."""

    vehicle: Vehicle
    depot: Depot
    driver: str
    zones: tuple[str, ...]


def find_vehicle(session: Session, vehicle_id: int) -> Vehicle:
    """Find one vehicle, or refuse."""
    row = session.get(Vehicle, vehicle_id)
    if row is None:
        raise NotFound("Ce véhicule n’existe pas.")
    return row


def other_zones_of(session: Session, vehicle_id: int) -> frozenset[int]:
    """Return the zones that a vehicle serves besides those of its own depot."""
    return frozenset(session.exec(select(VehicleZone.zone_id).where(col(VehicleZone.vehicle_id) == vehicle_id)))


def list_vehicles(session: Session) -> tuple[ListedVehicle, ...]:
    """Return the vehicles, those in use first."""
    rows = session.exec(
        select(Vehicle, Depot, User.name)
        .join(Depot, col(Depot.id) == col(Vehicle.depot_id))
        .outerjoin(User, col(User.id) == col(Vehicle.driver_id))
        .order_by(col(Vehicle.active).desc(), col(Vehicle.code))
    ).all()
    zones = session.exec(select(Zone).order_by(func.lower(col(Zone.name)))).all()
    lent: dict[int, set[int]] = {}
    for vehicle_id, zone_id in session.exec(select(VehicleZone.vehicle_id, VehicleZone.zone_id)):
        lent.setdefault(vehicle_id, set()).add(zone_id)
    return tuple(
        ListedVehicle(
            vehicle,
            depot,
            driver or "",
            tuple(zone.name for zone in zones if zone.depot_id == depot.id or zone.id in lent.get(vehicle.id, ())),
        )
        for vehicle, depot, driver in rows
    )


def depots(session: Session) -> Sequence[Depot]:
    """Return the depots by name."""
    return session.exec(select(Depot).order_by(func.lower(col(Depot.name)))).all()


def may_use_volunteers(session: Session) -> bool:
    """Tell whether the organisation is an association."""
    return fold(organisation(session).legal_form).startswith("association")


def save_vehicle(session: Session, vehicle_id: int | None, facts: VehicleFacts, *, by: int) -> Vehicle:
    """Add a vehicle, or change one; rounds that are planned keep the one they have."""
    taken = session.exec(
        select(Vehicle).where(func.lower(col(Vehicle.code)) == facts.code.lower(), col(Vehicle.id) != (vehicle_id or 0))
    ).first()
    if taken is not None:
        raise VehicleCodeTaken(facts.code, taken.name)
    if facts.kind is VehicleKind.VOLUNTEER_CAR and not may_use_volunteers(session):
        raise NotAnAssociation
    if session.get(Depot, facts.depot_id) is None:
        raise NoSuchDepot
    if facts.works_from >= facts.works_until:
        raise HoursOutOfOrder
    driver = session.get(User, facts.driver_id) if facts.driver_id else None
    if facts.driver_id and (driver is None or Role.DRIVER not in driver.roles or driver.disabled_at is not None):
        raise DriverField
    vehicle = Vehicle(**_columns(facts)) if vehicle_id is None else find_vehicle(session, vehicle_id)
    before = None if vehicle_id is None else _plain(vehicle)
    for name, value in _columns(facts).items():
        setattr(vehicle, name, value)
    session.add(vehicle)
    session.flush()
    session.connection().execute(delete(VehicleZone).where(col(VehicleZone.vehicle_id) == vehicle.id))
    known = session.exec(select(Zone.id).where(col(Zone.id).in_(facts.other_zones))).all()
    session.add_all(VehicleZone(vehicle_id=vehicle.id, zone_id=zone_id) for zone_id in known)
    audit(session, by, "vehicle.saved", "vehicle", vehicle.id, before=before, after=_plain(vehicle))
    return vehicle


def _columns(facts: VehicleFacts) -> Mapping[str, Any]:
    return {name: getattr(facts, name) for name in VehicleFacts.__dataclass_fields__ if name != "other_zones"}


def _plain(vehicle: Vehicle) -> dict[str, object]:
    """Return what an audit should know of a vehicle."""
    return {
        "hours": f"{vehicle.works_from:%H:%M}-{vehicle.works_until:%H:%M}",
        "crates": vehicle.crates_hundredths,
        "chilled": vehicle.chilled_hundredths,
        "kind": vehicle.kind,
        "active": vehicle.active,
    }
