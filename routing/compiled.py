"""Compile number loops to machine code: the only module that knows numba.

Compiled once a machine, then read from numba's cache (below `NUMBA_CACHE_DIR`, else beside the modules). Arithmetic
stays exact and the same everywhere: no `fastmath`, whole numbers only where a plan depends on them.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
T = TypeVar("T")


def _cache_folder() -> str:
    """Return a folder named after the sources of all compiled modules.

    numba looks only at the file of the function called: what that one calls in another file could have changed.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(here.glob("*.py")):
        source = path.read_bytes()
        if b"routing.compiled import" in source or path.name == "columns.py":
            digest.update(path.name.encode() + source)
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or here / "__pycache__")
    return str(base / digest.hexdigest()[:16])


# The higher levels unroll and turn loops into vectors: a fifth more time to compile, and these loops are no faster.
os.environ.setdefault("NUMBA_OPT", "1")
getattr(numba.config, "reload_config")()  # noqa: B009 - numba does not declare it
setattr(numba.config, "CACHE_DIR", _cache_folder())  # noqa: B010 - nor this
_EXACT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": False}
# Loops that make no array need no count of references, and those called by compiled code only no door to Python.
_BARE: dict[str, Any] = {"no_cfunc_wrapper": True}
_CLOSED: dict[str, Any] = {"no_cpython_wrapper": True}


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function of numbers and arrays when it is first called; other threads run while it works."""
    made: Callable[P, T] = numba.njit(**_EXACT)(function)
    return made


def entrance(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function that makes no array and that Python calls."""
    made: Callable[P, T] = numba.njit(**_EXACT, **_BARE)(function)
    return made


def inner(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function that makes no array and that compiled code alone calls: half the time of `compiled`."""
    made: Callable[P, T] = numba.njit(**_EXACT, **_BARE, **_CLOSED)(function)
    return made
