"""Compile number loops to machine code: the only module that knows numba.

Compiled once a machine, then read from numba's cache (its folder is `NUMBA_CACHE_DIR`). Arithmetic stays exact and the
same everywhere: no `fastmath`, whole numbers only where a plan depends on them.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function of numbers and arrays when it is first called; other threads run while it does."""
    made: Callable[P, T] = numba.njit(cache=True, nogil=True, fastmath=False)(function)
    return made
