"""The fictional organisation: every row whole, and fit to be brought in."""

import csv
import datetime as dt
import itertools
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import osmium
import phonenumbers
import pytest

from meloko.accounts.models import Role
from meloko.catalogue.models import ALLERGENS, NetUnit, SupplyMode, Temperature
from meloko.customers.cards import read_card_number
from meloko.folding import fold
from meloko.money import divide_half_up, unit_price_cents
from meloko.relay_points.hours import read, spans_on
from meloko.relay_points.models import RelayKind
from meloko.roads.models import Precision

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demo"
SHELVES = [
    "Légumes", "Pommes de terre et légumes secs", "Laiterie et œufs", "Fromages", "Viandes et volailles",
    "Pain et farine", "Fruits et jus", "Épicerie", "Boissons", "Fleurs", "Maison",
]  # fmt: skip
# Monday, for the days of the week that hours are written in.
MONDAY = dt.date(2026, 1, 5)
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


@cache
def rows(name: str, separator: str = ",") -> list[dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


@cache
def organisation() -> dict[str, Any]:
    return tomllib.loads((DEMO / "organisation.toml").read_text("utf-8"))


def codes(name: str, column: str = "code") -> set[str]:
    return {row[column] for row in rows(name)}


def season_day(words: str) -> dt.date:
    # A leap year, so that 29 February would be read too.
    return dt.date.fromisoformat(f"2028-{words}")


def ex_vat_cents(product: dict[str, str]) -> int:
    rate_bp = round(float(product["vat_rate"]) * 100)
    return divide_half_up(int(product["price_cents"]) * 10_000, 10_000 + rate_bp)


@cache
def box() -> tuple[float, float, float, float]:
    """Return the south, west, north and east of the demo's roads."""
    points = [
        (node.location.lat, node.location.lon)
        for node in osmium.FileProcessor(str(DEMO / "artois-synthetic.osm.pbf"), osmium.osm.NODE)
        if isinstance(node, osmium.osm.Node)
    ]
    lats, lons = zip(*points, strict=True)
    return min(lats), min(lons), max(lats), max(lons)


PRODUCTS = rows("catalogue.csv")


@pytest.mark.parametrize("product", PRODUCTS, ids=[row["code"] for row in PRODUCTS])
def test_a_product_says_all_that_the_law_wants(product: dict[str, str]) -> None:
    said = product["allergens"].split()

    assert said, "the question of allergens was not answered"
    assert said == ["none"] or set(said) <= set(ALLERGENS)
    assert product["origin"]
    assert product["keeping"]
    assert product["unit"].startswith(("le ", "la ", "les "))
    food = product["category"] not in ("Fleurs", "Maison")
    assert product["ingredients"] or not food
    assert int(product["net_quantity"]) > 0
    assert unit_price_cents(int(product["price_cents"]), int(product["net_quantity"])) > 0
    assert NetUnit(product["net_unit"])
    if Temperature(product["temperature"]) is not Temperature.AMBIENT:
        assert "°C" in product["keeping"]
        assert product["perishable"] == "yes"
    if product["alcohol"] == "yes":
        assert product["vat_rate"] == "20"


@pytest.mark.parametrize("product", PRODUCTS, ids=[row["code"] for row in PRODUCTS])
def test_the_figures_of_a_product_fit_together(product: dict[str, str]) -> None:
    margin = 1 - int(product["purchase_price_cents"]) / ex_vat_cents(product)

    assert 0.17 < margin < 0.29
    assert product["vat_rate"] in ("5.5", "10", "20")
    assert 0 <= int(product["deposit_cents"]) < int(product["price_cents"])
    hundredths = float(product["crates_per_unit"]) * 100
    assert hundredths == pytest.approx(round(hundredths))
    assert 1 <= round(hundredths) <= 100
    if product["priced_by_weight"] == "yes":
        # The price is for a kilo, the net quantity is what a piece usually weighs.
        assert (product["net_unit"], product["unit"]) == ("g", "le kilo")
        assert 100 <= int(product["net_quantity"]) <= 5_000
    elif product["net_unit"] == "g":
        # What is sold is never heavier than the parcel it is sold in.
        assert int(product["net_quantity"]) <= int(product["weight_g"])
    elif product["net_unit"] == "ml":
        assert int(product["net_quantity"]) <= int(product["weight_g"]) * 1.1
    assert (product["season_from"] == "") == (product["season_to"] == "")
    for words in filter(None, (product["season_from"], product["season_to"])):
        season_day(words)
    assert product["stock"] == "" or int(product["stock"]) > 0


def test_the_price_of_a_kilo_is_the_one_read_on_the_label() -> None:
    by_code = {row["code"]: row for row in PRODUCTS}

    def kilo(code: str) -> int:
        return unit_price_cents(int(by_code[code]["price_cents"]), int(by_code[code]["net_quantity"]))

    assert kilo("101") == 260
    assert kilo("131") == 165
    assert kilo("138") == 1060
    assert kilo("123") == 1120
    assert kilo("184") == 640


def test_the_catalogue_is_in_the_order_of_the_paper_form() -> None:
    order = [(SHELVES.index(row["category"]), int(row["code"])) for row in PRODUCTS]

    assert order == sorted(order)
    assert {row["category"] for row in PRODUCTS} == set(SHELVES)
    assert len(codes("catalogue.csv")) == len(PRODUCTS) == 71
    assert codes("catalogue.csv", "producer_code") == codes("producers.csv")


def test_the_drawing_of_a_product_is_there() -> None:
    drawn = {path.stem for path in (ROOT / "templates" / "stamps").glob("*.svg")}

    assert codes("catalogue.csv", "stamp") <= drawn


def test_something_of_every_shelf_is_sold_in_every_month() -> None:
    def sold(product: dict[str, str], month: int) -> bool:
        first, last, day = product["season_from"], product["season_to"], f"{month:02d}-15"
        if not first:
            return True
        return first <= day <= last if first <= last else day >= first or day <= last

    for month in range(1, 13):
        kept = {row["category"] for row in PRODUCTS if sold(row, month)}
        # Flowers rest in the deep of winter.
        assert set(SHELVES) - kept <= {"Fleurs"}, month


def test_producers_are_whole_and_some_are_called_at_on_the_round() -> None:
    producers = rows("producers.csv")

    assert len(codes("producers.csv")) == len(producers) == 13
    modes = [SupplyMode(row["supply_mode"]) for row in producers]
    assert set(modes) == set(SupplyMode)
    for row, mode in zip(producers, modes, strict=True):
        assert all(row[name] for name in ("name", "kind", "address", "postcode", "commune", "makes"))
        assert row["order_email"].endswith("@meloko.example")
        assert 0 < int(row["lead_time_h"]) <= 24
        assert bool(read(row["pickup_hours"])) == (mode is not SupplyMode.DELIVERED)


def test_relay_points_have_hours_that_are_read_and_rooms_that_are_counted() -> None:
    points = rows("relay_points.csv")

    assert len(codes("relay_points.csv")) == len(points) == 15
    for row in points:
        assert RelayKind(row["kind"])
        assert read(row["public_hours"])
        assert read(row["van_hours"])
        assert 0 <= int(row["capacity_chilled_crates"]) <= int(row["capacity_crates"])
        assert row["host_name"]
        for closure in filter(None, row["closures"].split(";")):
            first, last = closure.split("/")
            season_day(first)
            season_day(last)
            assert row["closure_reason"]


def test_every_active_relay_point_is_open_on_a_run() -> None:
    runs = [MONDAY + dt.timedelta(days=DAYS.index(run["weekday"])) for run in organisation()["runs"]]

    for row in rows("relay_points.csv"):
        open_on = [day for day in runs if spans_on(row["public_hours"], day)]
        assert open_on or row["active"] == "no", row["name"]


def test_relay_points_are_open_after_the_van_has_come() -> None:
    for row in rows("relay_points.csv"):
        for day in (MONDAY + dt.timedelta(days=DAYS.index(run["weekday"])) for run in organisation()["runs"]):
            public = spans_on(row["public_hours"], day)
            if public:
                assert max(s.until_s for s in public) > min(s.from_s for s in spans_on(row["van_hours"], day))


def test_vehicles_have_a_depot_hours_and_a_driver() -> None:
    drivers = {user["email"] for user in organisation()["sign_ins"]["users"] if "driver" in user["roles"]}

    vehicles = rows("vehicles.csv")
    assert len(vehicles) == 3
    assert {row["driver"] for row in vehicles} == drivers
    for row in vehicles:
        assert row["depot"] in codes("depots.csv")
        assert len(read(row["hours"])) == 1
        assert 0 <= int(row["chilled_crates"]) <= int(row["crates"])


def test_card_numbers_have_the_right_check_digit() -> None:
    customers = rows("customers.csv")

    assert len(codes("customers.csv", "card_number")) == len(customers) == 400
    for row in customers:
        assert read_card_number(row["card_number"]) == row["card_number"]


def test_telephones_are_possible() -> None:
    users = organisation()["sign_ins"]["users"]
    given = [
        *(row[name] for row in rows("customers.csv") for name in ("phone", "other_phone", "contact_phone")),
        *(row["host_phone"] for row in rows("relay_points.csv")),
        *(row["phone"] for row in rows("producers.csv")),
        *(user["phone"] for user in users),
        organisation()["organisation"]["phone"],
    ]

    for words in filter(None, given):
        assert phonenumbers.is_possible_number(phonenumbers.parse(words, "FR")), words


def test_customers_have_a_name_and_companies_a_siret() -> None:
    customers = rows("customers.csv")

    for row in customers:
        assert (row["kind"] == "company") == bool(row["company"]) == bool(row["siret"])
        assert row["company"] or row["last_name"]
        assert bool(row["contact_name"]) == bool(row["contact_phone"])
        assert row["email"] == "" or row["email"].endswith("@meloko.example")
        assert (row["lat"] == "") == (Precision(row["precision"]) is Precision.NONE)
        assert row["preferred"] == "home" or row["preferred"] in codes("relay_points.csv")
    assert sum(row["kind"] == "company" for row in customers) == 16
    assert any(not row["phone"] and not row["email"] for row in customers), "nobody without telephone and e-mail"
    for siret in [*(row["siret"] for row in customers if row["siret"]), organisation()["organisation"]["siret"]]:
        assert luhn(siret), siret


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return len(digits) == 14 and sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def test_codes_and_keys_are_not_among_the_doorstep_notes() -> None:
    customers = rows("customers.csv")

    assert any(row["access_notes"] for row in customers)
    for row in customers:
        assert not re.search(r"code|\bcles?\b|\bclefs?\b|\d{4}", fold(row["doorstep_notes"])), row["card_number"]
    # Instructions for the driver are printed too.
    assert not any(re.search(r"code|\d{4}", fold(row["driver_instructions"])) for row in rows("relay_points.csv"))


def test_every_place_lies_on_the_roads_of_the_demo() -> None:
    south, west, north, east = box()

    names = ("customers.csv", "relay_points.csv", "producers.csv", "depots.csv")
    for row in itertools.chain.from_iterable(map(rows, names)):
        if row["lat"]:
            assert south < float(row["lat"]) < north
            assert west < float(row["lon"]) < east


def test_all_addresses_but_two_are_known_without_internet() -> None:
    known = {
        (fold(f"{row['numero']}{row['rep']} {row['nom_voie']}"), row["code_postal"], fold(row["nom_commune"]))
        for row in rows("adresses.csv", ";")
    }
    lost = [
        row
        for row in rows("customers.csv")
        if (fold(row["address"]), row["postcode"], fold(row["commune"])) not in known
    ]

    unplaced = [row for row in rows("customers.csv") if row["lat"] == ""]
    assert len(unplaced) == 9
    assert len(lost) == 2
    assert all(row in unplaced for row in lost)
    # Not even their commune is known: no address is near enough to be guessed.
    assert not {fold(row["commune"]) for row in lost} & {commune for _, _, commune in known}
    # They ask for their homes, or nobody would see the exception.
    assert all(row["preferred"] == "home" for row in lost)


def test_the_recent_orders_speak_of_customers_places_and_products_that_exist() -> None:
    places = {row["code"] for row in rows("relay_points.csv") if row["active"] == "yes"} | {"home"}
    history = rows("orders_history.csv")

    for row in history:
        assert row["card_number"] in codes("customers.csv", "card_number")
        assert row["product_code"] in codes("catalogue.csv")
        assert row["place"] in places
        assert row["run"] in ("0", "1")
        assert 1 <= int(row["quantity"]) <= 50
        assert int(row["minutes_before_cut_off"]) > 0
    heads = {tuple(row[name] for name in ("order", "run", "card_number", "place")) for row in history}
    assert len(heads) == len({order for order, *_ in heads}), "one order has two heads"
    assert organisation()["sign_ins"]["customer_card"] in {card for _, _, card, _ in heads}


def test_the_sign_ins_of_the_demo_hold() -> None:
    sign_ins = organisation()["sign_ins"]

    assert len(sign_ins["password"]) >= 12
    assert {role for user in sign_ins["users"] for role in user["roles"]} == {"admin", "staff", "driver"}
    assert all(Role(role) for user in sign_ins["users"] for role in user["roles"])
    card = next(row for row in rows("customers.csv") if row["card_number"] == sign_ins["customer_card"])
    assert card["email"], "the code could not be sent to her"
