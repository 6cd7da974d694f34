"""A telephone opens its own round of its own day, for its driver, after few tries; what it sends counts once."""

import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, col, select

from meloko.accounts.models import AuditEntry, Role
from meloko.clock import now
from meloko.config import Settings
from meloko.customers.models import Customer
from meloko.customers.sealing import read_access_note, write_access_note
from meloko.driving.phone_models import CardProposal, PhoneSession
from meloko.rounds.models import Round, Stop
from meloko.rounds.phone_address import phone_token, round_url
from tests.driving.driven import Driven, drive
from tests.driving.phones import DIGITS, Telephone, choose_pin
from tests.make import Make
from tests.signed_in import sign_in

STATIC = Path(__file__).parents[2] / "meloko" / "static"


@pytest.fixture
def telephone(client: FlaskClient, settings: Settings, driven: Driven) -> Telephone:
    choose_pin(driven)
    return Telephone(client, driven, settings.secret_key)


def delivered(driven: Driven, n: int = 0, **more: object) -> dict[str, object]:
    return {
        "uuid": str(uuid.uuid4()),
        "kind": "delivered",
        "said_at": now().isoformat(),
        "stop_id": driven.stops[0],
        "order_id": driven.orders[n],
        **more,
    }


def test_a_round_opens_whole_for_its_code_and_its_drivers_digits(telephone: Telephone, driven: Driven) -> None:
    assert telephone.open().status_code == 200

    held = telephone.held["round"]
    assert [stop["id"] for stop in held["stops"]] == driven.stops
    assert [order["id"] for stop in held["stops"] for order in stop["orders"]] == driven.orders
    assert held["stops"][0]["name"].startswith("Mme\xa0Carlier")
    assert telephone.held["acts"] == []


def test_the_database_holds_neither_the_code_nor_the_digits_nor_the_telephones_token(telephone: Telephone) -> None:
    telephone.open()

    with telephone.driven.engine.connect() as connection:
        tables = ("driver_pin", "phone_pass", "phone_session", "audit_entry", "sign_in_attempt")
        rows = [str(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in tables]  # noqa: S608
    kept = " ".join(rows)
    assert telephone.token not in kept
    assert telephone.code() not in kept
    assert DIGITS not in kept


def test_a_reprint_carries_the_same_code_and_another_driver_another(driven: Driven) -> None:
    with Session(driven.engine) as session:
        row = session.get_one(Round, driven.round_id)
        first = round_url("https://m.example", row, "k" * 32)
        row.version += 1
        assert round_url("https://m.example", row, "k" * 32) == first
        assert re.fullmatch(r"https://m\.example/tournee/#\d+\.[\w-]{22}", first)
        other = phone_token("l" * 32, row)
        row.driver_id = None
        assert round_url("https://m.example", row, "k" * 32) == f"https://m.example/livreur/tournees/{row.id}"
    assert other not in first


def test_a_forged_code_opens_nothing_and_shuts_nobody_out(telephone: Telephone) -> None:
    for code in ("A" * 22, "é" * 22, "x", "A" * 21 + "B", "a" * 22, "_" * 22):
        answer = telephone.open(code=code)
        assert answer.status_code == 404
        assert "n’ouvre aucune tournée" in (answer.json or {})["sentence"]

    assert telephone.open().status_code == 200


def test_a_code_of_no_round_opens_nothing(telephone: Telephone) -> None:
    numbers: tuple[object, ...] = (999_999, -1, 2**40, str(telephone.driven.round_id), [1], {})
    for number in numbers:
        assert telephone.open(round_id=number).status_code == 404


def test_five_wrong_tries_shut_and_the_drivers_own_sign_in_opens_again(
    telephone: Telephone, driven: Driven, app: Flask
) -> None:
    said = [telephone.open(pin="000001").json["sentence"] for _ in range(5)]  # type: ignore[index]

    assert "Il reste 4 essais." in said[0]
    assert "est fermé" in said[4]
    assert telephone.open().status_code == 429, "the right digits come too late"
    driver = sign_in(app.test_client(), driven.driver)
    assert driver.post("/livreur/telephone/rouvrir").status_code == 303
    assert telephone.open().status_code == 200


def test_tries_are_counted_even_when_many_come_at_once(telephone: Telephone) -> None:
    for _ in range(3):
        telephone.open(pin="000001")
    telephone.open()

    answer = telephone.open(pin="000001")

    assert "Il reste 4 essais." in (answer.json or {})["sentence"], "a right one begins anew"


def test_a_driver_without_digits_opens_nothing(client: FlaskClient, settings: Settings, driven: Driven) -> None:
    telephone = Telephone(client, driven, settings.secret_key)

    assert telephone.open(pin="").status_code == 422
    assert telephone.open(pin=DIGITS).status_code == 422


@pytest.mark.parametrize(("in_days", "word"), [(-1, "est passée"), (1, "pas encore")])
def test_a_code_serves_on_its_day_only(
    client: FlaskClient, settings: Settings, make: Make, in_days: int, word: str
) -> None:
    driven = drive(make, in_days=in_days)
    choose_pin(driven)

    answer = Telephone(client, driven, settings.secret_key).open()

    assert answer.status_code == 410
    assert word in (answer.json or {})["sentence"]


def test_a_telephone_whose_day_is_over_reads_no_more_but_its_acts_are_still_taken(
    telephone: Telephone, driven: Driven
) -> None:
    telephone.open()
    with Session(driven.engine) as session:
        kept = session.exec(select(PhoneSession)).one()
        kept.reads_until = now() - dt.timedelta(minutes=1)
        session.commit()

    answer = telephone.send(delivered(driven), mark="other")

    assert (answer.status_code, answer.json["mine"], answer.json["round"]) == (200, False, None)  # type: ignore[index]
    assert len(driven.acts()) == 1
    assert telephone.post("code", {"stop": driven.stops[0]}).status_code == 401
    with Session(driven.engine) as session:
        session.exec(select(PhoneSession)).one().sends_until = now()
        session.commit()
    assert telephone.send(delivered(driven, 3)).status_code == 401


def test_acts_without_a_telephones_token_are_refused(telephone: Telephone, driven: Driven) -> None:
    for token in ("", "nobody", "Ã©"):
        telephone.token = token
        assert telephone.send(delivered(driven)).status_code == 401
    assert driven.acts() == []


def test_an_act_that_is_sent_twice_counts_once(telephone: Telephone, driven: Driven) -> None:
    telephone.open()
    act = delivered(driven)

    states = [telephone.send(act).json["answers"][0]["state"] for _ in range(3)]  # type: ignore[index]

    assert states == ["recorded", "already", "already"]
    assert len(driven.acts()) == 1


def test_a_telephone_that_is_three_hours_slow_keeps_both_hours(telephone: Telephone, driven: Driven) -> None:
    telephone.open()
    late = dt.timedelta(hours=3)
    act = delivered(driven, said_at=(now() - late).isoformat())

    answer = telephone.post("actes", {"sent_at": (now() - late).isoformat(), "acts": [act]})

    [kept] = driven.acts()
    assert abs((kept.done_at - kept.said_at) - late) < dt.timedelta(minutes=1)
    assert abs(answer.json["now"] / 1000 - now().timestamp()) < 60, "the telephone hears the right hour"  # type: ignore[index]


def test_500_acts_at_once_are_taken_and_501_refused_in_words(telephone: Telephone, driven: Driven) -> None:
    telephone.open()
    many = [delivered(driven, n % 4) for n in range(501)]

    assert telephone.send(*many).status_code == 413
    assert driven.acts() == []
    assert telephone.send(*many[:500]).status_code == 200
    assert len(driven.acts()) == 500


def test_what_is_no_list_of_acts_is_refused_in_words(telephone: Telephone) -> None:
    telephone.open()
    head = {"Authorization": f"Bearer {telephone.token}"}

    for sent in ("", "[]", "{", '{"acts": 1}', '"\\u0000"', "[" * 100_000):
        answer = telephone.client.post("/tournee/actes", data=sent, headers=head, content_type="application/json")
        assert answer.status_code == 422, sent[:20]
        assert "Rien n’est perdu" in (answer.json or {})["sentence"]


def test_a_round_that_staff_changed_comes_beside_the_answer_and_only_then(telephone: Telephone, driven: Driven) -> None:
    telephone.open()
    mark = telephone.held["round"]["mark"]
    assert telephone.send(mark=mark).json["round"] is None  # type: ignore[index]
    with Session(driven.engine) as session:
        session.get_one(Stop, driven.stops[1]).arrival_s += 600
        session.get_one(Stop, driven.stops[1]).start_s += 600
        session.get_one(Stop, driven.stops[1]).departure_s += 600
        session.commit()

    fresh = telephone.send(mark=mark).json["round"]  # type: ignore[index]

    assert fresh["mark"] != mark
    assert fresh["stops"][1]["hour"] == "8\xa0h\xa040"


def test_a_round_in_other_hands_is_shown_no_more(telephone: Telephone, driven: Driven, make: Make) -> None:
    telephone.open()
    code = telephone.code()
    with Session(driven.engine) as session:
        session.get_one(Round, driven.round_id).driver_id = make.user(Role.DRIVER).id
        session.commit()

    answer = telephone.send(delivered(driven), mark="")

    assert (answer.json["mine"], answer.json["round"]) == (False, None)  # type: ignore[index]
    assert len(driven.acts()) == 1, "what he did before is still taken"
    assert telephone.open(code=code).status_code == 404


def test_a_door_code_is_read_one_at_a_time_by_tap_and_written_down(
    telephone: Telephone, driven: Driven, settings: Settings
) -> None:
    with Session(driven.engine) as session:
        customer_id = session.get_one(Stop, driven.stops[0]).customer_id or 0
    driven.make.ask(write_access_note, customer_id, "portail 27A", settings.keys, by=driven.driver.id)
    telephone.open()

    assert "27A" not in str(telephone.held)
    assert [stop["code"] for stop in telephone.held["round"]["stops"]] == [True, False, False]
    assert telephone.post("code", {"stop": driven.stops[0]}).json == {"words": "portail 27A"}
    with Session(driven.engine) as session:
        reads = session.exec(select(AuditEntry).where(col(AuditEntry.act) == "access_note.read")).all()
    assert [(entry.user_id, entry.subject_id) for entry in reads] == [(driven.driver.id, customer_id)]
    assert telephone.post("code", {"stop": driven.stops[1]}).status_code == 404
    assert telephone.post("code", {"stop": 999_999}).status_code == 404
    assert telephone.post("code", {"stop": "1"}).status_code == 404


def test_who_reads_more_door_codes_than_a_round_has_doors_is_named_on_the_morning_page(
    driven: Driven, settings: Settings, make: Make, client: FlaskClient
) -> None:
    with Session(driven.engine) as session:
        customer_id = session.get_one(Stop, driven.stops[0]).customer_id or 0
    make.ask(write_access_note, customer_id, "portail 27A", settings.keys, by=driven.driver.id)
    staff = sign_in(client, make.user(Role.STAFF))

    def read(times: int) -> None:
        def all_of_them(session: Session) -> None:
            for _ in range(times):
                read_access_note(session, customer_id, settings.keys, by=driven.driver.id)

        make.ask(all_of_them)

    read(30)
    assert "codes de porte" not in staff.read("/equipe/")
    read(1)
    assert "Karim B. a lu 31 codes de porte aujourd’hui" in staff.read("/equipe/")


def test_a_round_that_is_over_ends_on_its_telephone(telephone: Telephone, driven: Driven) -> None:
    telephone.open()
    back = {"uuid": str(uuid.uuid4()), "kind": "return", "said_at": now().isoformat()}

    assert telephone.send(back, ended=True).status_code == 200
    assert telephone.send().status_code == 401


def test_a_driver_chooses_digits_that_nobody_guesses_first(client: FlaskClient, driven: Driven) -> None:
    driver = sign_in(client, driven.driver)

    for digits in ("", "12345", "111111", "123456", "12345a"):
        refused = driver.post("/livreur/telephone", pin=digits)
        assert refused.status_code == 422
        assert "Choisissez six chiffres" in refused.text
    assert driver.post("/livreur/telephone", pin="274913").status_code == 303


def test_the_page_of_the_telephone_names_nobody_and_the_plain_page_shows_the_round(
    telephone: Telephone, driven: Driven, client: FlaskClient
) -> None:
    driver = sign_in(client, driven.driver)

    assert driven.driver.name not in driver.read("/tournee/")
    plain = driver.read(f"/livreur/tournees/{driven.round_id}")
    assert "1. Mme Carlier" in plain
    assert "Noter mes heures" in plain
    assert f'href="/tournee/#{driven.round_id}.{telephone.code()}"' in plain


def test_what_a_driver_reports_waits_until_staff_write_it_on_the_card(
    telephone: Telephone, driven: Driven, app: Flask, make: Make
) -> None:
    telephone.open()
    act, other = (
        {**delivered(driven), "kind": "signalled", "order_id": None, "words": words}
        for words in ("Sonnette en panne", "À retirer")
    )
    telephone.send(act, other, topics={act["uuid"]: "notes", other["uuid"]: "phone", "x": 1})
    telephone.send(act, topics={act["uuid"]: "notes"})
    telephone.send({**delivered(driven), "kind": "undo", "order_id": None, "undoes": other["uuid"]})
    staff = sign_in(app.test_client(), make.user(Role.STAFF))
    with Session(driven.engine) as session:
        [waiting] = session.exec(select(CardProposal).where(col(CardProposal.state) == "waiting"))
        customer_id = waiting.customer_id
        assert session.get_one(Customer, customer_id).doorstep_notes == ""

    assert "1 fiche à changer" in staff.read("/equipe/")
    assert "« Sonnette en panne »" in staff.read("/equipe/livreurs")
    address = f"/equipe/livreurs/fiches/{waiting.id}/accepter"
    assert staff.post(address, words=" ").status_code == 422
    assert staff.post(address, words="Sonnette en panne : frapper.").status_code == 303
    assert staff.post(address, words="encore").status_code == 409
    with Session(driven.engine) as session:
        assert session.get_one(Customer, customer_id).doorstep_notes == "Sonnette en panne : frapper."


def test_our_own_script_of_the_telephone_is_under_30_kilobytes() -> None:
    files = sorted((STATIC / "js").glob("phone*.js"))

    assert [path.name for path in files] == ["phone-keeper.js", "phone-store.js", "phone.js"]
    assert sum(path.stat().st_size for path in files) <= 30_000
