"""The fictional organisation moves to another region."""

from pathlib import Path

import pytest

from meloko.demo.fiction import Address, Box, Fiction, TooFewAddresses, moved, read_fiction

ROADS, FILE = Path("valley.osm.pbf"), Path("valley.csv")
BOX = Box(47.0, 9.4, 47.2, 9.6)


def valley(count: int) -> list[Address]:
    return [
        Address(f"{number} Dorfstrasse", "9490", "Vaduz", 47.1 + (number % 20) * 0.002, 9.5 + number // 20 * 0.002)
        for number in range(1, count + 1)
    ]


def to_the_valley(addresses: list[Address], seed: int = 1) -> Fiction:
    return moved(read_fiction(), ROADS, FILE, addresses, BOX, seed)


def test_every_place_lies_in_the_new_region() -> None:
    fiction = to_the_valley(valley(300))

    for row in (*fiction.depots, *fiction.relay_points, *fiction.producers):
        assert row["commune"] == "Vaduz"
        assert BOX.south < float(row["lat"]) < BOX.north
    places = [(row["lat"], row["lon"]) for row in (*fiction.depots, *fiction.relay_points, *fiction.producers)]
    assert len(set(places)) == len(places), "two places at one address"


def test_the_same_seed_draws_the_same_places_whatever_the_order_of_the_file() -> None:
    addresses = valley(300)

    assert to_the_valley(addresses) == to_the_valley(addresses[::-1])
    assert to_the_valley(addresses, seed=1) != to_the_valley(addresses, seed=2)


def test_customers_prefer_a_relay_point_near_their_new_home() -> None:
    fiction = to_the_valley(valley(300))

    before = {row["card_number"]: row["preferred"] for row in read_fiction().customers}
    at_home = [row for row in fiction.customers if row["preferred"] == "home"]
    assert all(before[row["card_number"]] == "home" for row in at_home)
    assert {row["preferred"] for row in fiction.customers} <= {"home", *(r["code"] for r in fiction.relay_points)}


def test_who_is_lost_here_is_lost_there_and_nobody_gains_a_position() -> None:
    fiction = to_the_valley(valley(300))

    lost = [row for row in fiction.customers if row["commune"] != "Vaduz"]
    assert [row["commune"] for row in lost] == ["Vieille-Chapelle", "Oblinghem"]
    assert sum(row["lat"] == "" for row in fiction.customers) == 9


def test_addresses_off_the_roads_or_without_commune_are_not_drawn() -> None:
    elsewhere = [Address("1 Rue Basse", "62400", "Béthune", 50.5, 2.6)] * 50
    nameless = [Address(f"{n} Weg", "", "", 47.1, 9.5) for n in range(50)]

    fiction = to_the_valley([*valley(300), *elsewhere, *nameless])

    assert {row["commune"] for row in fiction.relay_points} == {"Vaduz"}


@pytest.mark.parametrize("count", [0, 1, 68])
def test_too_few_addresses_are_refused_with_their_number(count: int) -> None:
    with pytest.raises(TooFewAddresses, match=f"69.* que {count} "):
        to_the_valley(valley(count))
