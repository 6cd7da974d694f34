"""What the law wants an online shop to say of itself, and what of it nobody has written yet."""

from collections.abc import Mapping

from sqlmodel import Session

from meloko.accounts.models import Organisation
from meloko.accounts.services import audit, organisation, set_organisation
from meloko.errors import Refusal
from meloko.languages import say

SIRET_DIGITS = 14
# The post office's number is one for all its places: its digits only add up to a multiple of five.
_POST_OFFICE = "356000000"


class OrganisationNameMissing(Refusal):
    """An organisation without a name."""

    status = 422
    field = "name"

    def __init__(self) -> None:
        super().__init__("Écrivez le nom de l’organisation.")


class WrongSiret(Refusal):
    """A SIRET that has a wrong digit, or not enough of them."""

    status = 422
    field = "siret"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


def read_siret(words: str) -> str:
    """Read a SIRET as typed, with whatever spaces; its check digit finds a wrong one. Empty stays empty.

    Source: Insee; the fourteen digits pass Luhn's test.
    """
    digits = "".join(sign for sign in words if not sign.isspace() and sign != ".")
    if not digits:
        return ""
    if not (digits.isascii() and digits.isdigit()):
        raise WrongSiret("Un SIRET est fait de 14 chiffres, sans lettre.")
    if len(digits) != SIRET_DIGITS:
        raise WrongSiret(f"Un SIRET a {SIRET_DIGITS} chiffres : vous en avez écrit {len(digits)}.")
    total = sum(int(d) if place % 2 else sum(divmod(2 * int(d), 10)) for place, d in enumerate(digits))
    post_office = digits.startswith(_POST_OFFICE) and sum(map(int, digits)) % 5 == 0
    if total % 10 and not post_office:
        raise WrongSiret("Un chiffre de ce SIRET n’est pas le bon. Relisez-le sur l’avis de l’Insee.")
    return digits


def write_organisation(session: Session, facts: Mapping[str, str], *, by: int) -> None:
    """Write down who the organisation is, and which of it was changed by whom."""
    if not facts["name"].strip():
        raise OrganisationNameMissing
    said = {name: words.strip() for name, words in facts.items()} | {"siret": read_siret(facts["siret"])}
    known = organisation(session)
    changed = {name: words for name, words in said.items() if words != getattr(known, name)}
    before: dict[str, object] = {name: getattr(known, name) for name in changed}
    set_organisation(session, **changed)
    if changed:
        audit(session, by, "organisation.changed", "organisation", 1, before=before, after=dict(changed))


def mentions(organisation: Organisation) -> list[tuple[str, str]]:
    """Return what is known, as (what it is, words), in the order of the page."""
    found = (
        (say("Éditeur du site"), ", ".join(filter(None, (organisation.name, organisation.legal_form)))),
        (say("Siège"), organisation.address),
        (say("Capital"), organisation.capital),
        (say("SIRET"), organisation.siret),
        (say("Immatriculation"), organisation.register_number),
        (say("TVA"), ", ".join(filter(None, (organisation.vat_number, organisation.vat_regime)))),
        (say("Téléphone"), organisation.phone),
        (say("Adresse électronique"), organisation.email),
        (say("Responsable de la publication"), organisation.director),
        (say("Hébergeur"), organisation.host),
        (
            say("Médiateur de la consommation"),
            ", ".join(filter(None, (organisation.mediator, organisation.mediator_url))),
        ),
    )
    return [(what, words) for what, words in found if words]


def missing_mentions(organisation: Organisation) -> list[str]:
    """Return what the law wants and nobody has written, in French words for the administrator.

    Source: article 6-III of law 2004-575 (publisher, director, host, contact), L221-5 and L616-1 of the Code de la
    consommation (trader, mediator), R123-237 of the Code de commerce (registration).
    """
    wanted = (
        ("la forme juridique", organisation.legal_form),
        ("l’adresse du siège", organisation.address),
        ("le numéro SIRET", organisation.siret),
        ("le numéro d’immatriculation (RCS ou RNA)", organisation.register_number),
        ("le numéro ou le régime de TVA", organisation.vat_number or organisation.vat_regime),
        ("le téléphone", organisation.phone),
        ("l’adresse électronique", organisation.email),
        ("le responsable de la publication", organisation.director),
        ("le nom et l’adresse de l’hébergeur", organisation.host),
        ("le médiateur de la consommation", organisation.mediator),
    )
    return [what for what, words in wanted if not words.strip()]
