"""Set our planner against a peer on one day after another, and turn the results into rows with bars.

Who leaves out fewer has won the day, whatever it costs: prices are compared where both leave out as many. The mean is
the geometric one over those days. When there is none, the bar holds if we left out fewer on every day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median

from benchmarks.judging import Judged, judged
from benchmarks.racing import NAMES, Answer, race
from benchmarks.table import Row
from routing.problem import Problem

# What a plan costs: its price on our days, the length of its routes on the public instances.
Measure = Callable[[Judged], float]


@dataclass(frozen=True, slots=True)
class Score:
    """Keep what one side reached on one day: the median over the seeds; `figure` None: no answer."""

    left_out: int = 0
    figure: float | None = None
    cpu_s: float = 0.0
    broken: int = 0
    breaches: int = 0
    note: str = ""
    plans: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True)
class Duel:
    """Keep one day: ours, the peer's, and how the day is called."""

    name: str
    ours: Score
    peer: Score

    @property
    def ratio(self) -> float | None:
        """Return our price by the peer's, None where they do not compare."""
        if self.ours.figure is None or not self.peer.figure or self.ours.left_out != self.peer.left_out:
            return None
        return self.ours.figure / self.peer.figure

    @property
    def more_left_out(self) -> int | None:
        """Return how many more we left out, None when one of the two did not answer."""
        if self.ours.figure is None or self.peer.figure is None:
            return None
        return self.ours.left_out - self.peer.left_out


def score(
    side: str, problem: Problem, seconds: float | None, seeds: Sequence[int], measure: Measure, everybody: bool = False
) -> Score:
    """Let a side plan the day once a seed and judge what it answers; a seed without an answer spoils the score."""
    plans: list[Judged] = []
    answers: list[Answer] = []
    for seed in seeds:
        answer = race(side, problem, seconds, seed, everybody)
        if answer.orders is None:
            return Score(note=f"{NAMES[side]}: {answer.note}")
        answers.append(answer)
        plans.append(judged(problem, answer.orders))
    ordered = sorted(plans, key=lambda one: (one.left_out, measure(one)))
    middle = ordered[(len(ordered) - 1) // 2]
    return Score(
        middle.left_out,
        measure(middle),
        median(answer.cpu_s for answer in answers),
        max(one.broken for one in plans),
        sum(one.breaches for one in plans),
        plans=tuple(plans),
    )


def mean(ratios: Sequence[float]) -> float | None:
    """Return the geometric mean, None of nothing."""
    return exp(sum(map(log, ratios)) / len(ratios)) if ratios else None


def rows_of(title: str, peer: str, duels: Sequence[Duel], bar: float | None) -> list[Row]:
    """Return a row a day, then the mean with its bar (None: only reported)."""
    name = NAMES[peer]
    rows = [Row(f"{title} {duel.name}: ours / {name}{_remark(duel)}", duel.ratio, "reported", True) for duel in duels]
    ratios = [duel.ratio for duel in duels if duel.ratio is not None]
    found = mean(ratios)
    answered = all(duel.more_left_out is not None for duel in duels)
    fewer = answered and all((duel.more_left_out or 0) < 0 for duel in duels)
    holds = bool(duels) and answered and (fewer or (found is not None and (bar is None or found <= bar)))
    words = f"{title}: ours / {name}, mean of {len(ratios)} of {len(duels)}"
    return [*rows, Row(words, found, "reported" if bar is None else f"≤ {bar}, or fewer left out each day", holds)]


def more_left_out(title: str, peer: str, duels: Sequence[Duel]) -> Row:
    """Return the row that says on which day we left out most beyond the peer."""
    known = [duel.more_left_out for duel in duels]
    found = [one for one in known if one is not None]
    worst = max(found, default=None)
    holds = worst is not None and worst <= 0 and len(found) == len(known)
    return Row(f"{title}: left out beyond {NAMES[peer]}, worst day", worst, "≤ 0", holds)


def _remark(duel: Duel) -> str:
    parts = [one.note for one in (duel.ours, duel.peer) if one.note]
    if not parts:
        parts.append(f"{duel.ours.cpu_s:.1f}/{duel.peer.cpu_s:.1f} s")
        if duel.ours.left_out or duel.peer.left_out:
            parts.append(f"left out {duel.ours.left_out}/{duel.peer.left_out}")
        if duel.ours.broken or duel.peer.broken:
            parts.append(f"of these broke a rule {duel.ours.broken}/{duel.peer.broken}")
    return f" ({', '.join(parts)})"
