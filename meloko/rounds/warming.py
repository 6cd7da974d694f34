"""Make the search and the travel times ready: compiled once a machine, then loaded from the folder of compiled code."""

import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from meloko.compiled_code import VARIABLE
from routing import hierarchy
from routing.plan import Budget
from routing.problem import Load, Place, Problem, Stop, Vehicle, Weights, Window
from routing.search import plan_day
from routing.travel import TravelMatrix

_DAY = Window(0, 86_400)


def warm_up() -> None:
    """Compile the loops, or load them; processes that come together compile once."""
    depot, door = Place("depot", 50.5, 2.6), Place("door", 50.6, 2.6)
    minutes = np.array([[0, 60], [60, 0]], dtype=np.int32)
    tiny = Problem(
        date=dt.date(2026, 1, 5),
        stops=(Stop("door", door, (_DAY,), 60),),
        farms=(),
        vehicles=(Vehicle("van", depot, depot, _DAY, 36_000, Load()),),
        pins=(),
        weights=Weights(),
        matrix=TravelMatrix(("depot", "door"), minutes, minutes),
    )
    with _one_at_a_time():
        hierarchy.warm()
        plan_day(tiny, Budget(1))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    folder = os.environ.get(VARIABLE)
    if not folder:
        yield
        return
    with (Path(folder) / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    warm_up()
