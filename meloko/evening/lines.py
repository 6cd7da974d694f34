"""The lines to key of a sheet: one a stop, or one an order where the orders of a stop fared differently."""

from collections.abc import Iterator
from dataclasses import dataclass

from meloko.driving.models import Act, ActKind, OtherWay
from meloko.evening.reading import Halt, SaidOf, Sheet
from meloko.orders.models import Order
from meloko.rounds.models import StopKind
from meloko.wording import euros

# One key an outcome, in the order of the boxes of the sheet.
KEYS: dict[str, tuple[ActKind, OtherWay | None]] = {
    "L": (ActKind.DELIVERED, None),
    "V": (ActKind.OTHERWISE, OtherWay.NEIGHBOUR),
    "D": (ActKind.OTHERWISE, OtherWay.AT_THE_DOOR),
    "I": (ActKind.OTHERWISE, OtherWay.RELAY_POINT),
    "A": (ActKind.OTHERWISE, OtherWay.OTHER),
    "P": (ActKind.NO_ANSWER, None),
    "R": (ActKind.REFUSED, None),
    "M": (ActKind.MISSING, None),
}
WAITING_KEYS: dict[str, tuple[ActKind, OtherWay | None]] = {
    "R": (ActKind.TAKEN_BACK, None),
    "T": (ActKind.COLLECTED, None),
}
KEY_WORDS = {
    "L": "livré",
    "V": "chez un voisin",
    "D": "devant la porte",
    "I": "au point relais",
    "A": "autrement",
    "P": "pas de réponse, fermé",
    "R": "refusé",
    "M": "manque",
}
WAITING_WORDS = {"R": "repris", "T": "retiré par le client"}
PAID_BY = {"E": ActKind.CASH, "C": ActKind.CHEQUE, "B": ActKind.CARD}
GIVEN_OVER = (ActKind.DELIVERED, ActKind.OTHERWISE)


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed on one line, word for word."""

    key: str = ""
    missing: str = ""
    words: str = ""
    paid: str = ""
    empties: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line to key: the orders it speaks for, and what is said of them so far."""

    id: str
    halt: Halt
    said: tuple[SaidOf, ...]
    shown: Typed
    waiting: bool = False
    # The first line of its stop: money and empties are of the stop.
    first: bool = True

    @property
    def orders(self) -> tuple[Order, ...]:
        """Return the orders that the line speaks for."""
        return tuple(each.order for each in self.said)

    @property
    def due_cents(self) -> int:
        """Return what these orders come to."""
        return sum(order.total_cents for order in self.orders)

    @property
    def keys(self) -> dict[str, tuple[ActKind, OtherWay | None]]:
        """Return the keys that mean something here."""
        return WAITING_KEYS if self.waiting else KEYS

    @property
    def names(self) -> str:
        """Say whom the line speaks for."""
        stop = self.halt.stop
        if not self.waiting and self.first and len(self.said) == len(self.halt.drops):
            return stop.name
        return ", ".join(f"n° {order.number}, {order.public_name}" for order in self.orders)

    @property
    def by_phone(self) -> Act | None:
        """Return the act of the line when the phone said it."""
        act = self.said[0].act if self.said else None
        return act if act is not None and act.source.value == "phone" else None


def lines_of(sheet: Sheet) -> tuple[Line, ...]:
    """Lay out the lines of a sheet in its order; a farm has none."""
    return tuple(line for halt in sheet.halts for line in _lines(halt))


def _lines(halt: Halt) -> Iterator[Line]:
    if halt.stop.kind is StopKind.FARM:
        return
    paid, empties = paid_words(halt), str(halt.empties or "")
    keys = {_key(each.act) for each in halt.drops if each.act is None or each.act.kind is not ActKind.MISSING}
    if len(keys) <= 1 and halt.drops:
        missing = [each.order.number for each in halt.drops if each.act and each.act.kind is ActKind.MISSING]
        whole = len(missing) == len(halt.drops)
        shown = Typed(
            "M" if whole else next(iter(keys), ""),
            "" if whole else " ".join(missing),
            _words(halt.drops),
            paid,
            empties,
        )
        yield Line(str(halt.stop.id), halt, halt.drops, shown)
    else:
        for n, each in enumerate(halt.drops):
            said = Typed(_key(each.act), "", each.act.words if each.act else "", *((paid, empties) if n == 0 else ()))
            yield Line(f"{halt.stop.id}-{each.order.id}", halt, (each,), said, first=n == 0)
    for each in halt.waiting:
        key = next((key for key, (kind, _) in WAITING_KEYS.items() if each.act and each.act.kind is kind), "")
        words = each.act.words if each.act else ""
        yield Line(f"{halt.stop.id}-{each.order.id}", halt, (each,), Typed(key, words=words), waiting=True, first=False)


def paid_words(halt: Halt) -> str:
    """Write what was noted at a stop as it is keyed: "E12,80 C5,00"."""
    sums = ((letter, halt.noted_cents(kind)) for letter, kind in PAID_BY.items())
    return " ".join(f"{letter}{euros(cents).removesuffix('€').strip()}" for letter, cents in sums if cents)


def _key(act: Act | None) -> str:
    if act is None:
        return ""
    return next((key for key, what in KEYS.items() if what == (act.kind, act.how)), "")


def _words(drops: tuple[SaidOf, ...]) -> str:
    return next((each.act.words for each in drops if each.act and each.act.words), "")
