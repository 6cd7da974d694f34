"""Addresses as they are compared: numbers, streets and communes without the ways of writing them."""

import re
from difflib import SequenceMatcher

from meloko.folding import fold

_BETWEEN = re.compile(r"[^0-9a-z]+")
_NUMBER = re.compile(r"(?:n[o°º]? ?)?0*(\d{1,6}) ?(?:[-/] ?\d+ ?)?([a-z]*)")
_SUFFIXES = {"b": "bis", "t": "ter", "q": "quater"}
# What begins the name of a street; short forms stand for the word only there.
_KINDS = {
    "r": "rue",
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "boul": "boulevard",
    "pl": "place",
    "ch": "chemin",
    "che": "chemin",
    "chem": "chemin",
    "imp": "impasse",
    "all": "allee",
    "rte": "route",
    "sq": "square",
    "res": "residence",
    "lot": "lotissement",
    "ham": "hameau",
    "fg": "faubourg",
    "fbg": "faubourg",
    "crs": "cours",
    "qu": "quai",
    "pass": "passage",
    "sent": "sentier",
}
_TITLES = {
    "st": "saint",
    "ste": "sainte",
    "gal": "general",
    "gen": "general",
    "mal": "marechal",
    "dr": "docteur",
    "col": "colonel",
    "cdt": "commandant",
    "pdt": "president",
    "1er": "premier",
}
_SMALL = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "a", "au", "aux", "et", "en", "sur"})
_ALIKE = 0.85


def number_key(number: str) -> str:
    """Return a house number as it is compared: "12 B", "12bis" and "012 bis" are one."""
    words = fold(number)
    read = _NUMBER.fullmatch(words)
    if read is None:
        return _BETWEEN.sub("", words)
    return read[1] + _SUFFIXES.get(read[2], read[2])


def street_key(street: str) -> str:
    """Return a street as it is compared: "Av. du Gal-Leclerc" is "avenue du general leclerc"."""
    words = _words(street)
    if len(words) > 1:
        words[0] = _KINDS.get(words[0], words[0])
    return " ".join(_TITLES.get(word, word) for word in words)


def commune_key(commune: str) -> str:
    """Return a commune as it is compared: "ST-OMER CEDEX 2" is "saint omer"."""
    words = " ".join(_TITLES.get(word, word) for word in _words(commune))
    return re.sub(r" cedex( \d+)?$", "", words)


def readings(address: str, postcode: str = "") -> list[tuple[str, str]]:
    """Return the ways to read an address as (number key, street key), the likeliest first.

    A number may stand before the street ("12 bis, r. de Lille") or behind it ("Dorfstrasse 24"), may be missing,
    may be part of the name ("rue du 8 Mai 1945"), and a floor or residence may come before it all.
    """
    text = fold(address)
    if postcode and postcode in text:
        text = text[: text.index(postcode)]
    pieces = [piece.strip() for piece in re.split(r"[,;]", text) if piece.strip()]
    wholes = [" ".join(pieces[start:]) for start in range(len(pieces))] + pieces
    found: list[tuple[str, str]] = []
    for whole in wholes:
        found += _read(whole)
    return [reading for reading in dict.fromkeys(found) if reading[1]][:12]


def _read(text: str) -> list[tuple[str, str]]:
    # Both with and without the letter: "12 r de Lille" is no number 12 R.
    before = re.fullmatch(r"(?:n[o°º]?\.? ?)?(\d{1,5})(?: ?[-/] ?\d{1,5})?[ .]+(.+)", text)
    lettered = re.fullmatch(r"(?:n[o°º]?\.? ?)?(\d{1,5} ?(?:bis|ter|quater|[a-z]))\b[ .]+(.+)", text)
    behind = re.fullmatch(r"(.+?)[ .]+(\d{1,5} ?(?:bis|ter|quater|[a-z])?)", text)
    read = [(match[1], match[2]) for match in (lettered, before) if match]
    read.append(("", text))
    if behind and not read[:-1]:
        read.append((behind[2], behind[1]))
    return [(number_key(number), street_key(street)) for number, street in read]


def same_commune(one: str, other: str) -> bool:
    """Say whether two commune keys may mean the same: equal, one said more briefly, or a slip of the pen.

    Neighbours may be as alike (Framecourt and Ramecourt): ask only about a name that is no commune's.
    """
    if one == other:
        return True
    shorter, longer = sorted((one.split(), other.split()), key=len)
    if shorter and longer[: len(shorter)] == shorter:
        return True
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def likeness(one: str, other: str) -> float:
    """Return how alike two street keys are, 0 to 1: by their names proper, then by the rest.

    0 for names that differ in more than a slip: "rue de Lille" is not "rue de Lillers", 1945 is not 1954.
    """
    names = _name(one), _name(other)
    if _digits(one) != _digits(other) or not all(names):
        return 0.0
    alike = SequenceMatcher(None, *names).ratio()
    return 0.0 if alike < _ALIKE else 0.9 * alike + 0.1 * SequenceMatcher(None, one, other).ratio()


def _words(text: str) -> list[str]:
    return _BETWEEN.sub(" ", fold(text)).split()


def _name(street: str) -> str:
    words = street.split()
    if len(words) > 1 and words[0] in _KINDS.values():
        del words[0]
    return " ".join(word for word in words if word not in _SMALL)


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)
