"""Make days of Meloko of any size: relay points, homes and farms of a countryside, drawn from a seed.

Three stops of four lie in villages, the others on lanes between them. Relay points are open to vans in the morning or
before and after lunch, homes all day, but for lunch, or for two hours; farms in the morning. Crates are ambient and
chilled, empties come back, a van works ten hours at most and rests after six. The seed decides everything: two people
who name the same day on the same roads mean the same day.
"""

import random
from dataclasses import replace
from datetime import date

from benchmarks.ground import Ground, Plane, Point
from routing.problem import Farm, Goods, Load, Place, Problem, Stop, Vehicle, Weights, Window

_HOUR = 3_600
_VILLAGE_M = 700
_LANE_M = 100


def day(n_home: int, n_relay: int, n_farm: int, vans: int, seed: int, ground: Ground | None = None) -> Problem:
    """Return the day that these numbers and the seed name on this ground (default: a plane)."""
    ground = ground or Plane()
    dice = random.Random(f"{n_home} {n_relay} {n_farm} {vans} {seed}")  # noqa: S311
    villages = [ground.anywhere(dice) for _ in range(max(3, (n_home + n_relay) // 6))]
    depot = Place("depot", *ground.near(dice, ground.middle, _VILLAGE_M))
    places: dict[str, Place] = {}
    for name, count, in_village in (("home", n_home, 3), ("relay", n_relay, 4), ("farm", n_farm, 1)):
        for i in range(count):
            place_id = f"{name}-{i:03}"
            places[place_id] = Place(place_id, *_spot(dice, ground, villages, in_village))
    farms = tuple(_farm(dice, places[f"farm-{i:03}"]) for i in range(n_farm))
    homes = [_home(dice, places[f"home-{i:03}"], farms) for i in range(n_home)]
    relays = [_relay(dice, places[f"relay-{i:03}"], farms) for i in range(n_relay)]
    stops = (*homes, *relays)
    fleet = tuple(_van(depot, k, vans, stops) for k in range(vans))
    travel = ground.matrix([depot, *places.values()])
    return Problem(date(2026, 11, 24), stops, farms, fleet, (), Weights(), travel)


def without_rest(problem: Problem) -> Problem:
    """Return the day with what no peer without farm calls can say taken out: the rest, and waiting that is free.

    So both sides are asked exactly the same: PyVRP has no rest, and prices every second of waiting or none.
    """
    vehicles = tuple(replace(vehicle, rest=None) for vehicle in problem.vehicles)
    return replace(problem, vehicles=vehicles, weights=replace(problem.weights, waiting_free_s=0))


def with_one_changed(problem: Problem) -> Problem:
    """Return the day after a call: the first stop, which was open longer, can only be served in the late afternoon."""
    first = min(problem.stops, key=lambda stop: stop.id)
    changed = replace(first, windows=(Window(15 * _HOUR, 17 * _HOUR),), service_s=first.service_s + 120)
    return replace(problem, stops=tuple(changed if stop.id == first.id else stop for stop in problem.stops))


def _spot(dice: random.Random, ground: Ground, villages: list[Point], in_village: int) -> Point:
    """Draw a place: `in_village` times of four in a village, else on a lane anywhere."""
    if dice.randrange(4) < in_village:
        return ground.near(dice, dice.choice(villages), _VILLAGE_M)
    return ground.near(dice, ground.anywhere(dice), _LANE_M)


def _farm(dice: random.Random, place: Place) -> Farm:
    opening = 6 * _HOUR + dice.randrange(0, 4) * 1_800
    return Farm(f"call-{place.id}", place, (Window(opening, opening + 4 * _HOUR),), 60 * dice.randrange(8, 16))


def _goods(dice: random.Random, farms: tuple[Farm, ...], least: int, most: int) -> tuple[Goods, ...]:
    goods = [Goods(None, Load(dice.randrange(least, most), dice.randrange(0, most // 2)))]
    for farm in dice.sample(farms, min(len(farms), dice.choice((0, 0, 1, 1, 2)))):
        goods.append(Goods(farm.id, Load(dice.randrange(0, most // 3), dice.randrange(0, most // 3))))
    return tuple(goods)


def _home(dice: random.Random, place: Place, farms: tuple[Farm, ...]) -> Stop:
    whole = (Window(8 * _HOUR + 1_800, 18 * _HOUR),)
    opening = dice.randrange(9, 16) * _HOUR
    narrow = (Window(opening, opening + 2 * _HOUR),)
    lunch = (Window(8 * _HOUR + 1_800, 12 * _HOUR), Window(14 * _HOUR, 18 * _HOUR))
    windows = dice.choice((whole, whole, whole, lunch, narrow))
    returns = Load(dice.choice((0, 0, 50)), 0)
    return Stop(f"stop-{place.id}", place, windows, 60 * dice.randrange(3, 8), _goods(dice, farms, 20, 150), returns)


def _relay(dice: random.Random, place: Place, farms: tuple[Farm, ...]) -> Stop:
    windows = dice.choice(
        ((Window(8 * _HOUR, 12 * _HOUR),), (Window(8 * _HOUR, 11 * _HOUR), Window(14 * _HOUR, 17 * _HOUR)))
    )
    returns = Load(dice.randrange(0, 400), dice.randrange(0, 100))
    goods = _goods(dice, farms, 300, 1_200)
    return Stop(f"stop-{place.id}", place, windows, 60 * dice.randrange(8, 16), goods, returns, worth=10**8)


def _van(depot: Place, k: int, vans: int, stops: tuple[Stop, ...]) -> Vehicle:
    """Give each van a share of the day's crates and a quarter more."""
    loads = [goods.load for stop in stops for goods in stop.goods]
    ambient = max(2_000, sum(load.ambient for load in loads) * 5 // (4 * max(1, vans)))
    chilled = max(1_000, sum(load.chilled for load in loads) * 5 // (4 * max(1, vans)))
    hours = Window(6 * _HOUR, 19 * _HOUR)
    return Vehicle(f"van-{k}", depot, depot, hours, 10 * _HOUR, Load(ambient, chilled), use_cost=1_000_000)
