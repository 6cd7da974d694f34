"""What staff type about zones and relay points."""

from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from meloko.relay_points.editing import RelayFacts, ZoneFacts
from meloko.relay_points.hours import UnreadableHours, read
from meloko.relay_points.models import RelayKind, RelayPoint, Zone
from meloko.web.forms import Choice, MelokoForm, amount, read_hundredths, text

KINDS = (
    (RelayKind.CAFE, "café"),
    (RelayKind.FARM, "ferme"),
    (RelayKind.HOTEL, "hôtel"),
    (RelayKind.DAY_CENTRE, "centre de jour"),
    (RelayKind.SHOP, "commerce"),
    (RelayKind.RESTAURANT, "restaurant"),
    (RelayKind.LIBRARY, "bibliothèque"),
    (RelayKind.TOWN_HALL, "mairie"),
    (RelayKind.SCHOOL, "école"),
    (RelayKind.OTHER, "autre"),
)
# Transport takes the rate of the country; a lower one is for who knows why.
VAT_OF_DELIVERY = ((2_000, "20 %"), (1_000, "10 %"), (550, "5,5 %"), (0, "0 %"))
_MOST_FEE_CENTS = 10_000
_MOST_MINIMUM_CENTS = 1_000_000
_FEE = "Écrivez une somme en euros, de 0 à 100, par exemple 2,50 ; 0 quand la livraison ne coûte rien."
_MINIMUM = "Écrivez une somme en euros, de 0 à 10 000, par exemple 15 ; 0 quand il n’y a pas de minimum."
_CRATES = "Écrivez un nombre de caisses, par exemple 14 ou 2,5."


class RelayPointForm(MelokoForm):
    """One relay point."""

    code = text("Code", 12, "Donnez un code au point relais.")
    name = text("Nom", 80, "Donnez le nom du lieu.")
    kind = Choice("Genre de lieu", KINDS)
    zone_id = Choice("Secteur")
    address = text("Numéro et rue", 160)
    postcode = text("Code postal", 10)
    commune = text("Commune", 80, "Écrivez la commune.")
    public_hours = text("Heures du public", 200)
    van_hours = text("Heures du livreur", 80)
    capacity = amount("Caisses", 0, 1_000_000, _CRATES)
    chilled_capacity = amount("Dont au frais", 0, 1_000_000, _CRATES)
    host_name = text("Hôte", 80)
    host_phone = text("Téléphone de l’hôte", 20)
    driver_instructions = text("Pour le livreur", 200)
    fee = amount("Livraison, en euros", 0, _MOST_FEE_CENTS, _FEE)
    minimum = amount("À partir de, en euros", 0, _MOST_MINIMUM_CENTS, _MINIMUM)
    fee_vat_rate = Choice("TVA de la livraison", VAT_OF_DELIVERY)
    wheelchair = BooleanField("Accessible en fauteuil")
    active = BooleanField("En service")

    def validate_public_hours(self, part: Any) -> None:
        """Refuse hours that nobody could read."""
        _readable(part.data or "")

    def validate_van_hours(self, part: Any) -> None:
        """Refuse hours that nobody could read."""
        _readable(part.data or "")

    @classmethod
    def of(cls, point: RelayPoint | None) -> "RelayPointForm":
        """Make the form of a relay point as it is, or an empty one."""
        if point is None:
            return cls(capacity="0", chilled_capacity="0", fee="0", minimum="0", fee_vat_rate="2000", active=True)
        return cls(
            obj=point,
            capacity=_hundredths_words(point.capacity_hundredths),
            chilled_capacity=_hundredths_words(point.chilled_capacity_hundredths),
            fee=_hundredths_words(point.fee_cents),
            minimum=_hundredths_words(point.minimum_cents),
            fee_vat_rate=str(point.fee_vat_rate_bp),
        )

    def facts(self) -> RelayFacts:
        """Return what was typed, once it is well formed."""
        return RelayFacts(
            code=self.code.said,
            name=self.name.said,
            zone_id=self.zone_id.id_chosen or 0,
            kind=RelayKind(self.kind.data),
            address=self.address.said,
            postcode=self.postcode.said,
            commune=self.commune.said,
            public_hours=self.public_hours.said,
            van_hours=self.van_hours.said,
            capacity_hundredths=read_hundredths(self.capacity.said),
            chilled_capacity_hundredths=read_hundredths(self.chilled_capacity.said),
            host_name=self.host_name.said,
            host_phone=self.host_phone.said,
            driver_instructions=self.driver_instructions.said,
            fee_cents=read_hundredths(self.fee.said),
            minimum_cents=read_hundredths(self.minimum.said),
            fee_vat_rate_bp=int(self.fee_vat_rate.data),
            wheelchair=self.wheelchair.data,
            active=self.active.data,
        )


class ZoneForm(MelokoForm):
    """What a zone is called, and what delivery at home there costs."""

    name = text("Nom du secteur", 80, "Donnez un nom au secteur.")
    fee = amount("Livraison à la maison, en euros", 0, _MOST_FEE_CENTS, _FEE)
    minimum = amount("À partir de, en euros de produits", 0, _MOST_MINIMUM_CENTS, _MINIMUM)
    fee_vat_rate = Choice("TVA de la livraison", VAT_OF_DELIVERY)

    @classmethod
    def of(cls, zone: Zone) -> "ZoneForm":
        """Make the form of a zone as it is."""
        return cls(
            name=zone.name,
            fee=_hundredths_words(zone.fee_cents),
            minimum=_hundredths_words(zone.minimum_cents),
            fee_vat_rate=str(zone.fee_vat_rate_bp),
        )

    def facts(self) -> ZoneFacts:
        """Return what was typed, once it is well formed."""
        return ZoneFacts(
            self.name.said,
            read_hundredths(self.fee.said),
            read_hundredths(self.minimum.said),
            int(self.fee_vat_rate.data),
        )


def _readable(words: str) -> None:
    try:
        read(words)
    except UnreadableHours as unreadable:
        raise ValidationError(unreadable.sentence) from None


def _hundredths_words(hundredths: int) -> str:
    return f"{hundredths // 100}" if hundredths % 100 == 0 else f"{hundredths // 100},{hundredths % 100:02d}"
