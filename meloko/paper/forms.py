"""The keying page as typed: kept word for word, and read as far as it has the right shape."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from meloko.clock import local, now
from meloko.customers.services import CustomerFacts
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Source
from meloko.paper.services import HOME, PaperFacts, PaperLine
from meloko.web.forms import moment_of, read_hundredths
from meloko.web.ids import is_id

ROWS = 12
MORE_ROWS = 6
MOST_ROWS = 200
LONGEST = 500
# Nobody keys older papers, and the calendar's arithmetic gives up before year 1 and after 9999.
_FIRST_YEAR, _LAST_YEAR = 2000, 2999


@dataclass(frozen=True, slots=True)
class TypedPerson:
    """A customer who has no card yet, as typed."""

    title: str = "Mme"
    last_name: str = ""
    first_name: str = ""
    address: str = ""
    postcode: str = ""
    commune: str = ""
    phone: str = ""
    email: str = ""

    @property
    def facts(self) -> CustomerFacts:
        """Return what is known of this person; she gets a paper form from now on."""
        return CustomerFacts(
            title=self.title,
            last_name=self.last_name,
            first_name=self.first_name,
            address=self.address,
            postcode=self.postcode,
            commune=self.commune,
            phone=self.phone,
            email=self.email,
            paper_form_wanted=True,
        )


@dataclass(frozen=True, slots=True)
class Typed:
    """Every field of the page, word for word: what the page shows again, whatever happens."""

    key: str
    customer: str = ""
    day: str = ""
    place: str = ""
    source: str = Source.PAPER.value
    received_day: str = ""
    received_hour: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    articles: str = ""
    total: str = ""
    note: str = ""
    confirmed: bool = False
    person: TypedPerson = field(default_factory=TypedPerson)


def fresh(*, customer: str = "", day: str = "") -> Typed:
    """Return an empty page with a key of its own: sending it twice is sending it once."""
    wall = local(now())
    return Typed(
        key=str(uuid.uuid4()),
        customer=customer,
        day=day,
        received_day=f"{wall:%Y-%m-%d}",
        received_hour=f"{wall:%H:%M}",
        lines=(("", ""),) * ROWS,
    )


def read(form: "MultiDict[str, str]") -> Typed:
    """Read the page as it was sent; a name chosen in the list wins over what was typed above it."""

    def text(name: str) -> str:
        return form.get(name, "").replace("\x00", "").strip()[:LONGEST]

    codes, quantities = form.getlist("code")[:MOST_ROWS], form.getlist("quantity")[:MOST_ROWS]
    rows = tuple((_short(code), _short(quantity)) for code, quantity in zip(codes, quantities, strict=False))
    person = TypedPerson(**{name: text(name) for name in TypedPerson.__dataclass_fields__})
    return Typed(
        key=text("key"),
        customer=text("chosen") or text("customer"),
        day=text("day"),
        place=text("place"),
        source=text("source"),
        received_day=text("received_day"),
        received_hour=text("received_hour"),
        lines=rows + (("", ""),) * (ROWS - len(rows)),
        articles=text("articles"),
        total=text("total"),
        note=text("note"),
        confirmed=bool(text("confirmed")),
        person=person,
    )


def longer(typed: Typed) -> Typed:
    """Return the page with more rows."""
    return replace(typed, lines=typed.lines + (("", ""),) * MORE_ROWS)


def shape(typed: Typed) -> PaperFacts:
    """Return what was typed as far as it can be read, with a sentence for each field that cannot."""
    errors: dict[str, str] = {}
    return PaperFacts(
        key=_key(typed.key),
        customer=typed.customer,
        day_id=int(typed.day) if _is_id(typed.day) else None,
        place=typed.place if typed.place == HOME or _is_id(typed.place) else "",
        source=Source.PHONE if typed.source == Source.PHONE else Source.PAPER,
        received_at=_received(typed, errors),
        lines=tuple(_line(code, quantity) for code, quantity in typed.lines),
        articles=_articles(typed.articles, errors),
        written_cents=_cents(typed.total, errors),
        confirmed=typed.confirmed,
        note=typed.note,
        # Filled while the fields above were read.
        unclear=errors,
    )


def error_ids(errors: Mapping[str, str]) -> dict[str, str]:
    """Return the errors in the order in which a person meets the fields on the page."""
    order = ("customer", "received_day", "received_hour", "day", "place", "last_name", "phone", "email")
    after = ("articles", "total", "confirmed")

    def rank(name: str) -> tuple[int, int, str]:
        if name in order:
            return (0, order.index(name), name)
        if name in after:
            return (2, after.index(name), name)
        return (1, int(name.partition("-")[2] or 0), name)

    return {name: errors[name] for name in sorted(errors, key=rank)}


def _short(words: str) -> str:
    return words.replace("\x00", "").strip()[:40]


def _is_id(words: str) -> bool:
    return words.isascii() and words.isdigit() and len(words) < 12 and is_id(int(words))


def _key(words: str) -> uuid.UUID:
    try:
        return uuid.UUID(words)
    except ValueError:
        # A page that was tampered with: it has no twin, so any key will do.
        return uuid.uuid4()


def _line(code: str, quantity: str) -> PaperLine:
    number = int(quantity) if quantity.isascii() and quantity.isdigit() and len(quantity) < 6 else 0
    sensible = number if 1 <= number <= MOST_OF_ONE_PRODUCT else None
    return PaperLine(code, sensible, touched=bool(code or quantity))


def _received(typed: Typed, errors: dict[str, str]) -> dt.datetime | None:
    if not typed.received_day and not typed.received_hour:
        return None
    try:
        day = dt.date.fromisoformat(typed.received_day)
    except ValueError:
        errors["received_day"] = "Écrivez le jour où ce bon a été reçu, par exemple 23/11/2026."
        return None
    try:
        hour = dt.time.fromisoformat(typed.received_hour)
    except ValueError:
        errors["received_hour"] = "Écrivez l’heure à laquelle ce bon a été reçu, par exemple 9:40."
        return None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        errors["received_day"] = "Ce jour-là ne peut pas être : relisez l’année."
        return None
    try:
        moment = moment_of(day, hour.replace(tzinfo=None))
    except ValidationError as error:
        errors["received_hour"] = str(error)
        return None
    if moment > now() + dt.timedelta(minutes=1):
        errors["received_day"] = "Ce bon ne peut pas avoir été reçu demain : relisez le jour et l’heure."
        return None
    return moment


def _articles(words: str, errors: dict[str, str]) -> int | None:
    if not words:
        return None
    if words.isascii() and words.isdigit() and len(words) < 7:
        return int(words)
    errors["articles"] = "Écrivez le nombre d’articles en chiffres."
    return None


def _cents(words: str, errors: dict[str, str]) -> int | None:
    if not words:
        return None
    try:
        return read_hundredths(words)
    except ValueError:
        errors["total"] = "Écrivez le total comme sur le bon, par exemple 31,90."
        return None
