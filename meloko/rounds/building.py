"""Build the rounds of a day: read it, search outside of any transaction, write the plan if the day is still the same.

Loaded by the workers only: the web never loads the search nor the road network.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko import outbox
from meloko.clock import now
from meloko.customers.locating import locate_unplaced
from meloko.db import ask
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.errors import MelokoError, Refusal
from meloko.geocoding import Geocoder
from meloko.jobs import BuildRounds
from meloko.outbox import Claim, keeping_lease
from meloko.roads.closures import closed_ways
from meloko.roads.networks import network_of
from meloko.roads.services import active_network
from meloko.rounds.gathering import DayToPlan, depot_id, gather_day
from meloko.rounds.models import BuildState, RoundBuild, StopKind
from meloko.rounds.planning import problem_of
from meloko.rounds.searching import Found, find_rounds
from meloko.rounds.services import RUNNING
from meloko.rounds.storing import Built, Drive, store_plan
from meloko.rounds.warming import warm_up
from routing.matrix import travel_matrix
from routing.network import RoadNetwork
from routing.plan import Route
from routing.snapping import CutOff, OffRoad, Snap, snap
from routing.speeds import WHOLE_PPM, day_factors
from routing.ways import way

log = logging.getLogger(__name__)

_SAY_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What building needs besides the database."""

    engine: Engine
    var: Path
    geocoder: Geocoder | None


def build_rounds(tools: Tools, claimed: Claim) -> bool:
    """Build the rounds of the day that the job names; return whether a plan was written."""
    job = claimed.job
    if not isinstance(job, BuildRounds):
        raise TypeError(job.name)
    build_id = ask(tools.engine, begin_build, claimed, job.day_id)
    if build_id is None:
        return False
    try:
        built = _work_out(tools, claimed, build_id, job.day_id)
    except MelokoError as refusal:
        # A person must put it right; trying again by itself would only hide it.
        ask(tools.engine, fail_build, claimed, build_id, refusal.sentence)
        return False
    return ask(tools.engine, store_plan, claimed, build_id, built)


def begin_build(session: Session, claimed: Claim, day_id: int) -> int | None:
    """Begin the request of a day, or finish the job at once when there is nothing to build or another builds."""
    day = session.exec(select(DeliveryDay).where(col(DeliveryDay.id) == day_id).with_for_update()).one()
    build = session.exec(
        select(RoundBuild).where(col(RoundBuild.delivery_day_id) == day_id, col(RoundBuild.state).in_(RUNNING))
    ).first()
    stale = day.planned_input_version != day.input_version
    wanted = day.state in (DayState.CLOSED, DayState.PLANNED) and (build is not None or stale)
    if not wanted or (build is not None and _in_other_hands(session, build, claimed)):
        outbox.finish(session, claimed)
        return None
    build = build or RoundBuild(delivery_day_id=day_id)
    build.state, build.outbox_id, build.message = BuildState.BUILDING, claimed.outbox_id, ""
    build.step, build.done, build.of = "Lecture des commandes", 0, 0
    session.add(build)
    session.flush()
    return build.id


def fail_build(session: Session, claimed: Claim, build_id: int, sentence: str) -> None:
    """End a request that cannot be met, with the sentence that says what to do."""
    build = session.get_one(RoundBuild, build_id)
    build.state, build.ended_at, build.message = BuildState.FAILED, now(), sentence
    outbox.finish(session, claimed)


def note_progress(session: Session, claimed: Claim, build_id: int, step: str, done: int, of: int) -> bool:
    """Say how far a building is, and keep its lease; return whether somebody has asked to stop."""
    outbox.renew(session, claimed, step)
    build = session.get_one(RoundBuild, build_id)
    build.step, build.done, build.of = step, done, of
    return build.stop_asked


def is_anew(session: Session, build_id: int) -> bool:
    """Tell whether the search is to forget the rounds as they are planned."""
    return session.get_one(RoundBuild, build_id).anew


class DepotOffRoad(Refusal):
    """A depot that no road leads to."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Aucune route ne mène au dépôt « {name} » : vérifiez son point sur la carte, et les routes fermées."
        )


def _in_other_hands(session: Session, build: RoundBuild, claimed: Claim) -> bool:
    if build.state is not BuildState.BUILDING or build.outbox_id in (None, claimed.outbox_id):
        return False
    return build.outbox_id is not None and outbox.is_alive(session, build.outbox_id)


def _work_out(tools: Tools, claimed: Claim, build_id: int, day_id: int) -> Built:
    said = _Progress(tools, claimed, build_id)
    said.step("Adresses à placer")
    homes = [call for call in ask(tools.engine, gather_day, day_id).calls if call.kind is StopKind.HOME]
    unplaced = [home.owner_id for home in homes if home.point is None]
    if ask(tools.engine, locate_unplaced, unplaced, tools.geocoder).service_away:
        log.warning("geocoding service away: the addresses it would know stay exceptions")
    day = ask(tools.engine, gather_day, day_id)
    said.step("Réseau routier")
    digest = ask(tools.engine, active_network).digest
    closed = ask(tools.engine, closed_ways, day.day.date)
    factors = day_factors(day.learnt.factors, [(free.from_s, free.until_s) for free in day.vehicles])
    with said.busy("Préparation du calcul"):
        warm_up()
        network = network_of(tools.var, digest, closed, factors)
    with said.busy("Temps de trajet"):
        snaps, gaps = _snap(network, day)
        matrix = travel_matrix(network, list(snaps.items()))
    cut_off = sorted(day.point_of().keys() - snaps.keys() - gaps.keys())
    problem = problem_of(day, matrix.with_unreachable(cut_off), gaps)
    found = find_rounds(day, problem, said.search, anew=ask(tools.engine, is_anew, build_id))
    said.step("Tracé des tournées")
    return Built(
        day=day,
        found=found,
        weights=asdict(problem.weights),
        drives={route.vehicle_id: _drive(network, route, found, snaps, factors) for route in found.routes},
        matrix=matrix,
        snapped=[(place_id, at.lat, at.lon) for place_id, at in snaps.items()],
        network_digest=digest,
    )


def _snap(network: RoadNetwork, day: DayToPlan) -> tuple[dict[str, Snap], dict[str, int]]:
    """Return the snapped places, and the metres to the nearest road of those that are off every road.

    In neither of them are the places whose roads are cut off from all others.
    """
    snaps, gaps = {}, {}
    depots = {depot_id(each): each.name for each in (day.depot, *(free.depot for free in day.vehicles))}
    for place_id, (lat, lon) in day.point_of().items():
        try:
            snaps[place_id] = snap(network, lat, lon)
        except (OffRoad, CutOff) as refused:
            if place_id in depots:
                raise DepotOffRoad(depots[place_id]) from refused
            if isinstance(refused, OffRoad):
                gaps[place_id] = refused.distance_m if refused.distance_m is not None else 100_000
    return snaps, gaps


def _drive(
    network: RoadNetwork, route: Route, found: Found, snaps: Mapping[str, Snap], factors: Mapping[str, int]
) -> Drive:
    """Draw a round, the seconds of its legs taken back to the table: learning starts from there each night."""
    home = depot_id(found.vehicles[route.vehicle_id].depot)
    return drive([home, *(visit.visit_id for visit in route.visits), home], network, snaps, factors)


def drive(places: Sequence[str], network: RoadNetwork, snaps: Mapping[str, Snap], factors: Mapping[str, int]) -> Drive:
    """Draw the way from place to place; the seconds of its legs are those of the table."""
    points: list[list[float]] = []
    classes = []
    for start, end in pairwise(places):
        leg = way(network, snaps[start], snaps[end])
        points.extend([round(lat, 5), round(lon, 5)] for lat, lon in leg.points)
        classes.append({name: s * WHOLE_PPM // factors.get(name, WHOLE_PPM) for name, s in leg.class_s.items()})
    return Drive([at for n, at in enumerate(points) if n == 0 or at != points[n - 1]], classes)


class _Progress:
    """Says on the screen how far the building is, not more often than a person can read."""

    def __init__(self, tools: Tools, claimed: Claim, build_id: int) -> None:
        self._tools, self._claimed, self._build_id = tools, claimed, build_id
        self._said_at = 0.0
        self._stop_asked = False

    def step(self, words: str, done: int = 0, of: int = 0) -> None:
        """Say which step has begun."""
        self._said_at = time.monotonic()
        self._stop_asked = ask(self._tools.engine, note_progress, self._claimed, self._build_id, words, done, of)

    def search(self, done: int, of: int, best_cost: int) -> bool:
        """Say how far the search is; return False once somebody has asked to stop."""
        if time.monotonic() - self._said_at >= _SAY_EVERY_S:
            self.step("Recherche du meilleur ordre", done, of)
        return not self._stop_asked

    @contextmanager
    def busy(self, words: str) -> Iterator[None]:
        """Keep the lease of the job during work that says nothing itself."""
        self.step(words)
        with keeping_lease(lambda: self.step(words)):
            yield
