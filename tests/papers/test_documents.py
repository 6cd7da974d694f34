import datetime as dt

import pytest
from fontTools.ttLib import TTFont

from meloko import documents
from meloko.documents import FONTS, PaperNotPrinted, print_paper, printable, printable_text
from tests.papers.sheets import PRINTED_AT


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Łukasz Şahin, œuf à 12,45 €", "Łukasz Şahin, œuf à 12,45 €"),
        ("Nguyễn", "Nguyen"),
        ("e\u0301te\u0301", "été"),
        ("☐ fait → ici", "[ ] fait -> ici"),
        ("ﬁn n№5", "fin nNo5"),
        ("محمد", "?"),
        ("a👨‍👩‍👧b", "a?b"),
        ("a\u0000b\tc\u2003d\u200be", "ab c de"),
        ("une\nligne", "une\nligne"),
        ("\ud800", "?"),
    ],
)
def test_letters_that_the_faces_lack_are_replaced(written: str, printed: str) -> None:
    assert printable_text(written) == printed


def test_texts_are_replaced_wherever_they_stand() -> None:
    assert printable({"a": ["☐", {"b": "☐"}], "n": 3, "o": None}) == {"a": ["[ ]", {"b": "[ ]"}], "n": 3, "o": None}


def test_the_list_of_letters_is_what_every_face_has() -> None:
    faces = [set(TTFont(path).getBestCmap()) for path in sorted(FONTS.glob("*.ttf"))]
    assert len(faces) == 3

    listed = {point for point in range(0x110000) if documents._foreign().search(chr(point)) is None} - {ord("\n")}
    assert listed == set.intersection(*faces)
    assert {ord(letter) for letter in "éèçœŒÀ«»’–…€°łğİșž0123456789\u00a0\u202f"} <= listed


def test_a_paper_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(PaperNotPrinted, match="n’a pas pu être imprimé") as refused:
        print_paper("papyrus", {}, PRINTED_AT)

    assert refused.value.paper == "papyrus"


def test_a_template_that_finds_no_data_is_refused_with_its_reason() -> None:
    with pytest.raises(PaperNotPrinted) as refused:
        print_paper("papers", {}, PRINTED_AT)

    assert "dictionary does not contain key" in refused.value.reason


def test_data_that_are_not_json_are_refused() -> None:
    with pytest.raises(PaperNotPrinted) as refused:
        print_paper("papers", {"day": dt.date(2026, 11, 26)}, PRINTED_AT)

    assert "not JSON" in refused.value.reason


def test_a_warning_of_typst_is_an_error(tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "PAPERS", tmp_path)
    template = documents.PAPERS / "odd.typ"
    template.write_text('#set document(title: "x")\n#set text(font: "Nowhere Sans", lang: "fr")\nx\n')

    with pytest.raises(PaperNotPrinted) as refused:
        print_paper("odd", {}, PRINTED_AT)

    assert "nowhere sans" in refused.value.reason


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        print_paper("papers", {}, dt.datetime(2026, 11, 26, 5, 12))  # noqa: DTZ001
