from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from routing.day import Day
from routing.insertion import base_tours, ways_in
from routing.pins import PinRules
from routing.problem import Farm, Goods, Load, Problem
from routing.tour import build
from tests.routing.days import ALL_DAY, days, line, place, problem, stop, van


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days())
def test_the_quick_tests_are_exact_where_rest_and_length_do_not_count(day: Problem) -> None:
    tireless = tuple(replace(vehicle, rest=None, max_duration_s=172_800) for vehicle in day.vehicles)
    laid_out = Day(replace(day, vehicles=tireless))
    pins = PinRules(laid_out)
    for tour in filter(None, base_tours(laid_out, pins)):
        grown = tour
        for one in range(laid_out.n_stops):
            if one in grown.nodes or not laid_out.opening[one]:
                continue
            ways = [build(laid_out, grown.vehicle, way, grown.lock) for way in ways_in(laid_out, pins, grown, one)]
            assert None not in ways
            grown = next(filter(None, ways), grown)


def test_goods_of_two_farms_and_the_depot_are_tested_together() -> None:
    farms = [Farm(f"f{i}", place(f"p{i}"), ALL_DAY, 60) for i in range(2)]
    goods = (Goods(None, Load(400, 0)), Goods("f0", Load(400, 0)), Goods("f1", Load(400, 0)))
    for room, fits in ((1_200, True), (1_199, False)):
        day = Day(problem([stop("p2", goods=goods)], line(5, 10, 15), [van(capacity=Load(room, 0))], farms))
        pins = PinRules(day)
        (tour,) = base_tours(day, pins)

        assert tour is not None
        assert bool(ways_in(day, pins, tour, 0)) is fits
