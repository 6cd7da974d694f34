import pytest

from meloko.customers.services import WrongPhone, read_phone


@pytest.mark.parametrize("typed", ["03.53.01.24.60", "0353012460", "+33 3 53 01 24 60", " 03 53 01  24-60 "])
def test_a_telephone_may_be_typed_with_dots_spaces_or_its_country(typed: str) -> None:
    assert read_phone(typed) == "03 53 01 24 60"


def test_a_telephone_of_another_country_keeps_it() -> None:
    assert read_phone("+32 56 33 44 55") == "+32 56 33 44 55"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("03 53 01 88 7", "Il manque un chiffre : vous avez écrit 9 chiffres sur 10."),
        ("03 53 01 88 700", "Un numéro de téléphone a 10 chiffres : vous en avez écrit 11."),
        ("12", "Un numéro de téléphone a 10 chiffres : vous en avez écrit 2."),
        ("chez ma fille", "Écrivez un numéro de téléphone à 10 chiffres, par exemple 03 53 01 24 60."),
    ],
)
def test_a_wrong_telephone_says_what_is_missing(typed: str, sentence: str) -> None:
    with pytest.raises(WrongPhone) as refusal:
        read_phone(typed)

    assert refusal.value.sentence == sentence
