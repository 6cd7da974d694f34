"""Letters as papers: each on its own page, to go with a round or to be posted."""

import datetime as dt

from sqlmodel import Session

from meloko.accounts.services import organisation
from meloko.clock import local
from meloko.documents import print_paper
from meloko.notices.carrying import take_letters
from meloko.notices.models import Notice
from meloko.wording import day_words


def print_letters(session: Session, ids: frozenset[int], printed_at: dt.datetime, *, by: int) -> bytes:
    """Print letters that wait; they count as done."""
    letters = take_letters(session, ids, by=by)
    house = organisation(session)
    data = {
        "title": "Lettres",
        "organisation": house.name,
        "address": house.address,
        "reached": [words for words in (house.phone, house.email) if words],
        "date": day_words(local(printed_at).date(), year=True),
        "letters": [_letter(letter) for letter in letters],
    }
    return print_paper("letters", data, printed_at)


def _letter(letter: Notice) -> dict[str, object]:
    name, _, address = letter.recipient.partition(", ")
    # The last comma stands between the street and the commune.
    street, _, commune = address.rpartition(", ")
    way = f"part avec la tournée du {day_words(letter.carried_on)}, {letter.carried_to}" if letter.carried_on else ""
    return {
        "to": [words for words in (name, street, commune) if words],
        "subject": letter.subject,
        "lines": letter.body.split("\n"),
        "way": way or "à poster",
    }
