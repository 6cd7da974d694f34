"""The workers' day: two lines; what is due is asked of the database, never of a crontab."""

from meloko.jobs import DRAIN, FAST, TICK


def beat(tick_s: int) -> dict[str, dict[str, object]]:
    """Return the timetable: ring for what waits, and look every `tick_s` seconds at what is due."""
    return {
        "drain": {"task": DRAIN, "schedule": 10.0, "options": {"queue": FAST, "expires": 30}},
        "tick": {"task": TICK, "schedule": float(tick_s), "options": {"queue": FAST, "expires": 60}},
    }
