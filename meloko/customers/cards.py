"""Card numbers: seven digits and a check digit, which finds every wrong digit and every swap of neighbours.

The check digit is Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004).
"""

from meloko.errors import Refusal

_TABLE = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip

CARD_DIGITS = 8


class WrongCardNumber(Refusal):
    """A card number that has a wrong digit, or not enough of them."""

    status = 422
    field = "card_number"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


def damm_digit(digits: str) -> str:
    """Return the check digit of a row of digits."""
    at = 0
    for digit in digits:
        at = int(_TABLE[at][int(digit)])
    return str(at)


def with_check_digit(number: int) -> str:
    """Make the card number of a customer from a number of at most seven digits."""
    digits = f"{number:07d}"
    if len(digits) != CARD_DIGITS - 1:
        raise ValueError("a card has seven digits before its check digit")
    return digits + damm_digit(digits)


def read_card_number(words: str) -> str:
    """Read a card number as typed, with spaces or dots, or refuse in words."""
    digits = "".join(sign for sign in words if sign.isascii() and sign.isdigit())
    odd = [
        sign for sign in words if not sign.isspace() and sign not in ".-" and not (sign.isascii() and sign.isdigit())
    ]
    if odd or not digits:
        raise WrongCardNumber("Le numéro de carte est fait de 8 chiffres, sans lettre.")
    if len(digits) < CARD_DIGITS:
        missing = CARD_DIGITS - len(digits)
        what = "Il manque un chiffre" if missing == 1 else f"Il manque {missing} chiffres"
        raise WrongCardNumber(f"{what} : vous avez écrit {len(digits)} chiffres sur {CARD_DIGITS}.")
    if len(digits) > CARD_DIGITS:
        raise WrongCardNumber(f"Il y a trop de chiffres : vous en avez écrit {len(digits)} au lieu de {CARD_DIGITS}.")
    if damm_digit(digits) != "0":
        raise WrongCardNumber("Un chiffre de ce numéro de carte n’est pas le bon. Relisez-le sur la carte.")
    return digits


def card_words(card_number: str) -> str:
    """Write a card number as it is printed: "0010 001 4"."""
    return f"{card_number[:4]} {card_number[4:7]} {card_number[7:]}"
