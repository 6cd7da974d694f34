"""What staff type about products and producers."""

import re
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, SelectMultipleField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from meloko.catalogue.editing import ProducerFacts, ProductFacts
from meloko.catalogue.models import ALLERGENS, NetUnit, Producer, Product, SupplyMode, Temperature
from meloko.web.forms import Choice, MelokoForm, amount, number, read_hundredths, text

VAT = ((550, "5,5 %"), (2000, "20 %"), (1000, "10 %"), (210, "2,1 %"), (0, "0 %"))
TEMPERATURES = ((Temperature.AMBIENT, "ambiant"), (Temperature.CHILLED, "frais"), (Temperature.FROZEN, "surgelé"))
NET_UNITS = ((NetUnit.GRAM, "grammes"), (NetUnit.MILLILITRE, "millilitres"), (NetUnit.PIECE, "pièces"))
SUPPLY = (
    (SupplyMode.ON_THE_ROUND, "enlevé sur la tournée"),
    (SupplyMode.BEFORE, "enlevé avant"),
    (SupplyMode.DELIVERED, "livré au dépôt"),
)
ALLERGEN_WORDS = dict(
    zip(
        ALLERGENS,
        (
            "gluten", "crustacés", "œufs", "poisson", "arachides", "soja", "lait", "fruits à coque",
            "céleri", "moutarde", "sésame", "sulfites", "lupin", "mollusques",
        ),
        strict=True,
    )
)  # fmt: skip
_DAY = re.compile(r"(0?[1-9]|[12][0-9]|3[01])[/.-](0?[1-9]|1[0-2])")


def day_of_year(words: str) -> str:
    """Turn "1/9" into "09-01", as seasons are stored; raises ValueError."""
    found = _DAY.fullmatch(words.strip())
    if found is None:
        raise ValueError(words)
    return f"{int(found[2]):02d}-{int(found[1]):02d}"


def day_of_year_words(stored: str) -> str:
    """Turn "09-01" into "01/09"."""
    month, _, day = stored.partition("-")
    return f"{day}/{month}" if day else ""


class ProductForm(MelokoForm):
    """One product."""

    code = text("Code", 12, "Donnez un code au produit.")
    name = text("Nom", 80, "Donnez un nom au produit.")
    unit = text("Unité du prix", 60, "Dites ce que l’on achète : le kilo, la botte, les 6.")
    producer_id = Choice("Producteur")
    category_id = Choice("Rayon")
    position = number("Rang sur le bon", 0, 9_999, "Un nombre de 0 à 9999.")
    temperature = Choice("Froid", TEMPERATURES)
    price = amount("Prix TTC", 1, 1_000_000, "Écrivez un prix, par exemple 2,60.")
    vat_rate_bp = Choice("TVA", VAT)
    deposit = amount("Consigne", 0, 100_000, "Écrivez une somme, par exemple 0,50.")
    stock = number("Stock", 0, 100_000, "Écrivez un nombre, ou rien s’il n’y a pas de limite.", empty=True)
    stock_seen = HiddenField(validators=[Optional()])
    net_quantity = number("Quantité nette", 1, 1_000_000, "Écrivez la quantité nette, en chiffres.")
    net_unit = Choice("Comptée en", NET_UNITS)
    weight_g = number("Poids emballé, g", 0, 1_000_000, "Écrivez un poids en grammes.")
    crates = amount("Caisse", 0, 100_000, "Écrivez une part de caisse, par exemple 0,06.")
    season_from = text("Saison, du", 5)
    season_to = text("au", 5)
    labels = text("Labels", 80)
    priced_by_weight = BooleanField("Vendu à la pièce, facturé au poids (le prix est au kilo)")
    allergens = SelectMultipleField("Allergènes", choices=ALLERGEN_WORDS, validate_choice=False)
    allergens_stated = BooleanField("Allergènes vérifiés")
    ingredients = TextAreaField("Ingrédients", validators=[Length(max=2_000, message="2000 signes au plus.")])
    origin = text("Origine", 120)
    keeping = text("Conservation", 120)
    alcohol = BooleanField("Contient de l’alcool")
    perishable = BooleanField("Périssable : pas de droit de rétractation")
    active = BooleanField("En vente")

    def validate_season_from(self, part: Any) -> None:
        """Refuse a season that is no day, or has one end only."""
        if bool(self.season_from.data) != bool(self.season_to.data):
            raise ValidationError("Une saison a deux bouts : son premier et son dernier jour.")
        for words in filter(None, (self.season_from.data, self.season_to.data)):
            try:
                day_of_year(words)
            except ValueError:
                raise ValidationError("Écrivez le jour et le mois, par exemple 01/09.") from None

    def validate_priced_by_weight(self, part: Any) -> None:
        """Refuse goods by weight that are not counted in grams."""
        if part.data and self.net_unit.data != NetUnit.GRAM:
            raise ValidationError("Ce qui est facturé au poids se compte en grammes.")

    @classmethod
    def of(cls, product: Product | None) -> "ProductForm":
        """Make the form of a product as it is, or an empty one."""
        if product is None:
            return cls(position="0", deposit="0", crates="0,00", weight_g="0", perishable=True, net_unit=NetUnit.GRAM)
        stock = "" if product.stock is None else str(product.stock)
        facts = {name: getattr(product, name) for name in ProductFacts.__dataclass_fields__ if hasattr(product, name)}
        shown = {
            "price": _hundredths(product.price_cents),
            "deposit": _hundredths(product.deposit_cents),
            "crates": _hundredths(product.crates_hundredths),
            "season_from": day_of_year_words(product.season_from),
            "season_to": day_of_year_words(product.season_to),
            "stock": stock,
            "stock_seen": stock,
        }
        return cls(data=facts | shown)

    def facts(self) -> ProductFacts:
        """Return what was typed, once it is well formed."""
        seen = str(self.stock_seen.data or "")
        return ProductFacts(
            code=self.code.said,
            name=self.name.said,
            category_id=self.category_id.id_chosen or 0,
            producer_id=self.producer_id.id_chosen or 0,
            unit=self.unit.said,
            price_cents=read_hundredths(self.price.said),
            vat_rate_bp=int(self.vat_rate_bp.data),
            net_quantity=int(self.net_quantity.said),
            net_unit=NetUnit(self.net_unit.data),
            priced_by_weight=self.priced_by_weight.data,
            weight_g=int(self.weight_g.said),
            allergens=tuple(name for name in ALLERGENS if name in (self.allergens.data or ())),
            allergens_stated=self.allergens_stated.data,
            ingredients=(self.ingredients.data or "").strip(),
            origin=self.origin.said,
            keeping=self.keeping.said,
            alcohol=self.alcohol.data,
            perishable=self.perishable.data,
            labels=self.labels.said,
            temperature=Temperature(self.temperature.data),
            deposit_cents=read_hundredths(self.deposit.said),
            crates_hundredths=read_hundredths(self.crates.said),
            season_from=day_of_year(self.season_from.said) if self.season_from.said else "",
            season_to=day_of_year(self.season_to.said) if self.season_to.said else "",
            position=int(self.position.said),
            active=self.active.data,
            stock=int(self.stock.said) if self.stock.said else None,
            stock_seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
        )


class ProducerForm(MelokoForm):
    """One producer."""

    code = text("Code", 12, "Donnez un code au producteur.")
    name = text("Nom", 80, "Donnez le nom de la ferme ou de l’artisan.")
    kind = text("Genre", 60)
    makes = text("Ce qu’il fait", 160)
    labels = text("Labels", 80)
    labels_until = DateField("Certificat valable jusqu’au", validators=[Optional()])
    about = text("Présentation pour le site", 600)
    address = text("Numéro et rue", 160)
    postcode = text("Code postal", 10)
    commune = text("Commune", 80)
    supply_mode = Choice("Comment cela nous vient", SUPPLY)
    pickup_hours = text("Heures d’enlèvement", 80)
    lead_time_h = number("Délai, en heures", 0, 720, "Écrivez un nombre d’heures, de 0 à 720.")
    order_email = text("E-mail des commandes", 120)
    phone = text("Téléphone", 20)
    active = BooleanField("En activité")

    @classmethod
    def of(cls, producer: Producer | None) -> "ProducerForm":
        """Make the form of a producer as it is, or an empty one."""
        return cls(lead_time_h="24", active=True) if producer is None else cls(obj=producer)

    def facts(self) -> ProducerFacts:
        """Return what was typed, once it is well formed."""
        words = {
            name: getattr(self, name).said
            for name in ("code", "name", "kind", "makes", "labels", "about", "address", "postcode", "commune",
                         "pickup_hours", "order_email", "phone")
        }  # fmt: skip
        return ProducerFacts(
            **words,
            labels_until=self.labels_until.data,
            supply_mode=SupplyMode(self.supply_mode.data),
            lead_time_h=int(self.lead_time_h.said),
            active=self.active.data,
        )


def _hundredths(number: int) -> str:
    return f"{number // 100},{number % 100:02d}"
