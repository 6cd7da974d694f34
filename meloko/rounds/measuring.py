"""Follow a hand on the road: draw the rounds that it changed, measure the places that nobody has measured yet.

Loaded by the workers only: the web never loads the road network.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko import outbox
from meloko.db import ask
from meloko.errors import Refusal
from meloko.jobs import DrawRounds
from meloko.outbox import Claim
from meloko.relay_points.models import Depot
from meloko.roads.closures import closed_ways
from meloko.roads.networks import network_of
from meloko.roads.services import active_network
from meloko.rounds.building import Tools, drive
from meloko.rounds.gathering import depot_id, gather_day
from meloko.rounds.habits import place_id
from meloko.rounds.models import DayTravel
from meloko.rounds.services import find_round, list_rounds
from meloko.rounds.storing import Drive
from routing.matrix import travel_matrix
from routing.network import RoadNetwork
from routing.snapping import OffRoad, Snap, snap
from routing.speeds import day_factors
from routing.travel import TravelMatrix


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drawn and measured on a day."""

    # The places of each round without a way, by its id.
    undrawn: Mapping[int, tuple[str, ...]]
    points: Mapping[str, tuple[float, float]]
    unmeasured: frozenset[str]
    digest: str
    closed: frozenset[int]
    factors: Mapping[str, int]


def draw_rounds(tools: Tools, claimed: Claim) -> None:
    """Draw and measure what the job asks for; a day without roads keeps its straight lines."""
    job = claimed.job
    if not isinstance(job, DrawRounds):
        raise TypeError(job.name)
    try:
        wanted = ask(tools.engine, read_wanted, job.day_id)
    except Refusal:
        ask(tools.engine, outbox.finish, claimed)
        return
    if not wanted.undrawn and not wanted.unmeasured:
        ask(tools.engine, outbox.finish, claimed)
        return
    ask(tools.engine, outbox.renew, claimed, "Réseau routier")
    network = network_of(tools.var, wanted.digest, wanted.closed, wanted.factors)
    snaps = _snaps(network, wanted.points)
    matrix = travel_matrix(network, list(snaps.items())) if wanted.unmeasured & snaps.keys() else None
    drives = {
        round_id: drive(places, network, snaps, wanted.factors)
        for round_id, places in wanted.undrawn.items()
        if snaps.keys() >= {*places}
    }
    ask(tools.engine, store_drawn, claimed, job.day_id, drives, snaps, matrix)


def read_wanted(session: Session, day_id: int) -> Wanted:
    """Read which rounds have no way, and which places of the day no travel times."""
    day = gather_day(session, day_id)
    travel = session.exec(select(DayTravel).where(col(DayTravel.delivery_day_id) == day_id)).first()
    known = {str(place): (float(str(lat)), float(str(lon))) for place, lat, lon in (travel.places if travel else [])}
    undrawn = {}
    for row in list_rounds(session, day_id):
        if not row.way:
            depot = session.get_one(Depot, row.vehicle.depot_id)
            stops = [place_id(stop.kind, stop.owner_id) for stop in row.stops]
            undrawn[row.id] = (depot_id(depot), *stops, depot_id(depot))
    fresh = day.point_of()
    return Wanted(
        undrawn=undrawn,
        points={**known, **fresh},
        # Without a plan there is nothing to measure for.
        unmeasured=frozenset(fresh.keys() - known.keys()) if travel else frozenset(),
        digest=active_network(session).digest,
        closed=closed_ways(session, day.day.date),
        factors=day_factors(day.learnt.factors, [(free.from_s, free.until_s) for free in day.vehicles]),
    )


def store_drawn(
    session: Session,
    claimed: Claim,
    day_id: int,
    drives: Mapping[int, Drive],
    snaps: Mapping[str, Snap],
    matrix: TravelMatrix | None,
) -> None:
    """Keep what was drawn and measured; a round that was drawn meanwhile stays as it is."""
    outbox.finish(session, claimed)
    for round_id, drawn in drives.items():
        row = find_round(session, round_id)
        if row.way:
            continue
        row.way, row.return_leg_classes = drawn.points, drawn.classes[-1]
        for stop, classes in zip(row.stops, drawn.classes, strict=False):
            stop.leg_classes = classes
    travel = session.exec(select(DayTravel).where(col(DayTravel.delivery_day_id) == day_id).with_for_update()).first()
    if matrix is not None and travel is not None:
        travel.places = [[place, at.lat, at.lon] for place, at in snaps.items()]
        travel.durations_s = matrix.durations_s.astype("<i4").tobytes()
        travel.distances_m = matrix.distances_m.astype("<i4").tobytes()


def _snaps(network: RoadNetwork, points: Mapping[str, tuple[float, float]]) -> dict[str, Snap]:
    """Return the places on the road; one that is off every road is left out: an exception says so already."""
    snaps = {}
    for place, (lat, lon) in points.items():
        try:
            snaps[place] = snap(network, lat, lon)
        except OffRoad:
            continue
    return snaps
