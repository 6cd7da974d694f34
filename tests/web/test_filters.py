import datetime as dt

import pytest
from markupsafe import Markup

from meloko.web.filters import (
    capital,
    counted,
    day_words,
    euros,
    fr,
    goods_words,
    grams_words,
    hour_words,
    moment_short,
    moment_words,
    phone_words,
    span_words,
)

HARD = "\u00a0"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Comme d'habitude ?", "Comme d’habitude_?"),
        ("À commander : mardi ; merci !", "À commander_: mardi_; merci_!"),
        ("« hiver »", "«_hiver_»"),
        ("de 16 h 30 à 19 h", "de 16_h_30 à 19_h"),
        ("à 900 m, 5 km ou 2 kg", "à 900_m, 5_km ou 2_kg"),
        ("12,45 € ou 20 %", "12,45_€ ou 20_%"),
        ("1 234,50 €", "1_234,50_€"),
        ("n° 12, le 26 novembre", "n°_12, le 26_novembre"),
        ("Mme Legrand, 3 rue du Moulin", "Mme_Legrand, 3 rue du Moulin"),
        ("03 53 01 24 60", "03_53_01_24_60"),
        ("16\u202fh", "16_h"),
        ("http://exemple", "http://exemple"),
    ],
)
def test_french_spaces_do_not_break(typed: str, printed: str) -> None:
    assert fr(typed) == printed.replace("_", HARD)


def test_tags_and_what_a_person_typed_keep_their_spaces() -> None:
    page = Markup('<p title="a : b">l&#39;eau : 1 €</p><textarea name="note">sonner : 2 fois</textarea>')

    assert fr(page) == (f'<p title="a : b">l’eau{HARD}: 1{HARD}€</p><textarea name="note">sonner : 2 fois</textarea>')
    assert isinstance(fr(page), Markup)


def test_setting_spaces_does_not_let_raw_markup_through() -> None:
    assert not isinstance(fr("<b>"), Markup)


@pytest.mark.parametrize(
    ("cents", "words"), [(0, "0,00_€"), (5, "0,05_€"), (1245, "12,45_€"), (123450, "1_234,50_€"), (-250, "-2,50_€")]
)
def test_sums_are_written_in_euros(cents: int, words: str) -> None:
    assert euros(cents) == words.replace("_", HARD)


def test_a_day_is_said_in_words_and_the_first_is_premier() -> None:
    assert day_words(dt.date(2026, 11, 26)) == f"jeudi 26{HARD}novembre"
    assert day_words(dt.date(2026, 12, 1), year=True) == f"mardi 1er{HARD}décembre 2026"


def test_hours_are_those_of_the_wall_clock_of_paris() -> None:
    cut_off = dt.datetime(2026, 11, 24, 19, 0, tzinfo=dt.UTC)

    assert hour_words(cut_off) == f"20{HARD}h"
    assert moment_words(cut_off) == f"mardi 24{HARD}novembre, 20{HARD}h"
    assert moment_short(cut_off) == f"24/11, 20{HARD}h"
    assert span_words(dt.time(15, 30), dt.time(19)) == f"de 15{HARD}h{HARD}30 à 19{HARD}h"


def test_a_moment_after_midnight_in_paris_belongs_to_the_next_day() -> None:
    assert day_words(dt.datetime(2026, 7, 14, 22, 30, tzinfo=dt.UTC)) == f"mercredi 15{HARD}juillet"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("0353012460", "03 53 01 24 60"), ("+33353012460", "03 53 01 24 60"), ("+32 56 00 00 00", "+32 56 00 00 00")],
)
def test_telephone_numbers_are_read_by_twos(typed: str, shown: str) -> None:
    assert phone_words(typed).replace(HARD, " ") == shown


@pytest.mark.parametrize(
    ("quantity", "unit", "name", "words"),
    [
        (3, "la bouteille de 1 l", "Lait entier cru, bouteille verre 1 l", "bouteilles de 1 l de lait entier cru"),
        (1, "la boîte de 6", "Œufs plein air, boîte de 6", "boîte de 6 œufs plein air"),
        (2, "le plateau de 30", "Œufs plein air, plateau de 30", "plateaux de 30 œufs plein air"),
        (2, "le bocal de 75 cl", "Soupe de potimarron, bocal 75 cl", "bocaux de 75 cl de soupe de potimarron"),
        (1, "le filet de 2 kg", "Oignons jaunes, filet 2 kg", "filet de 2 kg d’oignons jaunes"),
        (2, "le panier de 7 kg environ", "Panier de légumes « famille »", "paniers de légumes « famille »"),
        (1, "le paquet de 10, 280 g", "Gaufres fines, par 10", "paquet de 10 gaufres fines"),
        (2, "le kilo", "Carottes de sable", "kilos de carottes de sable"),
        (1, "la pièce", "Chou-fleur", "chou-fleur"),
        (2, "la pièce", "Chou-fleur", "× chou-fleur"),
        (2, "les 4 pots de 125 g", "Yaourts nature, 4 pots verre", "× yaourts nature"),
        (2, "le colis de 3 kg", "Colis surgelé « hiver » 3 kg", "colis surgelé « hiver » 3 kg"),
    ],
)
def test_what_was_asked_reads_as_a_sentence(quantity: int, unit: str, name: str, words: str) -> None:
    assert goods_words(quantity, unit, name) == words


def test_goods_sold_by_weight_are_asked_by_the_piece() -> None:
    assert goods_words(2, "le kilo", "Poulet fermier entier", weighed=True) == "× poulet fermier entier"


def test_weights_and_counts_are_said_shortly() -> None:
    assert (grams_words(800), grams_words(1800), grams_words(2000)) == (f"800{HARD}g", f"1,8{HARD}kg", f"2{HARD}kg")
    assert (counted(1, "produit"), counted(6, "produit"), counted(2, "colis", "colis")) == (
        f"1{HARD}produit", f"6{HARD}produits", f"2{HARD}colis",
    )  # fmt: skip
    assert capital("jeudi 26 novembre") == "Jeudi 26 novembre"
