import datetime as dt
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from meloko.accounts.models import Role, User
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.orders.closing import close_day
from meloko.rounds.models import Drop, Round, RoundBuild, RoundException, Stop, StopKind
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in

ROUNDS = "/equipe/tournees"


@dataclass
class Planned:
    """A closed day with one round of two homes, and one order that is on none."""

    day: DeliveryDay
    round_id: int
    driver: User
    customers: tuple[Customer, ...]
    orders: tuple[int, ...]


@pytest.fixture
def planned(engine: Engine, make: Make) -> Planned:
    depot, driver = make.depot(), make.user(Role.DRIVER, name="Sylvie N.")
    vehicle, zone, leeks = make.vehicle(depot, driver=driver), make.zone(depot), make.product(price_cents=320)
    day = make.day(zone=zone, in_days=0, closes_in=-dt.timedelta(minutes=20))
    with Session(engine) as session:
        # Ordered in time, closed since.
        session.exec(update(DeliveryDay).values(cut_off_at=now() + dt.timedelta(hours=1)))
        session.commit()
    customers = tuple(make.customer(last_name=name) for name in ("Carlier", "Legrand", "Wattel"))
    orders = tuple(make.order(customer, day, None, {leeks.id: 2}).order_id for customer in customers)
    with Session(engine) as session:
        session.exec(update(DeliveryDay).values(cut_off_at=now() - dt.timedelta(hours=1)))
        session.commit()
    make.ask(close_day, day.id, now())
    round_id = add_round(engine, day, vehicle.id, driver.id, list(zip(customers[:2], orders[:2], strict=True)), 1)
    with Session(engine) as session:
        row = session.get_one(DeliveryDay, day.id)
        row.state, row.plan_version = DayState.PLANNED, 1
        session.add(
            RoundException(
                delivery_day_id=day.id, plan_version=1, order_id=orders[2], reason="no_point",
                sentence="adresse non placée sur la carte",
            )
        )  # fmt: skip
        session.commit()
    return Planned(day, round_id, driver, customers, orders)


def add_round(
    engine: Engine,
    day: DeliveryDay,
    vehicle_id: int,
    driver_id: int | None,
    called: list[tuple[Customer, int]],
    version: int,
    first_s: int = 8 * 3600,
) -> int:
    with Session(engine) as session:
        session.exec(update(Round).where(col(Round.delivery_day_id) == day.id).values(current=False))
        row = Round(
            delivery_day_id=day.id, number=1, version=version, vehicle_id=vehicle_id, driver_id=driver_id,
            departure_s=7 * 3600, return_s=12 * 3600, distance_m=41_300, duration_s=5 * 3600,
        )  # fmt: skip
        session.add(row)
        session.flush()
        for position, (customer, order_id) in enumerate(called, 1):
            at = first_s + position * 1_200
            stop = Stop(
                round_id=row.id, position=position, kind=StopKind.HOME, customer_id=customer.id,
                name=customer.full_name, address="17 rue du Marais", postcode="62400", commune="Essars",
                lat=50.53, lon=2.66, window_from_s=9 * 3600, window_until_s=13 * 3600, arrival_s=at, start_s=at,
                departure_s=at + 300, promise_from_s=at, promise_until_s=at + 3_600, leg_duration_s=600,
                leg_distance_m=4_000, crates_hundredths=120,
            )  # fmt: skip
            session.add(stop)
            session.flush()
            session.add(Drop(stop_id=stop.id, order_id=order_id))
        session.commit()
        return row.id


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def test_the_count_closes_and_each_exception_has_its_reason(staff: SignedIn, planned: Planned) -> None:
    page = staff.read(f"{ROUNDS}?jour={planned.day.id}")

    assert "Le compte est bon" in page
    assert "Hors tournée : 1 commande, avec son motif" in page
    assert "Adresse non placée sur la carte" in page
    assert "Mme Wattel Yvette" in page
    assert "pas imprimée" in page


def test_the_morning_draws_the_round_and_says_what_is_to_be_decided(staff: SignedIn, planned: Planned) -> None:
    page = staff.read(f"/equipe/?jour={planned.day.id}")

    assert "A Essars" in page
    assert "2 arrêts, de 7 h 00 à 12 h 00" in page
    assert "1 commande hors tournée : adresse non placée sur la carte" in page


def test_a_round_shows_its_timetable_and_what_it_carries(staff: SignedIn, planned: Planned) -> None:
    page = staff.read(f"{ROUNDS}/{planned.round_id}")

    assert "Tournée A, Essars" in page
    assert "8 h 20" in page
    assert "Mme Carlier Yvette, Essars" in page
    assert "2,4 sur 60" in page
    assert "départ, 3 caisses" in page


def test_a_printed_sheet_is_remembered_and_a_later_version_asks_for_a_new_print(
    staff: SignedIn, engine: Engine, planned: Planned
) -> None:
    address = f"{ROUNDS}/{planned.round_id}/feuille.pdf"
    looked_at = staff.get(address)
    assert looked_at.status_code == 409
    assert "pas encore imprimé" in plain(looked_at.text)
    assert staff.post(address).headers["Location"] == address
    sheet = staff.get(address)
    with Session(engine) as session:
        vehicle_id = session.exec(select(Round.vehicle_id).limit(1)).one()
    called = [(planned.customers[1], planned.orders[1]), (planned.customers[2], planned.orders[2])]
    newer = add_round(engine, planned.day, vehicle_id, None, called, 2, first_s=9 * 3600)

    page = staff.read(f"{ROUNDS}/{newer}")
    morning = staff.read(f"/equipe/?jour={planned.day.id}")

    assert (sheet.status_code, sheet.content_type) == (200, "application/pdf")
    assert sheet.data.startswith(b"%PDF")
    assert "version 1, à réimprimer" in page
    assert "ajouté" in page
    assert "8 h 40 avant" in page
    assert "n’est plus sur cette tournée" in page
    assert "Tournée A changée depuis l’impression" in morning
    assert "Tournée A sans livreur" in morning


def test_an_order_leads_to_its_round_or_to_the_exceptions(staff: SignedIn, planned: Planned) -> None:
    on_it = staff.get(f"{ROUNDS}/commande/{planned.orders[0]}")
    left_out = staff.get(f"{ROUNDS}/commande/{planned.orders[2]}")

    assert on_it.location == f"{ROUNDS}/{planned.round_id}"
    assert left_out.location == f"{ROUNDS}?jour={planned.day.id}"


def test_a_driver_is_named_and_who_does_not_drive_is_refused(staff: SignedIn, make: Make, planned: Planned) -> None:
    other, clerk = make.user(Role.DRIVER, name="Daniel O."), make.user(Role.STAFF, name="Nadia L.")

    named = staff.post(f"{ROUNDS}/{planned.round_id}/livreur", driver_id=other.id)
    refused = staff.post(f"{ROUNDS}/{planned.round_id}/livreur", driver_id=clerk.id)

    assert named.status_code == 303
    assert refused.status_code == 422
    assert "Choisissez une personne qui conduit." in plain(refused.text)
    assert "Daniel O." in staff.read(f"{ROUNDS}?jour={planned.day.id}")


def test_a_round_is_locked_once(staff: SignedIn, planned: Planned) -> None:
    first, second = (staff.post(f"{ROUNDS}/{planned.round_id}/verrou") for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 409)
    assert "verrouillée" in staff.read(f"{ROUNDS}/{planned.round_id}")


def test_asking_for_rounds_twice_is_asking_once_and_its_progress_is_shown(
    staff: SignedIn, engine: Engine, planned: Planned
) -> None:
    for _ in range(2):
        assert staff.post(f"{ROUNDS}/jour/{planned.day.id}").status_code == 303
    with Session(engine) as session:
        build = session.exec(select(RoundBuild)).one()
        build.step, build.done, build.of = "Recherche du meilleur ordre", 41, 120
        session.commit()

    page = staff.read(f"{ROUNDS}?jour={planned.day.id}")

    assert "Recherche du meilleur ordre" in page
    assert "41 sur 120" in page
    assert "Vous pouvez quitter cette page" in page


def test_rounds_of_an_open_day_are_refused_in_words(staff: SignedIn, make: Make) -> None:
    answer = staff.post(f"{ROUNDS}/jour/{make.day().id}")

    assert answer.status_code == 409
    assert "Les tournées se construisent après la clôture." in plain(answer.text)


def test_a_driver_sees_and_prints_his_own_round_only(
    client: FlaskClient, app: Flask, make: Make, planned: Planned
) -> None:
    driver = sign_in(client, planned.driver)
    stranger = sign_in(app.test_client(), make.user(Role.DRIVER, name="Malik T."))

    page = driver.read("/livreur/")
    address = f"/livreur/tournees/{planned.round_id}/feuille.pdf"
    assert stranger.post(address).status_code == 404
    assert driver.post(address).headers["Location"] == address
    sheet = driver.get(address)

    assert "Tournée A, Essars" in page
    assert "Imprimer la feuille de route" in page
    assert "8 h 20, Mme Carlier Yvette, Essars" in page
    assert "12,80 €" in page
    assert sheet.data.startswith(b"%PDF")
    assert "Tournée A, Essars" in driver.read(f"/livreur/tournees/{planned.round_id}")
    assert "Pas de tournée aujourd’hui" in stranger.read("/livreur/")
    for address in (f"/livreur/tournees/{planned.round_id}", f"/livreur/tournees/{planned.round_id}/feuille.pdf"):
        assert stranger.get(address).status_code == 404
