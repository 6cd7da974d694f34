"""The words of a round sheet: hours, distances, crates and counts as a driver reads them."""

import datetime as dt
import re
from collections.abc import Iterable

from meloko.clock import local
from meloko.money import divide_half_up
from meloko.rounds.sheet import Crates, SheetStop
from meloko.wording import day_words, hour_words

HARD = "\u00a0"
LONGEST_WORDS = 240
HOUR_STEP_S = 300

_SPACES = re.compile(
    r"(?<=\d) (?=(?:h|min|km|m|€)\b|€|\d{2,3}(?!\d))|(?<=\d[ \u00a0]h) (?=\d)| (?=[:;?!»€])"
    r"|(?<=«) |(?<=n°) (?=\d)|(?<=\bMme) |(?<=\bM\.) "
)

# "bouteille verre 1 l": the size tells the thing apart; "4 pots verre": the number does.
_PACKED = re.compile(
    r", (?:bouteille|pot|bocal|bidon|filet|sachet|sac|paquet|barquette|boîte)s?(?: (?:verre|papier|consigné))?"
    r" (?=\d+(?:,\d+)?\s?(?:g|kg|ml|cl|l)\b)"
)
_GLASS = re.compile(r"(?<=\bpots) verre\b|(?<=\bbouteilles) verre\b")


def full_hour(seconds: int) -> str:
    """Say an hour with its minutes always: "7 h 00"."""
    words = hour_words(seconds)
    return words if words[-1].isdigit() else f"{words} 00"


def rounded(seconds: int) -> int:
    """Round an hour to five minutes."""
    return divide_half_up(seconds, HOUR_STEP_S) * HOUR_STEP_S


def window_words(window_s: tuple[int, int] | None) -> str:
    """Say when a place may be called at: "7 h – 8 h"."""
    return f"{hour_words(window_s[0])} – {hour_words(window_s[1])}" if window_s else ""


def distance_words(metres: int) -> str:
    """Say a distance: "900 m", "5,4 km", "64 km"."""
    if metres < 950:
        return f"{divide_half_up(metres, 100) * 100} m"
    tenths = divide_half_up(metres, 100)
    if tenths < 100 and tenths % 10:
        return f"{tenths // 10},{tenths % 10} km"
    return f"{divide_half_up(metres, 1_000)} km"


def crate_words(crates: Crates) -> dict[str, object]:
    """Give the figures, and the words for each temperature that is there."""
    return {
        "ambient": crates.ambient,
        "chilled": crates.chilled,
        "frozen": crates.frozen,
        "ambient_words": some(crates.ambient, "caisse"),
        "chilled_words": f"{crates.chilled} frais" if crates.chilled else "",
        "frozen_words": some(crates.frozen, "surgelé"),
        "any": crates != Crates(),
    }


def goods_words(stop: SheetStop) -> str:
    """Say in short what is taken on board at a farm: "84 articles, 5 caisses de froid"."""
    crates = stop.goods_crates
    parts = (
        counted(sum(goods.quantity for goods in stop.goods), "article"),
        some(crates.ambient, "caisse"),
        some(crates.chilled, "caisse de froid", "caisses de froid"),
        some(crates.frozen, "caisse de surgelés", "caisses de surgelés"),
    )
    return ", ".join(filter(None, parts))


def short_name(name: str) -> str:
    """Name a product without what it is packed in, where its size says enough: "Lait entier cru, 1 l"."""
    return _GLASS.sub("", _PACKED.sub(", ", name))


def listed(words: Iterable[str]) -> str:
    """List words: "4821, 4825 et 4830"."""
    *first, last = list(words)
    return f"{', '.join(first)} et {last}" if first else last


def plural(number: int, one: str, many: str = "") -> str:
    """Choose the form of a noun; in French 0 and 1 are singular."""
    return one if number < 2 else many or f"{one}s"


def counted(number: int, one: str, many: str = "") -> str:
    """Say a number of things."""
    return f"{number} {plural(number, one, many)}"


def some(number: int, one: str, many: str = "") -> str:
    """Say a number of things, nothing when there are none."""
    return counted(number, one, many) if number else ""


def capital(words: str) -> str:
    """Write the first letter large."""
    return words[:1].upper() + words[1:]


def cut(words: str, longest: int = LONGEST_WORDS) -> str:
    """Cut words that would not fit; the three points say so."""
    words = " ".join(words.split())
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def with_hard_spaces(value: object) -> object:
    """Set no-break spaces in every text of a document."""
    if isinstance(value, str):
        return _SPACES.sub(HARD, value)
    if isinstance(value, dict):
        return {key: with_hard_spaces(one) for key, one in value.items()}
    if isinstance(value, list):
        return [with_hard_spaces(one) for one in value]
    return value


def replaced_words(version: int | str | None) -> str:
    """Say which paper this one makes void."""
    return "première impression" if version is None else f"remplace la version {version}"


def printed_words(day: dt.date, printed_at: dt.datetime) -> str:
    """Say when it was printed, with the date when that is not the day of the round."""
    moment = local(printed_at)
    hour = full_hour(moment.hour * 3600 + moment.minute * 60)
    return f"imprimé à {hour}" if moment.date() == day else f"imprimé {day_words(moment.date())} à {hour}"
