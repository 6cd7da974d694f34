"""Rows of the demo's files as rows of tables."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from meloko.accounts.models import User
from meloko.catalogue.models import NetUnit, Producer, Product, SupplyMode, Temperature
from meloko.clock import today
from meloko.customers.services import CustomerFacts
from meloko.demo.fiction import Row
from meloko.relay_points.models import Depot, RelayKind, RelayPoint
from meloko.roads.models import Precision
from meloko.rounds.models import Vehicle


def depot(row: Row) -> Depot:
    """Read a depot."""
    return Depot(**_as_they_are(row, ("code", "name", "hours")), **_where(row))


def vehicle(row: Row, depots: Mapping[str, Depot], users: Mapping[str, User]) -> Vehicle:
    """Read a vehicle, with its depot and its driver."""
    works_from, works_until = (dt.time.fromisoformat(hour) for hour in row["hours"].split("-"))
    return Vehicle(
        code=row["code"],
        name=row["name"],
        plate=row["plate"],
        depot_id=depots[row["depot"]].id,
        crates_hundredths=_hundredths(row["crates"]),
        chilled_hundredths=_hundredths(row["chilled_crates"]),
        works_from=works_from,
        works_until=works_until,
        cost_cents_per_km=int(row["cost_cents_per_km"]),
        speed_percent=int(row["speed_percent"]),
        driver_id=users[row["driver"]].id,
    )


def relay_point(row: Row, zone_id: int) -> RelayPoint:
    """Read a relay point."""
    return RelayPoint(
        code=row["code"],
        zone_id=zone_id,
        kind=RelayKind(row["kind"]),
        name=row["name"],
        public_hours=row["public_hours"],
        van_hours=row["van_hours"],
        capacity_hundredths=_hundredths(row["capacity_crates"]),
        chilled_capacity_hundredths=_hundredths(row["capacity_chilled_crates"]),
        host_name=row["host_name"],
        host_phone=row["host_phone"],
        driver_instructions=row["driver_instructions"],
        wheelchair=_yes(row["wheelchair"]),
        active=_yes(row["active"]),
        **_where(row),
    )


def producer(row: Row) -> Producer:
    """Read a farm or an artisan."""
    names = ("code", "name", "kind", "makes", "labels", "pickup_hours", "order_email", "phone")
    return Producer(
        supply_mode=SupplyMode(row["supply_mode"]),
        lead_time_h=int(row["lead_time_h"]),
        # A certificate of organic farming is renewed each spring.
        labels_until=dt.date(today().year + 1, 3, 31) if row["labels"] else None,
        **_as_they_are(row, names),
        **_where(row),
    )


def product(row: Row, position: int, category_id: int, producer_id: int) -> Product:
    """Read a product."""
    words = ("code", "name", "unit", "ingredients", "origin", "keeping", "labels", "season_from", "season_to", "stamp")
    return Product(
        category_id=category_id,
        producer_id=producer_id,
        position=position,
        price_cents=int(row["price_cents"]),
        priced_by_weight=_yes(row["priced_by_weight"]),
        vat_rate_bp=_hundredths(row["vat_rate"]),
        net_quantity=int(row["net_quantity"]),
        net_unit=NetUnit(row["net_unit"]),
        weight_g=int(row["weight_g"]),
        allergens=[] if row["allergens"] == "none" else row["allergens"].split(),
        allergens_stated=row["allergens"] != "",
        alcohol=_yes(row["alcohol"]),
        perishable=_yes(row["perishable"]),
        temperature=Temperature(row["temperature"]),
        deposit_cents=int(row["deposit_cents"]),
        crates_hundredths=_hundredths(row["crates_per_unit"]),
        stock=int(row["stock"]) if row["stock"] else None,
        **_as_they_are(row, words),
    )


def facts(row: Row, points: Mapping[str, int]) -> CustomerFacts:
    """Read what is known of a customer, all but the e-mail address."""
    point = (float(row["lat"]), float(row["lon"]), Precision(row["precision"])) if row["lat"] else None
    words = ("last_name", "first_name", "title", "company", "siret", "phone", "other_phone", "address", "postcode",
             "commune", "doorstep_notes", "language")  # fmt: skip
    return CustomerFacts(
        preferred_relay_point_id=points.get(row["preferred"]),
        large_print=_yes(row["large_print"]),
        paper_form_wanted=_yes(row["paper_form_wanted"]),
        contacts=((row["contact_name"], row["contact_phone"]),) if row["contact_name"] else (),
        point=point,
        **_as_they_are(row, words),
    )


def _where(row: Row) -> dict[str, Any]:
    return {
        "address": row["address"],
        "postcode": row["postcode"],
        "commune": row["commune"],
        "lat": float(row["lat"]),
        "lon": float(row["lon"]),
        "precision": Precision(row.get("precision", "housenumber")),
    }


def next_closure(words: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the closure of each year that is under way or comes next: "12-21/01-03"."""
    first, last = words.split("/")
    for year in (day.year - 1, day.year, day.year + 1):
        begins = dt.date.fromisoformat(f"{year}-{first}")
        ends = dt.date.fromisoformat(f"{year + (last < first)}-{last}")
        if ends >= day:
            break
    return begins, ends


def _as_they_are(row: Row, names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _hundredths(words: str) -> int:
    return round(float(words) * 100)


def _yes(words: str) -> bool:
    return words == "yes"
