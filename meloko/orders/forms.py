"""What a customer writes about herself."""

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from meloko.customers.services import WrongPhone, read_phone
from meloko.languages import say
from meloko.orders.models import Substitution
from meloko.orders.sending import Sending
from meloko.web.forms import MelokoForm, clean
from meloko.web.ids import an_id


class ContactForm(MelokoForm):
    """The name and the telephone of a guest, and the address when she is delivered at home."""

    name = StringField()
    phone = StringField()
    address = StringField()
    postcode = StringField()
    commune = StringField()
    # Whether the address is asked for.
    home = False

    def validate_name(self, field: Field) -> None:
        """Want a name that fits on a label."""
        _short(field, 120)
        if not field.data:
            raise ValidationError(say("Écrivez votre nom."))

    def validate_phone(self, field: Field) -> None:
        """Want a telephone number; spaces and dots are fine."""
        _short(field, 40)
        try:
            number = read_phone(field.data or "")
        except WrongPhone as reason:
            raise ValidationError(reason.sentence) from None
        if not number:
            raise ValidationError(say("Écrivez un numéro de téléphone à 10 chiffres."))

    def validate_address(self, field: Field) -> None:
        """Want a street when the van comes to the door."""
        _short(field, 200)
        if self.home and not field.data:
            raise ValidationError(say("Écrivez le numéro et la rue."))

    def validate_postcode(self, field: Field) -> None:
        """Want five digits, or nothing."""
        _postcode(field)

    def validate_commune(self, field: Field) -> None:
        """Want a commune when the van comes to the door."""
        _short(field, 80)
        if self.home and not field.data:
            raise ValidationError(say("Écrivez votre commune."))


class NeighbourForm(MelokoForm):
    """Somebody a customer orders for: her name, where she lives, how to reach her if she has a telephone."""

    title = StringField()
    last_name = StringField()
    first_name = StringField()
    phone = StringField()
    address = StringField()
    postcode = StringField()
    commune = StringField()

    def validate_title(self, field: Field) -> None:
        """Want no title longer than one."""
        _short(field, 10)

    def validate_last_name(self, field: Field) -> None:
        """Want a name that fits on a label."""
        _short(field, 80)
        if not field.data:
            raise ValidationError(say("Écrivez le nom de la personne."))

    def validate_first_name(self, field: Field) -> None:
        """Want a first name that fits on a label."""
        _short(field, 60)

    def validate_phone(self, field: Field) -> None:
        """Want a telephone number, or nothing: whoever has none is written to."""
        _short(field, 40)
        try:
            read_phone(field.data or "")
        except WrongPhone as reason:
            raise ValidationError(reason.sentence) from None

    def validate_address(self, field: Field) -> None:
        """Want the street: whoever has no telephone gets a letter."""
        _short(field, 200)
        if not field.data:
            raise ValidationError(say("Écrivez le numéro et la rue."))

    def validate_postcode(self, field: Field) -> None:
        """Want five digits, or nothing."""
        _postcode(field)

    def validate_commune(self, field: Field) -> None:
        """Want the commune."""
        _short(field, 80)
        if not field.data:
            raise ValidationError(say("Écrivez la commune."))


def read_ids(words: Sequence[str]) -> frozenset[int]:
    """Read ids as ticked on a page; what is none counts as not ticked."""
    return frozenset(filter(None, map(_number, words[:500])))


def read_sending(form: MultiDict[str, str]) -> Sending:
    """Read what the check page says besides the basket; what is nonsense counts as not said."""
    wishes = {}
    paid = set()
    for name, value in form.items():
        line, bag = name.removeprefix("wish-"), name.removeprefix("payer-")
        if line != name and _number(line) and value in list(Substitution):
            wishes[_number(line)] = Substitution(value)
        if bag != name and _number(bag) and value == "me":
            paid.add(_number(bag))
    wish = form.get("wish", "")
    return Sending(
        note=str(clean(form.get("note", ""))),
        substitution=Substitution(wish) if wish in list(Substitution) else Substitution.REMOVE,
        wishes=wishes,
        paid_bags=frozenset(paid),
        adult_declared=form.get("adult") == "1",
        without=frozenset(filter(None, map(_number, form.get("without", "")[:4_000].split(",")))),
        seen_cents=_number(form.get("seen", "")) or None,
    )


def _number(words: str) -> int:
    """Read a number that can be an id, 0 for any other words."""
    try:
        return an_id(words)
    except ValueError:
        return 0


def _postcode(field: Field) -> None:
    words = (field.data or "").replace(" ", "")
    if words and not (words.isascii() and words.isdigit() and len(words) == 5):
        raise ValidationError(say("Un code postal a 5 chiffres."))
    field.data = words


def _short(field: Field, most: int) -> None:
    if len(field.data or "") > most:
        raise ValidationError(say("C’est trop long pour nous : {most} signes au plus.", most=most))
