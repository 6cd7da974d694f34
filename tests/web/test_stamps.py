"""The sheet of stamps is the stamps: each is found under its name, and an unknown one is the basket."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHEET = ROOT / "meloko/static/stamps.svg"


def test_the_sheet_is_made_from_the_stamps_as_they_are() -> None:
    made = runpy.run_path(str(ROOT / "templates/stamps/make_sheet.py"))["sheet"]()

    assert SHEET.read_text("utf-8") == made, "run python templates/stamps/make_sheet.py"


def test_every_stamp_is_a_view_of_its_own_with_all_its_strokes() -> None:
    sheet = SHEET.read_text("utf-8")
    views = dict(re.findall(r'<view id="([^"]*)" viewBox="([^"]*)"/>', sheet))
    stamps = {path.stem: path.read_text("utf-8") for path in (ROOT / "templates/stamps").glob("*.svg")}

    assert set(views) == set(stamps)
    assert len(set(views.values())) == len(stamps)
    strokes = re.compile(r'\bd="([^"]*)"')
    assert sorted(strokes.findall(sheet)) == sorted(d for stamp in stamps.values() for d in strokes.findall(stamp))
    # What is shown when the name is unknown.
    assert f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{views["panier"]}">' in sheet
