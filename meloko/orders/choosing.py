"""The shop: what is sold, what is chosen so far, what was ordered last time."""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.services import find_by_codes
from meloko.clock import now, today
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import next_days
from meloko.errors import Refusal
from meloko.languages import say
from meloko.orders.basket import BasketView, basket_view, check_bag, line_cents, set_quantity
from meloko.orders.habits import Habit, habit_of
from meloko.orders.models import MOST_OF_ONE_PRODUCT
from meloko.orders.shelving import Good, Look, Shown, ShownShelf, good, show
from meloko.orders.showing import BagName, Chosen, bags_of, chosen


class NotANumber(Refusal):
    """A quantity that is not written in digits."""

    status = 422
    field = "quantity"

    def __init__(self, typed: str) -> None:
        super().__init__(
            say(
                "Écrivez un nombre en chiffres, de 0 à {most} : vous avez écrit « {typed} ».",
                most=MOST_OF_ONE_PRODUCT,
                typed=typed[:20],
            )
        )


@dataclass(frozen=True, slots=True)
class Usual:
    """The last order, to be taken up again with one press."""

    day: dt.date
    count: int
    total_cents: int


@dataclass(frozen=True, slots=True)
class Shop:
    """The page of the products."""

    shown: Shown
    basket: Chosen
    usual: Usual | None
    cut_off: dt.datetime | None
    bags: tuple[BagName, ...] = ()
    # The bag that is being filled; None is that of who orders.
    bag_id: int | None = None

    @property
    def shelves(self) -> tuple[ShownShelf, ...]:
        """Return the shelves of this page."""
        return self.shown.shelves

    @property
    def found(self) -> int:
        """Return how many products are shown."""
        return sum(len(shelf.goods) for shelf in self.shelves)


@dataclass(frozen=True, slots=True)
class Changed:
    """One product after a change of its quantity, and what is chosen now."""

    good: Good
    basket: Chosen
    amount_cents: int
    # More than before, not less.
    more: bool
    cut_off: dt.datetime | None
    bags: tuple[BagName, ...] = ()
    bag_id: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of one quantity, as the page sent it: `typed` and what it had `shown` before."""

    code: str
    change: str
    typed: str
    shown: str
    bag_id: int | None = None


def shop(session: Session, token: str, user_id: int | None, look: Look, bag_id: int | None = None) -> Shop:
    """Gather the page of the products: what is sold, what one bag holds so far, what was ordered before."""
    view = basket_view(session, token, None)
    check_bag(view.basket, bag_id)
    days = next_days(session, now())
    habit = _habit(session, user_id, bag_id)
    held = view.in_bag(bag_id)
    shown = show(session, look, _season(view, days), held, habit, view.products)
    taken_up = all(held.get(product_id, 0) >= quantity for product_id, quantity in habit.last.items())
    usual = Usual(habit.last_day, len(habit.last), habit.last_total_cents) if habit.last_day and not taken_up else None
    return Shop(shown, chosen(view), usual, days[0].cut_off_at if days else None, bags_of(view), bag_id)


def change_quantity(session: Session, token: str, user_id: int | None, asked: Asked) -> Changed:
    """Change the quantity of one product in one bag: one "more", one "less", or "set" to the number typed.

    More and less start from what is stored, so that two quick presses are two; unless another number was typed.
    """
    product = find_by_codes(session, [asked.code])[asked.code]
    stored = basket_view(session, token, None).in_bag(asked.bag_id).get(product.id, 0)
    start = stored if asked.typed == asked.shown and asked.change != "set" else whole_number(asked.typed)
    wanted = max(0, start + {"more": 1, "less": -1}.get(asked.change, 0))
    set_quantity(session, token, product.id, wanted, asked.bag_id)
    view = basket_view(session, token, None)
    days = next_days(session, now())
    quantity = view.in_bag(asked.bag_id).get(product.id, 0)
    changed = good(product, _season(view, days), quantity, _habit(session, user_id, asked.bag_id).usual)
    return Changed(
        changed,
        chosen(view),
        line_cents(product, quantity),
        more=quantity > stored,
        cut_off=days[0].cut_off_at if days else None,
        bags=bags_of(view),
        bag_id=asked.bag_id,
    )


def whole_number(typed: str) -> int:
    """Read a quantity as it was typed, or refuse it in words."""
    words = typed.replace("\u00a0", "").replace(" ", "")
    if not words.removeprefix("-").isascii() or not words.removeprefix("-").isdigit():
        raise NotANumber(typed)
    # What is far too much stays far too much, without a number of a thousand digits.
    number = int(words[:12])
    if not 0 <= number <= MOST_OF_ONE_PRODUCT:
        raise NotANumber(typed)
    return number


def _season(view: BasketView, days: list[DeliveryDay]) -> dt.date:
    """Return the day for which seasons are looked at: the chosen one, or the next, or today."""
    ahead = {day.id: day.date for day in days}
    return ahead.get(view.basket.delivery_day_id or 0) or (days[0].date if days else today())


def _habit(session: Session, user_id: int | None, bag_id: int | None) -> Habit:
    """Return what who orders usually takes; for others we suggest nothing."""
    return habit_of(session, user_id) if user_id is not None and bag_id is None else Habit()
