"""What a customer says of a standing order."""

import datetime as dt
import enum
import re
from dataclasses import dataclass, field
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from meloko.errors import Refusal
from meloko.languages import say
from meloko.orders.choosing import whole_number
from meloko.orders.models import Substitution
from meloko.standing_orders.editing import Wanted
from meloko.standing_orders.repeating import OnHoliday, Rhythm
from meloko.web.forms import clean
from meloko.web.ids import an_id

W = TypeVar("W", bound=enum.StrEnum)

_NOTE = 300
_DATE = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")


@dataclass(slots=True)
class StandingForm:
    """The page of a standing order as it was sent: what was typed stays, what is wrong is said."""

    typed: MultiDict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def wanted(self) -> Wanted | None:
        """Return what is wanted, or None with all that is wrong in `errors`."""
        quantities = self._quantities()
        first_day = self.day("first_day")
        place = self.typed.get("place", "")
        home = place.startswith("home-")
        place_id = _number(place.removeprefix("home-"))
        if not place_id:
            self.errors["place"] = say("Choisissez l’un des lieux proposés.")
        if self.errors or first_day is None:
            return None
        return Wanted(
            quantities=quantities,
            rhythm=_one(Rhythm, self.typed.get("rhythm", ""), Rhythm.WEEKLY),
            weekdays=frozenset(int(each) for each in self.typed.getlist("weekdays") if each in "0123456" and each),
            first_day=first_day,
            relay_point_id=None if home else place_id,
            zone_id=place_id if home else 0,
            recipient_id=_number(self.typed.get("recipient", "")) or None,
            on_holiday=_one(OnHoliday, self.typed.get("on_holiday", ""), OnHoliday.MOVE),
            substitution=_one(Substitution, self.typed.get("substitution", ""), Substitution.REMOVE),
            note=str(clean(self.typed.get("note", "")))[:_NOTE],
            adult_declared=self.typed.get("adult") == "1",
        )

    def day(self, name: str) -> dt.date | None:
        """Read a day as a browser sends it or as a person writes it, or say what is wrong with it."""
        words = str(clean(self.typed.get(name, "")))[:20]
        french = _DATE.fullmatch(words)
        try:
            if french:
                return dt.date(int(french[3]), int(french[2]), int(french[1]))
            return dt.date.fromisoformat(words)
        except ValueError:
            self.errors[name] = say("Écrivez une date, par exemple 26/11/2026.")
            return None

    def _quantities(self) -> dict[int, int]:
        quantities = {}
        for name, words in self.typed.items():
            product_id = _number(name.removeprefix("q-")) if name.startswith("q-") else 0
            if not product_id:
                continue
            try:
                number = whole_number(str(clean(words)) or "0")
            except Refusal as refusal:
                self.errors[name] = refusal.sentence
                continue
            if number:
                quantities[product_id] = number
        return quantities


def _one(kind: type[W], word: str, otherwise: W) -> W:
    return kind(word) if word in list(kind) else otherwise


def _number(words: str) -> int:
    try:
        return an_id(words)
    except ValueError:
        return 0
