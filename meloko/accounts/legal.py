"""What the law wants an online shop to say of itself, and what of it nobody has written yet."""

from meloko.accounts.models import Organisation
from meloko.languages import say


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
