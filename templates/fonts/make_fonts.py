"""Make the faces of Meloko from the unpacked source fonts.

    python templates/fonts/make_fonts.py ATKINSON_FOLDER BRICOLAGE_FOLDER
    python templates/fonts/make_fonts.py          (only the files of the web, anew from the ttf of the papers)

Each folder is the unpacked npm package of that family: `@fontsource/atkinson-hyperlegible-next` and
`@fontsource/bricolage-grotesque` (5.3). Both families are under the SIL Open Font License without reserved name;
their licences stand beside this file. Written are the ttf for papers, the woff2 for the web, and the list of the
letters every face has, which spares the running programme fontTools.

On the web each face is two files: the letters of French and English, which every page needs, and the others, which a
browser fetches only for a name that has one of them (`unicode-range` in `meloko.css`).
"""

import datetime as dt
import hashlib
import re
import sys
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options as SubsetOptions
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "meloko" / "static" / "fonts"
STYLE = WEB.parent / "css" / "meloko.css"

ATKINSON = "atkinson-hyperlegible-next-{part}-{weight}-normal.woff2"
BRICOLAGE = "bricolage-grotesque-{part}-{weight}-normal.woff2"

# Basic Latin, Latin-1, Latin Extended-A, the Romanian comma letters, and the signs of French typography.
LETTERS = (
    set(range(0x20, 0x7F))
    | set(range(0xA0, 0x180))
    | set(range(0x218, 0x21C))
    | {ord(sign) for sign in "ẞ–—‘’‚“”„†•…‹›′″€−≈≤≥™"}
)
# What every page needs: French, its neighbours' accents, the typography of both languages.
FREQUENT = (
    set(range(0x20, 0x7F))
    | set(range(0xC0, 0x100))
    | {ord(sign) for sign in "£§©«®°²³·º»¼½¾ŒœŸ–—‘’“”†•…‹›€−"}
    | {0xA0, 0xAD, 0x2009, 0x2011, 0x202F}
)
# The face of titles kerns every pair of its letters, which weighs more than the letters.
OF_TITLES = FREQUENT - {ord(sign) for sign in "£§®²³º¼½¾†‹›ÃÅÐÕØÝÞåðøýþÌÒìòÄÖãõ"}
# In thousandths of the size of the letters: at 34 px the least kerning that stays is 0.3 px, and a step 0.2 px.
KERNING_SEEN, KERNING_STEP = 10, 5
# What French typography wants and the sources lack, drawn with a near relation they have.
STAND_INS = {0x202F: 0xA0, 0x2009: 0xA0, 0x2011: 0x2D, 0xAD: 0x2D}
# The same date in every file: making the fonts again gives the same bytes.
EPOCH = int((dt.datetime(2026, 1, 1, tzinfo=dt.UTC) - dt.datetime(1904, 1, 1, tzinfo=dt.UTC)).total_seconds())


def main() -> None:
    """Write every face, then the letters they all have."""
    if len(sys.argv) == 1:
        for name in ("MelokoTexte-Regular", "MelokoTexte-Bold", "BricolageGrotesque-Bold"):
            write_for_the_web(name)
        return
    atkinson, bricolage = (Path(folder) for folder in sys.argv[1:3])
    faces = []
    for style, weight in (("Regular", 400), ("Bold", 700)):
        text = whole_family(atkinson, ATKINSON, weight)
        give_digits(text, TTFont(find(bricolage, BRICOLAGE, "latin", weight)))
        keep(text, features=["kern", "mark", "mkmk", "ccmp", "locl"])
        rename(text, "Meloko Texte", style)
        say_both_sources(text)
        faces.append(write(text, f"MelokoTexte-{style}"))
    title = whole_family(bricolage, BRICOLAGE, 700)
    keep(title, features=["kern", "mark", "mkmk", "ccmp", "locl", "tnum"])
    rename(title, "Bricolage Grotesque", "Bold")
    faces.append(write(title, "BricolageGrotesque-Bold"))
    write_letters(faces)


def find(folder: Path, pattern: str, part: str, weight: int) -> Path:
    """Find one source file below a folder."""
    name = pattern.format(part=part, weight=weight)
    for path in sorted(folder.rglob(name)):
        return path
    sys.exit(f"{name} is not under {folder}")


def whole_family(folder: Path, pattern: str, weight: int) -> TTFont:
    """Join the Latin and the Extended Latin parts of one weight."""
    parts = [str(find(folder, pattern, part, weight)) for part in ("latin", "latin-ext")]
    font = Merger(options=Options(drop_tables=["STAT", "GDEF", "DSIG", "gasp", "prep"])).merge(parts)
    letters = font.getBestCmap()
    for missing, relation in STAND_INS.items():
        if missing not in letters:
            for table in font["cmap"].tables:
                if table.isUnicode():
                    table.cmap[missing] = letters[relation]
    return font


def give_digits(text: TTFont, source: TTFont) -> None:
    """Replace the digits by the tabular ones of another face: the zero of Atkinson is slashed, "2,3Ø €" to a reader."""
    tabular = substitutions(source, "tnum")
    drawn = source.getGlyphSet()
    for digit in range(0x30, 0x3A):
        name = tabular[source.getBestCmap()[digit]]
        strokes = DecomposingRecordingPen(drawn)
        drawn[name].draw(strokes)
        pen = TTGlyphPen(None)
        strokes.replay(pen)
        # A new name: the kerning and the fractions of the old digits go away with them.
        new_name = f"digit{digit - 0x30}"
        text.setGlyphOrder([*text.getGlyphOrder(), new_name])
        text["glyf"][new_name] = pen.glyph()
        text["hmtx"][new_name] = source["hmtx"][name]
        for table in text["cmap"].tables:
            if table.isUnicode():
                table.cmap[digit] = new_name


def substitutions(font: TTFont, feature: str) -> dict[str, str]:
    """Read which glyph a feature puts in place of which."""
    gsub = font["GSUB"].table
    pairs: dict[str, str] = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag == feature:
            for index in record.Feature.LookupListIndex:
                for subtable in gsub.LookupList.Lookup[index].SubTable:
                    pairs.update(getattr(subtable, "ExtSubTable", subtable).mapping)
    return pairs


def keep(font: TTFont, features: list[str], letters: set[int] = LETTERS | set(STAND_INS)) -> None:
    """Keep some letters, those of our papers when none are named, and these features."""
    options = SubsetOptions()
    options.layout_features = features
    options.hinting = False
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.recalc_timestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)


def rename(font: TTFont, family: str, style: str) -> None:
    """Name the face; the copyright and licence lines of the source stay."""
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in {0, 13, 14}]
    postscript = f"{family.replace(' ', '')}-{style}"
    for number, words in ((1, family), (2, style), (3, postscript), (4, f"{family} {style}"), (6, postscript)):
        names.setName(words, number, 3, 1, 0x409)
    bold = style == "Bold"
    font["OS/2"].usWeightClass = 700 if bold else 400
    font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0b1100001 | (0b100000 if bold else 0b1000000)
    font["head"].macStyle = 1 if bold else 0
    font["head"].created = font["head"].modified = EPOCH
    font.recalcTimestamp = False


def say_both_sources(font: TTFont) -> None:
    """Add whose digits these are to the copyright line."""
    mine = font["name"].getDebugName(0)
    font["name"].setName(f"{mine} Digits: Copyright 2022 The Bricolage Grotesque Project Authors", 0, 3, 1, 0x409)


def write(font: TTFont, name: str) -> TTFont:
    """Write one face as ttf, and its two files of the web."""
    font.flavor = None
    font.save(HERE / f"{name}.ttf")
    print(f"{name}: ttf {(HERE / f'{name}.ttf').stat().st_size:,} bytes")
    write_for_the_web(name)
    return font


def write_for_the_web(name: str) -> None:
    """Write the letters that every page needs, and the others, from the ttf of a face."""
    frequent = OF_TITLES if name.startswith("Bricolage") else FREQUENT
    for part, letters in (("", frequent), ("-More", (LETTERS | set(STAND_INS)) - frequent)):
        font = TTFont(HERE / f"{name}.ttf", recalcTimestamp=False)
        keep(font, ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"], letters)
        round_kerning(font)
        font.flavor = "woff2"
        font.save(WEB / f"{name}{part}.woff2")
        write_version(WEB / f"{name}{part}.woff2")
        print(f"{name}{part}: woff2 {(WEB / f'{name}{part}.woff2').stat().st_size:,} bytes")


def write_version(file: Path) -> None:
    """Write the version of a file into its address in the style: browsers keep what they have for a year."""
    version = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    style = STYLE.read_text("utf-8")
    STYLE.write_text(re.sub(rf"{re.escape(file.name)}\?v=[0-9a-f]*", f"{file.name}?v={version}", style), "utf-8")


def round_kerning(font: TTFont) -> None:
    """Leave out the kerning that no screen shows, and round the rest."""
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for subtable in lookup.SubTable:
            pairs = getattr(subtable, "ExtSubTable", subtable)
            firsts = getattr(pairs, "Class1Record", None) or getattr(pairs, "PairSet", [])
            for first in firsts:
                for second in getattr(first, "Class2Record", None) or first.PairValueRecord:
                    value = second.Value1
                    if value is not None and hasattr(value, "XAdvance"):
                        seen = abs(value.XAdvance) >= KERNING_SEEN
                        value.XAdvance = KERNING_STEP * round(value.XAdvance / KERNING_STEP) if seen else 0


def write_letters(faces: list[TTFont]) -> None:
    """Write the code points that every face has, as ranges in hexadecimal."""
    common = sorted(set.intersection(*(set(face.getBestCmap()) for face in faces)))
    ranges: list[list[int]] = []
    for point in common:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    lines = [f"{first:04X}-{last:04X}" if first < last else f"{first:04X}" for first, last in ranges]
    (HERE / "letters.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"letters: {len(common)}")


if __name__ == "__main__":
    main()
