"""Throw dice and cool down in whole numbers only: the same on every machine, whatever its `log` and `pow` round to.

The generator is splitmix64 (Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195).
"""

import numpy as np
from numpy.typing import NDArray

_MASK = 2**64 - 1
_STEPS = 256
# 100 ** (-1 / 256) in 32 bits after the point: 256 steps cool down to a hundredth.
_STEP_FACTOR = 4_218_396_143
_SURPRISES = 1024
_HOTTEST = 10**10  # keeps the product with a surprise far from 64 bits


class Dice:
    """Draw whole numbers from a seed."""

    __slots__ = ("state",)

    def __init__(self, seed: int) -> None:
        self.state = seed & _MASK

    def draw(self) -> int:
        """Return 64 random bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, limit: int) -> int:
        """Return a number from 0 to limit - 1; the bias of the remainder is far below anything a search notices."""
        return self.draw() % limit

    def shuffle(self, things: list[int]) -> None:
        """Put the things in random order, in place."""
        for i in range(len(things) - 1, 0, -1):
            j = self.draw() % (i + 1)
            things[i], things[j] = things[j], things[i]


def _log2_16(value: int) -> int:
    """Return log2 of a whole number in 16 bits after the point, by repeated squaring."""
    whole = value.bit_length() - 1
    mantissa = (value << 32) >> whole
    fraction = 0
    for _ in range(16):
        mantissa = (mantissa * mantissa) >> 32
        fraction <<= 1
        if mantissa >= 2 << 32:
            mantissa >>= 1
            fraction |= 1
    return (whole << 16) | fraction


def _surprises() -> tuple[int, ...]:
    """Tabulate -ln(u) for u in the middle of each of 1024 equal slices, in 16 bits after the point."""
    ln2_16 = 45_426
    top = _log2_16(2 * _SURPRISES)
    return tuple((top - _log2_16(2 * i + 1)) * ln2_16 >> 16 for i in range(_SURPRISES))


SURPRISE_16 = _surprises()


class Cooling:
    """Accept a worse plan now and then: exponential cooling from `hottest` to a hundredth of it."""

    __slots__ = ("_table", "iterations")

    def __init__(self, hottest: int, iterations: int) -> None:
        self.iterations = max(1, iterations)
        temperatures = [min(hottest, _HOTTEST) << 8]
        for _ in range(_STEPS):
            temperatures.append(temperatures[-1] * _STEP_FACTOR >> 32)
        self._table: NDArray[np.int64] = np.array(temperatures, dtype=np.int64)

    def slice(self, first: int, until: int) -> NDArray[np.int64]:
        """Return the temperatures of some iterations, in 8 bits after the point."""
        return self._table[np.arange(first, until) * _STEPS // self.iterations]
