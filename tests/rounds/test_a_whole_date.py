import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from meloko.accounts.models import Role
from meloko.catalogue.models import Producer
from meloko.clock import now, today
from meloko.delivery_days.models import DeliveryDay
from meloko.jobs import BuildRounds
from meloko.orders.closing import close_day
from meloko.orders.models import Source
from meloko.orders.placing import place_order
from meloko.outbox import enqueue
from meloko.relay_points.hours import Span
from meloko.relay_points.models import Depot
from meloko.rounds import building
from meloko.rounds.building import Tools
from meloko.rounds.gathering import RELOAD_S, FreeVehicle, gather_day, trips_of
from meloko.rounds.habits import habits_of
from meloko.rounds.models import BuildState, Round, RoundBuild, Stop, StopKind, Vehicle, VehicleKind, VehicleZone
from meloko.rounds.planning import vehicle_of
from meloko.rounds.services import ask_build, day_count, list_rounds, newest_build
from meloko.rounds.showing import price_words
from routing.problem import Before, Last, OnVehicle, Place
from tests.make import Make
from tests.rounds.rounds import HOUR, Halt, put_round
from tests.rounds.test_building import LATER, Valley, _run
from tests.rounds.test_building import doors as doors
from tests.rounds.test_building import tools as tools
from tests.rounds.test_building import valley_roads as valley_roads
from tests.signed_in import sign_in

Doors = list[tuple[float, float]]


def _sentence(make: Make, day: DeliveryDay) -> str:
    build = make.ask(newest_build, day.id)
    assert build is not None
    assert build.state is BuildState.FAILED
    assert make.ask(day_count, day.id).closes
    return build.message


def test_two_zones_of_a_date_never_send_one_van_to_two_places(make: Make, tools: Tools, doors: Doors) -> None:
    valley = Valley(make, doors, homes=2)
    with Session(tools.engine) as session:
        depot = session.get_one(Depot, valley.van.depot_id)
    other = make.zone(depot)
    leeks, there = make.product(), make.customer(last_name="Ailleurs", lat=doors[20][0], lon=doors[20][1])
    second = make.day(zone=other)
    make.order(there, second, None, {leeks.id: 1})

    for day in (valley.day, second):
        make.ask(close_day, day.id, now() + LATER)
        _run(make, tools)

    first, later = (make.ask(list_rounds, day.id) for day in (valley.day, second))
    spans = sorted((row.departure_s, row.return_s) for row in (*first, *later))
    assert {row.vehicle_id for row in (*first, *later)} == {valley.van.id}
    assert len(spans) == 2
    assert spans[0][1] + RELOAD_S <= spans[1][0]
    assert make.ask(day_count, second.id).on_rounds == 1


def test_a_van_that_is_back_early_drives_a_second_round(make: Make, tools: Tools, doors: Doors) -> None:
    valley = Valley(make, doors, homes=6)
    with Session(tools.engine) as session:
        session.exec(update(Vehicle).values(crates_hundredths=40, chilled_hundredths=90))
        session.exec(update(Producer).values(pickup_hours="06:00-13:00"))
        session.commit()

    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)

    rounds = make.ask(list_rounds, valley.day.id)
    count = make.ask(day_count, valley.day.id)
    assert len(rounds) == 2
    assert {row.vehicle_id for row in rounds} == {valley.van.id}
    assert rounds[0].return_s + RELOAD_S <= rounds[1].departure_s
    assert count.closes
    assert count.on_rounds > max(sum(len(stop.drops) for stop in row.stops) for row in rounds)


def test_a_vehicle_of_another_depot_starts_and_ends_there(make: Make, tools: Tools, doors: Doors) -> None:
    valley = Valley(make, doors, homes=1)
    far = make.depot(*doors[-1])
    lent = make.vehicle(far)
    with Session(tools.engine) as session:
        session.exec(update(Vehicle).where(col(Vehicle.id) == valley.van.id).values(active=False))
        session.add(VehicleZone(vehicle_id=lent.id, zone_id=valley.day.zone_id))
        session.commit()

    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)

    row = make.ask(list_rounds, valley.day.id)[0]
    assert row.vehicle_id == lent.id
    for lat, lon in (row.way[0], row.way[-1]):
        assert abs(lat - doors[-1][0]) < 0.005
        assert abs(lon - doors[-1][1]) < 0.005


def test_a_volunteers_car_helps_out_in_its_own_hours_at_its_own_price(make: Make, tools: Tools, doors: Doors) -> None:
    valley = Valley(make, doors, homes=6)
    with Session(tools.engine) as session:
        # The van takes half of the leeks and comes home too late for a second round.
        session.exec(update(Vehicle).values(crates_hundredths=40, works_until=dt.time(11)))
        session.exec(update(Producer).values(pickup_hours="06:00-13:00"))
        depot = session.get_one(Depot, valley.van.depot_id)
        car = Vehicle(
            code="B1", name="Voiture de Josette", kind=VehicleKind.VOLUNTEER_CAR, depot_id=depot.id,
            works_from=dt.time(8), works_until=dt.time(12), crates_hundredths=400, chilled_hundredths=150,
            cost_cents_per_km=62,
        )  # fmt: skip
        session.add(car)
        session.commit()
        car_id = car.id
    make.ask(close_day, valley.day.id, now() + LATER)
    free = make.ask(gather_day, valley.day.id).vehicles
    assert [vehicle_of(each, Place("depot", 47.1, 9.5)).per_m for each in free] == [30, 62]

    _run(make, tools)

    rows = {row.vehicle_id: row for row in make.ask(list_rounds, valley.day.id)}
    assert rows.keys() == {valley.van.id, car_id}
    assert 8 * HOUR <= rows[car_id].departure_s < rows[car_id].return_s <= 12 * HOUR
    assert make.ask(day_count, valley.day.id).closes


def test_the_places_that_staff_have_fixed_are_kept_by_the_next_building(make: Make, tools: Tools, doors: Doors) -> None:
    valley = Valley(make, doors, homes=6)
    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)
    drops = [stop for stop in make.ask(list_rounds, valley.day.id)[0].stops if stop.kind is StopKind.HOME]
    (first, second, *_, last) = drops
    with Session(tools.engine) as session:
        # As if staff had turned the homes round: the last comes before the second, and that before the first.
        for stop, position in ((last, 101), (second, 102), (first, 103)):
            session.exec(update(Stop).where(col(Stop.id) == stop.id).values(position=position, pinned=True))
        session.commit()
    elsewhere = make.ask(gather_day, valley.day.id)
    assert [type(pin) for pin in elsewhere.pins] == [OnVehicle] * 3 + [Before] * 2 + [Last]

    make.ask(ask_build, valley.day.id, by=None, anew=True)
    _run(make, tools)

    after = [stop.owner_id for stop in make.ask(list_rounds, valley.day.id)[0].stops]
    assert [one for one in after if one in {first.owner_id, second.owner_id, last.owner_id}] == [
        last.owner_id, second.owner_id, first.owner_id,
    ]  # fmt: skip
    assert after[-1] == first.owner_id
    assert make.ask(day_count, valley.day.id).on_rounds == 8


def test_what_is_fixed_on_a_vehicle_that_is_gone_is_free_again(make: Make, tools: Tools, doors: Doors) -> None:
    valley = Valley(make, doors, homes=2)
    with Session(tools.engine) as session:
        other = make.vehicle(session.get_one(Depot, valley.van.depot_id))
    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)
    with Session(tools.engine) as session:
        session.exec(update(Stop).values(pinned=True))
        driven = session.exec(select(Round.vehicle_id).where(col(Round.current))).first()
        session.exec(update(Vehicle).where(col(Vehicle.id) == driven).values(active=False))
        session.commit()

    make.ask(ask_build, valley.day.id, by=None)
    _run(make, tools)

    (row,) = make.ask(list_rounds, valley.day.id)
    assert {row.vehicle_id, driven} == {valley.van.id, other.id}
    assert make.ask(day_count, valley.day.id).on_rounds == 4


def test_what_is_left_of_a_day_is_long_enough_for_a_round(make: Make) -> None:
    depot = make.depot()
    whole = FreeVehicle(make.vehicle(depot), depot, 6 * HOUR, 16 * HOUR, 10 * HOUR)

    left = trips_of(whole, [Span(8 * HOUR, 12 * HOUR), Span(13 * HOUR, 15 * HOUR)])

    assert [(each.from_s, each.until_s, each.longest_s) for each in left] == [(6 * HOUR, 7 * HOUR + 1800, 4 * HOUR)]
    assert trips_of(whole, [])[0] == whole


def test_a_search_that_is_stopped_keeps_the_best_and_says_so(
    client: FlaskClient, make: Make, tools: Tools, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    valley, staff = Valley(make, doors), sign_in(client, make.user(Role.STAFF))
    real: Callable[..., object] = vars(building)["find_rounds"]
    page = f"/equipe/tournees?jour={valley.day.id}"

    def ask_to_stop(*args: object, **kwargs: object) -> object:
        assert "Arrêter et garder la meilleure" in staff.read(page)
        assert staff.post(f"/equipe/tournees/jour/{valley.day.id}/arreter").status_code == 303
        return real(*args, **kwargs)

    monkeypatch.setattr(building, "find_rounds", ask_to_stop)
    monkeypatch.setattr(building, "_SAY_EVERY_S", 0.0)
    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)

    build = make.ask(newest_build, valley.day.id)
    assert build is not None
    assert (build.state, build.stopped_early) == (BuildState.BUILT, True)
    assert make.ask(day_count, valley.day.id).on_rounds == 8
    assert "Le calcul a été arrêté avant la fin" in staff.read(page)
    refused = staff.post(f"/equipe/tournees/jour/{valley.day.id}/arreter")
    assert refused.status_code == 409


def test_what_the_plan_was_made_with_is_kept_and_shown(
    client: FlaskClient, make: Make, tools: Tools, doors: Doors
) -> None:
    valley, staff = Valley(make, doors, homes=1), sign_in(client, make.user(Role.STAFF))
    address = f"/equipe/tournees/jour/{valley.day.id}/habitudes"
    assert staff.post(address, familiarity="75").status_code == 303
    assert staff.post(address, familiarity="101").status_code == 422

    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)

    build = make.ask(newest_build, valley.day.id)
    assert build is not None
    assert (build.familiarity, build.weights["hours_quantile"]) == (75, 80)
    assert build.distance_m == sum(row.distance_m for row in make.ask(list_rounds, valley.day.id))
    page = staff.read(f"/equipe/tournees?jour={valley.day.id}")
    assert f"Calculé avec {build.engine_version}, graine {build.seed}" in page
    assert "arrivées à l’heure (%) 80" in page


def test_without_a_vehicle_or_a_depot_on_a_road_the_building_says_what_to_do(
    make: Make, tools: Tools, doors: Doors
) -> None:
    valley = Valley(make, doors, homes=1)
    make.ask(close_day, valley.day.id, now() + LATER)
    with Session(tools.engine) as session:
        session.exec(update(Depot).where(col(Depot.id) == valley.van.depot_id).values(lat=50.5, lon=2.6))
        session.commit()
    _run(make, tools)
    assert "Aucune route ne mène au dépôt" in _sentence(make, valley.day)

    with Session(tools.engine) as session:
        session.exec(update(Vehicle).values(active=False))
        session.exec(update(Depot).values(lat=doors[0][0], lon=doors[0][1]))
        session.exec(update(RoundBuild).values(state=BuildState.ASKED))
        session.commit()
    make.ask(_ask_again, valley.day.id)
    _run(make, tools)
    assert "Aucun véhicule n’est libre" in _sentence(make, valley.day)


def _ask_again(session: Session, day_id: int) -> None:
    enqueue(session, BuildRounds(day_id=day_id))


def test_three_rounds_make_a_habit_and_the_hour_that_was_driven_counts(make: Make, engine: Engine) -> None:
    depot, driver = make.depot(), make.user(Role.DRIVER)
    zone, van, home = make.zone(depot), make.vehicle(depot), make.customer()
    for week in range(1, 4):
        day = make.day(zone=zone, in_days=week)
        put_round(engine, day, 1, van, driver, [Halt(home)])
        with Session(engine) as session:
            session.get_one(DeliveryDay, day.id).date = today() - dt.timedelta(weeks=week)
            session.commit()
    ahead = make.day(zone=zone, in_days=1)
    with Session(engine) as session:
        habits = habits_of(session, session.get_one(DeliveryDay, ahead.id))
        session.exec(update(Round).values(current=False))
        session.flush()
        forgotten = habits_of(session, session.get_one(DeliveryDay, ahead.id))

    habit = habits.by_place[f"home:{home.id}"]
    assert (habit.arrival_s, habit.vehicle_id, habit.weeks) == (8 * HOUR, f"vehicle:{van.id}", 3)
    assert habits.rounds == ({f"vehicle:{van.id}": (f"home:{home.id}",)},) * 3
    assert forgotten.by_place == {}


def test_what_habit_costs_is_said_in_kilometres() -> None:
    assert price_words(42_000, 36_000, 1) == "La tournée habituelle coûte 6 km de plus (42 km au lieu de 36)."
    assert price_words(36_100, 36_000, 2) == "Les tournées habituelles ne coûtent pas un kilomètre de plus (36 km)."


def test_one_order_more_leaves_the_known_order_as_it_is(make: Make, tools: Tools, doors: Doors) -> None:
    valley = Valley(make, doors, homes=6)
    make.ask(close_day, valley.day.id, now() + LATER)
    _run(make, tools)
    before = [stop.name for stop in make.ask(list_rounds, valley.day.id)[0].stops]
    late = make.draft(
        make.customer(last_name="Tardive", lat=doors[12][0], lon=doors[12][1]), valley.day, None,
        {valley.leeks.id: 1}, source=Source.PAPER, received_at=now(), keyed_by=make.user(Role.STAFF),
    )  # fmt: skip

    make.ask(place_order, late)
    make.ask(ask_build, valley.day.id, by=None)
    _run(make, tools)

    after = [stop.name for stop in make.ask(list_rounds, valley.day.id)[0].stops]
    assert [name for name in after if "Tardive" not in name] == before
    assert len(after) == len(before) + 1
