"""What is different: since the print before, for who holds its papers; since the delivery before, for who drove it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meloko.printing.papers import LONGEST_NAME, Paper, PaperKind, round_key
from meloko.printing.reading import DayRead, RoundRead
from meloko.rounds.filling import living
from meloko.rounds.models import Round
from meloko.rounds.sheet_words import counted, cut, full_hour, rounded, with_hard_spaces
from meloko.wording import day_words

# Whoever knows a round does not need to be told of less.
LARGE_SHIFT_S = 900

Picture = Mapping[str, Any]


def picture(row: Round, driver: str) -> dict[str, Any]:
    """Keep of a round what a later paper is compared with: hours in seconds since local midnight."""
    return {
        "number": row.number,
        "letter": row.letter,
        "version": row.version,
        "driver": driver,
        "vehicle": row.vehicle.name,
        "departure_s": row.departure_s,
        "return_s": row.return_s,
        "stops": [
            {
                "place": f"{stop.kind.value}:{stop.owner_id}",
                "kind": stop.kind.value,
                "position": stop.position,
                "name": ", ".join(filter(None, (stop.name, stop.commune))),
                "arrival_s": stop.arrival_s,
                "orders": [order.number for order in living(stop)],
            }
            for stop in row.stops
        ],
        "orders": {
            order.number: {
                "name": order.public_name,
                "due_cents": order.total_cents,
                "goods": [[line.code, line.name, line.ordered] for line in order.lines],
            }
            for stop in row.stops
            for order in living(stop)
        },
    }


def pictures(read: DayRead) -> list[dict[str, Any]]:
    """Return the picture of each round of a day."""
    return [picture(each.row, each.sheet.driver) for each in read.rounds]


@dataclass(frozen=True, slots=True)
class _At:
    """A place in the rounds of a day."""

    letter: str
    stop: Picture


def since_print(read: DayRead, each: RoundRead, before: Sequence[Picture], print_number: int) -> Paper | None:
    """Return what has changed in a round since the print before, or None when nothing has."""
    now = picture(each.row, each.sheet.driver)
    there = next((old for old in before if old["number"] == now["number"]), None)
    if there is None:
        return None
    old, new, elsewhere = _places([there]), _places([now]), _places(pictures(read))
    groups = [
        ("La tournée", _round_rows(there, now)),
        ("Arrêts ajoutés", [_row(at.stop, _hour(at)) for place, at in new.items() if place not in old]),
        (
            "Arrêts retirés",
            [_row(at.stop, _gone(elsewhere.get(place)), struck=True) for place, at in old.items() if place not in new],
        ),
        ("Arrêts à une autre heure ou à un autre rang", _moved_rows(old, new)),
        ("Commandes", _order_rows(there["orders"], now["orders"])),
    ]
    since = f"depuis l’impression {print_number}, où elle était en version {there['version']}"
    return _paper(PaperKind.SINCE_PRINT, read, each, "Ce qui a changé", since, groups)


def since_delivery(read: DayRead, each: RoundRead, last: Sequence[Picture]) -> Paper | None:
    """Return what is new in a round for who drove the delivery before, or None without one or without news."""
    if not last or read.day_before is None:
        return None
    now = _places([picture(each.row, each.sheet.driver)])
    whole_day, old = _places(pictures(read)), _places(last)
    letter = each.row.letter
    groups = [
        ("Nouveaux cette fois", [_row(at.stop, _hour(at)) for place, at in now.items() if place not in old]),
        (
            "Pas cette fois",
            [
                _row(at.stop, "n’est sur aucune tournée", struck=True)
                for place, at in old.items()
                if at.letter == letter and place not in whole_day
            ],
        ),
        (
            "Sur une autre tournée",
            [_row(at.stop, f"était sur la tournée {old[p].letter}") for p, at in now.items() if _other(old, p, letter)]
            + [
                _row(at.stop, f"est sur la tournée {whole_day[p].letter}", struck=True)
                for p, at in old.items()
                if at.letter == letter and _other(whole_day, p, letter)
            ],
        ),
        (
            "À une autre heure",
            [
                _row(at.stop, f"{_hour(at)} au lieu de {_hour(old[place])}")
                for place, at in now.items()
                if place in old and abs(at.stop["arrival_s"] - old[place].stop["arrival_s"]) >= LARGE_SHIFT_S
            ],
        ),
    ]
    since = f"depuis la livraison du {day_words(read.day_before)}"
    return _paper(PaperKind.SINCE_DELIVERY, read, each, "Depuis la dernière fois", since, groups)


def _paper(
    kind: PaperKind,
    read: DayRead,
    each: RoundRead,
    words: str,
    since: str,
    groups: Iterable[tuple[str, list[dict[str, object]]]],
) -> Paper | None:
    kept = [{"title": title, "rows": rows} for title, rows in groups if rows]
    if not kept:
        return None
    title = f"{words}, tournée {each.row.letter}"
    day = day_words(read.day.date, year=True)
    document: dict[str, object] = {
        "title": title,
        "letter": each.row.letter,
        "day": day,
        "driver": each.sheet.driver,
        "since": since,
        "groups": kept,
        "foot": f"{title}, {day}",
    }
    hard = {key: with_hard_spaces(value) for key, value in document.items()}
    row = each.row
    return Paper(kind, round_key(row), title, read.day.date, hard, round_id=row.id, round_version=row.version)


def _places(rounds: Iterable[Picture]) -> dict[str, _At]:
    return {stop["place"]: _At(each["letter"], stop) for each in rounds for stop in each["stops"]}


def _other(places: Mapping[str, _At], place: str, letter: str) -> bool:
    return place in places and places[place].letter != letter


def _hour(at: _At) -> str:
    return full_hour(rounded(at.stop["arrival_s"]))


def _gone(now_at: _At | None) -> str:
    return f"est sur la tournée {now_at.letter}, arrêt {now_at.stop['position']}" if now_at else "sur aucune tournée"


def _row(stop: Picture, words: str, *, struck: bool = False) -> dict[str, object]:
    name = cut(stop["name"], LONGEST_NAME)
    return {"kind": stop["kind"], "number": str(stop["position"]), "name": name, "words": words, "struck": struck}


def _plain(name: str, words: str) -> dict[str, object]:
    return {"kind": "", "number": "", "name": name, "words": words, "struck": False}


def _round_rows(old: Picture, new: Picture) -> list[dict[str, object]]:
    said = (
        ("Livreur", old["driver"], new["driver"]),
        ("Véhicule", old["vehicle"], new["vehicle"]),
        ("Départ", full_hour(old["departure_s"]), full_hour(new["departure_s"])),
        ("Retour prévu", full_hour(old["return_s"]), full_hour(new["return_s"])),
        ("Arrêts", counted(len(old["stops"]), "arrêt"), counted(len(new["stops"]), "arrêt")),
    )
    return [_plain(what, f"{now} au lieu de {before}") for what, before, now in said if before != now]


def _moved_rows(old: Mapping[str, _At], new: Mapping[str, _At]) -> list[dict[str, object]]:
    rows = []
    for place, at in new.items():
        before = old.get(place)
        if before is None:
            continue
        words = []
        if _hour(before) != _hour(at):
            words.append(f"{_hour(at)} au lieu de {_hour(before)}")
        if before.stop["position"] != at.stop["position"]:
            words.append(f"était l’arrêt {before.stop['position']}")
        if words:
            rows.append(_row(at.stop, ", ".join(words)))
    return rows


def _order_rows(old: Mapping[str, Picture], new: Mapping[str, Picture]) -> list[dict[str, object]]:
    rows = []
    for number in sorted(old.keys() | new.keys()):
        before, now = old.get(number), new.get(number)
        if now is None and before is not None:
            rows.append(_plain(f"{number} {before['name']}", "n’est plus sur cette tournée : ne pas la charger"))
        elif before is None and now is not None:
            rows.append(_plain(f"{number} {now['name']}", "ajoutée à cette tournée"))
        elif before is not None and now is not None and (words := _goods_words(before, now)):
            rows.append(_plain(f"{number} {now['name']}", words))
    return rows


def _goods_words(old: Picture, new: Picture) -> str:
    before, now = ({(code, name): pieces for code, name, pieces in each["goods"]} for each in (old, new))
    words = []
    for code, name in sorted(before.keys() | now.keys()):
        was, is_now = before.get((code, name), 0), now.get((code, name), 0)
        if was != is_now:
            words.append(f"{name} : {is_now} au lieu de {was}" if is_now else f"{name} : aucun au lieu de {was}")
    return " ; ".join(words)
