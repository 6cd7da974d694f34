"""The sheet and the till as typed: kept word for word, and read as far as they have the right shape."""

import re
import uuid
from collections.abc import Iterable, Mapping

from werkzeug.datastructures import MultiDict

from meloko.driving.acting import LONGEST_WORDS
from meloko.driving.models import ActKind
from meloko.evening.keying import Wanted
from meloko.evening.lines import PAID_BY, Line, Typed
from meloko.evening.tills import Counted
from meloko.web.forms import read_hundredths

FIELDS = {"issue": "key", "manque": "missing", "mot": "words", "paye": "paid", "vides": "empties"}
_SUM = re.compile(r"([A-Za-z])\s*([0-9][0-9\s\u00a0\u202f.,]*)?")
_NUMBER = re.compile(r"[0-9]{1,9}")
_MOST_EMPTIES = 1_000
_LONGEST = 80


def page_key(form: "MultiDict[str, str]") -> uuid.UUID:
    """Read the key of a page; a page that was tampered with has no twin, so any key will do."""
    try:
        return uuid.UUID(form.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def read_lines(form: "MultiDict[str, str]", lines: Iterable[Line]) -> dict[str, Wanted]:
    """Read the lines of a sheet as they were sent; a line that was not sent is left out."""
    return {line.id: _read(form, line.id) for line in lines if f"issue-{line.id}" in form}


def _read(form: "MultiDict[str, str]", line_id: str) -> Wanted:
    typed = _typed(form, "", line_id)
    unclear: dict[str, str] = {}
    missing = frozenset(number.lstrip("0").zfill(4) for number in _NUMBER.findall(typed.missing))
    if typed.missing and not missing:
        unclear[f"manque-{line_id}"] = "Écrivez les numéros des commandes qui manquaient, séparés par un espace."
    return Wanted(
        shown=_typed(form, "vu-", line_id),
        typed=typed,
        missing=missing,
        paid=_paid(typed.paid, f"paye-{line_id}", unclear),
        empties=_empties(typed.empties, f"vides-{line_id}", unclear),
        unclear=unclear,
    )


def _typed(form: "MultiDict[str, str]", before: str, line_id: str) -> Typed:
    def text(name: str, most: int = _LONGEST) -> str:
        return form.get(f"{before}{name}-{line_id}", "").replace("\x00", "").strip()[:most]

    return Typed(
        text("issue").upper(), text("manque", LONGEST_WORDS), text("mot", LONGEST_WORDS), text("paye"), text("vides")
    )


def _paid(words: str, name: str, unclear: dict[str, str]) -> tuple[tuple[ActKind, int | None], ...]:
    """Read "E", "E12,80" or "E10 C8,40": a letter alone says that all that is due was paid so."""
    sums: list[tuple[ActKind, int | None]] = []
    left = _SUM.sub("", words).replace("+", "").strip()
    for letter, amount in _SUM.findall(words):
        kind = PAID_BY.get(letter.upper())
        try:
            cents = read_hundredths(amount.strip()) if amount.strip() else None
        except ValueError:
            cents, kind = None, None
        if kind is None:
            left = words
        else:
            sums.append((kind, cents))
    if left or (len(sums) > 1 and any(cents is None for _, cents in sums)):
        unclear[name] = "Écrivez E (espèces), C (chèque) ou B (carte), seul ou avec la somme : E12,80 ou E10 C2,80."
    return tuple(sums)


def _empties(words: str, name: str, unclear: dict[str, str]) -> int:
    if not words:
        return 0
    if words.isascii() and words.isdigit() and len(words) < 5 and int(words) <= _MOST_EMPTIES:
        return int(words)
    unclear[name] = "Écrivez en chiffres combien de vides sont revenus."
    return 0


def read_till(form: "MultiDict[str, str]") -> tuple[dict[str, str], Counted | None, dict[str, str]]:
    """Read what was counted: as typed, as figures when all of it can be read, and what is wrong."""
    names = ("especes", "cheques", "cartes", "vides", "motif")
    typed = {name: form.get(name, "").replace("\x00", "").strip()[:LONGEST_WORDS] for name in names}
    errors: dict[str, str] = {}
    cash, cheques, cards = (_cents(typed[name], name, errors) for name in names[:3])
    empties = _empties(typed["vides"], "vides", errors)
    if errors:
        return typed, None, errors
    return typed, Counted(cash, cheques, cards, empties, typed["motif"]), {}


def _cents(words: str, name: str, errors: dict[str, str]) -> int:
    if not words:
        return 0
    try:
        return read_hundredths(words)
    except ValueError:
        errors[name] = "Écrivez la somme comptée, par exemple 31,90."
        return 0


def in_order(errors: Mapping[str, str], lines: Iterable[Line]) -> dict[str, str]:
    """Return the errors in the order in which a person meets the fields of the sheet."""
    names = [f"{name}-{line.id}" for line in lines for name in FIELDS]
    return {name: errors[name] for name in sorted(errors, key=lambda each: names.index(each) if each in names else -1)}
