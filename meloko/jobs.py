"""The bell: typed jobs, the Celery object that carries them, and the only door to the workers."""

import logging
import time
from typing import ClassVar

from celery import Celery
from kombu.exceptions import OperationalError
from pydantic import BaseModel, ConfigDict

log = logging.getLogger(__name__)

FAST = "fast"
HEAVY = "heavy"
DRAIN = "outbox.drain"
TICK = "delivery_days.tick"

# A broker that did not answer is left alone that long: buyers must not wait for it one by one.
_SILENCE_S = 30.0


class Job(BaseModel):
    """What must happen after a commit: a name and ids, nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    queue: ClassVar[str] = FAST


class BuildRounds(Job):
    """Build the rounds of a closed delivery day."""

    name = "rounds.build"
    queue = HEAVY
    day_id: int


class DrawRounds(Job):
    """Measure the places of a day that nobody has measured, and draw the rounds that were changed by hand."""

    name = "rounds.draw"
    queue = HEAVY
    day_id: int


class LearnTimes(Job):
    """Learn speeds and times at stops from reported hours."""

    name = "rounds.learn"
    queue = HEAVY
    learning_id: int


class LocateCustomer(Job):
    """Turn the address of a customer into a point."""

    name = "customers.locate"
    customer_id: int


class SendCard(Job):
    """Send the number of her card to somebody who has forgotten it, if she is known."""

    name = "customers.send_card"
    wish_id: int


class SendCode(Job):
    """Send a one-time code to the customer of a card, if there is one."""

    name = "customers.send_code"
    wish_id: int


class PlaceStandingOrders(Job):
    """Ask for the standing orders that are due on a day."""

    name = "standing_orders.of_day"
    day_id: int


class PlaceStandingOrder(Job):
    """Place one standing order for one day."""

    name = "standing_orders.place"
    standing_order_id: int
    day_id: int


class PrintDay(Job):
    """Print all papers of a delivery day."""

    name = "printing.day"
    queue = HEAVY
    day_id: int


class FindUndelivered(Job):
    """Tell whose standing order comes back on a day that nobody delivers; `day` is its ordinal."""

    name = "standing_orders.undelivered"
    day: int


class SendNotice(Job):
    """Send one notice to one person."""

    name = "notices.send"
    notice_id: int


JOBS: dict[str, type[Job]] = {
    job.name: job
    for job in (
        BuildRounds,
        DrawRounds,
        FindUndelivered,
        LearnTimes,
        LocateCustomer,
        PlaceStandingOrder,
        PlaceStandingOrders,
        PrintDay,
        SendCard,
        SendCode,
        SendNotice,
    )
}

queue = Celery("meloko")
queue.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_publish_retry=False,
    task_default_queue=FAST,
    task_time_limit=900,
    task_soft_time_limit=840,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=200,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 3_600,
        "max_retries": 0,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
)


class Bell:
    """Rings for the workers; a broker that is away costs nothing but a line in the log."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def ring(self, name: str, *args: int, on: str = FAST) -> bool:
        """Send a wake-up; return whether the broker took it."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            queue.send_task(name, args=args, queue=on, expires=30, ignore_result=True)
        except (OperationalError, OSError) as error:
            self._silent_until = time.monotonic() + _SILENCE_S
            log.warning("broker away, left alone for %d s: %s", _SILENCE_S, type(error).__name__)
            return False
        return True


bell = Bell()
