"""Every sentence that customers read has its English, with the same blanks, and no page says anything past it."""

import re
from collections import Counter

import pytest

from meloko.languages import Language, translations
from tests.sentences import bare_words, customer_templates, sentences, untranslated

_BLANKS = re.compile(r"%\(\w+\)s|\{\w+\}")
# The names of the two languages, each in its own; names of institutions; what only machines read.
_MEANT = {
    "In English", "En français", "noindex", "www.defenseurdesdroits.fr", "www.cnil.fr/fr/plaintes",
    "EUR", "https://schema.org/", "OutOfStock",
}  # fmt: skip


def test_every_sentence_of_customers_has_its_english() -> None:
    assert [f"{each.where}: {each.words}" for each in untranslated()] == []


def test_a_translation_has_the_blanks_of_its_sentence() -> None:
    wrong = [
        entry.sentence
        for _, entry in translations(Language.ENGLISH)
        for said in entry.said[-1:]
        if set(_BLANKS.findall(said)) != set(_BLANKS.findall(entry.plural or entry.sentence))
    ]

    assert wrong == []


def test_no_sentence_is_translated_twice_or_for_nobody() -> None:
    written = Counter(entry.sentence for _, entry in translations(Language.ENGLISH))
    said = {each.words for each in sentences()}

    assert [sentence for sentence, count in written.items() if count > 1] == []
    assert [sentence for sentence in written if sentence not in said] == []


@pytest.mark.parametrize("name", customer_templates())
def test_a_page_says_nothing_past_its_translation(name: str) -> None:
    assert [words for words in bare_words(name) if words not in _MEANT] == []
