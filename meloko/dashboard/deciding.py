"""The morning page whole: the count first, then what wants a person, the most pressing on top."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from meloko.accounts.codes import ALARM, wrong_codes
from meloko.clock import today
from meloko.customers.erasing import count_erasures
from meloko.customers.paper_wishes import count_waiting
from meloko.customers.sealing import MANY_READINGS, many_readers
from meloko.dashboard.services import Chart, Clockwork, Coming, Low, Shown, chart, clockwork, coming, doors, due, low
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.proposals import waiting_proposals
from meloko.driving.watching import open_alarms
from meloko.evening.deciding import undecided
from meloko.evening.settling import unsettled_days
from meloko.notices.carrying import count_carried
from meloko.notices.models import Channel
from meloko.orders.deciding import count_withdrawals
from meloko.orders.models import Order
from meloko.outbox import backlog
from meloko.relay_points.services import why_closed
from meloko.rounds.punctuality import Punctuality, punctuality
from meloko.rounds.showing import DayRounds, day_rounds, near_days, nearest_day
from meloko.wording import day_words, hour_words

_NAMED = 3
_URGENCY = {"urgent": 0, "soon": 1, "calm": 2}


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that wants a person: what, who knows, one verb, and where it is done."""

    urgency: str
    icon: str
    what: str
    who: str
    verb: str
    endpoint: str
    arguments: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Morning:
    """All that the morning page shows."""

    shown: DayRounds | None
    others: Sequence[DeliveryDay]
    chart: Chart | None
    decisions: tuple[Decision, ...]
    doors: tuple[Shown, ...]
    due: tuple[Shown, ...]
    low: tuple[Low, ...]
    coming: tuple[Coming, ...]
    clockwork: Clockwork
    punctuality: Punctuality | None = None

    @property
    def due_cents(self) -> int:
        """Return what is to be collected in all."""
        return sum(row.cents for row in self.due)


def morning(session: Session, day_id: int | None = None) -> Morning:
    """Gather the morning page of a day, the nearest when none is named."""
    day_id = day_id or nearest_day(session)
    works = clockwork(session)
    ahead = coming(session)
    if day_id is None:
        pressing = tuple(_of_any_day(session))
        return Morning(None, (), None, pressing, (), (), (), ahead, works)
    shown = day_rounds(session, day_id)
    return Morning(
        shown=shown,
        others=[day for day in near_days(session) if day.id != day_id],
        chart=chart(shown),
        decisions=tuple(sorted(_decisions(session, shown), key=lambda each: _URGENCY[each.urgency])),
        doors=doors(session, day_id),
        due=due(session, day_id),
        low=low(session, day_id),
        coming=ahead,
        clockwork=works,
        punctuality=punctuality(session, today()),
    )


def _decisions(session: Session, shown: DayRounds) -> Iterator[Decision]:
    yield from _of_building(shown)
    yield from _of_rounds(shown)
    yield from _of_exceptions(shown)
    yield from _of_places(session, shown)
    yield from _of_undelivered(session, shown)
    yield from _of_any_day(session)


def _of_any_day(session: Session) -> Iterator[Decision]:
    """Yield what wants a person whatever the day, and without one."""
    yield from _of_drivers(session)
    yield from _guessing(session)
    yield from _failures(session)
    yield from _of_evenings(session)
    yield from _of_letters(session)
    yield from _of_customers(session)


def _of_drivers(session: Session) -> Iterator[Decision]:
    for alarm in open_alarms(session):
        if alarm.called_at is None:
            yield Decision(
                "urgent", "phone", f"Tournée {alarm.letter}, {alarm.driver} : à appeler", alarm.what, "Appeler",
                "drivers.list_all",
            )  # fmt: skip
    for name, readings in many_readers(session):
        yield Decision(
            "urgent", "key-round", f"{name} a lu {readings} codes de porte aujourd’hui",
            f"Plus de {MANY_READINGS} en un jour : demandez-lui pourquoi.", "Voir les livreurs", "drivers.list_all",
        )  # fmt: skip
    waiting = waiting_proposals(session)
    if waiting:
        yield Decision(
            "calm", "flag", f"{len(waiting)} fiche{'s' if len(waiting) > 1 else ''} à changer, dit le livreur",
            ", ".join(row.name for row in waiting[:_NAMED]), "Regarder", "drivers.list_all",
        )  # fmt: skip


def _of_undelivered(session: Session, shown: DayRounds) -> Iterator[Decision]:
    missed = [each.order for each in undecided(session, shown.day.id) if each.act is not None]
    if missed:
        names = ", ".join(order.customer_name for order in missed[:_NAMED])
        more = f" et {len(missed) - _NAMED} autres" if len(missed) > _NAMED else ""
        what = "1 commande non remise" if len(missed) == 1 else f"{len(missed)} commandes non remises"
        yield Decision(
            "soon", "package-x", what, f"{names}{more}.", "Décider", "evening.to_decide", {"day_id": shown.day.id}
        )


def _of_evenings(session: Session) -> Iterator[Decision]:
    for day in unsettled_days(session):
        yield Decision(
            "soon", "list-checks", f"Le {day_words(day.date)} n’est pas clos",
            "Issues, caisses et ce qui reste à décider.", "Clore", "evening.show", {"jour": day.id},
        )  # fmt: skip


def _guessing(session: Session) -> tuple[Decision, ...]:
    tried = wrong_codes(session)
    if tried < ALARM:
        return ()
    return (
        Decision(
            "urgent",
            "lock-keyhole",
            f"{tried} codes faux en une heure : quelqu’un essaie peut-être des cartes",
            "Aucune carte ne s’ouvre ainsi : cinq essais par code, dix codes par jour.",
            "Voir les clients",
            "staff_customers.list_all",
            {},
        ),
    )


def _failures(session: Session) -> tuple[Decision, ...]:
    failed = backlog(session).failed
    if not failed:
        return ()
    words = "1 tâche de fond a été abandonnée" if failed == 1 else f"{failed} tâches de fond ont été abandonnées"
    return (
        Decision(
            "urgent",
            "triangle-alert",
            words,
            "Après cinq essais. Le journal dit pourquoi.",
            "Voir les jours",
            "delivery_days.list_all",
            {},
        ),
    )


def _of_building(shown: DayRounds) -> Iterator[Decision]:
    here = {"jour": shown.day.id}
    if not shown.count.closes:
        yield Decision(
            "urgent",
            "scale",
            f"Le compte n’est pas bon : {shown.count.orders} commandes,"
            f" {shown.count.on_rounds + len(shown.count.exceptions)} retrouvées",
            "N’imprimez rien avant de l’avoir compris.",
            "Regarder",
            "rounds.list_all",
            here,
        )
    if shown.failed and shown.build is not None:
        yield Decision(
            "urgent",
            "route",
            "Les tournées n’ont pas pu être calculées",
            shown.build.message or "Le calcul s’est arrêté.",
            "Reprendre",
            "rounds.list_all",
            here,
        )
    if shown.day.state is DayState.CLOSED and not shown.rounds and not shown.building and not shown.failed:
        yield Decision(
            "urgent",
            "route",
            "Les tournées ne sont pas faites",
            f"Clos depuis {shown.day.cut_off_local}.",
            "Calculer",
            "rounds.list_all",
            here,
        )


def _of_rounds(shown: DayRounds) -> Iterator[Decision]:
    for row in shown.rounds:
        arguments = {"round_id": row.round.id}
        if not row.driver:
            urgency = "urgent" if shown.day.date <= today() + dt.timedelta(days=1) else "soon"
            yield Decision(
                urgency,
                "user-round-x",
                f"Tournée {row.round.letter} sans livreur",
                f"Départ à {hour_words(row.round.departure_s)}, {row.round.vehicle.name}.",
                "Nommer",
                "rounds.show",
                arguments,
            )
        if row.printed_version is not None and row.printed_version != row.version:
            yield Decision(
                "soon",
                "file-warning",
                f"Tournée {row.round.letter} changée depuis l’impression",
                f"Version {row.version} à l’écran, version {row.printed_version} sur le papier.",
                "Réimprimer",
                "rounds.show",
                arguments,
            )


def _of_exceptions(shown: DayRounds) -> Iterator[Decision]:
    """Put the exceptions of one reason together; before the plan, those that wait for it are no news."""
    by_reason: dict[str, list[Order]] = defaultdict(list)
    for listed in shown.count.exceptions:
        if shown.day.plan_version or listed.order.to_decide:
            # What follows the colon is about one order only.
            by_reason[listed.sentence.partition(" : ")[0]].append(listed.order)
    for reason, orders in by_reason.items():
        who = ", ".join(
            f"{order.customer_name} ({order.home_commune or order.place_name})" for order in orders[:_NAMED]
        )
        more = f" et {len(orders) - _NAMED} autres" if len(orders) > _NAMED else ""
        alone = len(orders) == 1
        yield Decision(
            "soon",
            "map-pin-off" if "adresse" in reason else "package-x",
            f"{len(orders)} commande{'' if alone else 's'} hors tournée : {reason}",
            f"{who}{more}.",
            "Décider",
            "rounds.exception" if alone else "rounds.list_all",
            {"order_id": orders[0].id} if alone else {"jour": shown.day.id},
        )


def _of_places(session: Session, shown: DayRounds) -> Iterator[Decision]:
    for served in shown.day.relay_points:
        reason = why_closed(served.relay_point, shown.day.date)
        if reason and served.taken_hundredths + served.chilled_taken_hundredths:
            yield Decision(
                "soon",
                "store",
                reason,
                "Des commandes y sont attendues ce jour-là.",
                "Décider",
                "relay_points.edit",
                {"relay_point_id": served.relay_point_id},
            )


def _of_letters(session: Session) -> Iterator[Decision]:
    waiting = count_waiting(session)
    if waiting:
        yield Decision(
            "calm",
            "mail",
            "Un bon de commande à envoyer par la poste" if waiting == 1 else f"{waiting} bons de commande à poster",
            "Demandé sur le site." if waiting == 1 else "Demandés sur le site.",
            "Voir les adresses",
            "paper_wishes.list_all",
        )


def _of_customers(session: Session) -> Iterator[Decision]:
    """Name what customers wait for: a letter, a call, their money, to be forgotten."""
    carried, given_back, wishes = count_carried(session), count_withdrawals(session), count_erasures(session)
    calls, letters = carried.get(Channel.TELEPHONE, 0), carried.get(Channel.LETTER, 0)
    if calls:
        words = "Un client à appeler" if calls == 1 else f"{calls} clients à appeler"
        yield Decision("soon", "phone", words, "Ils n’ont pas d’e-mail.", "Voir qui", "messages.list_all")
    if letters:
        words = "Une lettre à imprimer" if letters == 1 else f"{letters} lettres à imprimer"
        yield Decision(
            "calm", "printer", words, "À glisser dans la tournée, ou à poster.", "Imprimer", "messages.list_all"
        )
    if given_back:
        words = "Une renonciation à traiter" if given_back == 1 else f"{given_back} renonciations à traiter"
        yield Decision(
            "soon", "undo-2", words, "L’argent se rend en 14 jours.", "Décider", "staff_orders.list_withdrawals"
        )
    if wishes:
        words = "Un client demande à être oublié" if wishes == 1 else f"{wishes} clients demandent à être oubliés"
        yield Decision(
            "calm", "trash-2", words, "Une réponse est due dans le mois.", "Répondre", "erasures.list_erasures"
        )
