from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from meloko import outbox
from meloko.customers.locating import Located, locate_again, locate_customer, locate_unplaced
from meloko.customers.models import Customer
from meloko.customers.services import CustomerFacts, change_customer, place_by_hand
from meloko.db import ask
from meloko.geocoding import Answer, Geocoder, ServiceAway
from meloko.jobs import LocateCustomer
from meloko.roads.addresses import import_addresses
from meloko.roads.models import Precision
from tests.geocoders import FakeGeocoder, an_answer
from tests.make import Make
from tests.questions import jobs
from workers import door

MARAIS = an_answer(50.54, 2.67, commune="Essars")


def customer(engine: Engine, customer_id: int) -> Customer:
    with Session(engine) as session:
        return session.get_one(Customer, customer_id)


def place_of(engine: Engine, customer_id: int) -> tuple[float | None, float | None, Precision]:
    row = customer(engine, customer_id)
    return row.lat, row.lon, row.precision


def located(engine: Engine, customer_id: int, geocoder: Geocoder | None) -> None:
    ask(engine, locate_customer, LocateCustomer(customer_id=customer_id), geocoder)


def test_a_customer_is_placed_by_the_service(engine: Engine, make: Make) -> None:
    yvette = make.customer(lat=None)

    located(engine, yvette.id, FakeGeocoder(MARAIS))

    assert place_of(engine, yvette.id) == (50.54, 2.67, Precision.HOUSENUMBER)


def test_placing_twice_is_placing_once(engine: Engine, make: Make) -> None:
    yvette = make.customer(lat=None)
    service = FakeGeocoder(MARAIS)

    located(engine, yvette.id, service)
    located(engine, yvette.id, service)

    assert len(service.asked) == 1
    assert place_of(engine, yvette.id) == (50.54, 2.67, Precision.HOUSENUMBER)


def test_what_a_hand_placed_wins_for_ever(engine: Engine, make: Make) -> None:
    yvette, nadia = make.customer(lat=None), make.user()
    ask(engine, place_by_hand, yvette.id, 50.6, 2.6, by=nadia.id)
    moved = CustomerFacts(last_name="Legrand", address="3 rue Neuve", postcode="62400", commune="Essars")
    ask(engine, change_customer, yvette.id, moved, by=nadia.id)
    service = FakeGeocoder(MARAIS)

    located(engine, yvette.id, service)
    ask(engine, locate_unplaced, [yvette.id], service)

    assert service.asked == []
    assert place_of(engine, yvette.id) == (50.6, 2.6, Precision.HAND)


class SlowGeocoder(FakeGeocoder):
    """Lets a person act while the service is being asked."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(MARAIS)
        self.meanwhile = meanwhile

    def find(self, address: str, postcode: str, commune: str, near: tuple[float, float] | None = None) -> Answer | None:
        self.meanwhile()
        return super().find(address, postcode, commune, near)


def test_a_hand_that_places_while_the_service_is_asked_wins(engine: Engine, make: Make) -> None:
    yvette, nadia = make.customer(lat=None), make.user()

    def by_hand() -> None:
        ask(engine, place_by_hand, yvette.id, 50.6, 2.6, by=nadia.id)

    located(engine, yvette.id, SlowGeocoder(by_hand))

    assert place_of(engine, yvette.id) == (50.6, 2.6, Precision.HAND)


def test_an_address_that_changes_while_the_service_is_asked_is_not_given_the_old_point(
    engine: Engine, make: Make
) -> None:
    yvette, nadia = make.customer(lat=None), make.user()
    moved = CustomerFacts(last_name="Legrand", address="3 rue Neuve", postcode="62400", commune="Essars")

    def moving() -> None:
        ask(engine, change_customer, yvette.id, moved, by=nadia.id)

    located(engine, yvette.id, SlowGeocoder(moving))

    assert place_of(engine, yvette.id) == (None, None, Precision.NONE)


def test_a_customer_who_is_gone_or_has_no_address_is_nobody_s_job(engine: Engine, make: Make) -> None:
    service = FakeGeocoder(MARAIS)

    located(engine, 987_654, service)
    located(engine, make.customer(address="", lat=None).id, service)

    assert service.asked == []


def test_a_commune_alone_is_kept_but_looked_for_again(engine: Engine, make: Make, tmp_path: Path) -> None:
    yvette = make.customer(lat=None)
    located(engine, yvette.id, FakeGeocoder(an_answer(50.5, 2.6, "locality", "Essars")))
    assert place_of(engine, yvette.id) == (50.5, 2.6, Precision.LOCALITY)
    path = tmp_path / "essars.csv"
    path.write_text("number,street,postcode,city,lat,lon\n17,Rue du Marais,62400,Essars,50.55,2.68\n", "utf-8")
    ask(engine, import_addresses, path, "essai")

    assert ask(engine, locate_again) == 1
    located(engine, yvette.id, None)

    assert place_of(engine, yvette.id) == (50.55, 2.68, Precision.HOUSENUMBER)


def test_new_addresses_ask_anew_for_those_without_a_place_only(engine: Engine, make: Make) -> None:
    yvette = make.customer(lat=None)
    make.customer(lat=50.5)
    make.customer(address="", lat=None)
    before = len(jobs(engine, LocateCustomer.name))

    assert ask(engine, locate_again) == 1

    new = jobs(engine, LocateCustomer.name)[before:]
    assert [job.payload for job in new] == [{"customer_id": yvette.id}]


def test_the_rounds_place_whom_they_can_and_say_who_is_left(engine: Engine, make: Make) -> None:
    placed, unplaced, nowhere = make.customer(lat=50.5), make.customer(lat=None), make.customer(address="", lat=None)

    told = ask(engine, locate_unplaced, [placed.id, unplaced.id, nowhere.id, unplaced.id], FakeGeocoder(MARAIS))

    assert told == Located(placed=1, unplaced=(nowhere.id,))
    assert place_of(engine, unplaced.id) == (50.54, 2.67, Precision.HOUSENUMBER)


def test_a_commune_alone_is_not_good_enough_for_the_rounds(engine: Engine, make: Make) -> None:
    yvette = make.customer(lat=None)
    service = FakeGeocoder(an_answer(precision="locality", commune="Essars"))

    assert ask(engine, locate_unplaced, [yvette.id], service).unplaced == (yvette.id,)


def test_the_rounds_do_not_wait_for_a_service_that_is_away(engine: Engine, make: Make, tmp_path: Path) -> None:
    path = tmp_path / "essars.csv"
    path.write_text("number,street,postcode,city,lat,lon\n17,Rue du Marais,62400,Essars,50.55,2.68\n", "utf-8")
    ask(engine, import_addresses, path, "essai")
    unknown = [make.customer(address=f"{n} rue Inconnue", lat=None).id for n in range(3)]
    known = make.customer(lat=None)
    service = FakeGeocoder(away=True)

    told = ask(engine, locate_unplaced, [*unknown, known.id], service)

    assert told == Located(placed=1, unplaced=tuple(unknown), service_away=True)
    assert len(service.asked) == 1


def test_a_service_that_is_away_gives_the_job_back_and_five_times_is_enough(
    engine: Engine, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "engine", lambda: engine)
    yvette = make.customer(lat=None)
    (job,) = jobs(engine, LocateCustomer.name)

    for attempt in range(1, 6):
        with pytest.raises(ServiceAway):
            door.perform(LocateCustomer, job.id, locate_customer, FakeGeocoder(away=True))
        (job,) = jobs(engine, LocateCustomer.name)
        assert (job.state, job.attempts, job.claimed_until) == (outbox.JobState.WAITING, attempt, None)
        _make_due(engine)

    assert not door.perform(LocateCustomer, job.id, locate_customer, FakeGeocoder(MARAIS))
    ask(engine, outbox.sweep)
    assert jobs(engine, LocateCustomer.name)[0].state is outbox.JobState.FAILED
    # The rounds still ask, whatever became of the job.
    assert ask(engine, locate_unplaced, [yvette.id], FakeGeocoder(MARAIS)).placed == 1


def test_a_service_that_comes_back_does_the_job(engine: Engine, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "engine", lambda: engine)
    yvette = make.customer(lat=None)
    (job,) = jobs(engine, LocateCustomer.name)
    with pytest.raises(ServiceAway):
        door.perform(LocateCustomer, job.id, locate_customer, FakeGeocoder(away=True))
    _make_due(engine)

    assert door.perform(LocateCustomer, job.id, locate_customer, FakeGeocoder(MARAIS))

    assert jobs(engine, LocateCustomer.name)[0].state is outbox.JobState.DONE
    assert place_of(engine, yvette.id) == (50.54, 2.67, Precision.HOUSENUMBER)


def _make_due(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET due_at = now() - interval '1 second'"))
