"""All papers of a day, in the order of their use: what is packed, then each round with all that goes with it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from meloko.printing.changes import picture, pictures, since_delivery, since_print
from meloko.printing.handing import delivery_notes, pick_up_lists
from meloko.printing.models import DayPrint
from meloko.printing.packing import labels, packing_by_order, packing_by_product
from meloko.printing.papers import Known, Paper, PaperKind, newest_editions, round_key
from meloko.printing.reading import AddressOf, DayRead, RoundRead, read_day
from meloko.printing.services import newest_print
from meloko.rounds.filling import living
from meloko.rounds.models import StopKind
from meloko.rounds.printing import sheet_document
from meloko.rounds.sheet import CountsDoNotClose, check_counts

# The words of a sheet that say when it was printed are put in later: any moment will do.
_ANY_MOMENT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Composed:
    """The papers of a day before they are set, and what was printed of it before."""

    date: dt.date
    papers: tuple[Paper, ...]
    # Part of each round sheet, and printed by itself when somebody asks.
    load_lists: tuple[Paper, ...]
    known: Known
    before: DayPrint | None
    rounds: list[dict[str, Any]]


def compose_day(session: Session, day_id: int, *, address: AddressOf) -> Composed:
    """Compose all papers of a day.

    Raises NothingToPrint, RoundsBeingBuilt, and CountsDoNotClose when a paper would lose an order or name one twice.
    """
    read = read_day(session, day_id, address=address)
    before = newest_print(session, day_id, printed=True)
    papers = [packing_by_product(read)]
    for each in read.rounds:
        papers += [packing_by_order(read, each), labels(read, each)]
    last = [picture(row, driver) for row, driver in read.rounds_before]
    lists = pick_up_lists(read)
    for each in read.rounds:
        papers.append(round_sheet(each))
        papers += filter(None, (_since_print(read, each, before), since_delivery(read, each, last)))
        papers += [paper for number, paper in lists if number == each.row.number]
        papers += delivery_notes(read, each)
    check_day(papers, read)
    loads = tuple(load_list(each) for each in read.rounds)
    return Composed(read.day.date, tuple(papers), loads, newest_editions(session, day_id), before, pictures(read))


def _since_print(read: DayRead, each: RoundRead, before: DayPrint | None) -> Paper | None:
    return None if before is None else since_print(read, each, before.rounds, before.number or 0)


def round_sheet(each: RoundRead) -> Paper:
    """Return the round sheet; refuse one whose counts do not close."""
    check_counts(each.sheet)
    row, sheet = each.row, each.sheet
    document = sheet_document(sheet, _ANY_MOMENT)
    return Paper(
        PaperKind.ROUND_SHEET,
        round_key(each.row),
        str(document["title"]),
        sheet.day,
        document,
        orders=tuple(line.order for stop in sheet.stops for line in stop.orders),
        round_id=row.id,
        round_version=row.version,
    )


def load_list(each: RoundRead) -> Paper:
    """Return the load list alone: what goes into the van, the last stop first."""
    sheet = sheet_document(each.sheet, _ANY_MOMENT)
    title = f"Liste de chargement, tournée {each.row.letter}"
    document = {
        name: sheet[name] for name in ("letter", "name", "short", "day", "driver", "vehicle", "load", "on_the_way")
    }
    document |= {"title": title, "facts": sheet["facts"], "foot": f"Chargement, {sheet['foot']}"}
    return Paper(
        PaperKind.LOAD_LIST,
        round_key(each.row),
        title,
        each.sheet.day,
        document,
        round_id=each.row.id,
        round_version=each.row.version,
    )


_NAMING = {
    PaperKind.ROUND_SHEET: "les feuilles de route",
    PaperKind.PACKING_BY_ORDER: "les bons de préparation",
    PaperKind.LABELS: "les étiquettes",
    PaperKind.DELIVERY_NOTE: "les bons de livraison",
    PaperKind.PICK_UP_LIST: "les feuilles d’émargement",
}


def check_day(papers: Sequence[Paper], read: DayRead) -> None:
    """Refuse papers that do not all name the orders that are on rounds, each once."""
    driven = [(stop.kind, order.number) for each in read.rounds for stop in each.row.stops for order in living(stop)]
    for kind, words in _NAMING.items():
        wanted = Counter(number for at, number in driven if kind is not PaperKind.PICK_UP_LIST or at is StopKind.RELAY)
        named = Counter(_named(papers, kind))
        wrong = sorted((wanted - named) + (named - wanted))
        if wrong:
            raise CountsDoNotClose(
                f"Le compte n’est pas bon : {words} ne portent pas les mêmes commandes que les tournées"
                f" ({', '.join(wrong[:5])}). Rien n’est imprimé."
            )


def _named(papers: Iterable[Paper], kind: PaperKind) -> Iterable[str]:
    return (number for paper in papers if paper.kind is kind for number in paper.orders)
