import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.days import day as benchmark_day
from routing.checker import check, overlooked
from routing.plan import Budget, Plan
from routing.problem import Before, Farm, First, Goods, Last, Load, LockedPrefix, OnVehicle, Problem, Window
from routing.search import iterations_for, plan_day
from tests.routing.days import ALL_DAY, HOUR, days, line, matrix, place, problem, shuffled, stop, van

LIVELY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def orders(plan: Plan) -> dict[str, list[str]]:
    return {route.vehicle_id: [visit.visit_id for visit in route.visits] for route in plan.routes}


@LIVELY
@given(day=days(), seed=st.integers(0, 3))
def test_every_plan_of_every_day_is_sound_and_overlooks_nobody(day: Problem, seed: int) -> None:
    plan = plan_day(day, Budget(12, seed))

    assert check(day, plan) == []
    assert overlooked(day, plan) == []


@LIVELY
@given(day=days(most_stops=7), seed=st.integers(0, 9))
def test_the_order_of_the_input_changes_nothing(day: Problem, seed: int) -> None:
    assert plan_day(shuffled(day, seed), Budget(6)) == plan_day(day, Budget(6))


@LIVELY
@given(day=days(most_stops=7))
def test_the_best_price_never_rises_during_a_run(day: Problem) -> None:
    seen: list[int] = []

    plan_day(day, Budget(30), lambda done, of, best: seen.append(best))

    assert seen == sorted(seen, reverse=True)
