"""Place customers on the map; a point that a hand gave wins for ever."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select, update

from meloko.customers.models import Customer
from meloko.geocoding import Geocoder, ServiceAway
from meloko.jobs import LocateCustomer
from meloko.outbox import enqueue
from meloko.roads.locating import Point, locate
from meloko.roads.models import Precision

# A commune is not a door: it is looked for again whenever somebody asks.
_UNPLACED = (Precision.NONE, Precision.LOCALITY)


@dataclass(frozen=True, slots=True)
class Located:
    """How many customers found their place, who did not, and whether the service was there to be asked."""

    placed: int
    unplaced: tuple[int, ...]
    service_away: bool = False


def locate_customer(session: Session, job: LocateCustomer, geocoder: Geocoder | None) -> None:
    """Place one customer, unless she has her place already.

    Raises ServiceAway: the outbox tries again later. When it has given up, the building of rounds still asks.
    """
    customer = _unplaced(session, job.customer_id)
    if customer is not None:
        _place(session, customer, geocoder)


def locate_unplaced(session: Session, customer_ids: Sequence[int], geocoder: Geocoder | None) -> Located:
    """Place those of some customers who have no place yet; a service found away is not asked again."""
    placed, unplaced, away = 0, [], False
    for customer_id in dict.fromkeys(customer_ids):
        customer = _unplaced(session, customer_id)
        if customer is None:
            continue
        try:
            point = _place(session, customer, None if away else geocoder)
        except ServiceAway:
            away, point = True, None
        if point is None or point.precision is Precision.LOCALITY:
            unplaced.append(customer_id)
        else:
            placed += 1
    return Located(placed, tuple(unplaced), away)


def locate_again(session: Session) -> int:
    """Ask the workers to place everybody who has an address and no place: new addresses were brought in."""
    query = select(Customer.id).where(col(Customer.precision).in_(_UNPLACED), col(Customer.address) != "")
    customer_ids = session.exec(query.order_by(col(Customer.id))).all()
    for customer_id in customer_ids:
        enqueue(session, LocateCustomer(customer_id=customer_id))
    return len(customer_ids)


def _unplaced(session: Session, customer_id: int) -> Customer | None:
    customer = session.get(Customer, customer_id, populate_existing=True)
    if customer is None or customer.precision not in _UNPLACED:
        return None
    return customer


def _place(session: Session, customer: Customer, geocoder: Geocoder | None) -> Point | None:
    point = locate(
        session,
        address=customer.address,
        postcode=customer.postcode,
        commune=customer.commune,
        geocoder=geocoder,
    )
    if point is None:
        return None
    # The service may take seconds: a hand, or a new address, that came meanwhile is not overwritten.
    session.exec(
        update(Customer)
        .where(
            col(Customer.id) == customer.id,
            col(Customer.precision).in_(_UNPLACED),
            col(Customer.address) == customer.address,
            col(Customer.postcode) == customer.postcode,
            col(Customer.commune) == customer.commune,
        )
        .values(lat=point.lat, lon=point.lon, precision=point.precision)
    )
    session.refresh(customer)
    return point
