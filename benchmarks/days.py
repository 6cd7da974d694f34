"""Make days of Meloko of any size: relay points, homes and farms of a countryside, drawn from a seed.

Places lie on a plane around Béthune; a way is 1.3 times as long as the crow flies and is driven at 45 km/h. The seed
decides everything, so two people who name the same day mean the same day.
"""

import random
from datetime import date
from math import cos, hypot, radians

import numpy as np

from routing.problem import (
    Farm,
    Goods,
    Load,
    Place,
    Problem,
    Stop,
    TravelMatrix,
    Vehicle,
    Weights,
    Window,
)

_LAT, _LON = 50.53, 2.64
_RADIUS_M = 18_000
_DETOUR = 1.3
_METRES_PER_SECOND = 12.5
_HOUR = 3_600


def day(n_home: int, n_relay: int, n_farm: int, vans: int, seed: int) -> Problem:
    """Return the day that these numbers and the seed name."""
    dice = random.Random(f"{n_home} {n_relay} {n_farm} {vans} {seed}")  # noqa: S311
    villages = [_anywhere(dice) for _ in range(max(3, (n_home + n_relay) // 6))]
    points = {"depot": (0.0, 0.0)}
    for name, count in (("home", n_home), ("relay", n_relay), ("farm", n_farm)):
        for i in range(count):
            x, y = dice.choice(villages)
            points[f"{name}-{i:03}"] = (x + dice.gauss(0, 900), y + dice.gauss(0, 900))
    places = {name: _place(name, x, y) for name, (x, y) in points.items()}
    farms = tuple(_farm(dice, places[f"farm-{i:03}"]) for i in range(n_farm))
    homes = [_home(dice, places[f"home-{i:03}"], farms) for i in range(n_home)]
    relays = [_relay(dice, places[f"relay-{i:03}"], farms) for i in range(n_relay)]
    stops = (*homes, *relays)
    fleet = tuple(_van(places["depot"], k, vans, stops) for k in range(vans))
    return Problem(date(2026, 11, 24), stops, farms, fleet, (), Weights(), _matrix(points))


def _anywhere(dice: random.Random) -> tuple[float, float]:
    return dice.uniform(-_RADIUS_M, _RADIUS_M), dice.uniform(-_RADIUS_M, _RADIUS_M)


def _place(name: str, x: float, y: float) -> Place:
    return Place(name, round(_LAT + y / 111_320, 6), round(_LON + x / (111_320 * cos(radians(_LAT))), 6))


def _matrix(points: dict[str, tuple[float, float]]) -> TravelMatrix:
    spots = list(points.values())
    metres = [[round(_DETOUR * hypot(a[0] - b[0], a[1] - b[1])) for b in spots] for a in spots]
    seconds = [[round(value / _METRES_PER_SECOND) for value in row] for row in metres]
    return TravelMatrix(tuple(points), np.array(seconds, dtype=np.int32), np.array(metres, dtype=np.int32))


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
