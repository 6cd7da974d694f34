"""Read a table of addresses as people have it: the national one as published, or one saved by a spreadsheet."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from meloko.errors import Refusal
from meloko.folding import fold

LONGEST_LINE = 65_536
_CHUNK = 1 << 20
_SEPARATORS = ";,\t"

# What the columns are called, in the national file first; "x" and "y" are not degrees there.
_NAMES = {
    "number": ("numero", "number", "housenumber", "no"),
    "suffix": ("rep", "suffixe", "indice de repetition"),
    "street": ("nom_voie", "street", "voie", "rue", "nom de la voie"),
    "postcode": ("code_postal", "postcode", "cp", "code postal"),
    "commune": ("nom_commune", "city", "commune", "ville"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "long", "longitude"),
}
_WANTED = ("number", "street", "lat", "lon")
_FRENCH = {
    "number": "numero (ou number)",
    "street": "nom_voie (ou street)",
    "postcode": "code_postal (ou postcode)",
    "commune": "nom_commune (ou city)",
    "lat": "lat",
    "lon": "lon",
}


class AddressFileRefused(Refusal):
    """The file cannot be read as a table of addresses; nothing was imported."""

    status = 422


class NoAddressFile(AddressFileRefused):
    """The file is not there, or cannot be opened."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Le fichier « {name} » n’existe pas ou ne peut pas être lu.")


class NotATable(AddressFileRefused):
    """The file is empty, or something else than a table of text."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"« {name} » n’est pas un tableau d’adresses : {what}. Il faut un fichier CSV.")


class AddressFileDamaged(AddressFileRefused):
    """The file is cut short or garbled."""

    def __init__(self, name: str) -> None:
        super().__init__(f"« {name} » est incomplet ou abîmé : téléchargez-le de nouveau, puis recommencez.")


class ColumnsMissing(AddressFileRefused):
    """The table lacks columns that an address needs; both lists are in the sentence."""

    def __init__(self, missing: list[str], found: list[str]) -> None:
        shown = ", ".join(name[:40] for name in found[:30]) or "aucune"
        super().__init__(f"Colonnes qui manquent : {', '.join(missing)}. Colonnes trouvées : {shown}.")
        self.missing = missing
        self.found = found


@dataclass(frozen=True, slots=True)
class WrittenAddress:
    """One line of the table as written; `number` holds its suffix too."""

    line: int
    number: str
    street: str
    postcode: str
    commune: str
    lat: str
    lon: str


def read_addresses(path: Path) -> Iterator[WrittenAddress]:
    """Read a table line by line, whatever its encoding, separator and order of columns; memory stays small.

    Raises an AddressFileRefused, at the first line or in the middle.
    """
    name = path.name
    encoding = _encoding(path)
    try:
        with _opened(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
            yield from _rows(text, name)
    except UnicodeDecodeError:
        raise NotATable(name, "ce n’est pas du texte") from None
    except (EOFError, gzip.BadGzipFile, zlib.error, csv.Error):
        raise AddressFileDamaged(name) from None


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _encoding(path: Path) -> str:
    """Tell how the text is encoded: by its mark, else UTF-8 if all of it is, else what Excel saves in France."""
    try:
        with _opened(path) as file:
            start = file.read(4_096)
            if not start.strip():
                raise NotATable(path.name, "il est vide")
            if start.startswith(b"%PDF"):
                raise NotATable(path.name, "c’est un PDF")
            if start.startswith(b"PK\x03\x04"):
                raise NotATable(path.name, "c’est un classeur ou une archive")
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if b"\x00" in start:
                return _unmarked(path.name, start)
            return "utf-8-sig" if _is_utf8(path.name, start, file) else "cp1252"
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise AddressFileDamaged(path.name) from None
    except OSError:
        raise NoAddressFile(path.name) from None


def _unmarked(name: str, start: bytes) -> str:
    """Tell UTF-16 without its mark: every other byte of a header is zero."""
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if zeros.count(0) > 0.9 * len(zeros):
            return encoding
    raise NotATable(name, "ce n’est pas du texte")


def _is_utf8(name: str, start: bytes, file: IO[bytes]) -> bool:
    """Say whether all of a file is UTF-8; refuse one that is so up to a broken letter."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    accents = False
    chunk = start
    try:
        while chunk:
            accents = not decoder.decode(chunk).isascii() or accents
            chunk = file.read(_CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if accents or not error.object[: error.start].isascii():
            raise AddressFileDamaged(name) from None
        return False
    return True


def _rows(text: io.TextIOWrapper, name: str) -> Iterator[WrittenAddress]:
    lines = _lines(text, name)
    first = next(lines, "")
    before = 0
    separator = ""
    if first.casefold().startswith("sep=") and len(first.strip("\r\n")) == 5:
        separator, first, before = first[4], next(lines, ""), 1
    if not separator:
        separator = max(_SEPARATORS, key=first.count)
    header = next(csv.reader([first], delimiter=separator), [])
    columns = _columns([fold(title.strip("\ufeff \t")) for title in header], header)
    reader = csv.reader(lines, delimiter=separator)
    for cells in reader:
        if any(cells):
            yield _address(cells, columns, reader.line_num + before + 1)


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise NotATable(name, "une de ses lignes n’en finit pas")
        if "\x00" in line:
            raise NotATable(name, "ce n’est pas du texte")
        yield line


def _columns(titles: list[str], written: list[str]) -> Mapping[str, int]:
    found = {
        column: titles.index(title)
        for column, known in _NAMES.items()
        if (title := next((title for title in known if title in titles), None)) is not None
    }
    missing = [_FRENCH[column] for column in _WANTED if column not in found]
    if "postcode" not in found and "commune" not in found:
        missing.append(f"{_FRENCH['postcode']} ou {_FRENCH['commune']}")
    if missing:
        raise ColumnsMissing(missing, [title.strip() for title in written if title.strip()])
    return found


def _address(cells: list[str], columns: Mapping[str, int], line: int) -> WrittenAddress:
    def cell(column: str) -> str:
        place = columns.get(column, len(cells))
        return " ".join(cells[place].split()) if place < len(cells) else ""

    number = " ".join(filter(None, (cell("number"), cell("suffix"))))
    return WrittenAddress(line, number, cell("street"), cell("postcode"), cell("commune"), cell("lat"), cell("lon"))
