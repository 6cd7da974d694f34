"""Write a plan down as rounds, all or nothing, unless the day changed meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import now
from meloko.db import Table
from meloko.delivery_days.models import DayState
from meloko.jobs import BuildRounds
from meloko.outbox import Claim, enqueue, finish
from meloko.rounds.gathering import Call, DayToPlan, busy_spans
from meloko.rounds.habits import place_id
from meloko.rounds.models import (
    BuildState,
    DayTravel,
    Drop,
    Round,
    RoundBuild,
    RoundException,
    RoundState,
    Stop,
    Vehicle,
)
from meloko.rounds.reasons import sentence
from meloko.rounds.searching import Found
from meloko.rounds.stops import goods_at, stop_of
from routing.plan import Route
from routing.travel import TravelMatrix

DAY = Table.metadata.tables["delivery_day"]
ROUND = Table.metadata.tables["round"]


@dataclass(frozen=True, slots=True)
class Drive:
    """One round on the road: its points, and the seconds of each leg by class of road, as the table has them."""

    points: list[list[float]]
    classes: list[dict[str, int]]


@dataclass(frozen=True, slots=True)
class Built:
    """What the building brought: the rounds, the ways they drive, the matrix they stand on."""

    day: DayToPlan
    found: Found
    weights: Mapping[str, int]
    drives: Mapping[str, Drive]
    matrix: TravelMatrix
    snapped: Sequence[tuple[str, float, float]]
    network_digest: str


def store_plan(session: Session, claimed: Claim, build_id: int, built: Built) -> bool:
    """Store a plan and finish its job; a stale one is thrown away and asked for again. Returns whether it stands."""
    day = built.day.day
    build = session.get_one(RoundBuild, build_id)
    finish(session, claimed)
    if not (_vehicles_are_free(session, built) and _day_stands(session, built)):
        # The request stays open for the next job, so that the screen shows one building, not two.
        build.state, build.step, build.stop_asked = BuildState.ASKED, "Le jour a changé, on recommence", False
        enqueue(session, BuildRounds(day_id=day.id))
        return False
    version = day.plan_version + 1
    _replace(session, built, version)
    session.connection().execute(
        update(DAY).where(DAY.c.id == day.id, DAY.c.state == DayState.CLOSED).values(state=DayState.PLANNED)
    )
    _note_build(build, built)
    audit(session, None, "rounds.built", "delivery_day", day.id, after={"version": version})
    return True


def _day_stands(session: Session, built: Built) -> bool:
    """Give the day its new plan, unless its orders or its plan changed meanwhile."""
    day = built.day.day
    stands = session.connection().execute(
        update(DAY)
        .where(
            DAY.c.id == day.id,
            DAY.c.input_version == bindparam("input"),
            DAY.c.plan_version == bindparam("plan"),
        )
        .values(plan_version=DAY.c.plan_version + 1, planned_input_version=bindparam("input")),
        {"input": day.input_version, "plan": day.plan_version},
    )
    return stands.rowcount == 1


def _vehicles_are_free(session: Session, built: Built) -> bool:
    """Tell whether no other zone of the date has taken a vehicle meanwhile; from here on none can."""
    found = built.found
    used = sorted({found.vehicles[route.vehicle_id].vehicle.id for route in found.routes})
    session.exec(select(Vehicle.id).where(col(Vehicle.id).in_(used)).order_by(col(Vehicle.id)).with_for_update()).all()
    busy = busy_spans(session, built.day.day)
    return not any(
        span.from_s < route.return_s and route.departure_s < span.until_s
        for route in found.routes
        for span in busy.get(found.vehicles[route.vehicle_id].vehicle.id, ())
    )


def _note_build(build: RoundBuild, built: Built) -> None:
    found = built.found
    build.state, build.ended_at, build.step = BuildState.BUILT, now(), "Tournées prêtes"
    build.done = build.of
    build.stopped_early, build.engine_version = found.stopped_early, found.engine_version
    build.seed, build.iterations = found.budget.seed, found.budget.iterations
    build.weights, build.learning_id = dict(built.weights), built.day.learnt.learning_id
    build.familiarity = built.day.day.zone.familiarity
    build.distance_m, build.duration_s = found.driven.distance_m, found.driven.duration_s
    if found.cheapest is not None:
        build.cheapest_distance_m, build.cheapest_duration_s = found.cheapest.distance_m, found.cheapest.duration_s


def _replace(session: Session, built: Built, version: int) -> None:
    day_id = built.day.day.id
    pinned = _pinned(session, day_id)
    session.connection().execute(
        update(ROUND)
        .where(ROUND.c.delivery_day_id == day_id, ROUND.c.current, ROUND.c.state == RoundState.PLANNED)
        .values(current=False)
    )
    kept = set(session.exec(select(Round.number).where(col(Round.delivery_day_id) == day_id, col(Round.current))))
    free = (number for number in range(1, 1_000) if number not in kept)
    names = _names(built)
    calls = {call.id: call for call in (*built.day.calls, *built.day.farms)}
    for route in sorted(built.found.routes, key=lambda route: (route.departure_s, route.vehicle_id)):
        row = _round(built, route, next(free), version)
        session.add(row)
        session.flush()
        _add_stops(session, built, row, route, calls, pinned)
    for left_out in built.found.left_out:
        for order in calls[left_out.stop_id].orders:
            session.add(
                RoundException(
                    delivery_day_id=day_id,
                    plan_version=version,
                    order_id=order.id,
                    reason=left_out.reason,
                    sentence=sentence(left_out, names),
                )
            )
    _keep_travel(session, built)


def _round(built: Built, route: Route, number: int, version: int) -> Round:
    vehicle, drive = built.found.vehicles[route.vehicle_id].vehicle, built.drives[route.vehicle_id]
    return Round(
        delivery_day_id=built.day.day.id,
        number=number,
        version=version,
        vehicle_id=vehicle.id,
        driver_id=vehicle.driver_id,
        departure_s=route.departure_s,
        return_s=route.return_s,
        distance_m=sum(leg.distance_m for leg in route.legs),
        duration_s=route.return_s - route.departure_s,
        return_leg_duration_s=route.legs[-1].duration_s,
        return_leg_distance_m=route.legs[-1].distance_m,
        return_leg_classes=drive.classes[-1],
        way=drive.points,
    )


def _names(built: Built) -> dict[str, str]:
    names = {call.id: call.name for call in (*built.day.calls, *built.day.farms)}
    names.update((free.id, free.vehicle.name) for free in built.found.vehicles.values())
    return names


def _add_stops(
    session: Session, built: Built, row: Round, route: Route, calls: Mapping[str, Call], pinned: frozenset[str]
) -> None:
    classes = built.drives[route.vehicle_id].classes
    on_board = [order for visit in route.visits if visit.stop_id for order in calls[visit.stop_id].orders]
    for position, (visit, leg) in enumerate(zip(route.visits, route.legs, strict=False), 1):
        call = calls[visit.visit_id]
        stop = stop_of(position, visit, leg, call, goods_at(built.day, call, on_board))
        stop.round_id, stop.leg_classes = row.id, classes[position - 1]
        stop.pinned = call.id in pinned
        session.add(stop)
        session.flush()
        session.add_all(Drop(stop_id=stop.id, order_id=order.id) for order in call.orders)


def _pinned(session: Session, day_id: int) -> frozenset[str]:
    """Return the places that a hand has fixed on the rounds that are rewritten."""
    stops = session.exec(
        select(Stop)
        .join(Round, col(Round.id) == col(Stop.round_id))
        .where(
            col(Round.delivery_day_id) == day_id,
            col(Round.current),
            col(Round.state) == RoundState.PLANNED,
            col(Stop.pinned),
        )
    )
    return frozenset(place_id(stop.kind, stop.owner_id) for stop in stops)


def _keep_travel(session: Session, built: Built) -> None:
    day_id = built.day.day.id
    row = session.exec(select(DayTravel).where(col(DayTravel.delivery_day_id) == day_id)).first()
    row = row or DayTravel(delivery_day_id=day_id, network_digest="", durations_s=b"", distances_m=b"")
    row.network_digest = built.network_digest
    row.places = [[place_id, lat, lon] for place_id, lat, lon in built.snapped]
    row.durations_s = built.matrix.durations_s.astype("<i4").tobytes()
    row.distances_m = built.matrix.distances_m.astype("<i4").tobytes()
    session.add(row)
