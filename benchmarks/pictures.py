"""Draw the plans that docs/planner.md shows: `python -m benchmarks.pictures [--roads FILE] [--out DIR]`."""

import argparse
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from benchmarks.days import day
from benchmarks.ground import Roads
from meloko.roads.drawing import Mark, MarkKind, RoadLine, draw_map
from meloko.roads.view import Point, View
from routing.mapping import map_lines
from routing.network import BBox, RoadNetwork
from routing.osm import read_osm
from routing.plan import Budget, Plan, Route
from routing.problem import Farm, Habit, Place, Problem, Stop
from routing.search import iterations_for, plan_day
from routing.snapping import snap
from routing.through import through_roads
from routing.ways import way

ROOT = Path(__file__).resolve().parents[1]
ROADS = ROOT / "demo" / "artois-synthetic.osm.pbf"
WIDTH, HEIGHT = 760, 460
_MARKS = {"home": MarkKind.HOME, "relay": MarkKind.RELAY, "farm": MarkKind.FARM, "depot": MarkKind.DEPOT}
_MOST_ROAD_POINTS = 6_000
_LATER = 4


def main(arguments: list[str]) -> int:
    """Plan a day on the demo's roads, cheapest and as people know it, and draw the round of the first van."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--roads", type=Path, default=ROADS, metavar="FILE")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures", metavar="DIR")
    options = parser.parse_args(arguments)
    network = read_osm(options.roads)
    problem = day(11, 5, 2, 1, 11, Roads(network))
    cheapest = _planned(problem)
    _draw(network, problem, cheapest, options.out / "plan-cheapest.svg", "La tournée la moins chère du jour")
    # As if people had been used to a round that begins elsewhere: everybody some stops later, the last ones first.
    used_to = _used_to(problem, cheapest)
    familiar = _planned(used_to)
    _draw(network, used_to, familiar, options.out / "plan-familiar.svg", "La même journée, heures habituelles gardées")
    return 0


def _planned(problem: Problem) -> Plan:
    return plan_day(problem, Budget(iterations_for(problem), 62))


def _used_to(problem: Problem, plan: Plan) -> Problem:
    route = _first(plan)
    drops = [visit for visit in route.visits if visit.stop_id is not None]
    arrivals = [visit.arrival_s for visit in drops]
    turned = dict(zip([visit.stop_id for visit in drops], arrivals[_LATER:] + arrivals[:_LATER], strict=True))
    stops = tuple(
        replace(stop, habit=Habit(turned[stop.id], route.vehicle_id, 6)) if stop.id in turned else stop
        for stop in problem.stops
    )
    return replace(problem, stops=stops, weights=replace(problem.weights, per_drift_s=1_000))


def _first(plan: Plan) -> Route:
    return max(plan.routes, key=lambda route: len(route.visits))


def _draw(network: RoadNetwork, problem: Problem, plan: Plan, path: Path, title: str) -> None:
    route = _first(plan)
    everything: list[Stop | Farm] = [*problem.stops, *problem.farms]
    things = {thing.id: thing for thing in everything}
    depot = problem.vehicles[0].start
    called = [things[visit.visit_id].place or depot for visit in route.visits]
    line = _line(network, [depot, *called, depot])
    marks = [Mark(MarkKind.DEPOT, "", depot.lat, depot.lon)]
    marks += [Mark(_kind(place), str(n), place.lat, place.lon) for n, place in enumerate(called, 1)]
    view = View.around([(mark.lat, mark.lon) for mark in marks], WIDTH, HEIGHT)
    bbox = BBox(view.west, view.south, view.east, view.north)
    drawn = map_lines(network, bbox, _MOST_ROAD_POINTS, through_roads(network))
    roads: list[RoadLine] = [(one.road_class, one.points) for one in drawn]
    path.write_text(draw_map(marks, view=view, roads=roads, way=line, title=title, credit="Routes synthétiques") + "\n")
    metres = sum(leg.distance_m for leg in route.legs)
    sys.stdout.write(f"{path.name}: {len(called)} visits, {metres / 1000:.1f} km\n")


def _kind(place: Place) -> MarkKind:
    return _MARKS[place.id.split("-")[0]]


def _line(network: RoadNetwork, places: list[Place]) -> list[Point]:
    snaps = [snap(network, place.lat, place.lon) for place in places]
    return [point for a, b in pairwise(snaps) for point in way(network, a, b).points]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
