"""What everybody may write to us."""

from wtforms import BooleanField
from wtforms.validators import ValidationError

from meloko.customers.services import read_phone
from meloko.errors import Refusal
from meloko.languages import say
from meloko.web.forms import MelokoForm, Words, text


class PaperForm(MelokoForm):
    """Where the paper order form is to be sent."""

    name = text("Nom", 120, "Écrivez votre nom.")
    address = text("Adresse", 200, "Écrivez le numéro et la rue.")
    postcode = text("Code postal", 12)
    commune = text("Commune", 80, "Écrivez votre commune.")
    phone = text("Téléphone", 40)
    large_print = BooleanField("Grands caractères")

    def validate_postcode(self, field: Words) -> None:
        """Want five digits, or nothing; a space in the middle is fine."""
        plain = "".join(field.said.split())
        if plain and not (plain.isascii() and plain.isdigit() and len(plain) == 5):
            raise ValidationError(say("Un code postal a 5 chiffres, par exemple 62400."))

    def validate_phone(self, field: Words) -> None:
        """Want a telephone number, or nothing; spaces and dots are fine."""
        try:
            read_phone(field.said)
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from None
