"""Place customers on the map."""

from meloko.customers.locating import locate_customer
from meloko.geocoding import geocoder
from meloko.jobs import LocateCustomer, queue
from workers.door import perform, settings


@queue.task(name=LocateCustomer.name)
def locate(outbox_id: int) -> None:
    """Turn one customer's address into a point."""
    perform(LocateCustomer, outbox_id, locate_customer, geocoder(settings().geocoder))
