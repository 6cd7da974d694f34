"""Sentences in the language of who reads them: found, counted, and French where nobody has translated them."""

import datetime as dt

import pytest

from meloko.languages import UnreadableTranslations, read_translations, say_many, speaking, spoken, translated_many
from meloko.wording import day_words, euros, hour_words, hours_between

_FILE = """
# A note of the translator's.
msgid "Il manque {what}."
msgstr ""
"There is no "
"{what}."

msgid "un jour"
msgid_plural "{count} jours"
msgstr[0] "one \\"day\\""
msgstr[1] "{count} days"
"""


def test_a_translators_file_is_read_as_gettext_writes_it() -> None:
    one, many = read_translations(_FILE)

    assert (one.sentence, one.said) == ("Il manque {what}.", ["There is no {what}."])
    assert (many.plural, many.said) == ("{count} jours", ['one "day"', "{count} days"])


@pytest.mark.parametrize("words", ['msgid "a', "msgid a", 'msgfoo "a"', '"a"', "msgid 3"])
def test_a_broken_line_of_a_translators_file_is_named(words: str) -> None:
    with pytest.raises(UnreadableTranslations, match="line 2"):
        read_translations("\n" + words)


def test_what_has_no_translation_is_said_in_french() -> None:
    with speaking("en"):
        assert say_many("un zébulon", "{count} zébulons", 3) == "3 zébulons"


def test_french_counts_nothing_as_one_and_english_does_not() -> None:
    assert translated_many("produit", "produits", 0) == "produit"
    with speaking("en"):
        assert translated_many("produit", "produits", 0) == "products"
        assert translated_many("produit", "produits", 1) == "product"


def test_a_language_ends_with_what_is_said_in_it_and_an_unknown_one_is_french() -> None:
    with speaking("en"):
        with speaking("tlh"):
            assert spoken() == "fr"
        assert spoken() == "en"
    assert spoken() == "fr"


def test_days_hours_and_sums_are_said_in_both_languages() -> None:
    day = dt.date(2026, 12, 1)
    french = (day_words(day, year=True), hour_words(58_500), hours_between(57_600, 68_400), euros(-123_450))
    with speaking("en"):
        english = (day_words(day, year=True), hour_words(58_500), hours_between(57_600, 68_400), euros(-123_450))

    assert french == ("mardi 1er décembre 2026", "16 h 15", "de 16 h à 19 h", "-1 234,50 €")
    assert english == ("Tuesday 1 December 2026", "16:15", "from 16:00 to 19:00", "-€1,234.50")
