"""Edit zones and relay points: where, when, how much room, what delivery costs, who keeps them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, func, select

from meloko.accounts.services import audit
from meloko.errors import NotFound, Refusal
from meloko.folding import fold
from meloko.relay_points.hours import read
from meloko.relay_points.models import RelayKind, RelayPoint, Zone
from meloko.roads.models import Precision


class CodeTaken(Refusal):
    """A code that another relay point has."""

    status = 422
    field = "code"

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"Le code {code} est déjà celui de {name}. Choisissez-en un autre.")


class ZoneNameTaken(Refusal):
    """A name that another zone has."""

    status = 422
    field = "name"

    def __init__(self, name: str) -> None:
        super().__init__(f"Un autre secteur s’appelle déjà « {name} ». Choisissez-lui un autre nom.")


@dataclass(frozen=True, slots=True)
class RelayFacts:
    """All that is known of a relay point; room in hundredths of crates, hours as relay_points.hours reads them."""

    code: str
    name: str
    zone_id: int
    kind: RelayKind
    address: str = ""
    postcode: str = ""
    commune: str = ""
    public_hours: str = ""
    van_hours: str = ""
    capacity_hundredths: int = 0
    chilled_capacity_hundredths: int = 0
    host_name: str = ""
    host_phone: str = ""
    driver_instructions: str = ""
    wheelchair: bool = False
    # What delivery there costs, VAT included, and from how much of goods on.
    fee_cents: int = 0
    minimum_cents: int = 0
    fee_vat_rate_bp: int = 2_000
    active: bool = True


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What staff say of a zone: its name, and what delivery at home there costs, VAT included."""

    name: str
    fee_cents: int = 0
    minimum_cents: int = 0
    fee_vat_rate_bp: int = 2_000


def list_points(session: Session, words: str = "") -> list[RelayPoint]:
    """Return the relay points with their closures, those in use first, narrowed by words."""
    query = (
        select(RelayPoint)
        .options(selectinload(RelayPoint.closures))
        .order_by(col(RelayPoint.active).desc(), col(RelayPoint.code))
    )
    return [
        point
        for point in session.exec(query)
        if all(
            word in fold(f"{point.code} {point.name} {point.commune} {point.host_name}") for word in fold(words).split()
        )
    ]


def list_zones(session: Session) -> Sequence[Zone]:
    """Return the zones by name."""
    return session.exec(select(Zone).order_by(func.lower(col(Zone.name)))).all()


def find_zone(session: Session, zone_id: int) -> Zone:
    """Find one zone, or refuse."""
    zone = session.get(Zone, zone_id)
    if zone is None:
        raise NotFound("Ce secteur n’existe pas.")
    return zone


def save_zone(session: Session, zone_id: int, facts: ZoneFacts, *, by: int) -> Zone:
    """Change what a zone is called and what delivery there costs; orders placed before keep what they were told."""
    zone = find_zone(session, zone_id)
    others = session.exec(select(Zone.name).where(col(Zone.id) != zone_id))
    if any(fold(name) == fold(facts.name) for name in others):
        raise ZoneNameTaken(facts.name)
    said = asdict(facts)
    before: dict[str, object] = {
        name: getattr(zone, name) for name, value in said.items() if getattr(zone, name) != value
    }
    for name, value in said.items():
        setattr(zone, name, value)
    session.flush()
    if before:
        audit(session, by, "zone.saved", "zone", zone_id, before=before, after={name: said[name] for name in before})
    return zone


def save_point(session: Session, relay_point_id: int | None, facts: RelayFacts, *, by: int) -> RelayPoint:
    """Add a relay point, or change one; hours that cannot be read are refused, a new address is placed anew."""
    read(facts.public_hours)
    read(facts.van_hours)
    taken = session.exec(
        select(RelayPoint).where(col(RelayPoint.code) == facts.code, col(RelayPoint.id) != (relay_point_id or 0))
    ).first()
    if taken is not None:
        raise CodeTaken(facts.code, taken.name)
    if session.get(Zone, facts.zone_id) is None:
        raise NotFound("Ce secteur n’existe pas.")
    point = _found(session, relay_point_id, facts)
    moved = (point.address, point.postcode, point.commune) != (facts.address, facts.postcode, facts.commune)
    if moved and point.precision is not Precision.HAND:
        point.lat, point.lon, point.precision = None, None, Precision.NONE
    for name in RelayFacts.__dataclass_fields__:
        setattr(point, name, getattr(facts, name))
    session.flush()
    audit(session, by, "relay_point.saved", "relay_point", point.id, after={"room": facts.capacity_hundredths})
    return point


def place_point(session: Session, relay_point_id: int, lat: float, lon: float, *, by: int) -> None:
    """Place a relay point on the map; what a hand placed wins for ever."""
    point = session.get(RelayPoint, relay_point_id)
    if point is None:
        raise NotFound("Ce point relais n’existe pas.")
    point.lat, point.lon, point.precision = lat, lon, Precision.HAND
    audit(session, by, "relay_point.placed", "relay_point", relay_point_id)


def _found(session: Session, relay_point_id: int | None, facts: RelayFacts) -> RelayPoint:
    if relay_point_id is None:
        point = RelayPoint(code=facts.code, zone_id=facts.zone_id, kind=facts.kind, name=facts.name)
        session.add(point)
        return point
    known = session.get(RelayPoint, relay_point_id)
    if known is None:
        raise NotFound("Ce point relais n’existe pas.")
    return known
