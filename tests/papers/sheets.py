"""Round sheets of any length, and how to read a printed one back."""

import dataclasses
import datetime as dt
from typing import Any

import pypdfium2

from meloko.roads.drawing import Mark, MarkKind, Mode, draw_map
from meloko.roads.view import View
from meloko.rounds.models import StopKind
from meloko.rounds.sheet import (
    MAP_HEIGHT,
    MAP_WIDTH,
    Contact,
    Crates,
    DropLine,
    Goods,
    LoadLine,
    RoundSheet,
    SheetException,
    SheetStop,
)

PRINTED_AT = dt.datetime(2026, 11, 26, 4, 12, tzinfo=dt.UTC)
KINDS = (StopKind.FARM, StopKind.HOME, StopKind.RELAY, StopKind.HOME)
HOUR = 3600


def a_stop(number: int, kind: StopKind, **changes: Any) -> SheetStop:
    """Make a stop whose name is found nowhere else on a sheet."""
    stop = SheetStop(
        number=number,
        kind=kind,
        name=f"Lieu-{number:03d} Dubois",
        street=f"{number} rue du Moulin",
        commune="Locon",
        arrival_s=7 * HOUR + number * 420,
        window_s=(7 * HOUR, 12 * HOUR + 1800),
        leg_duration_s=420,
        leg_distance_m=2_400,
        how_to_find="Portail vert.",
        contact=Contact("M. Vasseur", "06 39 98 14 02"),
    )
    if kind is StopKind.FARM:
        stop = dataclasses.replace(stop, goods=(Goods(9, "maroilles"),), crates_given_back=6)
    else:
        orders = 7 if kind is StopKind.RELAY else 1
        lines = tuple(
            DropLine(f"{number:03d}{order:02d}", f"{'ABCDEFG'[order % 7]}. Jeanne", Crates(1, order % 2, 0), 1_250)
            for order in range(orders)
        )
        stop = dataclasses.replace(stop, orders=lines, collect_cents=1_250 * orders, collect_words="espèces", bottles=2)
    return dataclasses.replace(stop, **changes)


def a_sheet(stops: int = 12, **changes: Any) -> RoundSheet:
    """Make a sheet of so many stops whose counts close, with one order left out."""
    return of_stops(tuple(a_stop(number, KINDS[number % 4]) for number in range(1, stops + 1)), **changes)


def of_stops(stops: tuple[SheetStop, ...], **changes: Any) -> RoundSheet:
    """Make a sheet of these stops."""
    marks = [
        Mark(
            MarkKind(stop.kind), str(stop.number), 50.5 + stop.number * 37 % 61 / 700, 2.6 + stop.number * 23 % 59 / 400
        )
        for stop in stops
    ]
    view = View.around([(mark.lat, mark.lon) for mark in marks], MAP_WIDTH, MAP_HEIGHT)
    sheet = RoundSheet(
        letter="A",
        name="Béthune nord",
        day=dt.date(2026, 11, 26),
        driver="Karim B.",
        vehicle="Camionnette 2 (AB-123-CD)",
        depot="Dépôt, rue de Lille",
        departure_s=7 * HOUR,
        return_s=15 * HOUR,
        distance_m=64_200,
        return_leg_duration_s=1_500,
        return_leg_distance_m=9_000,
        version=4,
        replaces=3,
        url="https://meloko.example/tournees/2026-11-26/a/7f3kq9",
        map_svg=draw_map(marks, view=view, mode=Mode.PAPER, title="Carte"),
        stops=stops,
        load=tuple(LoadLine(stop.number, stop.crates) for stop in stops if stop.orders),
        day_orders=sum(len(stop.orders) for stop in stops) + 1,
        exceptions=(SheetException("99901", "Mme Wattel, Robecq", "adresse non placée sur la carte"),),
    )
    return dataclasses.replace(sheet, **changes)


def pages_of(pdf: bytes) -> list[str]:
    """Read the text of each page, every space an ordinary one."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = []
        for page in document:
            lines = page.get_textpage()
            texts.append(" ".join(lines.get_text_bounded().split()))
            lines.close()
            page.close()
        return texts
    finally:
        document.close()


def picture_of(pdf: bytes, page_number: int = 0, scale: float = 3.0) -> Any:
    """Render one page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[page_number]
        picture = page.render(scale=scale).to_pil()
        page.close()
        return picture
    finally:
        document.close()
