"""Cool a search down in whole numbers only: the same on every machine, whatever its `log` and `pow` round to."""

import numpy as np
from numpy.typing import NDArray

_STEPS = 256
# 100 ** (-1 / 256) in 32 bits after the point: 256 steps cool down to a hundredth.
_STEP_FACTOR = 4_218_396_143
_SURPRISES = 1024
_HOTTEST = 10**10  # keeps the product with a surprise far from 64 bits


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
