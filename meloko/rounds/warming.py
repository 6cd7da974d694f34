"""Make the search and the travel times ready: compiled once a machine, then loaded from the folder of compiled code."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meloko.compiled_code import VARIABLE
from routing import hierarchy, search


def warm_up() -> None:
    """Compile the loops, or load them; processes that come together compile once."""
    with _one_at_a_time():
        hierarchy.warm()
        search.warm_up()


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
