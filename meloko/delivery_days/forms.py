"""What staff type about delivery days and closures."""

import datetime as dt
from typing import Any

from wtforms import BooleanField, DateField, TimeField
from wtforms.validators import DataRequired, ValidationError

from meloko.clock import local, now, today
from meloko.delivery_days.changing import ClosureDraft
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.opening import DayDraft
from meloko.web.forms import Choice, MelokoForm, moment_of, number, text

_DAY = "Écrivez un jour, par exemple 26/11/2026."
_HOUR = "Écrivez une heure, par exemple 20:00."


def _of_our_time(form: object, field: DateField) -> None:
    # Beyond this the calendar's arithmetic gives up.
    if field.data is not None and not 2000 <= field.data.year <= 2100:
        raise ValidationError("L’année ne peut pas être la bonne. Relisez le jour.")


class Day(DateField):
    """A day, whose refusal is a sentence."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, validators=[DataRequired(_DAY), _of_our_time], **options)

    @property
    def said(self) -> dt.date:
        """Return the day, once it is well formed."""
        if self.data is None:
            raise ValueError(self.name)
        return self.data


class Hour(TimeField):
    """An hour of the wall clock, whose refusal is a sentence."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, format=["%H:%M", "%H:%M:%S"], validators=[DataRequired(_HOUR)], **options)

    @property
    def said(self) -> dt.time:
        """Return the hour, once it is well formed."""
        if self.data is None:
            raise ValueError(self.name)
        return self.data


class CutOffForm(MelokoForm):
    """When the orders of a day close."""

    cut_off_day = Day("Clôture, le")
    cut_off_hour = Hour("à")

    @classmethod
    def of(cls, day: DeliveryDay) -> "CutOffForm":
        """Make the form of a day as it is."""
        wall = local(day.cut_off_at)
        return cls(cut_off_day=wall.date(), cut_off_hour=wall.time())

    def moment(self) -> dt.datetime:
        """Return the cut-off; raises ValidationError in the night of the change of clocks."""
        return moment_of(self.cut_off_day.said, self.cut_off_hour.said)


class DayForm(CutOffForm):
    """One new delivery day."""

    date = Day("Livraison, le")
    zone_id = Choice("Secteur")
    opens_day = Day("Ouverture, le")
    opens_hour = Hour("à")
    grace_minutes = number("Grâce, en minutes", 0, 60, "Écrivez un nombre de minutes, de 0 à 60.")
    homes_from = Hour("À domicile, de")
    homes_until = Hour("à")
    homes_served = BooleanField("Livré aussi à domicile")

    @classmethod
    def fresh(cls) -> "DayForm":
        """Make the form of the next likely day."""
        date = today() + dt.timedelta(days=7)
        return cls(
            date=date,
            opens_day=today(),
            opens_hour=local(now()).time().replace(second=0, microsecond=0),
            cut_off_day=date - dt.timedelta(days=2),
            cut_off_hour=dt.time(20),
            grace_minutes="10",
            homes_from=dt.time(9),
            homes_until=dt.time(13),
            homes_served=True,
        )

    def draft(self, relay_point_ids: tuple[int, ...]) -> DayDraft:
        """Return what was typed, once it is well formed; raises ValidationError for an hour that is not one."""
        return DayDraft(
            date=self.date.said,
            zone_id=self.zone_id.id_chosen or 0,
            opens_at=moment_of(self.opens_day.said, self.opens_hour.said),
            cut_off_at=self.moment(),
            relay_point_ids=relay_point_ids,
            homes_served=self.homes_served.data,
            homes_from=self.homes_from.said,
            homes_until=self.homes_until.said,
            grace_minutes=int(self.grace_minutes.said),
        )


class ClosureForm(MelokoForm):
    """The days on which a relay point is closed."""

    first_day = Day("Du")
    last_day = Day("au")
    reason = text("Pourquoi", 120)
    confirmed = BooleanField("Les clients sont prévenus : fermer quand même")

    def draft(self, relay_point_id: int) -> ClosureDraft:
        """Return what was typed, once it is well formed."""
        return ClosureDraft(
            relay_point_id, self.first_day.said, self.last_day.said, self.reason.said, self.confirmed.data
        )
