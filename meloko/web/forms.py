"""The base of every form: French messages, CSRF, nothing typed ever lost."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField
from wtforms.validators import Optional, StopValidation, ValidationError

from meloko.clock import from_local
from meloko.errors import Refusal
from meloko.languages import say
from meloko.web.ids import an_id

_DECIMAL = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")


def clean(words: object) -> object:
    """Drop what no text column may hold and the spaces around."""
    return words.replace("\x00", "").strip() if isinstance(words, str) else words


class MelokoForm(FlaskForm):  # type: ignore[misc]
    """A form in French whose texts are cleaned before anything looks at them."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How wtforms binds the fields of our forms."""

        locales = ("fr_FR", "fr")

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Give every text field the cleaning filter."""
            if issubclass(unbound_field.field_class, StringField):
                filters = [*unbound_field.kwargs.get("filters", ()), clean]
                return unbound_field.bind(form=form, **{**options, "filters": filters})
            return unbound_field.bind(form=form, **options)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Return (id of the field, sentence) for the summary on top of the page."""
        return [(field.id, str(field.errors[0])) for field in self if field.errors and isinstance(field.errors[0], str)]

    def blame(self, refusal: Refusal, otherwise: str) -> dict[str, str]:
        """Show a refusal at the field it is about, or at another; return the problems for the summary."""
        field = self[refusal.field if refusal.field and refusal.field in self else otherwise]
        field.errors = [refusal.sentence]
        return dict(self.problems)


class WholeNumber:
    """A validator: a whole number of a sensible size, said in words when it is not."""

    def __init__(self, least: int, most: int, sentence: str) -> None:
        self.least, self.most, self.sentence = least, most, sentence

    def __call__(self, form: MelokoForm, field: Field) -> None:
        """Refuse what is no whole number between both bounds."""
        words = str(field.data or "").strip()
        if not words.lstrip("-").isascii() or not words.lstrip("-").isdigit() or len(words) > 12:
            raise ValidationError(self.sentence)
        if not self.least <= int(words) <= self.most:
            raise ValidationError(self.sentence)


def read_hundredths(words: str) -> int:
    """Read "31,90", "31.9 €" or "31" as hundredths: cents of a sum, hundredths of a crate; raises ValueError."""
    plain = words.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").removesuffix("€").replace(",", ".")
    if _DECIMAL.fullmatch(plain) is None:
        raise ValueError(words)
    whole, _, rest = plain.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


class Hundredths:
    """A validator: a sum or a share of a crate, with two digits after the comma at most."""

    def __init__(self, least: int, most: int, sentence: str) -> None:
        self.least, self.most, self.sentence = least, most, sentence

    def __call__(self, form: MelokoForm, field: Field) -> None:
        """Refuse what is no such number between both bounds, in hundredths."""
        try:
            hundredths = read_hundredths(str(field.data or ""))
        except ValueError:
            raise ValidationError(self.sentence) from None
        if not self.least <= hundredths <= self.most:
            raise ValidationError(self.sentence)


def moment_of(day: dt.date, hour: dt.time) -> dt.datetime:
    """Turn a day and an hour typed by a person into a moment, or refuse in words."""
    try:
        return from_local(day, hour)
    except ValueError:
        raise ValidationError(
            "Cette nuit-là, on change d’heure : choisissez une heure avant 2 h ou après 3 h."
        ) from None


class Choice(SelectField):
    """A list to choose from, whose refusal is a sentence; ids and words are compared as they are shown."""

    def __init__(self, label: str, choices: Iterable[tuple[object, str]] = (), **options: Any) -> None:
        super().__init__(label, choices={}, coerce=str, **options)
        self.offered: dict[str, str] = {}
        self.offer(choices)

    def offer(self, choices: Iterable[tuple[object, str]]) -> None:
        """Say what there is to choose from: values and their words."""
        self.offered = {str(value): words for value, words in choices}
        self.choices = self.offered

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not in the list."""
        if str(self.data) not in self.offered:
            raise ValidationError("Choisissez dans la liste.")

    @property
    def id_chosen(self) -> int | None:
        """Return the id that was chosen, or None for the first line of the list."""
        return an_id(self.data) if self.data else None


class Words(StringField):
    """A field of words: `said` is what was typed, empty when nothing was."""

    @property
    def said(self) -> str:
        """Return what was typed."""
        return (self.data or "").strip()


class Needed:
    """A validator: something must be written; its sentence is said in the language of the page."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __call__(self, form: MelokoForm, field: Field) -> None:
        """Refuse an empty field."""
        if not str(field.data or "").strip():
            raise StopValidation(say(self.sentence))


class AtMost:
    """A validator: no more signs than the column holds."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, form: MelokoForm, field: Field) -> None:
        """Refuse what is longer."""
        if len(field.data or "") > self.most:
            raise ValidationError(say("C’est trop long pour nous : {most} signes au plus.", most=self.most))


def text(label: str, most: int = 120, needed: str = "", **options: Any) -> Words:
    """Make a field of words: `needed` is the sentence when it is empty, without it may be."""
    return Words(label, validators=[Needed(needed) if needed else Optional(), AtMost(most)], **options)


def number(label: str, least: int, most: int, sentence: str, *, empty: bool = False) -> Words:
    """Make a field of a whole number; `empty` lets it be left out."""
    return Words(label, validators=[*([Optional()] if empty else []), WholeNumber(least, most, sentence)])


def amount(label: str, least: int, most: int, sentence: str) -> Words:
    """Make a field of a sum or of crates, bounded in hundredths."""
    return Words(label, validators=[Hundredths(least, most, sentence)])
