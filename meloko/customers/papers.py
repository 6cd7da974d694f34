"""The sheet of ten codes as a paper, handed over or posted to a customer."""

import datetime as dt

from sqlmodel import Session

from meloko.accounts.services import organisation
from meloko.accounts.sheets import make_sheet
from meloko.clock import local
from meloko.customers.cards import card_words
from meloko.customers.services import find_customer
from meloko.customers.sign_in import user_of
from meloko.documents import print_paper
from meloko.wording import day_words


def print_code_sheet(
    session: Session, customer_id: int, secret: str, address: str, printed_at: dt.datetime, *, by: int
) -> bytes:
    """Make ten new codes for a customer and print them; the sheet she had serves no more."""
    customer = find_customer(session, customer_id)
    codes = make_sheet(session, user_of(session, customer), customer.card_number, secret, by=by)
    house = organisation(session)
    data = {
        "title": "Vos dix codes pour vous connecter",
        "name": customer.full_name,
        "card": card_words(customer.card_number),
        "codes": [by_twos(code) for code in codes],
        "address": address,
        "organisation": house.name,
        "phone": house.phone,
        "printed": f"feuille du {day_words(local(printed_at).date(), year=True)}",
    }
    return print_paper("code_sheet", data, printed_at)


def by_twos(code: str) -> str:
    """Write a code like a telephone number: "12 34 56 78 90"."""
    return " ".join(code[place : place + 2] for place in range(0, len(code), 2))
