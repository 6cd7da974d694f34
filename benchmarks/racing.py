"""Run one side on one day in a process of its own, and count the CPU seconds it searches.

A side is a module with `prepare(problem, everybody) -> model` (`everybody`: all stops are known to fit) and
`solve(model, seconds, seed) -> orders` (visit ids for each vehicle, in order). Imports, compilation and reading of the
model lie in `prepare`, outside the seconds counted. `seconds=None` lets a side run until it ends by itself. A side that
fails, dies, hangs or is not installed has that as its result.
"""

import importlib
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.instances import Orders
from routing.problem import Problem

OURS = "benchmarks.ours"
PYVRP = "benchmarks.peer_pyvrp"
VROOM = "benchmarks.peer_vroom"
ORTOOLS = "benchmarks.peer_ortools"
NAMES = {OURS: "ours", PYVRP: "PyVRP", VROOM: "VROOM", ORTOOLS: "OR-Tools"}

# Reading a model and compiling are outside the seconds of a race but not endless; a machine may be twice as busy.
_READY_S = 120
_UNBOUNDED_S = 600


@dataclass(frozen=True, slots=True)
class Answer:
    """Keep what a side answered: its orders (None: no answer, `note` says why) and the CPU seconds it took."""

    orders: Orders | None
    cpu_s: float = 0.0
    note: str = ""


def race(side: str, problem: Problem, seconds: float | None, seed: int = 0, everybody: bool = False) -> Answer:
    """Let one side plan the day within so many CPU seconds."""
    limit_s = _READY_S + (_UNBOUNDED_S if seconds is None else 20 * seconds)
    kind, value, cpu_s = _in_a_process(_race, (side, problem, seconds, seed, everybody), limit_s)
    if kind == "answer" and isinstance(value, dict):
        return Answer(value, cpu_s)
    return Answer(None, cpu_s, str(value))


def ask(module: str, function: str, *arguments: object) -> Any:
    """Call a function in a process of its own; None when it fails, dies or hangs."""
    kind, value, _ = _in_a_process(_ask, (module, function, arguments), _READY_S + _UNBOUNDED_S)
    return value if kind == "answer" else None


def _in_a_process(target: Any, arguments: tuple[object, ...], limit_s: float) -> tuple[str, object, float]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=target, args=(theirs, *arguments), daemon=True)
    child.start()
    theirs.close()
    try:
        if not ours.poll(limit_s):
            return "hangs", f"no answer within {limit_s:.0f} s", 0.0
        answer: tuple[str, object, float] = ours.recv()
        return answer
    except EOFError:
        child.join(5)
        return "dead", f"its process ended with code {child.exitcode}", 0.0
    finally:
        child.kill()
        child.join()
        ours.close()


def _race(answers: Connection, side: str, problem: Problem, seconds: float | None, seed: int, everybody: bool) -> None:
    began = time.process_time()
    try:
        module = importlib.import_module(side)
        model = module.prepare(problem, everybody)
        began = time.process_time()
        orders = module.solve(model, seconds, seed)
        answers.send(("answer", orders, time.process_time() - began))
    except ModuleNotFoundError as missing:
        answers.send(("missing", f"not installed: {missing.name}", 0.0))
    except Exception as wrong:
        answers.send(("failed", f"{type(wrong).__name__}: {wrong}", time.process_time() - began))


def _ask(answers: Connection, module: str, function: str, arguments: tuple[object, ...]) -> None:
    answers.send(("answer", getattr(importlib.import_module(module), function)(*arguments), 0.0))
