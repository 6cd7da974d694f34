"""Hold the contests of the planner: each measures one figure against its bar and answers rows of the table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from benchmarks import racing
from benchmarks.days import day, without_rest
from benchmarks.duels import Duel, Score, mean, more_left_out, rows_of, score
from benchmarks.ground import Ground
from benchmarks.instances import Instance, best_known, instances, read_pdptw, read_vrptw
from benchmarks.judging import Judged
from benchmarks.racing import OURS, PYVRP, VROOM, ask
from benchmarks.table import Row
from routing.overlooked import overlooked
from routing.plan import Plan
from routing.problem import Problem

# homes, relay points, farms, vans
WITH_FARMS = ((16, 4, 3, 1), (48, 12, 5, 3), (100, 20, 7, 5), (250, 50, 9, 7))
WITHOUT_FARMS = ((100, 20, 0, 5), (250, 50, 0, 7))
_SIXTY, _THREE_HUNDRED = WITH_FARMS[1], WITH_FARMS[3]
_REPLANS = 5
_MOST_TRIED = 10


@dataclass(slots=True)
class Entry:
    """Keep what the contests are held on."""

    folder: Path
    ground: Callable[[], Ground]
    days: Sequence[int]
    instance_s: float = 2.0
    day_s: float = 5.0
    seeds: Sequence[int] = (0,)
    _kept: dict[tuple[int, ...], Problem] = field(default_factory=dict)

    def day(self, size: tuple[int, int, int, int], seed: int) -> Problem:
        """Return a day on the ground, made once."""
        key = (*size, seed)
        if key not in self._kept:
            self._kept[key] = day(*size, seed, self.ground())
        return self._kept[key]

    def read(self, kind: str) -> list[Instance]:
        """Read all instances of a kind."""
        known = best_known(self.folder)
        reader = read_vrptw if kind == "VRPTW" else read_pdptw
        return [reader(path, known.get((kind, path.stem.lower()))) for path in instances(self.folder, kind)]


def _driven(plan: Judged) -> float:
    return float(plan.driven)


def vrptw_pyvrp(entry: Entry) -> list[Row]:
    """Compare distances with PyVRP's after the same CPU seconds."""
    found = entry.read("VRPTW")
    ours = [_scored(OURS, one, entry.instance_s, entry) for one in found]
    duels = [
        Duel(one.name, mine, _scored(PYVRP, one, entry.instance_s, entry))
        for one, mine in zip(found, ours, strict=True)
    ]
    return [*rows_of("VRPTW", PYVRP, duels, 1.005), _incomplete("VRPTW", ours), _to_best("VRPTW", found, ours)]


def vrptw_vroom(entry: Entry) -> list[Row]:
    """Compare distances with VROOM's after as many CPU seconds as VROOM needed."""
    duels = []
    for one in entry.read("VRPTW"):
        theirs = _scored(VROOM, one, None, entry)
        ours = _scored(OURS, one, theirs.cpu_s, entry) if theirs.figure is not None else Score()
        duels.append(Duel(one.name, ours, theirs))
    return rows_of("VRPTW", VROOM, duels, 0.995)


def pdptw(entry: Entry) -> list[Row]:
    """Compare, with the fleet of the best known plan, how many instances are served fully, then distances."""
    found = entry.read("PDPTW")
    scores = {side: [_scored(side, one, entry.instance_s, entry, False) for one in found] for side in racing.NAMES}
    ours = scores[OURS]
    fully = {side: sum(one.figure is not None and one.left_out == 0 for one in scores[side]) for side in racing.NAMES}
    answered = {side: all(one.figure is not None for one in scores[side]) for side in racing.NAMES}
    rows: list[Row] = []
    for peer in racing.NAMES:
        if peer == OURS:
            continue
        duels = [Duel(one.name, mine, theirs) for one, mine, theirs in zip(found, ours, scores[peer], strict=True)]
        rows += rows_of("PDPTW", peer, [duel for duel in duels if _worth_comparing(duel)], 1.0)
        name = racing.NAMES[peer]
        rows.append(
            Row(
                f"PDPTW: of {len(found)} served fully: ours – {name}’s, {fully[OURS]} – {fully[peer]}",
                fully[OURS] - fully[peer] if answered[peer] else None,
                "≥ 0",
                answered[peer] and answered[OURS] and fully[OURS] >= fully[peer],
            )
        )
    rows += [_to_best("PDPTW", [one], [mine]) for one, mine in zip(found, ours, strict=True)]
    return [*rows, _to_best("PDPTW", found, ours)]


def _worth_comparing(duel: Duel) -> bool:
    """Tell whether both served everybody, or one gave no answer, which is to be seen."""
    return duel.more_left_out is None or (duel.ours.left_out == 0 and duel.peer.left_out == 0)


def days_with_farms(entry: Entry) -> list[Row]:
    """Compare the price of whole days with OR-Tools'."""
    rows: list[Row] = []
    everyone: list[Duel] = []
    for size in WITH_FARMS:
        title = f"{size[0] + size[1]} stops, {size[2]} farms"
        duels = [_day_duel(racing.ORTOOLS, entry.day(size, seed), seed, entry) for seed in entry.days]
        rows += rows_of(title, racing.ORTOOLS, duels, 0.80)
        rows += [more_left_out(title, racing.ORTOOLS, duels), *_faults(title, duels, size, entry)]
        everyone += duels
    return [*rows, rows_of("Days with farms", racing.ORTOOLS, everyone, 0.80)[-1]]


def days_without_farms(entry: Entry) -> list[Row]:
    """Compare the price of whole days without farm calls and rests with PyVRP's."""
    rows: list[Row] = []
    for size, bar in zip(WITHOUT_FARMS, (1.0, 1.005), strict=True):
        title = f"{size[0] + size[1]} stops, no farms"
        duels = [_day_duel(PYVRP, without_rest(entry.day(size, seed)), seed, entry) for seed in entry.days]
        rows += [*rows_of(title, PYVRP, duels, bar), more_left_out(title, PYVRP, duels)]
    return rows


def first_plan(entry: Entry) -> list[Row]:
    """Measure the shortest search on 300 stops that leaves out no more than the whole race does."""
    took = []
    for seed in entry.days:
        problem = entry.day(_THREE_HUNDRED, seed)
        best = score(OURS, problem, entry.day_s, (0,), _driven)
        took.append(ask(OURS, "first_complete", problem, best.left_out, 2.0))
    known = [one for one in took if one is not None]
    worst = max(known) if len(known) == len(took) and known else None
    return [
        Row("300 stops, 7 vans, farms: first complete plan, CPU s, worst day", worst, "≤ 2", bool(worst and worst <= 2))
    ]


def replans(entry: Entry) -> list[Row]:
    """Measure planning again after one changed stop."""
    rows = []
    for size, bar in ((_SIXTY, 0.25), (_THREE_HUNDRED, 1.0)):
        took = ask("benchmarks.replanning", "replan_s", entry.day(size, entry.days[0]), _REPLANS)
        middle = median(took) if took else None
        words = f"{size[0] + size[1]} stops: re-plan of one changed stop, CPU s, median of {_REPLANS}"
        rows.append(Row(words, middle, f"≤ {bar}", middle is not None and middle <= bar))
    return rows


def growth(entry: Entry) -> list[Row]:
    """Measure an iteration on 60 and on 300 stops."""
    took = [ask(OURS, "per_iteration_s", entry.day(size, entry.days[0])) for size in (_SIXTY, _THREE_HUNDRED)]
    ratio = took[1] / took[0] if all(took) else None
    rows = [
        Row(f"{stops} stops: an iteration, CPU ms", None if one is None else one * 1_000, "reported", one is not None)
        for stops, one in zip((60, 300), took, strict=True)
    ]
    return [*rows, Row("time an iteration, 300 stops / 60 stops", ratio, "reported", ratio is not None)]


def _scored(side: str, one: Instance, seconds: float | None, entry: Entry, everybody: bool = True) -> Score:
    return score(side, one.problem, seconds, entry.seeds, lambda plan: one.length(plan.orders), everybody)


def _day_duel(peer: str, problem: Problem, seed: int, entry: Entry) -> Duel:
    ours = score(OURS, problem, entry.day_s, entry.seeds, _driven)
    return Duel(f"day {seed}", ours, score(peer, problem, entry.day_s, entry.seeds, _driven))


def _incomplete(title: str, scores: Sequence[Score]) -> Row:
    count = sum(one.figure is None or one.left_out > 0 for one in scores)
    return Row(f"{title}: instances we did not serve fully", count, "= 0", count == 0)


def _to_best(title: str, found: Sequence[Instance], scores: Sequence[Score]) -> Row:
    """Return how far our routes are from the best known ones."""
    ratios = [
        mine.figure / one.best_known
        for one, mine in zip(found, scores, strict=True)
        if mine.figure and one.best_known and not mine.left_out
    ]
    name = f" {found[0].name}" if len(found) == 1 else f", mean of {len(ratios)}"
    return Row(f"{title}{name}: ours / best known", mean(ratios), "reported", True)


def _faults(title: str, duels: Sequence[Duel], size: tuple[int, int, int, int], entry: Entry) -> list[Row]:
    """Return what is wrong with our own plans: breaches, and stops left out although they fit."""
    breaches = sum(duel.ours.breaches + duel.ours.broken for duel in duels)
    missed = 0
    for duel, seed in zip(duels, entry.days, strict=True):
        missed += sum(_overlooked(entry.day(size, seed), one.plan) for one in duel.ours.plans)
    return [
        Row(f"{title}: breaches in our plans", breaches, "= 0", breaches == 0),
        Row(f"{title}: left out although they fit", missed, "= 0", missed == 0),
    ]


def _overlooked(problem: Problem, plan: Plan) -> int:
    """Count those left out although they fit, among a few: trying every place of two farm calls takes minutes."""
    farms = {stop.id: sum(goods.farm_id is not None for goods in stop.goods) for stop in problem.stops}
    few = [left for left in plan.left_out if farms[left.stop_id] <= 1][:_MOST_TRIED]
    return len(overlooked(problem, replace(plan, left_out=tuple(few))))


CONTESTS: dict[str, Callable[[Entry], list[Row]]] = {
    "vrptw-pyvrp": vrptw_pyvrp,
    "vrptw-vroom": vrptw_vroom,
    "pdptw": pdptw,
    "farms": days_with_farms,
    "plain": days_without_farms,
    "first": first_plan,
    "replan": replans,
    "growth": growth,
}
