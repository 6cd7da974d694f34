"""What an administrator writes about the organisation and those who work in it."""

from wtforms import SelectMultipleField, TextAreaField
from wtforms.validators import Length

from meloko.accounts.models import Organisation, Role, User
from meloko.accounts.people import LONGEST_NAME, WORK_ROLES, PersonFacts
from meloko.web.forms import Choice, MelokoForm, text

ROLE_WORDS = {
    Role.STAFF: "équipe",
    Role.ADMIN: "administration",
    Role.DRIVER: "livraison",
    Role.HOST: "point relais",
    Role.PARTNER: "partenaire",
    Role.PRODUCER: "producteur",
}
LEGAL_FORMS = (
    "", "Association loi 1901", "Entreprise individuelle", "EURL", "SARL", "SAS", "SASU", "SCIC", "SCOP", "GAEC",
    "EARL", "Commune ou intercommunalité",
)  # fmt: skip
VAT_REGIMES = (
    "", "Franchise en base de TVA, article 293 B du CGI", "Réel simplifié", "Réel normal", "Exonération, association",
)  # fmt: skip


class WorkerForm(MelokoForm):
    """Somebody who works here."""

    name = text("Nom, comme les autres l’appellent", LONGEST_NAME)
    email = text("Adresse e-mail", 160)
    phone = text("Téléphone", 30)
    roles = SelectMultipleField("Rôles", choices={role.value: ROLE_WORDS[role] for role in WORK_ROLES})

    @classmethod
    def of(cls, user: User | None) -> "WorkerForm":
        """Make the form of somebody as she is, or an empty one."""
        if user is None:
            return cls()
        return cls(data={"name": user.name, "email": user.email or "", "phone": user.phone or "", "roles": user.roles})

    def facts(self) -> PersonFacts:
        """Return what was typed, once it is well formed."""
        roles = frozenset(Role(role) for role in self.roles.data or [])
        return PersonFacts(self.name.said, self.email.said, self.phone.said, roles)


class OrganisationForm(MelokoForm):
    """The organisation, as pages, papers and the law know it."""

    NAMES = (
        "name", "baseline", "phone", "phone_hours", "email", "address", "legal_form", "siret", "register_number",
        "capital", "vat_regime", "vat_number", "director", "host", "mediator", "mediator_url", "mentions",
    )  # fmt: skip

    name = text("Nom", 80)
    baseline = text("En une phrase", 160)
    phone = text("Téléphone", 30)
    phone_hours = text("Heures du téléphone", 120)
    email = text("Adresse e-mail", 160)
    address = text("Adresse du siège", 240)
    legal_form = Choice("Forme juridique")
    siret = text("SIRET", 30)
    register_number = text("Immatriculation (RCS, RNA ou RM)", 80)
    capital = text("Capital", 40)
    vat_regime = Choice("Régime de TVA")
    vat_number = text("Numéro de TVA", 30)
    director = text("Responsable de la publication", 120)
    host = text("Hébergeur du site : nom, adresse, téléphone", 300)
    mediator = text("Médiateur de la consommation : nom, adresse", 300)
    mediator_url = text("Site du médiateur", 160)
    mentions = TextAreaField("Autres mentions", validators=[Length(max=4_000, message="4 000 signes au plus.")])

    @classmethod
    def of(cls, organisation: Organisation) -> "OrganisationForm":
        """Make the form of the organisation as it is; a word of old that is in no list stays a choice."""
        form = cls(data={name: getattr(organisation, name) for name in cls.NAMES})
        form.legal_form.offer(_with(LEGAL_FORMS, organisation.legal_form))
        form.vat_regime.offer(_with(VAT_REGIMES, organisation.vat_regime))
        return form

    def facts(self) -> dict[str, str]:
        """Return what was typed, once it is well formed."""
        return {name: (self[name].data or "").strip() for name in self.NAMES}


def _with(offered: tuple[str, ...], known: str) -> list[tuple[str, str]]:
    words = [*offered, *([known] if known not in offered else [])]
    return [(word, word or "à choisir") for word in words]
