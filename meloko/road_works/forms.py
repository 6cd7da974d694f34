"""What staff type about a closed street."""

import datetime as dt

from wtforms import DateField
from wtforms.validators import DataRequired, ValidationError

from meloko.clock import today
from meloko.road_works.services import StreetToClose
from meloko.web.forms import MelokoForm, text

_DAY = "Écrivez un jour, par exemple 26/11/2026."


def _of_our_time(form: object, field: DateField) -> None:
    if field.data is not None and not 2000 <= field.data.year <= 2100:
        raise ValidationError("L’année ne peut pas être la bonne. Relisez le jour.")


class StreetForm(MelokoForm):
    """The days on which a street is closed, and why."""

    first_day = DateField("Du", validators=[DataRequired(_DAY), _of_our_time])
    last_day = DateField("au", validators=[DataRequired(_DAY), _of_our_time])
    reason = text("Pourquoi", 120)

    @classmethod
    def fresh(cls) -> "StreetForm":
        """Make the form of a closure that begins today."""
        return cls(first_day=today(), last_day=today())

    def wanted(self, street_id: int) -> StreetToClose:
        """Return what was typed, once it is well formed."""
        first, last = self.first_day.data, self.last_day.data
        if not isinstance(first, dt.date) or not isinstance(last, dt.date):
            raise ValueError("the form was not validated")
        return StreetToClose(street_id, first, last, self.reason.said)
