"""The files of road networks in the data folder; for workers and the command line, never for the web."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from meloko.errors import Refusal
from routing.closing import close
from routing.network import RoadNetwork
from routing.network_file import NetworkFileError


class RoadsUnreadable(Refusal):
    """The file of the road network is missing or damaged."""


def network_path(var: Path, digest: str) -> Path:
    """Return where the network with this content is kept."""
    return var / "roads" / f"{digest}.network"


# One at a time: the road network of a region fills much of a worker's memory.
@lru_cache(maxsize=1)
def open_network(var: Path, digest: str) -> RoadNetwork:
    """Open a network that was imported; opened once a process. Raises RoadsUnreadable."""
    try:
        return RoadNetwork.load(network_path(var, digest))
    except NetworkFileError as error:
        raise RoadsUnreadable(str(error)) from error


# What a day needs beside the network itself: days that are built one after another mostly share it.
@lru_cache(maxsize=1)
def _adapted(var: Path, digest: str, closed: frozenset[int], factors: frozenset[tuple[str, int]]) -> RoadNetwork:
    return close(open_network(var, digest).with_speeds(dict(factors)), closed)


def network_of(var: Path, digest: str, closed: frozenset[int], factors: Mapping[str, int]) -> RoadNetwork:
    """Open the network of one day: without its closed ways, and as fast as drivers report (millionths by class).

    Raises RoadsUnreadable.
    """
    return _adapted(var, digest, closed, frozenset(factors.items()))


def keep_network(var: Path, network: RoadNetwork) -> Path:
    """Save a network, whole or not at all; one that is there already is left alone.

    Raises OSError when the folder cannot be written.
    """
    path = network_path(var, network.digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        network.save(path)
    return path
