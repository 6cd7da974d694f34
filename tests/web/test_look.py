"""The tokens are readable, the drawings are light, every product has one, no page needs what the policy forbids."""

import csv
import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CSS = (ROOT / "meloko/static/css/meloko.css").read_text("utf-8")
TOKENS = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", CSS))
STAMPS = sorted((ROOT / "templates/stamps").glob("*.svg"))

# (words, ground) of every pair that is read; AAA wants 7.
GROUNDS = ("white", "paper")
READ = [
    *[(words, ground) for words in ("ink", "ink-2", "leaf", "leaf-d", "brick", "chic") for ground in GROUNDS],
    ("ink", "leaf-s"), ("ink", "honey"), ("ink", "honey-s"), ("amber", "honey-s"), ("leaf-d", "leaf-s"),
    ("brick", "brick-s"), ("chic", "chic-s"), ("white", "leaf"), ("white", "leaf-d"), ("honey", "leaf-d"),
    ("white", "chic"), ("white", "brick"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    shares = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(TOKENS[one]), luminance(TOKENS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("words", "ground"), READ)
def test_words_are_read_at_seven_to_one(words: str, ground: str) -> None:
    assert contrast(words, ground) >= 7


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_border_of_what_can_be_pressed_is_seen(ground: str) -> None:
    assert contrast("edge", ground) >= 3


@pytest.mark.parametrize("stamp", STAMPS, ids=lambda path: path.stem)
def test_a_stamp_is_light_and_needs_no_style(stamp: Path) -> None:
    drawing = stamp.read_text("utf-8")

    assert len(drawing.encode()) <= 850
    assert 'aria-hidden="true"' in drawing
    assert "style=" not in drawing
    assert "<script" not in drawing


def test_every_product_of_the_demo_has_a_stamp_of_its_kind() -> None:
    with (ROOT / "demo/catalogue.csv").open(encoding="utf-8") as file:
        wanted = {row["stamp"] for row in csv.DictReader(file)}

    assert wanted <= {path.stem for path in STAMPS}


def test_no_template_carries_a_style_or_a_script_of_its_own() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        page = path.read_text("utf-8")
        assert not re.search(r"""\sstyle=|\son[a-z]+=["']|javascript:""", page), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page)), path


def test_a_face_changes_its_address_with_its_content() -> None:
    faces = re.findall(r'url\("\.\./fonts/([^"?]+)([^"]*)"\)', CSS)

    assert {name for name, _ in faces} == {path.name for path in (ROOT / "meloko/static/fonts").iterdir()}
    for name, version in faces:
        content = (ROOT / "meloko/static/fonts" / name).read_bytes()
        assert version == f"?v={hashlib.sha256(content).hexdigest()[:8]}", name


def test_what_browsers_keep_for_a_year_is_asked_for_by_its_version() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        page = path.read_text("utf-8")
        assert not re.search(r"""/static/|url_for\(.static.""", page), path


def test_the_script_and_the_style_stay_within_their_weight() -> None:
    assert (ROOT / "meloko/static/js/meloko.js").stat().st_size <= 8_000
    assert len(CSS) <= 32_000
