"""The days and the places that an order may still choose."""

import datetime as dt
import math
from dataclasses import dataclass

from sqlmodel import Session

from meloko.clock import now
from meloko.customers.models import Customer
from meloko.delivery_days.entering import DayClosed
from meloko.delivery_days.models import DayRelayPoint, DeliveryDay
from meloko.delivery_days.services import find_day, orderable_days
from meloko.errors import Refusal
from meloko.languages import say
from meloko.orders.basket import BasketView, basket_view, choose_place
from meloko.orders.showing import Chosen, address_of, chosen, home_hours
from meloko.orders.totals import crates_of
from meloko.relay_points.hours import day_hours_words
from meloko.relay_points.models import RelayPoint, Zone
from meloko.relay_points.services import why_closed
from meloko.roads.drawing import Mark, MarkKind
from meloko.roads.services import places_map
from meloko.wording import day_words, euros, weekday_words


class PlaceNotPossible(Refusal):
    """A place that cannot be chosen for this day or for so much, with the reason."""

    field = "place"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            say(
                "{name} : {reason} Choisissez un autre lieu, ou un autre jour.",
                name=name,
                reason=reason[:1].lower() + reason[1:],
            )
        )


class PlaceNotChosen(Refusal):
    """No place, or none that is offered that day."""

    status = 422
    field = "place"

    def __init__(self) -> None:
        super().__init__(say("Choisissez l’un des lieux proposés."))


@dataclass(frozen=True, slots=True)
class DayChoice:
    """A day that can be ordered for."""

    id: int
    date: dt.date
    zone: str
    cut_off: dt.datetime
    chosen: bool


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A place of one day; `off` says in words why it cannot be chosen."""

    value: str
    kind: str
    n: str
    name: str
    hours: str
    where: str
    usual: bool
    chosen: bool
    step_free: bool
    off: str
    # What delivery costs there and from how much on, in words; nothing when it is free.
    terms: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """The page of the day and the place."""

    days: tuple[DayChoice, ...]
    places: tuple[PlaceChoice, ...]
    basket: Chosen
    # Said when the day that was chosen before can no longer be ordered for.
    closed: str
    map: str


def places(session: Session, token: str, user_id: int | None, day_id: int | None) -> Places:
    """Gather the page of the day and the place: the usual or the one chosen before is chosen already."""
    view = basket_view(session, token, user_id)
    days = orderable_days(session, now(), begun_at=view.basket.begun_at)
    wanted = day_id or view.basket.delivery_day_id
    day = next((day for day in days if day.id == wanted), days[0] if days else None)
    zones = {day.zone.name for day in days}
    choices = tuple(
        DayChoice(each.id, each.date, each.zone.name if len(zones) > 1 else "", each.cut_off_at, each is day)
        for each in days
    )
    if day is None:
        return Places((), (), chosen(view), "", "")
    closed = ""
    if view.basket.delivery_day_id is not None and all(each.id != view.basket.delivery_day_id for each in days):
        date = find_day(session, view.basket.delivery_day_id).date
        closed = say(
            "Les commandes pour {day} sont closes. Votre commande est gardée : choisissez un autre jour.",
            day=day_words(date),
        )
    offered, marks = _offered(day, view)
    title = say("Carte des points relais de {day}", day=day_words(day.date))
    return Places(
        choices, offered, chosen(view), closed, places_map(session, marks, title=title, width=360, height=420)
    )


def choose(session: Session, token: str, user_id: int | None, day_id: int, value: str) -> None:
    """Choose a day and a place as the page offered them; refuse what is no longer possible, with the reason."""
    view = basket_view(session, token, user_id)
    days = orderable_days(session, now(), begun_at=view.basket.begun_at)
    day = next((each for each in days if each.id == day_id), None)
    if day is None:
        raise DayClosed(find_day(session, day_id))
    offered, _ = _offered(day, view)
    place = next((each for each in offered if each.value == value), None)
    if place is None:
        raise PlaceNotChosen
    if place.off:
        raise PlaceNotPossible(place.name, place.off)
    choose_place(session, token, day_id, None if place.kind == "home" else int(value))


@dataclass(frozen=True, slots=True)
class NextDay:
    """A day to which a whole basket can go over, at the place chosen before."""

    id: int
    date: dt.date
    cut_off: dt.datetime
    place: PlaceChoice


def next_days_for(session: Session, token: str, user_id: int | None) -> tuple[NextDay, ...]:
    """Return the days that can still be ordered for at the same place, for a basket whose day has closed."""
    view = basket_view(session, token, user_id)
    wanted = "home" if view.basket.home else str(view.basket.relay_point_id)
    days = []
    for day in orderable_days(session, now(), begun_at=view.basket.begun_at):
        same = next((place for place in _offered(day, view)[0] if place.value == wanted and not place.off), None)
        if same is not None:
            days.append(NextDay(day.id, day.date, day.cut_off_at, same))
    return tuple(days)


def _offered(day: DeliveryDay, view: BasketView) -> tuple[tuple[PlaceChoice, ...], list[Mark]]:
    customer, basket = view.customer, view.basket
    usual = customer.preferred_relay_point_id if customer else None
    wanted = basket.relay_point_id if basket.relay_point_id or basket.home else usual
    need = crates_of(line.product.crates_and_chill(line.quantity) for line in view.lines)
    offered = [_home(day, view)] if day.homes_served else []
    marks = []
    for n, served in enumerate(sorted(day.relay_points, key=lambda each: _order(each.relay_point, customer)), 1):
        choice = _relay(day, served, n, need, customer, usual, wanted)
        offered.append(choice)
        point = served.relay_point
        if point.lat is not None and point.lon is not None:
            marks.append(Mark(MarkKind.RELAY, choice.n, point.lat, point.lon, now=choice.chosen))
    return tuple(offered), marks


def _home(day: DeliveryDay, view: BasketView) -> PlaceChoice:
    customer = view.customer
    address, commune = address_of(view)
    unknown = say("Nous n’avons pas encore votre adresse : appelez-nous pour la donner.")
    hours = f"{weekday_words(day.date.weekday())}, {home_hours(day)}"
    return PlaceChoice(
        value="home",
        kind="home",
        n="",
        name=say("Chez vous"),
        hours=hours,
        where=", ".join(filter(None, (address, commune)))
        or ("" if customer else say("Nous vous demanderons l’adresse.")),
        usual=False,
        chosen=view.basket.home,
        step_free=False,
        off=unknown if customer and not (address and commune) else "",
        terms=_terms(day.zone),
    )


def _relay(
    day: DeliveryDay,
    served: DayRelayPoint,
    n: int,
    need: tuple[int, int],
    customer: Customer | None,
    usual: int | None,
    wanted: int | None,
) -> PlaceChoice:
    point = served.relay_point
    reason = why_closed(point, day.date)
    full = _why_full(served, need)
    far = _beeline_m(point, customer)
    where = f"{point.address}, {point.commune}" if point.address else point.commune
    return PlaceChoice(
        value=str(point.id),
        kind="relay",
        n=str(n),
        name=point.name,
        hours="" if reason else f"{weekday_words(day.date.weekday())}, {day_hours_words(point.public_hours, day.date)}",
        where=where + (say(" · à {far} à vol d’oiseau", far=_metres_words(far)) if far is not None else ""),
        usual=point.id == usual,
        chosen=point.id == wanted and not (reason or full),
        step_free=point.wheelchair,
        off=f"{reason.removeprefix(point.name).strip()}." if reason else full,
        terms=_terms(point),
    )


def _terms(charging: Zone | RelayPoint) -> str:
    """Say what delivery costs and from how much on; nothing where it is free for everybody."""
    words = []
    if charging.fee_cents:
        words.append(say("livraison {fee}", fee=euros(charging.fee_cents)))
    if charging.minimum_cents:
        words.append(say("à partir de {minimum} de produits", minimum=euros(charging.minimum_cents)))
    return ", ".join(words)


def _why_full(served: DayRelayPoint, need: tuple[int, int]) -> str:
    """Say what this order lacks at a relay point, or nothing when it has room."""
    ambient, chilled = need
    if chilled and not served.chilled_capacity_hundredths:
        return say("Ce lieu ne garde pas de produits frais.")
    if served.chilled_taken_hundredths + chilled > served.chilled_capacity_hundredths:
        return say("Il n’y a plus assez de place au frais ce jour-là.")
    if served.taken_hundredths + ambient > served.capacity_hundredths:
        return say("Il n’y a plus assez de place ce jour-là.")
    return ""


def _order(point: RelayPoint, customer: Customer | None) -> tuple[bool, float, str, str]:
    """Sort places: the usual one first, then the nearest, then by commune."""
    usual = customer is not None and customer.preferred_relay_point_id == point.id
    return (not usual, _beeline_m(point, customer) or 0.0, point.commune, point.name)


def _beeline_m(point: RelayPoint, customer: Customer | None) -> float | None:
    """Return the metres as the crow flies, good enough within a department, or None when one lies nowhere."""
    if customer is None or customer.lat is None or customer.lon is None or point.lat is None or point.lon is None:
        return None
    east = math.radians(point.lon - customer.lon) * math.cos(math.radians(point.lat))
    return 6_371_000 * math.hypot(math.radians(point.lat - customer.lat), east)


def _metres_words(metres: float) -> str:
    return f"{max(100, round(metres, -2)):.0f} m" if metres < 950 else f"{metres / 1_000:.0f} km"
