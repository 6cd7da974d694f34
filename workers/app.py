"""The workers' way in: celery -A workers.app worker | beat."""

from meloko.jobs import queue
from workers import customers, delivery_days, notices, outbox, printing, rounds, schedule, standing_orders
from workers.door import settings

queue.conf.broker_url = settings().broker_url
queue.conf.beat_schedule = schedule.beat(settings().tick_s)

TASKS = (customers, delivery_days, notices, outbox, printing, rounds, standing_orders)
app = queue
