"""Typst: one JSON document and one template in, one PDF out; the only file that imports typst."""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import typst

from meloko.errors import MelokoError

TEMPLATES = Path(__file__).parents[1] / "templates"
PAPERS = TEMPLATES / "papers"
FONTS = TEMPLATES / "fonts"
# The code points that every face has, written when the faces are made.
LETTERS = FONTS / "letters.txt"

# Signs without a relation among the letters that Unicode itself would name.
SIGNS = {"☐": "[ ]", "□": "[ ]", "☑": "[x]", "☒": "[x]", "✓": "x", "✔": "x", "→": "->", "←": "<-", "ʼ": "’", "―": "–"}
SIGNS |= {"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "′": "’", "″": "”"}
UNKNOWN = "?"
_PAGE = re.compile(rb"/Type\s*/Page\b")


class PaperNotPrinted(MelokoError):
    """Typst refused a paper; `reason` is what it said, for the log and not for a person."""

    def __init__(self, paper: str, reason: str) -> None:
        super().__init__("Ce document n’a pas pu être imprimé. Prévenez l’équipe technique ; rien n’est perdu.")
        self.paper = paper
        self.reason = reason
        self.add_note(f"{paper}: {reason}")


def print_paper(paper: str, data: Mapping[str, object], printed_at: dt.datetime) -> bytes:
    """Set one paper: `templates/papers/<paper>.typ` with this data, as an accessible PDF (PDF/UA-1).

    The same data and the same aware moment give the same bytes. Letters that the faces lack are replaced.
    Never call it at import or in a process that forks afterwards: a child of a process that has already
    compiled hangs, because Typst's threads are gone.

    Raises PaperNotPrinted when Typst refuses or warns: a missing face or letter is only a warning to it.
    """
    template = PAPERS / f"{paper}.typ"
    if printed_at.tzinfo is None:
        raise ValueError("printed_at must be an aware moment")
    if not template.is_file():
        raise PaperNotPrinted(paper, f"there is no template {template.name}")
    try:
        document = json.dumps(printable(data), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PaperNotPrinted(paper, f"its data are not JSON: {error}") from error
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(template),
            root=str(PAPERS),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"data": document},
            pdf_standards=["ua-1"],
            timestamp=printed_at.astimezone(dt.UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise PaperNotPrinted(paper, str(error.diagnostic or error.message)) from error
    if warnings:
        raise PaperNotPrinted(paper, "; ".join(warning.message for warning in warnings))
    return bytes(pdf)


def print_papers(papers: Sequence[Mapping[str, object]], printed_at: dt.datetime, title: str = "") -> bytes:
    """Set papers one after the other in one file, each on a front page and with its own page numbers.

    `kind` says which template each is for; the title of one paper alone is its own. Raises as print_paper.
    """
    title = title or str(papers[0]["title"])
    return print_paper("papers", {"title": title, "papers": papers}, printed_at)


def count_pages(pdf: bytes) -> int:
    """Count the pages of a paper that Typst has set: it writes each page object in clear."""
    return len(_PAGE.findall(pdf))


def printable(value: object) -> object:
    """Replace, in every text of a JSON document, the letters that the faces lack."""
    if isinstance(value, str):
        return printable_text(value)
    if isinstance(value, Mapping):
        return {key: printable(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [printable(one) for one in value]
    return value


def printable_text(words: str) -> str:
    """Replace the letters that the faces lack: by their plain relation, else by one question mark a run.

    PDF/UA refuses a whole paper for one missing letter, and a name is worth printing even if one sign of it is not.
    """
    if _foreign().search(words) is None:
        return words
    words = unicodedata.normalize("NFC", words)
    return _foreign().sub(lambda run: _replace_run(run.group()), words)


@cache
def _foreign() -> re.Pattern[str]:
    """Match a run of letters that some face lacks; line breaks are no letters and pass."""
    ranges = ["\\n"]
    for line in LETTERS.read_text(encoding="ascii").split():
        first, _, last = line.partition("-")
        ranges.append(f"\\u{first}-\\u{last or first}")
    return re.compile(f"[^{''.join(ranges)}]+")


def _replace_run(run: str) -> str:
    """Replace a run of foreign letters, one question mark standing for all neighbours that have no relation."""
    replaced = "".join(_replace_letter(letter) for letter in run)
    return re.sub(rf"\{UNKNOWN}{{2,}}", UNKNOWN, replaced)


def _replace_letter(letter: str) -> str:
    """Replace one foreign letter: by a sign, a space, its letter without marks, or a question mark."""
    if letter in SIGNS:
        return SIGNS[letter]
    if letter.isspace():
        return " "
    kind = unicodedata.category(letter)
    if kind in {"Mn", "Me", "Cf", "Cc"}:
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if unicodedata.category(part) != "Mn")
    if plain and _foreign().search(plain) is None:
        return plain
    return UNKNOWN
