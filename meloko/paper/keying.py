"""Key a paper order or a call: looked up, counted against the paper, placed; one transaction."""

from collections.abc import Mapping

from sqlmodel import Session

from meloko.errors import Refusal
from meloko.orders.drafting import Draft, Placed
from meloko.orders.placing import place_order
from meloko.paper.services import HOME, Desk, PaperFacts, look
from meloko.wording import euros


class PaperUnclear(Refusal):
    """A paper that was not keyed whole: a sentence for each field that wants a person."""

    status = 422

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(self.errors.values()))


class ControlDiffers(PaperUnclear):
    """What was counted on the paper is not what was keyed."""


class ControlMissing(PaperUnclear):
    """Nothing was counted on the paper, and nobody has confirmed the count."""

    def __init__(self) -> None:
        super().__init__(
            {
                "articles": "Comptez les articles sur le bon, ou recopiez le total écrit par le client."
                " Sans l’un ni l’autre, relisez et confirmez."
            }
        )


def key_order(session: Session, facts: PaperFacts, *, by: int) -> Placed:
    """Key one paper: refuse with what is unclear, or place the order through the one door."""
    desk = look(session, facts)
    errors = {**_missing(facts, desk), **desk.errors, **facts.unclear}
    if errors or desk.customer is None or facts.day_id is None or facts.received_at is None:
        raise PaperUnclear(errors)
    check_control(facts, desk)
    quantities: dict[int, int] = {}
    for product, quantity in desk.good:
        quantities[product.id] = quantities.get(product.id, 0) + quantity
    return place_order(
        session,
        Draft(
            key=facts.key,
            customer_id=desk.customer.id,
            day_id=facts.day_id,
            relay_point_id=None if facts.place == HOME else int(facts.place),
            quantities=quantities,
            source=facts.source,
            received_at=facts.received_at,
            keyed_by=by,
            note=facts.note,
        ),
    )


def check_control(facts: PaperFacts, desk: Desk) -> None:
    """Compare what was counted on the paper with what was keyed, unless a person has counted again."""
    if facts.confirmed:
        return
    if facts.articles is None and facts.written_cents is None:
        raise ControlMissing
    errors = {}
    if facts.articles is not None and facts.articles != desk.articles:
        errors["articles"] = (
            f"Vous avez compté {facts.articles} articles sur le papier, il y en a {desk.articles} de saisis."
            " Relisez les lignes, ou confirmez."
        )
    # Customers often leave the deposits out of their sum.
    if facts.written_cents is not None and facts.written_cents not in (desk.total_cents, desk.goods_cents):
        errors["total"] = (
            f"Le client a écrit {euros(facts.written_cents)}, la saisie fait {euros(desk.total_cents)}."
            " Relisez les lignes, ou confirmez."
        )
    if errors:
        raise ControlDiffers(errors)


def _missing(facts: PaperFacts, desk: Desk) -> dict[str, str]:
    missing = {}
    if desk.customer is None:
        missing["customer"] = "Dites de qui est ce bon : numéro de carte, nom, ou client nouveau."
    if facts.received_at is None and not facts.unclear.keys() & {"received_day", "received_hour"}:
        missing["received_day"] = "Dites quand ce bon a été reçu : le jour et l’heure."
    if facts.day_id is None:
        missing["day"] = "Choisissez le jour de livraison."
    if facts.place not in {place.value for place in desk.places}:
        missing["place"] = "Choisissez le lieu : à domicile, ou un point relais servi ce jour-là."
    if not any(line.touched for line in facts.lines):
        missing["code-1"] = "Il n’y a encore aucune ligne : écrivez un code et une quantité."
    return missing
