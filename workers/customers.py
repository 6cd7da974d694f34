"""Place customers on the map; send them their codes and the numbers of their cards."""

from meloko.customers.locating import locate_customer
from meloko.customers.sign_in import send_card, send_code
from meloko.geocoding import geocoder
from meloko.jobs import DRAIN, LocateCustomer, SendCard, SendCode, bell, queue
from workers.door import perform, settings


@queue.task(name=LocateCustomer.name)
def locate(outbox_id: int) -> None:
    """Turn one customer's address into a point."""
    perform(LocateCustomer, outbox_id, locate_customer, geocoder(settings().geocoder))


@queue.task(name=SendCode.name)
def send_one_code(outbox_id: int) -> None:
    """Send one code; somebody waits for it in front of a screen, so its message is rung for at once."""
    if perform(SendCode, outbox_id, send_code, settings().secret_key, settings().public_url):
        bell.ring(DRAIN)


@queue.task(name=SendCard.name)
def send_one_card(outbox_id: int) -> None:
    """Send one forgotten number."""
    if perform(SendCard, outbox_id, send_card):
        bell.ring(DRAIN)
