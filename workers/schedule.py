"""The workers' day: two lines; what is due is asked of the database, never of a crontab."""

from meloko.jobs import DRAIN, FAST, TICK

BEAT = {
    "drain": {"task": DRAIN, "schedule": 10.0, "options": {"queue": FAST, "expires": 30}},
    "tick": {"task": TICK, "schedule": 60.0, "options": {"queue": FAST, "expires": 60}},
}
