"""The round sheet: everything a driver holds in his hands, described whole; the counts that must close."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from meloko.errors import Refusal
from meloko.rounds.models import StopKind

# The drawing of the map, in pixels; on the sheet it is 80 mm wide beside a short load list, wider above a long one.
MAP_WIDTH, MAP_HEIGHT = 340, 326


class CountsDoNotClose(Refusal):
    """The orders of the day are not those on rounds plus the listed exceptions: nothing is printed."""


@dataclass(frozen=True, slots=True)
class Crates:
    """How many crates or bags of each temperature."""

    ambient: int = 0
    chilled: int = 0
    frozen: int = 0

    def __add__(self, other: "Crates") -> "Crates":
        """Add crates, each temperature by itself."""
        return Crates(self.ambient + other.ambient, self.chilled + other.chilled, self.frozen + other.frozen)


@dataclass(frozen=True, slots=True)
class LoadLine:
    """What is loaded at the depot for one stop; any order, the sheet begins with the last stop."""

    stop: int
    crates: Crates


@dataclass(frozen=True, slots=True)
class DropLine:
    """One order left at a stop."""

    # The number people say on the telephone; no two orders of a day share it.
    order: str
    # Short, "L. Yvette": at a relay point others can read it.
    public_name: str
    crates: Crates = Crates()
    # What the customer still owes; 0 prints `pay_words` instead.
    pay_cents: int = 0
    pay_words: str = "payé"


@dataclass(frozen=True, slots=True)
class Goods:
    """So many of one product taken on board at a farm."""

    quantity: int
    name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A person and the number to call."""

    name: str
    telephone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetStop:
    """One stop; hours are seconds since local midnight, what does not apply stays at its default."""

    # 1, 2, 3… in driving order, as on the map.
    number: int
    kind: StopKind
    # Whole, "Mme Legrand Yvette": the driver must find the door.
    name: str
    street: str
    commune: str
    # Printed rounded to 5 minutes.
    arrival_s: int
    # When the place may be called at; None: no window.
    window_s: tuple[int, int] | None = None
    # From the place before (the depot for the first stop) to this one.
    leg_duration_s: int
    leg_distance_m: int
    # How to find the door, public words only: codes and key places are on the access sheet.
    how_to_find: str = ""
    # Who answers: the host, the farmer, or the customer's own number with an empty name.
    contact: Contact = Contact("", "")
    # Notes as the customer or the team wrote them; one tag for each sentence, with a pictogram where one fits.
    doorstep_notes: str = ""
    # How long to wait at the door before calling.
    wait_minutes: int = 0
    # Whom to call when nobody answers, in order.
    contact_persons: tuple[Contact, ...] = ()

    # The orders left here; they are counted. None at a farm.
    orders: tuple[DropLine, ...] = ()
    # Orders cancelled after the round was locked: nothing is left for them.
    cancelled: tuple[str, ...] = ()
    # To take back: empties, forms already filled, orders nobody collected (their numbers), anything else in words.
    empty_crates: int = 0
    bottles: int = 0
    filled_forms: int = 0
    uncollected: tuple[str, ...] = ()
    take_back_also: str = ""
    # To collect at the door, or in the host's envelope; 0 prints `collect_words` alone ("payé", "sur facture").
    collect_cents: int = 0
    # How: "espèces", "espèces ou chèque", "enveloppe".
    collect_words: str = ""

    # At a farm: what is taken on board, its room in crates, the empty crates given back, and what is paid ("rien, sur
    # facture").
    goods: tuple[Goods, ...] = ()
    goods_crates: Crates = Crates()
    crates_given_back: int = 0
    pay_words: str = ""

    @property
    def crates(self) -> Crates:
        """Return what is left here, all orders together."""
        return sum((line.crates for line in self.orders), Crates())


@dataclass(frozen=True, slots=True)
class SheetException:
    """An order of the day that is on no round, and why."""

    order: str
    # Whole name, with the commune if it helps: "Mme Wattel, Robecq".
    name: str
    # A French sentence or a few words: "adresse non placée sur la carte".
    reason: str


@dataclass(frozen=True, slots=True)
class OtherRound:
    """How many orders of the day another round takes."""

    letter: str
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSheet:
    """A round sheet, whole. Hours are seconds since local midnight of `day`, distances metres, money cents."""

    letter: str
    # The name of the round, "Béthune nord".
    name: str
    day: dt.date
    driver: str
    # With its plate: "Camionnette 2 (AB-123-CD)".
    vehicle: str
    # "Dépôt, rue de Lille".
    depot: str
    departure_s: int
    return_s: int
    distance_m: int
    # From the last stop back to the depot.
    return_leg_duration_s: int
    return_leg_distance_m: int
    version: int
    # The version printed before, which this sheet makes void; None for the first print.
    replaces: int | None = None
    # The address that opens this round on a telephone; printed as a QR code.
    url: str
    # Drawn by meloko.roads.drawing in mode PAPER, `MAP_WIDTH` × `MAP_HEIGHT` pixels.
    map_svg: str
    stops: tuple[SheetStop, ...]
    load: tuple[LoadLine, ...]
    # All orders of the day that are to be driven from this depot, on whatever round or none.
    day_orders: int
    other_rounds: tuple[OtherRound, ...] = ()
    exceptions: tuple[SheetException, ...] = ()

    @property
    def orders(self) -> int:
        """Return how many orders this sheet takes."""
        return sum(len(stop.orders) for stop in self.stops)


def check_counts(sheet: RoundSheet) -> None:
    """Refuse a sheet that would lose an order or name one twice.

    Raises CountsDoNotClose, with the figures in its sentence.
    """
    elsewhere = sum(other.orders for other in sheet.other_rounds)
    on_rounds, left_out = sheet.orders + elsewhere, len(sheet.exceptions)
    if sheet.day_orders != on_rounds + left_out:
        raise CountsDoNotClose(
            f"Le compte n’est pas bon : {sheet.day_orders} commandes ce jour, mais {on_rounds} sur les tournées"
            f" et {left_out} hors tournée. La feuille de route n’est pas imprimée."
        )
    named = [line.order for stop in sheet.stops for line in stop.orders]
    named += [exception.order for exception in sheet.exceptions]
    twice = [order for order, times in Counter(named).items() if times > 1]
    if twice:
        raise CountsDoNotClose(
            f"Le compte n’est pas bon : la commande {twice[0]} figure deux fois."
            " La feuille de route n’est pas imprimée."
        )
