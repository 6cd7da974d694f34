"""Learn from the hours that drivers report: how fast roads are, how long places take, how far both stray.

Least absolute deviations throughout: a driver's lunch on the way weighs no more than any other surprise. What is
learnt is shrunk towards what was planned, by half at 30 observations, and below 30 nothing is said. Whole numbers:
seconds, hundredths of crates, factors in millionths.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isqrt

from routing.refusals import whole
from routing.speeds import HOUR_BANDS, HourBand, SpeedFactors
from routing.spread import USUAL_SPREAD, Spread

FEWEST = 30
SLOWEST, FASTEST = 2_500_000, 400_000  # no road is so much worse or better than its class: a limit for bad reports

_MILLION = 1_000_000
_SHARE = 5  # a leg speaks for a road class that makes at least a fifth of it
_SWEEPS = 12
_LATEST = 240  # observations of a kind of place that a line is drawn through


@dataclass(frozen=True, slots=True)
class ReportedLeg:
    """Report one leg: seconds by road class, the hour it was left at, and how long it really took.

    `by_class` holds the seconds of the table, before any factor learnt: so what is learnt next does not rest on it.
    """

    by_class: Mapping[str, int]
    departure_s: int
    actual_s: int
    round_id: str = ""

    def __post_init__(self) -> None:
        for road_class, seconds in self.by_class.items():
            whole(f"The planned seconds on {road_class}", seconds, 0, 10**6)
        whole("The seconds of a leg", self.actual_s, 0, 10**6)

    @property
    def planned_s(self) -> int:
        """Return the seconds of the whole leg by the table."""
        return sum(self.by_class.values())

    @property
    def band(self) -> HourBand:
        """Return the band of hours in which it was driven."""
        hour = self.departure_s // 3_600 % 24
        return next(band for band in HOUR_BANDS if band.from_hour <= hour < band.until_hour)


@dataclass(frozen=True, slots=True)
class ReportedStop:
    """Report the time at one place: its kind, what was planned, hundredths of crates, how long it really took."""

    kind: str
    planned_s: int
    crates: int
    actual_s: int

    def __post_init__(self) -> None:
        whole("The planned seconds of a stop", self.planned_s, 0, 10**6)
        whole("The crates of a stop", self.crates, 0, 10**7)
        whole("The seconds of a stop", self.actual_s, 0, 10**6)


@dataclass(frozen=True, slots=True)
class LearntSpeeds:
    """Give the factors on travel times learnt, and the number of legs behind each; what is absent is 1."""

    factors: SpeedFactors
    legs: Mapping[tuple[str, HourBand], int]


@dataclass(frozen=True, slots=True)
class StopTime:
    """Give the time at a kind of place: base plus so much a crate, its spread, and the number of stops behind it."""

    base_s: int
    per_crate_s: int
    spread: int
    stops: int

    def seconds(self, crates: int) -> int:
        """Return the seconds for so many hundredths of crates."""
        return self.base_s + self.per_crate_s * crates // 100


StopTimes = Mapping[str, StopTime]


def learn_speeds(legs: Iterable[ReportedLeg]) -> LearntSpeeds:
    """Return the factor of each road class in each band of hours with at least 30 legs that speak for it."""
    by_band: dict[HourBand, list[ReportedLeg]] = defaultdict(list)
    for leg in legs:
        if leg.planned_s > 0 and leg.actual_s > 0:
            by_band[leg.band].append(leg)
    factors, counts = {}, {}
    for band in sorted(by_band):
        speaking = _speaking(by_band[band])
        found = _fit(by_band[band], speaking)
        for road_class, number in speaking.items():
            factor = _shrunk(found[road_class], _MILLION, number)
            factors[road_class, band] = min(max(factor, FASTEST), SLOWEST)
            counts[road_class, band] = number
    return LearntSpeeds(factors, counts)


def _speaking(legs: Sequence[ReportedLeg]) -> dict[str, int]:
    """Return the classes for which at least 30 legs speak, and how many do."""
    counts: dict[str, int] = defaultdict(int)
    for leg in legs:
        for road_class, seconds in leg.by_class.items():
            if seconds * _SHARE >= leg.planned_s:
                counts[road_class] += 1
    return {one: counts[one] for one in sorted(counts) if counts[one] >= FEWEST}


def _fit(legs: Sequence[ReportedLeg], classes: Iterable[str]) -> dict[str, int]:
    """Minimise the sum of |actual - predicted| / planned over the factors, one class after the other."""
    factors = dict.fromkeys(classes, _MILLION)
    for _ in range(_SWEEPS):
        for road_class in factors:
            ratios = []
            for leg in legs:
                own_s = leg.by_class.get(road_class, 0)
                if own_s:
                    others = sum(s * factors.get(c, _MILLION) for c, s in leg.by_class.items() if c != road_class)
                    ratio = (leg.actual_s * _MILLION - others) // own_s
                    ratios.append((ratio, own_s * _MILLION // leg.planned_s))
            factors[road_class] = max(0, _weighted_median(ratios))
    return factors


def learn_stops(stops: Iterable[ReportedStop]) -> StopTimes:
    """Return the time at each kind of place with at least 30 reports; the latest reports come last."""
    by_kind: dict[str, list[ReportedStop]] = defaultdict(list)
    for stop in stops:
        if stop.actual_s > 0:
            by_kind[stop.kind].append(stop)
    return {kind: _stop_time(by_kind[kind]) for kind in sorted(by_kind) if len(by_kind[kind]) >= FEWEST}


def _stop_time(stops: Sequence[ReportedStop]) -> StopTime:
    latest, number = stops[-_LATEST:], len(stops)
    real = _line([(stop.crates, stop.actual_s) for stop in latest])
    planned = _line([(stop.crates, stop.planned_s) for stop in latest])
    base_s, slope = (_shrunk(a, b, number) for a, b in zip(real, planned, strict=True))
    told = StopTime(base_s, (slope + 5_000) // 10_000, 0, number)
    ratios = [stop.actual_s * _MILLION // max(1, told.seconds(stop.crates)) for stop in latest]
    return StopTime(base_s, told.per_crate_s, _shrunk(_deviation(ratios), USUAL_SPREAD.stop, number), number)


def _line(points: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Draw a line through points (crates, seconds): its base and its slope in millionths a hundredth (Theil & Sen)."""
    slopes = [(b[1] - a[1]) * _MILLION // (b[0] - a[0]) for a, b in combinations(points, 2) if a[0] != b[0]]
    slope = max(0, _median(slopes)) if slopes else 0
    return max(0, _median([seconds - crates * slope // _MILLION for crates, seconds in points])), slope


def learn_spread(legs: Iterable[ReportedLeg], speeds: LearntSpeeds, stop_times: StopTimes) -> Spread:
    """Return how far legs, the pace of a day and the stops of each kind stray around what was learnt.

    The pace is told from 30 rounds on (legs with the same `round_id`).
    """
    by_round: dict[Hashable, list[int]] = defaultdict(list)
    for leg in legs:
        factors = {c: speeds.factors.get((c, leg.band), _MILLION) for c in leg.by_class}
        predicted = sum(seconds * factors[c] for c, seconds in leg.by_class.items())
        if predicted >= 60 * _MILLION and leg.actual_s > 0:  # below a minute the report's own minutes are the spread
            by_round[leg.round_id].append(leg.actual_s * _MILLION * _MILLION // predicted)
    paces = {one: _median(ratios) for one, ratios in by_round.items() if len(ratios) >= 3}
    own = [ratio * _MILLION // max(1, paces[one]) for one in paces for ratio in by_round[one]]
    each, pace = USUAL_SPREAD.leg, USUAL_SPREAD.pace
    if len(own) >= FEWEST:
        each = _shrunk(_deviation(own), each, len(own))
    if len(paces) >= FEWEST:
        # The median of n legs strays by itself, by about 1.57 times the leg's variance over n.
        itself = each * each * 157 // 100 * len(paces) // max(1, len(own))
        pace = _shrunk(_root(_deviation(list(paces.values())) ** 2 - itself), pace, len(paces))
    kinds = tuple((kind, time.spread) for kind, time in stop_times.items())
    return Spread(min(pace, _MILLION), min(each, _MILLION), USUAL_SPREAD.stop, kinds)


def _shrunk(found: int, before: int, number: int) -> int:
    return before + (found - before) * number // (number + FEWEST)


def _deviation(ratios: Sequence[int]) -> int:
    """Return the deviation of the logarithm of ratios, from their middle 80 %.

    For a lognormal ratio half the distance from the 10 % to the 90 % quantile is sinh(1.2816 deviations).
    """
    ordered = sorted(ratios)
    tenth, middle = len(ordered) // 10, max(1, _median(ordered))
    x = (ordered[-1 - tenth] - ordered[tenth]) * _MILLION // (2 * middle)
    x = min(x, _MILLION)
    cube = x**3 // _MILLION**2
    arsinh = x - cube // 6 + 3 * cube * x * x // (40 * _MILLION**2)
    return arsinh * 10_000 // 12_816


def _root(square: int) -> int:
    return isqrt(square) if square > 0 else 0


def _median(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2]


def _weighted_median(values: list[tuple[int, int]]) -> int:
    half, so_far = sum(weight for _, weight in values), 0
    for value, weight in sorted(values):
        so_far += 2 * weight
        if so_far >= half:
            return value
    return _MILLION
