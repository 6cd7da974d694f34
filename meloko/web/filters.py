"""French on the page: spaces that do not break, sums, days, hours and quantities in words."""

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from flask import Flask, current_app
from markupsafe import Markup

from meloko import wording
from meloko.clock import local
from meloko.languages import Language, spoken, translated_many
from meloko.wording import MONTHS

# The faces lack the narrow U+202F, so the wide no-break space is used everywhere.
HARD = "\u00a0"

# What a person typed, scripts and tags keep their signs as they are.
_KEPT = re.compile(r"(<textarea\b.*?</textarea>|<[^>]*>)", re.DOTALL)
_SPACES = (
    (re.compile(r"(?<=\w)(?:'|&#39;)(?=\w)"), "’"),
    (re.compile(r"[ \u202f]+(?=[:;?!»€%])"), HARD),
    (re.compile(r"(?<=«)[ \u202f]+"), HARD),
    (re.compile(r"(?<=\d)[ \u202f](?=(?:h|min|km|m|kg|g|l|cl|ml|°C)\b)"), HARD),
    (re.compile(r"(?<=\d[ \u00a0]h)[ \u202f](?=\d)"), HARD),
    (re.compile(r"(?<=\d)[ \u202f](?=\d{2,3}(?!\d))"), HARD),
    (re.compile(r"(?<=\bn°)[ \u202f](?=\d)"), HARD),
    (re.compile(rf"(?<=\d)[ \u202f](?=(?:{'|'.join(MONTHS)})\b)"), HARD),
    (re.compile(r"(?<=\b1er)[ \u202f](?=\w)"), HARD),
    (re.compile(r"(?<=\bMme)[ \u202f]|(?<=\bM\.)[ \u202f]"), HARD),
)

# Looked for first, in one go: most pieces of a page have nothing to set.
_TO_SET = re.compile("|".join(pattern.pattern for pattern, _ in _SPACES))

_COUNTED_IN = frozenset({
    "barquette", "bidon", "bocal", "botte", "bouquet", "bouteille", "boîte", "colis", "filet", "kilo", "litre",
    "panier", "paquet", "plaquette", "plateau", "pot", "sac", "sachet", "tablette", "tresse",
})  # fmt: skip


def fr(words: str) -> str:
    """Set French spaces and apostrophes; in markup, only between the tags."""
    if isinstance(words, Markup):
        pieces = _KEPT.split(str(words))
        return Markup("".join(piece if place % 2 else _set(piece) for place, piece in enumerate(pieces)))  # noqa: S704
    return _set(str(words))


def _set(words: str) -> str:
    if words.isspace() or _TO_SET.search(words) is None:
        return words
    for pattern, instead in _SPACES:
        words = pattern.sub(instead, words)
    return words


def euros(cents: int) -> str:
    """Write cents as "1 234,50 €"."""
    return fr(wording.euros(cents))


def day_words(day: dt.date, year: bool = False) -> str:
    """Write a day as "jeudi 26 novembre"; `year` adds the year, as papers want it."""
    if isinstance(day, dt.datetime):
        day = local(day).date()
    return fr(wording.day_words(day, year=year))


def hour_words(hour: dt.time | dt.datetime) -> str:
    """Write an hour as "16 h 30" or "20 h", a moment on the wall clock of Paris."""
    if isinstance(hour, dt.datetime):
        hour = local(hour).time()
    return fr(wording.hour_words(hour.hour * 3_600 + hour.minute * 60))


def span_words(start: dt.time | dt.datetime, end: dt.time | dt.datetime) -> str:
    """Write two hours as "de 16 h à 19 h"."""
    first, last = (
        hour.hour * 3_600 + hour.minute * 60
        for hour in (local(each).time() if isinstance(each, dt.datetime) else each for each in (start, end))
    )
    return fr(wording.hours_between(first, last))


def moment_words(moment: dt.datetime) -> str:
    """Write a moment as "mardi 24 novembre, 20 h"."""
    return f"{day_words(moment)}, {hour_words(moment)}"


def moment_short(moment: dt.datetime) -> str:
    """Write a moment as "24/11, 20 h", for narrow columns."""
    return f"{local(moment):%d/%m}, {hour_words(moment)}"


def capital(words: str) -> str:
    """Write the first letter large and leave the others."""
    return words[:1].upper() + words[1:]


def phone_words(number: str) -> str:
    """Write a French telephone number by twos; leave any other as it is."""
    digits = re.sub(r"\D", "", number)
    if number.strip().startswith("+33") and len(digits) == 11:
        digits = "0" + digits[2:]
    if len(digits) != 10 or not digits.startswith("0"):
        return number
    return HARD.join(digits[place : place + 2] for place in range(0, 10, 2))


def grams_words(grams: int) -> str:
    """Write a weight as "800 g" or "1,8 kg"."""
    if grams < 1_000:
        return f"{grams}{HARD}g"
    return f"{grams / 1_000:.2f}".rstrip("0").rstrip(".").replace(".", ",") + f"{HARD}kg"


def short_name(name: str) -> str:
    """Return the name of a product without what follows the first comma: its packing is said by the unit."""
    return name.split(",")[0].strip()


def counted(quantity: int, one: str, many: str = "") -> str:
    """Write "1 produit" or "6 produits", in the language being spoken."""
    return f"{quantity}{HARD}{translated_many(one, many or one + 's', quantity)}"


def goods_words(quantity: int, unit: str, name: str, weighed: bool = False) -> str:
    """Say what was asked after its number: "boîtes de 6 œufs plein air", "× chou-fleur".

    `unit` is the unit of the price with its article ("la boîte de 6"); `weighed` goods are asked by the piece.
    """
    goods = short_name(name)
    if spoken() is Language.ENGLISH:
        # What the packing is called stays with the price: the name alone is the same in every language.
        return f"× {goods}"
    goods = goods[:1].lower() + goods[1:]
    packing = unit.partition(" ")[2].split(",")[0]
    noun, _, rest = packing.partition(" ")
    if weighed or noun not in _COUNTED_IN:
        return goods if quantity == 1 else f"× {goods}"
    nouns = noun if quantity == 1 else _plural(noun)
    if goods.startswith(noun + " "):
        return nouns + goods[len(noun) :]
    packed = f"{nouns} {rest}".rstrip()
    if packed[-1].isdigit():
        return f"{packed} {goods}"
    return f"{packed} d’{goods}" if goods[0] in "aeiouyàâéèêîôûœ" else f"{packed} de {goods}"


def _plural(noun: str) -> str:
    if noun.endswith("s"):
        return noun
    if noun.endswith("al"):
        return noun[:-2] + "aux"
    return noun + ("x" if noun.endswith("eau") else "s")


FILTERS: dict[str, Callable[..., str]] = {
    "fr": fr,
    "euros": euros,
    "day_words": day_words,
    "hour_words": hour_words,
    "span_words": span_words,
    "moment_words": moment_words,
    "moment_short": moment_short,
    "capital": capital,
    "phone_words": phone_words,
    "grams_words": grams_words,
    "short_name": short_name,
    "counted": counted,
    "goods_words": goods_words,
}


def register(app: Flask) -> None:
    """Teach the templates of an application to write French and to name the version of a file."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["asset"] = asset


def asset(name: str) -> str:
    """Return the address of a static file that changes with its content: browsers keep it for a year."""
    # A file speaks no language: its address is the same on every page.
    return f"{current_app.static_url_path}/{name}?v={_version(Path(__file__).parent.parent / 'static' / name)}"


@cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
