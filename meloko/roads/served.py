"""A place of ours, as the import of roads wants to know it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """A depot or a relay point: a map that is far from all of them is not of our region."""

    name: str
    lat: float
    lon: float
