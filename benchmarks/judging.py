"""Judge what a side answers: the same hours, the same price and the same checker for everybody.

A side hands in orders of visits. `routing.by_hand` gives them their hours, `routing.checker` judges the plan. Where an
order breaks a rule (a window, a load, a rest …), the visits that break it are taken out, first to last, and their stops
count as not served.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.instances import Orders
from routing.by_hand import Judge, time_plan
from routing.checker import check
from routing.facts import Facts
from routing.plan import Budget, LeftOut, Plan, Reason
from routing.problem import Problem

_NOBODY_SEARCHED = Budget(0)


@dataclass(frozen=True, slots=True)
class Judged:
    """Keep the judgement: the plan that holds, its orders and price, how many stops the answer served wrongly."""

    plan: Plan
    orders: Orders
    driven: int
    left_out: int
    broken: int
    breaches: int


def judged(problem: Problem, orders: Orders) -> Judged:
    """Give the orders their hours; take out what breaks a rule; price what is left."""
    facts = Facts(problem)
    judge = Judge(facts)
    kept: Orders = {}
    served: set[str] = set()
    named = 0
    for vehicle_id in sorted(orders):
        stops = [one for one in orders[vehicle_id] if one not in facts.farms]
        named += len(stops)
        wanted = [one for one in orders[vehicle_id] if one in facts.farms or one in facts.stops]
        fresh = set(wanted) - served - set(facts.farms)
        visits = _drivable(facts, judge, vehicle_id, wanted, fresh) if vehicle_id in facts.vehicles else []
        if visits:
            kept[vehicle_id] = visits
        served.update(one for one in visits if one in facts.stops)
    timed = time_plan(problem, kept)
    left_out = tuple(LeftOut(stop_id, Reason.DAY_FULL, "") for stop_id in timed.absent)
    plan = Plan(timed.routes, left_out, timed.cost, problem.fingerprint(), _NOBODY_SEARCHED, "judged")
    driven = sum(route.cost for route in timed.routes)
    return Judged(plan, kept, driven, len(left_out), named - len(served), len(check(problem, plan)))


def _drivable(facts: Facts, judge: Judge, vehicle_id: str, visits: list[str], stops: set[str]) -> list[str]:
    """Return the visits of these stops when they can be driven, or else those that can be kept, first to last."""
    whole = list(_needed(facts, visits, stops))
    if not whole or judge.drivable(vehicle_id, whole):
        return whole
    kept: set[str] = set()
    for one in visits:
        if one in stops and judge.drivable(vehicle_id, list(_needed(facts, visits, {*kept, one}))):
            kept.add(one)
    return list(_needed(facts, visits, kept))


def _needed(facts: Facts, visits: list[str], stops: set[str]) -> Iterator[str]:
    """Yield the visits of the stops named, each once, and the first call at each farm that they need."""
    wanted = set(stops)
    wanted |= {goods.farm_id for one in stops for goods in facts.stops[one].goods if goods.farm_id is not None}
    for one in visits:
        if one in wanted:
            wanted.discard(one)
            yield one
