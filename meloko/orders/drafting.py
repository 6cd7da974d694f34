"""An order as a door understood it, what becomes of it, and why it may be refused."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from meloko.errors import Refusal
from meloko.languages import say
from meloko.orders.models import Source, Substitution
from meloko.wording import euros


class NothingOrdered(Refusal):
    """An order without a single line."""

    status = 422

    def __init__(self) -> None:
        super().__init__(say("Il n’y a encore aucun produit dans cette commande. Choisissez au moins un produit."))


class AddressMissing(Refusal):
    """A delivery at home to somebody whose address nobody knows."""

    status = 422
    field = "address"

    def __init__(self) -> None:
        super().__init__(say("Pour livrer à la maison, il nous faut l’adresse : numéro, rue et commune."))


class KeyUsedOtherwise(Refusal):
    """The same form was sent before with something else in it."""

    def __init__(self, number: str) -> None:
        super().__init__(
            say(
                "Cette page a déjà envoyé la commande n° {number}, avec un autre contenu. Rien n’a été changé :"
                " ouvrez une nouvelle commande pour ajouter des produits.",
                number=number,
            )
        )


class AdultMissing(Refusal):
    """Alcohol, and nobody has declared to be of age."""

    status = 422
    field = "adult"

    def __init__(self) -> None:
        super().__init__(
            say("Cette commande contient de l’alcool : cochez la case qui déclare que vous avez 18 ans ou plus.")
        )


class BelowMinimum(Refusal):
    """Less than what a place is delivered for."""

    status = 422
    field = "place"

    def __init__(self, place: str, minimum_cents: int, lacking_cents: int) -> None:
        self.lacking_cents = lacking_cents
        super().__init__(
            say(
                "{place} : la livraison se fait à partir de {minimum} de produits. Il manque {lacking} :"
                " ajoutez des produits, ou choisissez un autre lieu.",
                place=place,
                minimum=euros(minimum_cents),
                lacking=euros(lacking_cents),
            )
        )


@dataclass(frozen=True, slots=True)
class Missing:
    """What should have been ordered and could not, with the reason in words."""

    product_id: int
    name: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An order as a door understood it: well formed, not yet judged."""

    key: uuid.UUID
    customer_id: int
    day_id: int
    # None: at home.
    relay_point_id: int | None
    quantities: Mapping[int, int]
    source: Source
    received_at: dt.datetime
    recipient_id: int | None = None
    payer_id: int | None = None
    begun_at: dt.datetime | None = None
    keyed_by: int | None = None
    note: str = ""
    substitution: Substitution = Substitution.REMOVE
    # By product, where a line wishes otherwise than the order.
    wishes: Mapping[int, Substitution] = field(default_factory=dict)
    adult_declared: bool = False
    # The page that sends several orders at once.
    page_key: uuid.UUID | None = None
    # Comes back by itself: it is below the minimum only when something is missing.
    standing: bool = False
    missing: tuple[Missing, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return what makes two sendings the same order: who, when, where and what."""
        facts = [self.customer_id, self.recipient_id or self.customer_id, self.day_id, self.relay_point_id or 0]
        lines = sorted(self.quantities.items())
        return hashlib.sha256(json.dumps([facts, lines]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a draft."""

    order_id: int
    # The same form was sent before: nothing was added.
    again: bool = False
    # The lines joined an order that was open already.
    joined: bool = False
    # Received in time, keyed after the closing.
    late: bool = False
