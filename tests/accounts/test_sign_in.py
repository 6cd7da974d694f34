import datetime as dt

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from meloko.accounts.codes import WrongCode, count_code_try, sign_in_with_code
from meloko.accounts.models import AuditEntry, Role, SignIn
from meloko.accounts.recognising import who
from meloko.accounts.services import (
    EmailTaken,
    NotAnEmail,
    TooManyTries,
    WeakPassword,
    WrongPassword,
    add_user,
    count_attempt,
    sign_in_with_password,
    sign_out,
)
from meloko.customers.cards import WrongCardNumber
from meloko.customers.models import Customer
from meloko.customers.sign_in import ask_code
from meloko.notices.models import Notice
from tests.make import PASSWORD, SECRET, Make
from tests.visitor import code_sent, work

BROWSER = "the token of one browser"


def _enter(make: Make, code: str, browser: str = BROWSER) -> object:
    code_id = make.ask(count_code_try, browser, SECRET)
    return make.ask(sign_in_with_code, code_id, code, SECRET)


def test_staff_sign_in_with_a_password_and_out_again(make: Make) -> None:
    user = make.user(Role.STAFF)
    assert user.email

    signed_in = make.ask(sign_in_with_password, user.email.upper(), PASSWORD)
    person = make.ask(who, signed_in.token)
    assert person is not None
    assert (person.user_id, person.roles) == (user.id, frozenset({Role.STAFF}))

    make.ask(sign_out, signed_in.token)
    assert make.ask(who, signed_in.token) is None


def test_a_wrong_password_and_an_unknown_person_are_answered_alike(make: Make) -> None:
    user = make.user(Role.STAFF)
    assert user.email

    for email, password in ((user.email, "faux" * 4), ("inconnu@meloko.example", PASSWORD), ("", "")):
        with pytest.raises(WrongPassword) as refused:
            make.ask(sign_in_with_password, email, password)
        assert refused.value.sentence == WrongPassword().sentence


def test_a_disabled_user_is_out_at_once(make: Make, engine: Engine) -> None:
    user = make.user(Role.STAFF)
    assert user.email
    signed_in = make.ask(sign_in_with_password, user.email, PASSWORD)

    with engine.begin() as connection:
        connection.execute(text('UPDATE "user" SET disabled_at = now()'))

    assert make.ask(who, signed_in.token) is None


def test_only_the_hash_of_a_token_is_stored(make: Make, engine: Engine) -> None:
    user = make.user(Role.STAFF)
    assert user.email
    signed_in = make.ask(sign_in_with_password, user.email, PASSWORD)

    with Session(engine) as session:
        assert signed_in.token not in session.exec(select(SignIn.token_hash)).all()


def test_users_are_refused_with_weak_passwords_odd_or_taken_e_mails(make: Make) -> None:
    first = make.user(Role.STAFF)
    assert first.email
    roles = frozenset({Role.STAFF})

    with pytest.raises(WeakPassword):
        make.ask(add_user, name="A", email="a@meloko.example", password="court", roles=roles)
    with pytest.raises(NotAnEmail):
        make.ask(add_user, name="A", email="pas une adresse", password=PASSWORD, roles=roles)
    with pytest.raises(EmailTaken):
        make.ask(add_user, name="A", email=first.email.upper(), password=PASSWORD, roles=roles)


def test_too_many_tries_at_one_door_are_refused(make: Make) -> None:
    for _ in range(3):
        make.ask(count_attempt, "code:1.2.3.4", 3, dt.timedelta(hours=1))

    with pytest.raises(TooManyTries):
        make.ask(count_attempt, "code:1.2.3.4", 3, dt.timedelta(hours=1))
    make.ask(count_attempt, "code:5.6.7.8", 3, dt.timedelta(hours=1))


def test_a_customer_signs_in_with_her_card_and_the_code_that_was_sent(make: Make, engine: Engine) -> None:
    customer = make.customer(card_number="00100014", email="y@client.example")

    make.ask(ask_code, "0010 001 4", BROWSER, SECRET)
    signed_in = _enter(make, code_sent(engine))

    person = make.ask(who, signed_in.token)  # type: ignore[attr-defined]
    assert person is not None
    assert person.roles == {Role.CUSTOMER}
    with Session(engine) as session:
        assert session.get_one(Customer, customer.id).user_id == person.user_id


def test_a_code_serves_once_and_only_the_browser_that_asked(make: Make, engine: Engine) -> None:
    make.customer(card_number="00100014", email="y@client.example")
    make.ask(ask_code, "00100014", BROWSER, SECRET)
    code = code_sent(engine)

    with pytest.raises(WrongCode):
        _enter(make, code, browser="another browser")
    _enter(make, code)
    with pytest.raises(WrongCode):
        _enter(make, code)


def test_five_wrong_tries_kill_a_code(make: Make, engine: Engine) -> None:
    make.customer(card_number="00100014", email="y@client.example")
    make.ask(ask_code, "00100014", BROWSER, SECRET)
    code = code_sent(engine)
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    for _ in range(5):
        with pytest.raises(WrongCode):
            _enter(make, wrong)

    with pytest.raises(WrongCode):
        _enter(make, code)


def test_a_code_is_too_old_after_ten_minutes(make: Make, engine: Engine) -> None:
    make.customer(card_number="00100014", email="y@client.example")
    make.ask(ask_code, "00100014", BROWSER, SECRET)
    code = code_sent(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE sign_in_code SET expires_at = now() - interval '1 second'"))

    with pytest.raises(WrongCode):
        _enter(make, code)


def test_an_unknown_card_is_silent_and_a_wrong_digit_is_said(make: Make, engine: Engine) -> None:
    make.ask(ask_code, "00100014", BROWSER, SECRET)
    work(engine)

    with Session(engine) as session:
        assert session.exec(select(Notice)).all() == []
    with pytest.raises(WrongCardNumber):
        make.ask(ask_code, "00100015", BROWSER, SECRET)


def test_a_fourth_code_within_an_hour_is_not_sent(make: Make, engine: Engine) -> None:
    make.customer(card_number="00100014", email="y@client.example")

    for _ in range(5):
        make.ask(ask_code, "00100014", BROWSER, SECRET)
    work(engine)

    with Session(engine) as session:
        assert len(session.exec(select(Notice)).all()) == 3


def test_what_was_done_stays_written(make: Make, engine: Engine) -> None:
    make.user(Role.STAFF)

    for sentence in ("UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.execute(text(sentence))
    with Session(engine) as session:
        assert [entry.act for entry in session.exec(select(AuditEntry))] == ["user.added"]
