"""What staff type about customers; only a name is needed."""

from wtforms import BooleanField, TextAreaField
from wtforms.validators import Length, ValidationError

from meloko.customers.models import Customer
from meloko.customers.services import CustomerFacts
from meloko.web.forms import Choice, MelokoForm, Words, text

LANGUAGES = (("fr", "français"), ("en", "anglais"))
TITLES = (("Mme", "Mme"), ("M.", "M."), ("", "aucune"))


class CustomerForm(MelokoForm):
    """One customer."""

    KNOWN = (
        "title", "last_name", "first_name", "company", "siret", "address", "postcode", "commune", "phone",
        "other_phone", "email", "language", "doorstep_notes", "paper_form_wanted", "large_print",
    )  # fmt: skip

    title = Choice("Civilité", TITLES)
    last_name = text("Nom", 80)
    first_name = text("Prénom", 80)
    company = text("Société", 120)
    siret = text("SIRET", 20)
    address = text("Numéro et rue", 160)
    postcode = text("Code postal", 10)
    commune = text("Commune", 80)
    phone = text("Téléphone", 30)
    other_phone = text("Autre téléphone", 30)
    email = text("E-mail", 160)
    preferred_relay_point_id = Choice("Point relais habituel")
    language = Choice("Langue", LANGUAGES)
    doorstep_notes = TextAreaField("À la porte", validators=[Length(max=300, message="300 signes au plus.")])
    paper_form_wanted = BooleanField("Reçoit le bon de commande sur papier")
    large_print = BooleanField("En gros caractères")
    contact1_name = text("Nom", 80)
    contact1_phone = text("Téléphone", 30)
    contact2_name = text("Nom", 80)
    contact2_phone = text("Téléphone", 30)

    @classmethod
    def of(cls, customer: Customer | None) -> "CustomerForm":
        """Make the form of a customer as she is, or an empty one."""
        if customer is None:
            return cls(paper_form_wanted=True)
        persons: dict[str, str] = {}
        for n, person in enumerate(customer.contacts[:2], 1):
            persons |= {f"contact{n}_name": person.name, f"contact{n}_phone": person.phone}
        facts = {name: getattr(customer, name) for name in cls.KNOWN}
        preferred = str(customer.preferred_relay_point_id or "")
        return cls(data={**facts, **persons, "preferred_relay_point_id": preferred})

    def facts(self) -> CustomerFacts:
        """Return what was typed, once it is well formed."""
        persons = ((self.contact1_name, self.contact1_phone), (self.contact2_name, self.contact2_phone))
        return CustomerFacts(
            title=self.title.data,
            last_name=self.last_name.said,
            first_name=self.first_name.said,
            company=self.company.said,
            siret=self.siret.said,
            address=self.address.said,
            postcode="".join(self.postcode.said.split()),
            commune=self.commune.said,
            phone=self.phone.said,
            other_phone=self.other_phone.said,
            email=self.email.said,
            preferred_relay_point_id=self.preferred_relay_point_id.id_chosen,
            language=self.language.data,
            doorstep_notes=(self.doorstep_notes.data or "").strip(),
            paper_form_wanted=self.paper_form_wanted.data,
            large_print=self.large_print.data,
            contacts=tuple((name.said, phone.said) for name, phone in persons if name.said or phone.said),
        )


class Degrees:
    """A validator: degrees of latitude or longitude, with a dot or a comma."""

    def __init__(self, most: float) -> None:
        self.most = most

    def __call__(self, form: MelokoForm, field: Words) -> None:
        """Refuse what is no place on earth."""
        try:
            number = float(field.said.replace(",", "."))
        except ValueError:
            raise ValidationError("Écrivez des degrés, par exemple 50,51931.") from None
        if not -self.most <= number <= self.most:
            raise ValidationError(f"De -{self.most:g} à {self.most:g} degrés.")


class PlaceForm(MelokoForm):
    """Where a door lies, placed by hand."""

    lat = Words("Latitude", validators=[Degrees(90)])
    lon = Words("Longitude", validators=[Degrees(180)])

    def point(self) -> tuple[float, float]:
        """Return the point that was typed, once it is well formed."""
        return float(self.lat.said.replace(",", ".")), float(self.lon.said.replace(",", "."))
