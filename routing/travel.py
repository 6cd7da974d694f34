"""Hold the travel times and lengths of a day, whoever measured them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.refusals import BadMatrix, distinct

UNREACHABLE = -1


@dataclass(frozen=True, slots=True, eq=False)
class TravelMatrix:
    """Hold seconds and metres from every place to every other; -1 where no way exists.

    Both arrays are N×N, row = from, column = to, in the order of `place_ids`; they are copied and made read-only.
    """

    place_ids: tuple[str, ...]
    durations_s: NDArray[np.int32]
    distances_m: NDArray[np.int32]
    index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        distinct("The travel matrix", self.place_ids)
        for name in ("durations_s", "distances_m"):
            object.__setattr__(self, name, self._sound(name, getattr(self, name)))
        object.__setattr__(self, "index", {place_id: i for i, place_id in enumerate(self.place_ids)})

    def _sound(self, name: str, values: NDArray[np.int32]) -> NDArray[np.int32]:
        size = len(self.place_ids)
        if values.shape != (size, size):
            raise BadMatrix(f"{name} has the shape {values.shape}, not {(size, size)}.")
        if values.dtype.kind not in "iu":
            raise BadMatrix(f"{name} must hold whole numbers, not {values.dtype}.")
        if size and (values.min() < UNREACHABLE or values.max() > 2**31 - 1):
            raise BadMatrix(f"{name} holds a number below -1 or beyond 32 bits.")
        if np.diagonal(values).any():
            raise BadMatrix(f"{name} must be 0 from a place to itself.")
        sound: NDArray[np.int32] = np.array(values, dtype=np.int32)
        sound.setflags(write=False)
        return sound

    def duration_s(self, a_id: str, b_id: str) -> int:
        """Return the seconds from a to b at 100 % speed, -1 when there is no way; KeyError for an unknown place."""
        return int(self.durations_s[self.index[a_id], self.index[b_id]])

    def distance_m(self, a_id: str, b_id: str) -> int:
        """Return the metres from a to b, -1 when there is no way; KeyError for an unknown place."""
        return int(self.distances_m[self.index[a_id], self.index[b_id]])

    def with_unreachable(self, place_ids: Iterable[str]) -> "TravelMatrix":
        """Return the table with some more places that no way leads to or from; BadMatrix for one it has already."""
        ids = (*self.place_ids, *place_ids)
        before, size = len(self.place_ids), len(ids)
        grown = []
        for values in (self.durations_s, self.distances_m):
            table = np.full((size, size), UNREACHABLE, np.int32)
            table[:before, :before] = values
            np.fill_diagonal(table, 0)
            grown.append(table)
        return TravelMatrix(ids, *grown)
