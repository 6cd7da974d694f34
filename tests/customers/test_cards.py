import pytest
from hypothesis import given
from hypothesis import strategies as st

from meloko.customers.cards import WrongCardNumber, card_words, damm_digit, read_card_number, with_check_digit

NUMBERS = st.integers(0, 9_999_999)


@given(NUMBERS, st.integers(0, 7), st.integers(1, 9))
def test_every_wrong_digit_is_found(number: int, place: int, off: int) -> None:
    card = with_check_digit(number)
    wrong = card[:place] + str((int(card[place]) + off) % 10) + card[place + 1 :]

    with pytest.raises(WrongCardNumber, match="pas le bon"):
        read_card_number(wrong)


@given(NUMBERS, st.integers(0, 6))
def test_every_swap_of_neighbours_is_found(number: int, place: int) -> None:
    card = with_check_digit(number)
    swapped = card[:place] + card[place + 1] + card[place] + card[place + 2 :]

    if swapped == card:
        assert read_card_number(swapped) == card
    else:
        with pytest.raises(WrongCardNumber):
            read_card_number(swapped)


@given(NUMBERS)
def test_a_card_is_read_as_it_is_printed(number: int) -> None:
    card = with_check_digit(number)

    assert read_card_number(card_words(card)) == card
    assert read_card_number(f" {card[:2]}.{card[2:5]}-{card[5:]} ") == card


def test_the_known_example_of_damm_holds() -> None:
    assert damm_digit("572") == "4"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "8 chiffres, sans lettre"),
        ("A0100014", "sans lettre"),
        ("٠٠١٠٠٠١٤", "sans lettre"),
        ("0010001", "Il manque un chiffre"),
        ("0010", "Il manque 4 chiffres"),
        ("001000144", "trop de chiffres"),
    ],
)
def test_what_is_no_card_number_is_refused_in_words(words: str, sentence: str) -> None:
    with pytest.raises(WrongCardNumber, match=sentence):
        read_card_number(words)


def test_a_number_too_long_for_a_card_is_not_made() -> None:
    with pytest.raises(ValueError, match="seven"):
        with_check_digit(10_000_000)
