"""The languages of customers: sentences are written in French, and said in the language of who reads them.

A sentence is its own key, as in gettext; its translations lie in `templates/languages/LANGUAGE/*.po`, where any tool
for translators can read them. What has no translation is said in French: an English page with one French sentence is of
more use than none.
"""

import ast
import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "templates" / "languages"


class Language(enum.StrEnum):
    """A language that customers may read."""

    FRENCH = "fr"
    ENGLISH = "en"


_spoken: ContextVar[Language] = ContextVar("spoken", default=Language.FRENCH)


@dataclass(slots=True)
class Entry:
    """One sentence of a translator's file: `said` has one form, or one for one thing and one for many."""

    sentence: str = ""
    plural: str = ""
    said: list[str] = field(default_factory=list)


class UnreadableTranslations(Exception):
    """A line of a translator's file that is not as gettext writes it."""


def spoken() -> Language:
    """Return the language of who is being answered; French where nobody has said otherwise."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything inside in a language; in French when we do not know it."""
    known = Language(language) if language in list(Language) else Language.FRENCH
    before = _spoken.set(known)
    try:
        yield
    finally:
        _spoken.reset(before)


def say(sentence: str, **values: object) -> str:
    """Say a sentence in the language of who reads it, with `{name}` replaced by each value."""
    words = translated(sentence)
    return words.format(**values) if values else words


def say_many(one: str, many: str, count: int, **values: object) -> str:
    """Say a sentence about one thing or about `{count}` of them."""
    return translated_many(one, many, count).format(count=count, **values)


def translated(sentence: str) -> str:
    """Return a sentence as it is said in the language being spoken, its blanks still open."""
    entry = _entries(spoken()).get(sentence)
    return (entry.said[0] if entry and entry.said else "") or sentence


def translated_many(one: str, many: str, count: int) -> str:
    """Return the form of a sentence for so many things: French says "0 produit", English "0 products"."""
    entry = _entries(spoken()).get(one)
    if entry is None or len(entry.said) < 2 or not all(entry.said):
        return one if abs(count) < 2 else many
    return entry.said[0 if abs(count) == 1 else 1]


def read_translations(words: str) -> list[Entry]:
    """Read a translator's file, or raise UnreadableTranslations with the number of the line."""
    entries: list[Entry] = []
    current = Entry()
    add_to = ""
    for number, line in enumerate(words.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        keyword, _, rest = (add_to, "", line) if line.startswith('"') else line.partition(" ")
        if keyword == "msgid" and not line.startswith('"'):
            current = Entry()
            entries.append(current)
        if not line.startswith('"') and keyword.startswith("msgstr"):
            current.said.append("")
        add_to = keyword
        _add(current, keyword, _unquoted(rest.strip(), number), number)
    return entries


def translations(language: Language) -> list[tuple[Path, Entry]]:
    """Return all entries of a language with the file each stands in."""
    files = sorted((_FOLDER / language).glob("*.po"))
    return [(path, entry) for path in files for entry in read_translations(path.read_text("utf-8")) if entry.sentence]


def _add(entry: Entry, keyword: str, words: str, number: int) -> None:
    if keyword == "msgid":
        entry.sentence += words
    elif keyword == "msgid_plural":
        entry.plural += words
    elif keyword.startswith("msgstr") and entry.said:
        entry.said[-1] += words
    else:
        raise UnreadableTranslations(f"line {number}: {keyword!r} is no keyword of ours")


def _unquoted(words: str, number: int) -> str:
    try:
        value = ast.literal_eval(words)
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str):
        raise UnreadableTranslations(f"line {number}: no words between quotes")
    return value


@cache
def _entries(language: Language) -> dict[str, Entry]:
    if language is Language.FRENCH:
        return {}
    return {entry.sentence: entry for _, entry in translations(language)}
