"""Live a season whose true times are not those of the table, and learn from what the drivers report."""

from dataclasses import dataclass, field, replace
from random import Random

import pytest

from routing.by_hand import time_plan
from routing.learning import ReportedLeg, ReportedStop, StopTimes, learn_speeds, learn_spread, learn_stops
from routing.plan import Route
from routing.problem import Goods, Load, Place, Problem
from routing.speeds import HOUR_BANDS, SpeedFactors
from routing.spread import Spread
from tests.routing.days import HOUR, matrix, problem, stop, van

TABLE_S = {"home": 180, "café": 300}
TRUE_FACTORS = {"unclassified": 1.25, "secondary": 0.95}
TRUE_STOP_S = {"home": (150, 30), "café": (420, 30)}
MORNING = HOUR_BANDS[2]
ROUNDS, LESSON, STOPS = 80, 20, 24


@dataclass
class Season:
    """Hold the country, what is believed of it, and what drivers reported."""

    dice: Random
    spread: Spread = field(default_factory=Spread)
    factors: SpeedFactors = field(default_factory=dict)
    stop_times: StopTimes = field(default_factory=dict)
    legs: list[ReportedLeg] = field(default_factory=list)
    stops: list[ReportedStop] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spots = {f"p{i}": (self.dice.randrange(9_000), self.dice.randrange(60, 600)) for i in range(40)}
        self.spots["depot"] = (4_000, 60)
        self.kinds = {name: self.dice.choice(("home", "café")) for name in self.spots}

    def by_class(self, a: str, b: str) -> dict[str, int]:
        """Give a leg its seconds by the table: out of one lane, along the road, into the other lane."""
        return {
            "secondary": abs(self.spots[a][0] - self.spots[b][0]) // 3,
            "unclassified": (self.spots[a][1] + self.spots[b][1]) // 2 if a != b else 0,
        }

    def believed_s(self, a: str, b: str) -> int:
        parts = self.by_class(a, b).items()
        return sum(s * self.factors.get((c, MORNING), 1_000_000) for c, s in parts) // 1_000_000

    def service_s(self, name: str, crates: int) -> int:
        learnt = self.stop_times.get(self.kinds[name])
        return TABLE_S[self.kinds[name]] if learnt is None else learnt.seconds(crates)

    def day(self) -> tuple[Problem, list[str]]:
        """Draw a round of today's customers, in the order of the road, and what is believed of it."""
        names = sorted(self.dice.sample(sorted(set(self.spots) - {"depot"}), STOPS), key=lambda one: self.spots[one])
        places = ["depot", *names]
        travel = matrix(places, [[self.believed_s(a, b) if a != b else 0 for b in places] for a in places])
        asked = []
        for name in names:
            crates = 100 * self.dice.randint(1, 6)
            made = stop(name, goods=(Goods(None, Load(crates, 0)),), service_s=self.service_s(name, crates))
            asked.append(replace(made, kind=self.kinds[name], place=Place(name, 50.5, 2.6)))
        vehicle = van(hours=replace(van().hours, start_s=9 * HOUR), capacity=Load(10_000, 0))
        return replace(problem(asked, travel, [vehicle]), spread=self.spread), names

    def live(self) -> None:
        """Drive one round as it really goes, note who was promised well, and report it."""
        day, names = self.day()
        route: Route = time_plan(day, {"van": names}, {"van": 9 * HOUR}).routes[0]
        crates = {one.id: one.goods[0].load.ambient for one in day.stops}
        planned = {one.id: one.service_s for one in day.stops}
        pace, moment, last, kept = self.dice.lognormvariate(0, 0.07), 9.0 * HOUR, "depot", 0
        round_id = str(len(self.shares))
        for visit in route.visits:
            name = visit.visit_id
            parts = self.by_class(last, name)
            leg_s = sum(s * TRUE_FACTORS[c] for c, s in parts.items()) * pace * self.dice.lognormvariate(0, 0.18)
            kept += visit.promise.start_s <= moment + leg_s <= visit.promise.end_s
            base_s, per_crate_s = TRUE_STOP_S[self.kinds[name]]
            stop_s = (base_s + per_crate_s * crates[name] / 100) * self.dice.lognormvariate(0, 0.25)
            lunch_s = 2_400 if self.dice.random() < 0.01 else 0
            self.legs.append(ReportedLeg(parts, int(moment), round(leg_s + lunch_s), round_id))
            self.stops.append(ReportedStop(self.kinds[name], planned[name], crates[name], round(stop_s)))
            moment, last = moment + leg_s + stop_s, name
        self.shares.append(kept / len(route.visits))

    def learn(self) -> None:
        """Believe what the reports teach."""
        speeds = learn_speeds(self.legs)
        times = learn_stops(self.stops)
        self.spread = learn_spread(self.legs, speeds, times)
        self.factors, self.stop_times = speeds.factors, times


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_season_teaches_hours_that_are_kept(seed: int) -> None:
    season = Season(Random(seed))  # noqa: S311
    for number in range(1, ROUNDS + 1):
        season.live()
        if number % LESSON == 0:
            season.learn()
    before, after = sum(season.shares[:LESSON]) / LESSON, sum(season.shares[-60:]) / 60
    assert before < 0.75 <= after <= 0.9
    assert season.factors["unclassified", MORNING] == pytest.approx(1_250_000, rel=0.05)
    assert season.stop_times["café"].seconds(300) == pytest.approx(510, rel=0.08)
    assert season.spread.leg == pytest.approx(180_000, rel=0.1)
    assert season.spread.pace == pytest.approx(70_000, rel=0.25)
