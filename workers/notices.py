"""Send messages."""

from meloko.jobs import SendNotice, queue
from meloko.notices.services import postman_for, send_notice
from workers.door import perform, settings


@queue.task(name=SendNotice.name)
def send(outbox_id: int) -> None:
    """Send one message."""
    chosen = settings()
    postman = postman_for(chosen.mail_url, chosen.var / "messages", chosen.mail_from)
    perform(SendNotice, outbox_id, send_notice, postman)
