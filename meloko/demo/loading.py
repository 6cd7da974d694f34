"""Load the demonstration: roads, addresses, organisation, customers, a recent past and days to order for."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, delete
from sqlmodel import Session, col, select

from meloko import tables
from meloko.clock import now
from meloko.config import Settings
from meloko.customers.cards import card_words
from meloko.db import ask, engine_for
from meloko.demo import organisation
from meloko.demo.fiction import Address, Box, Fiction, moved, read_fiction
from meloko.errors import Refusal
from meloko.notices.models import Notice
from meloko.orders.closing import close_day
from meloko.orders.drafting import Draft
from meloko.orders.placing import place_order
from meloko.relay_points.services import served_places
from meloko.roads.addresses import count_addresses, import_addresses
from meloko.roads.importing import OPENSTREETMAP, import_roads
from meloko.roads.models import KnownAddress, RoadNetwork

Say = Callable[[str], None]

_SOURCE = "démonstration"
_TOLD = 5


def load(
    settings: Settings,
    *,
    seed: int,
    roads: Path | None = None,
    addresses: Path | None = None,
    past: bool = True,
    say: Say = print,
) -> None:
    """Load what is not there yet; `roads` and `addresses` move the organisation to another region.

    Without a past, no day is opened either: the day that is played opens its own. Raises MelokoError.
    """
    engine = engine_for(settings.database_url)
    try:
        _load(engine, settings, seed, roads, addresses, past, say)
    finally:
        engine.dispose()


def bring_people_and_days(engine: Engine, fiction: Fiction, *, past: bool) -> None:
    """Bring in all but the roads and addresses; with a past, what was ordered and what may be ordered now."""
    ask(engine, organisation.bring_organisation, fiction)
    ask(engine, organisation.bring_customers, fiction)
    if past:
        for run, day_id in enumerate(ask(engine, organisation.open_past, fiction)):
            _place_past(engine, fiction, run, day_id)
        ask(engine, _forget_letters)
        ask(engine, organisation.open_runs, fiction)
    ask(engine, organisation.bring_emails, fiction)


def sign_in_lines() -> list[str]:
    """Return the lines that tell who may sign in, and how."""
    sign_ins = read_fiction().organisation["sign_ins"]
    lines = [f"  {user['email']:<28}{', '.join(user['roles'])}" for user in sign_ins["users"]]
    return [
        f"Mot de passe de l’équipe et des livreurs : {sign_ins['password']}   (page /equipe/connexion)",
        *lines,
        f"Carte d’une cliente : {card_words(sign_ins['customer_card'])}   (son code arrive sur /demo/messages)",
    ]


def _load(
    engine: Engine, settings: Settings, seed: int, roads: Path | None, addresses: Path | None, past: bool, say: Say
) -> None:
    fiction = read_fiction()
    # The fictional roads are ours; those that somebody brings are OpenStreetMap's.
    credit = OPENSTREETMAP if roads else "Routes fictives"
    _bring_roads(engine, settings, roads or fiction.roads, credit, say)
    _bring_addresses(engine, addresses or fiction.addresses, say)
    if roads is not None and addresses is not None:
        fiction = moved(fiction, roads, addresses, *ask(engine, _region), seed)
    bring_people_and_days(engine, fiction, past=past)
    ask(engine, organisation.bring_access_notes, fiction, settings.keys)


def _bring_roads(engine: Engine, settings: Settings, path: Path, credit: str, say: Say) -> None:
    if ask(engine, _roads_in_use) == path.name:
        return
    # The organisation comes after its roads: there is no place yet that they could be far from.
    imported = import_roads(engine, path, settings.var, served=served_places, credit=credit)
    say(f"Routes : {imported.nodes} carrefours, {imported.places} lieux nommés ({path.name}).")


def _roads_in_use(session: Session) -> str | None:
    return session.exec(select(RoadNetwork.name).where(col(RoadNetwork.active))).first()


def _bring_addresses(engine: Engine, path: Path, say: Say) -> None:
    if ask(engine, count_addresses):
        return
    imported = ask(engine, import_addresses, path, _SOURCE)
    say(f"Adresses : {imported.kept} connues, {imported.total - imported.kept} lignes laissées de côté.")
    for line, reason in imported.passed_over[:_TOLD]:
        say(f"  ligne {line} : {reason}")


def _region(session: Session) -> tuple[list[Address], Box]:
    """Return the addresses that were brought in, and the box of the roads."""
    network = session.exec(select(RoadNetwork).where(col(RoadNetwork.active))).one()
    known = session.exec(
        select(KnownAddress).where(col(KnownAddress.source) == _SOURCE, col(KnownAddress.number) != "")
    )
    found = [Address(f"{row.number} {row.street}", row.postcode, row.commune, row.lat, row.lon) for row in known]
    return found, Box(network.south, network.west, network.north, network.east)


def _place_past(engine: Engine, fiction: Fiction, run: int, day_id: int) -> None:
    for choices in ask(engine, organisation.past_drafts, fiction, run, day_id):
        # The first place that has room takes the order; what none takes was never asked for.
        any(_is_placed(engine, draft) for draft in choices)
    ask(engine, close_day, day_id, now())


def _forget_letters(session: Session) -> None:
    """Let no confirmation of the past wait to be printed today: it went with the round of then."""
    session.execute(delete(Notice))


def _is_placed(engine: Engine, draft: Draft) -> bool:
    try:
        ask(engine, place_order, draft)
    except Refusal:
        return False
    return True


if not tables.ROOMS:
    raise AssertionError("every table must be known before the first query")
