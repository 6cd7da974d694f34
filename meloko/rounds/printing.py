"""Printing a round sheet: one JSON document, every figure already in the French words it is printed with."""

import datetime as dt
import io
import re

import segno

from meloko.documents import print_papers
from meloko.money import divide_half_up
from meloko.rounds.models import StopKind
from meloko.rounds.sheet import Crates, DropLine, RoundSheet, SheetStop, check_counts
from meloko.rounds.sheet_words import (
    capital,
    counted,
    crate_words,
    cut,
    distance_words,
    full_hour,
    goods_words,
    listed,
    plural,
    printed_words,
    replaced_words,
    rounded,
    short_name,
    some,
    window_words,
    with_hard_spaces,
)
from meloko.wording import day_words, euros

# A tag of more than a line is no tag, and a stop must fit on a page: the rest of a long note is read on screen.
LONGEST_NOTE = 110
LONGEST_NAME = 60
MOST_NOTES = 6
# The rows of orders that fit under a stop; more go on under the next heading.
MOST_ROWS = 40

# A pictogram for a doorstep note, by the first word that is found in it.
PICTOGRAMS = (
    (("chien",), "dog"),
    (("clé", "clef"), "key-round"),
    (("entend", "sourd"), "ear-off"),
    (("lent", "marche mal", "déambul"), "footprints"),
    (("étage", "escalier", "marche", "ascenseur"), "door-stairwell"),
    (("attendre", "patienter", "avant", "après"), "timer"),
)


def print_sheet(sheet: RoundSheet, printed_at: dt.datetime) -> bytes:
    """Print a round sheet as PDF; `printed_at` is an aware moment, and the same sheet then gives the same bytes.

    Raises CountsDoNotClose before anything is set, and PaperNotPrinted when Typst refuses.
    """
    check_counts(sheet)
    return print_papers([sheet_document(sheet, printed_at)], printed_at)


def sheet_document(sheet: RoundSheet, printed_at: dt.datetime) -> dict[str, object]:
    """Describe a round sheet as its template wants it."""
    day = capital(day_words(sheet.day, year=True))
    document = {
        "kind": "round_sheet",
        "letter": sheet.letter,
        "title": f"Feuille de route, {cut(sheet.name, LONGEST_NAME)}",
        "name": cut(sheet.name, LONGEST_NAME),
        "short": f"{sheet.letter}, {cut(sheet.name, LONGEST_NAME)}",
        "day": day,
        "driver": sheet.driver,
        "vehicle": sheet.vehicle,
        "qr": _qr(sheet.url),
        "facts": _facts(sheet),
        "load": _load(sheet),
        "on_the_way": [_on_the_way(stop) for stop in sheet.stops if stop.goods],
        "map": sheet.map_svg,
        "map_words": f"Carte de la tournée {sheet.letter} : les arrêts sont numérotés dans l’ordre de la feuille.",
        "stops": [_stop(sheet, index) for index in range(len(sheet.stops))],
        "depot": {"name": sheet.depot, "hour": full_hour(sheet.return_s)},
        "back": _back(sheet),
        "count": _count_words(sheet),
        "exceptions": [
            {"order": exception.order, "name": cut(exception.name, LONGEST_NAME), "reason": cut(exception.reason)}
            for exception in sheet.exceptions
        ],
        "foot": f"Tournée {sheet.letter}, {day_words(sheet.day, year=True)}",
        "version": f"version {sheet.version}",
        "replaces": replaced_words(sheet.replaces),
        "printed": printed_words(sheet.day, printed_at),
    }
    return {key: with_hard_spaces(value) if key != "map" and key != "qr" else value for key, value in document.items()}


# --- head


def _facts(sheet: RoundSheet) -> list[dict[str, object]]:
    """Say the five figures a driver looks for first; `blank` leaves room to write one."""
    collect = sum(stop.collect_cents for stop in sheet.stops)
    return [
        {"figure": full_hour(sheet.departure_s), "words": "départ"},
        {"figure": full_hour(sheet.return_s), "words": "retour prévu"},
        {
            "figure": str(len(sheet.stops)),
            "words": f"{plural(len(sheet.stops), 'arrêt')}, {counted(sheet.orders, 'commande')}",
        },
        {"figure": distance_words(sheet.distance_m), "words": "compteur :", "blank": True},
        {"figure": euros(collect), "words": "à encaisser"},
    ]


def _load(sheet: RoundSheet) -> dict[str, object]:
    """List what is loaded, the last stop first."""
    by_number = {stop.number: stop for stop in sheet.stops}
    lines = sorted(sheet.load, key=lambda line: -line.stop)
    given_back = sum(stop.crates_given_back for stop in sheet.stops)
    return {
        "rows": [
            {
                "number": str(line.stop),
                "kind": by_number[line.stop].kind.value,
                "name": cut(by_number[line.stop].name, LONGEST_NAME),
                "commune": cut(by_number[line.stop].commune, LONGEST_NAME),
                **crate_words(line.crates),
            }
            for line in lines
        ],
        "total": crate_words(sum((line.crates for line in lines), Crates())),
        "also": f"et {counted(given_back, 'caisse vide', 'caisses vides')} pour les fermes" if given_back else "",
    }


def _on_the_way(stop: SheetStop) -> dict[str, str]:
    """Say in short what is picked up at a farm; the whole list is at its stop."""
    return {
        "number": str(stop.number),
        "kind": stop.kind.value,
        "name": cut(stop.name, LONGEST_NAME),
        "words": goods_words(stop),
    }


def _qr(url: str) -> str:
    """Draw the code that opens this round on a telephone."""
    drawn = io.BytesIO()
    segno.make(url, micro=False, error="m").save(drawn, kind="svg", border=0, xmldecl=False, omitsize=True)
    return drawn.getvalue().decode("utf-8")


# --- stops


def _stop(sheet: RoundSheet, index: int) -> dict[str, object]:
    """Describe one stop, with the way on to the next one."""
    stop = sheet.stops[index]
    last = index + 1 == len(sheet.stops)
    following = None if last else sheet.stops[index + 1]
    duration = following.leg_duration_s if following else sheet.return_leg_duration_s
    distance = following.leg_distance_m if following else sheet.return_leg_distance_m
    rows = [_order_row(line) for line in stop.orders] if stop.kind is StopKind.RELAY else []
    return {
        "number": str(stop.number),
        "kind": stop.kind.value,
        "name": cut(stop.name),
        "relay": stop.kind is StopKind.RELAY,
        "hour": full_hour(rounded(stop.arrival_s)),
        "window": window_words(stop.window_s),
        "address": cut(", ".join(filter(None, (stop.street, stop.commune)))),
        "how": cut(stop.how_to_find),
        "contact": cut(", ".join(filter(None, (stop.contact.name, stop.contact.telephone)))),
        "notes": doorstep_tags(stop),
        "call": _call(stop),
        "todo": _farm_todo(stop) if stop.kind is StopKind.FARM else _drop_todo(stop),
        "goods": [
            {"quantity": str(goods.quantity), "name": cut(short_name(goods.name), LONGEST_NAME)} for goods in stop.goods
        ],
        "rows": rows[:MOST_ROWS],
        "more_rows": [rows[start : start + MOST_ROWS] for start in range(MOST_ROWS, len(rows), MOST_ROWS)],
        "boxes": _BOXES[stop.kind],
        "onward": [f"{max(1, divide_half_up(duration, 60))} min", distance_words(distance)],
    }


# A box that ends with ":" is followed by a blank to write on.
_BOXES = {
    StopKind.HOME: ["Livré", "Livré autrement", "Pas de réponse", "Refusé", "Signalement"],
    StopKind.RELAY: ["Tout déposé", "Il manque :", "Fermé", "Signalement"],
    StopKind.FARM: ["Pris en entier", "Pris en partie :", "Fermé"],
}


def _farm_todo(stop: SheetStop) -> list[dict[str, object]]:
    """Say how much is taken on board at a farm, what is given back and paid."""
    articles = counted(sum(goods.quantity for goods in stop.goods), "article")
    given_back = some(stop.crates_given_back, "caisse vide", "caisses vides")
    todo: list[dict[str, object]] = [
        {"verb": "Prendre", "crates": crate_words(stop.goods_crates), "words": articles},
        {"verb": "Rendre", "words": given_back},
        {"verb": "Payer", "words": stop.pay_words},
    ]
    return [line for line in todo if line["words"]]


def _drop_todo(stop: SheetStop) -> list[dict[str, object]]:
    """Say what is left, taken back and collected."""
    orders = [line.order for line in stop.orders]
    if stop.kind is StopKind.RELAY:
        named = counted(len(orders), "commande")
    else:
        named = cut(f"n° {listed(orders)}") if orders else ""
    if stop.cancelled:
        one = plural(len(stop.cancelled), "annulée")
        named = ", ".join(filter(None, (named if orders else "", f"{listed(stop.cancelled)} {one}")))
    unknown = not (stop.empty_crates or stop.bottles)
    back = [
        some(stop.empty_crates, "caisse vide", "caisses vides"),
        some(stop.bottles, "bouteille"),
        some(stop.filled_forms, "bon rempli", "bons remplis"),
        f"{plural(len(stop.uncollected), 'la commande', 'les commandes')} {listed(stop.uncollected)} non"
        f" {plural(len(stop.uncollected), 'retirée')}"
        if stop.uncollected
        else "",
        stop.take_back_also,
    ]
    collect: dict[str, object] = {
        "verb": "Encaisser",
        "words": stop.collect_words or ("" if stop.collect_cents else "payé"),
    }
    if stop.collect_cents:
        collect["sum"] = euros(stop.collect_cents)
    return [
        {"verb": "Laisser", "crates": crate_words(stop.crates), "words": named},
        # Where nobody knows beforehand which empties are given back, they are written down.
        {"verb": "Reprendre", "words": cut(", ".join(filter(None, back))), "blank": "vides :" if unknown else ""},
        collect,
    ]


def _order_row(line: DropLine) -> dict[str, object]:
    """Describe one order of a relay point."""
    pay = euros(line.pay_cents) if line.pay_cents else line.pay_words
    return {"order": line.order, "name": line.public_name, "pay": pay, **crate_words(line.crates)}


def doorstep_tags(stop: SheetStop) -> list[dict[str, str]]:
    """Cut the doorstep notes into tags, each with the pictogram of its first known word."""
    sentences = [words.strip(" .") for words in re.split(r"[\n;]|\.\s", stop.doorstep_notes)]
    if stop.wait_minutes:
        sentences.append(f"attendre {stop.wait_minutes} min")
    notes = [words for words in sentences if words]
    shown = notes[:MOST_NOTES]
    if len(notes) > MOST_NOTES:
        shown[-1] = "la suite des notes est à l’écran"
    return [{"words": cut(words, LONGEST_NOTE), "icon": _pictogram(words)} for words in shown]


def _pictogram(note: str) -> str:
    """Find the pictogram of a note; most have none, and the words say all."""
    folded = note.casefold()
    return next((icon for words, icon in PICTOGRAMS if any(word in folded for word in words)), "")


def _call(stop: SheetStop) -> str:
    """Say whom to call when nobody answers, in order, the team last."""
    if not stop.contact_persons:
        return ""
    people = [", ".join(filter(None, (person.name, person.telephone))) for person in stop.contact_persons]
    return f"Si personne : {', puis '.join([*people, 'l’équipe'])}"


# --- the end


def _back(sheet: RoundSheet) -> list[dict[str, object]]:
    """List what is handed back at the depot."""
    homes = [stop for stop in sheet.stops if stop.kind is StopKind.HOME]
    relays = [stop for stop in sheet.stops if stop.kind is StopKind.RELAY and stop.collect_cents]
    at_doors, in_envelopes = (sum(stop.collect_cents for stop in stops) for stops in (homes, relays))
    return [
        {"what": "Espèces, chèques à la porte", "planned": euros(at_doors)},
        {"what": f"Enveloppes des relais ({len(relays)})", "planned": euros(in_envelopes)},
        {"what": "Total", "planned": euros(at_doors + in_envelopes), "strong": True},
        {"what": "Bouteilles consignées", "planned": _or_dash(sum(stop.bottles for stop in sheet.stops))},
        {"what": "Caisses vides", "planned": _or_dash(sum(stop.empty_crates for stop in sheet.stops))},
        {"what": "Bons de commande remplis", "planned": _or_dash(sum(stop.filled_forms for stop in sheet.stops))},
    ]


def _or_dash(number: int) -> str:
    """Write a number, a dash where nothing is planned: what comes back all the same is written beside it."""
    return str(number) if number else "–"


def _count_words(sheet: RoundSheet) -> dict[str, object]:
    """Say the sum that closes: all orders of the day = here + on other rounds + on none."""
    parts = [{"figure": str(sheet.orders), "words": "sur cette feuille"}]
    for other in sheet.other_rounds:
        parts.append({"figure": str(other.orders), "words": f"tournée {other.letter}"})
    parts.append({"figure": str(len(sheet.exceptions)), "words": "hors tournée"})
    return {
        "total": str(sheet.day_orders),
        "words": f"{plural(sheet.day_orders, 'commande')} pour le {day_words(sheet.day)}",
        "parts": parts,
    }
