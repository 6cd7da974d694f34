"""Papers: what a round sheet, and all papers of a day, cost beyond Typst's own work on the same pages.

Both sides set the same 60-stop sheet, one after the other. Each round of the measurement has another version number,
so that neither side is answered from Typst's cache of the whole page.
"""

import argparse
import dataclasses
import datetime as dt
import json
import statistics
import time
from collections.abc import Callable
from typing import ParamSpec

import typst

from benchmarks.day_of_papers import measure_day
from benchmarks.table import Row
from meloko.documents import FONTS, PAPERS
from meloko.roads.drawing import Mark, MarkKind, Mode, draw_map
from meloko.roads.view import View
from meloko.rounds.models import StopKind
from meloko.rounds.printing import print_sheet, sheet_document
from meloko.rounds.sheet import (
    MAP_HEIGHT,
    MAP_WIDTH,
    Contact,
    Crates,
    DropLine,
    LoadLine,
    RoundSheet,
    SheetException,
    SheetStop,
)

P = ParamSpec("P")

BAR = 1.5
PRINTED_AT = dt.datetime(2026, 11, 26, 4, 12, tzinfo=dt.UTC)


def measure(arguments: list[str]) -> list[Row]:
    """Measure the sheet against the bare compile, medians of interleaved rounds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks papers")
    parser.add_argument("--stops", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--day", type=int, default=4, help="rounds of the day that is printed whole")
    chosen = parser.parse_args(arguments)
    sheet = sheet_of(chosen.stops)
    print_sheet(sheet, PRINTED_AT)
    ours, bare = [], []
    for turn in range(chosen.rounds):
        mine = dataclasses.replace(sheet, version=1_000 + 2 * turn)
        theirs = dataclasses.replace(sheet, version=1_001 + 2 * turn)
        papers = [sheet_document(theirs, PRINTED_AT)]
        document = json.dumps({"title": papers[0]["title"], "papers": papers}, ensure_ascii=False)
        # Whoever comes second finds warm what both share: they take turns.
        if turn % 2:
            ours.append(seconds_of(print_sheet, mine, PRINTED_AT))
            bare.append(seconds_of(compile_bare, document))
        else:
            bare.append(seconds_of(compile_bare, document))
            ours.append(seconds_of(print_sheet, mine, PRINTED_AT))
    size = len(print_sheet(sheet, PRINTED_AT))
    ratio = statistics.median(ours) / statistics.median(bare)
    return [
        Row(f"round sheet of {chosen.stops} stops, seconds", statistics.median(ours), "–", True),
        Row("the same page by Typst alone, seconds", statistics.median(bare), "–", True),
        Row("ratio", ratio, f"≤ {BAR}", ratio <= BAR),
        Row("size of the file, kilobytes", size / 1_000, "–", True),
        *measure_day(chosen.day, chosen.stops),
    ]


def seconds_of(work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    work(*args, **kwargs)
    return time.perf_counter() - start


def compile_bare(document: str) -> None:
    """Let Typst alone set the page, from the document in JSON."""
    typst.compile(
        str(PAPERS / "papers.typ"),
        root=str(PAPERS),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": document},
        pdf_standards=["ua-1"],
        timestamp=PRINTED_AT,
    )


def sheet_of(count: int) -> RoundSheet:
    """Make a sheet of so many stops: a relay point of eight orders after every four homes."""
    stops = tuple(_stop(number) for number in range(1, count + 1))
    marks = [
        Mark(MarkKind(stop.kind), str(number), 50.5 + number * 37 % 61 / 700, 2.6 + number * 23 % 59 / 400)
        for number, stop in enumerate(stops, start=1)
    ]
    view = View.around([(mark.lat, mark.lon) for mark in marks], MAP_WIDTH, MAP_HEIGHT)
    way = [(mark.lat, mark.lon) for mark in marks]
    return RoundSheet(
        letter="A",
        name="Béthune nord",
        day=dt.date(2026, 11, 26),
        driver="Karim B.",
        vehicle="Camionnette 2 (AB-123-CD)",
        depot="Dépôt, rue de Lille",
        departure_s=25_200,
        return_s=54_000,
        distance_m=64_200,
        return_leg_duration_s=1_500,
        return_leg_distance_m=9_000,
        version=1,
        url="https://meloko.example/tournees/2026-11-26/a",
        map_svg=draw_map(marks, view=view, way=way, mode=Mode.PAPER, title="Carte"),
        stops=stops,
        load=tuple(LoadLine(stop.number, stop.crates) for stop in stops),
        day_orders=sum(len(stop.orders) for stop in stops) + 1,
        exceptions=(SheetException("99901", "Mme Wattel, Robecq", "adresse non placée sur la carte"),),
    )


def _stop(number: int) -> SheetStop:
    """Make one stop."""
    kind = StopKind.HOME if number % 5 else StopKind.RELAY
    orders = tuple(
        DropLine(f"{number:03d}{order}", "L. Aline", Crates(1, order % 2), 1_250)
        for order in range(1 if kind is StopKind.HOME else 8)
    )
    return SheetStop(
        number=number,
        kind=kind,
        name=f"Mme Legrand Yvette {number}",
        street=f"{number} rue du Marais",
        commune="Essars",
        arrival_s=25_200 + number * 420,
        window_s=(25_200, 43_200),
        leg_duration_s=420,
        leg_distance_m=2_400,
        how_to_find="Portail vert, derrière la chapelle.",
        contact=Contact("", "03 53 01 66 09"),
        doorstep_notes="entend mal : sonner longtemps ; chien attaché",
        orders=orders,
        collect_cents=1_250 * len(orders),
        collect_words="espèces",
    )
