"""What a customer writes about herself."""

from wtforms import BooleanField
from wtforms.validators import ValidationError

from meloko.customers.editing import Wishes
from meloko.customers.services import read_phone
from meloko.customers.sign_in import is_email
from meloko.errors import Refusal
from meloko.languages import Language, say
from meloko.web.forms import Choice, MelokoForm, Words, text


def a_phone(form: MelokoForm, field: Words) -> None:
    """Refuse what is no telephone number."""
    try:
        read_phone(field.said)
    except Refusal as refusal:
        raise ValidationError(refusal.sentence) from None


def an_email(form: MelokoForm, field: Words) -> None:
    """Refuse what is no e-mail address."""
    if field.said and not is_email(field.said):
        raise ValidationError(say("L’adresse e-mail doit ressembler à prenom@exemple.fr."))


def a_postcode(form: MelokoForm, field: Words) -> None:
    """Refuse what is no French postcode; a space in the middle is fine."""
    plain = "".join(field.said.split())
    if plain and not (plain.isascii() and plain.isdigit() and len(plain) == 5):
        raise ValidationError(say("Un code postal a 5 chiffres, par exemple 62400."))


class DetailsForm(MelokoForm):
    """Where a customer lives and can be reached."""

    phone = text("Téléphone", 30)
    other_phone = text("Autre téléphone", 30)
    email = text("E-mail", 160)
    address = text("Numéro et rue", 160)
    postcode = text("Code postal", 10)
    commune = text("Commune", 80)

    def validate_phone(self, field: Words) -> None:
        """Refuse what is no telephone number."""
        a_phone(self, field)

    def validate_other_phone(self, field: Words) -> None:
        """Refuse what is no telephone number."""
        a_phone(self, field)

    def validate_email(self, field: Words) -> None:
        """Refuse what is no e-mail address."""
        an_email(self, field)

    def validate_postcode(self, field: Words) -> None:
        """Refuse what is no postcode."""
        a_postcode(self, field)

    def details(self) -> dict[str, str]:
        """Return what was typed, once it is well formed."""
        said = {name: self[name].said for name in ("email", "address", "commune")}
        phones = {name: read_phone(self[name].said) for name in ("phone", "other_phone")}
        return {**said, **phones, "postcode": "".join(self.postcode.said.split())}


class WishesForm(MelokoForm):
    """How pages and papers should be."""

    language = Choice("Langue", ((Language.FRENCH, "français"), (Language.ENGLISH, "English")))
    large_print = BooleanField("Papiers en gros caractères")
    paper_form_wanted = BooleanField("Recevoir le bon de commande sur papier")

    def wishes(self) -> Wishes:
        """Return what was chosen."""
        return Wishes(self.language.data, self.large_print.data, self.paper_form_wanted.data)


class PersonForm(MelokoForm):
    """Somebody to call when nobody answers."""

    name = text("Nom", 80)
    phone = text("Téléphone", 30)
