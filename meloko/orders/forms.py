"""What a customer writes about herself."""

from wtforms import Field, StringField
from wtforms.validators import ValidationError

from meloko.customers.services import WrongPhone, read_phone
from meloko.web.forms import MelokoForm


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
            raise ValidationError("Écrivez votre nom.")

    def validate_phone(self, field: Field) -> None:
        """Want a telephone number; spaces and dots are fine."""
        _short(field, 40)
        try:
            number = read_phone(field.data or "")
        except WrongPhone as reason:
            raise ValidationError(reason.sentence) from None
        if not number:
            raise ValidationError("Écrivez un numéro de téléphone à 10 chiffres.")

    def validate_address(self, field: Field) -> None:
        """Want a street when the van comes to the door."""
        _short(field, 200)
        if self.home and not field.data:
            raise ValidationError("Écrivez le numéro et la rue.")

    def validate_postcode(self, field: Field) -> None:
        """Want five digits, or nothing."""
        words = (field.data or "").replace(" ", "")
        if words and not (words.isascii() and words.isdigit() and len(words) == 5):
            raise ValidationError("Un code postal a 5 chiffres.")

    def validate_commune(self, field: Field) -> None:
        """Want a commune when the van comes to the door."""
        _short(field, 80)
        if self.home and not field.data:
            raise ValidationError("Écrivez votre commune.")


def _short(field: Field, most: int) -> None:
    if len(field.data or "") > most:
        raise ValidationError(f"C’est trop long pour nous : {most} signes au plus.")
