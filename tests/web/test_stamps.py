"""The sheet of stamps is the stamps: each is found under its name, and an unknown one is the basket."""

import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
SHEET = ROOT / "meloko/static/stamps.svg"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_sheet_is_made_from_the_stamps_as_they_are() -> None:
    made = runpy.run_path(str(ROOT / "templates/stamps/make_sheet.py"))["sheet"]()

    assert SHEET.read_text("utf-8") == made, "run python templates/stamps/make_sheet.py"


def test_every_stamp_is_a_view_of_its_own_with_all_its_strokes() -> None:
    root = ElementTree.fromstring(SHEET.read_text("utf-8"))
    views = {view.attrib["id"]: view.attrib["viewBox"] for view in root.iter(f"{SVG}view")}
    stamps = {path.stem: path.read_text("utf-8") for path in (ROOT / "templates/stamps").glob("*.svg")}

    assert set(views) == set(stamps)
    assert len(set(views.values())) == len(stamps)
    drawn = sorted(path.attrib["d"] for path in root.iter(f"{SVG}path"))
    assert drawn == sorted(d for stamp in stamps.values() for d in re.findall(r'\bd="([^"]*)"', stamp))
    # What is shown when the name is unknown.
    assert root.attrib["viewBox"] == views["panier"]
