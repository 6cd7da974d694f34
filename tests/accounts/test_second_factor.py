"""The second factor: RFC 6238's own numbers, replays refused, codes for the day the telephone is lost."""

import base64
import dataclasses
import re
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from meloko.accounts.models import Role, User
from meloko.accounts.second_factor import begin_half, count_half_try, finish_half, remove_second_factor
from meloko.accounts.totp import DRIFT, STEP_S, matching_step, totp
from meloko.app import create_app
from meloko.clock import now
from meloko.config import Settings, from_environment
from tests.make import PASSWORD, SECRET, Make
from tests.visitor import Visitor, words

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("unix_s", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
        (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_standard(unix_s: int, code: str) -> None:
    assert totp(RFC_SECRET, unix_s // STEP_S, digits=8) == code


def test_a_clock_half_a_minute_off_is_forgiven_and_a_served_code_is_not() -> None:
    at = 1_111_111_111
    here = at // STEP_S

    for off in range(-DRIFT, DRIFT + 1):
        assert matching_step(RFC_SECRET, totp(RFC_SECRET, here + off), at, None) == here + off
    assert matching_step(RFC_SECRET, totp(RFC_SECRET, here + 2), at, None) is None
    assert matching_step(RFC_SECRET, totp(RFC_SECRET, here), at, here) is None
    assert matching_step(RFC_SECRET, "", at, None) is None


@pytest.fixture
def strict(settings: Settings, engine: Engine) -> Flask:
    """Give the application of a house that asks for second factors."""
    app = create_app(dataclasses.replace(settings, totp=True), engine)
    app.testing = True
    return app


def _enter(visitor: Visitor, user: User) -> str:
    return words(visitor.send("/equipe/connexion", email=user.email, password=PASSWORD))


def _letters(page: str) -> bytes:
    letters = re.search(r"Tapez : ((?:[A-Z2-7]{4} ?){8})", page)
    assert letters is not None, page
    return base64.b32decode(letters[1].replace(" ", ""))


def _code(secret: bytes) -> str:
    return totp(secret, int(now().timestamp()) // STEP_S)


def _set_up(client: FlaskClient, user: User) -> tuple[bytes, list[str]]:
    visitor = Visitor(client)
    secret = _letters(_enter(visitor, user))
    done = words(visitor.send("/equipe/second-code", code=_code(secret)))
    return secret, ["".join(found) for found in re.findall(r"(\d\d) (\d\d) (\d\d) (\d\d) (\d\d)", done)]


def test_nobody_works_before_her_telephone_is_set_up(strict: Flask, make: Make) -> None:
    nadia = make.user(Role.STAFF)
    visitor = Visitor(strict.test_client())

    page = _enter(visitor, nadia)
    elsewhere = visitor.client.get("/equipe/")
    wrong = visitor.send("/equipe/second-code", code="000000")

    assert "Préparez votre téléphone" in page
    assert elsewhere.headers["Location"] == "/equipe/second-code"
    assert wrong.status_code == 422
    assert "Ce code n’est pas le bon" in words(wrong)


def test_the_telephone_is_asked_for_after_the_password_and_no_code_serves_twice(strict: Flask, make: Make) -> None:
    nadia = make.user(Role.STAFF)
    with time_machine.travel(now(), tick=False) as clock:
        secret, recovery = _set_up(strict.test_client(), nadia)
        clock.shift(60)
        one, other = Visitor(strict.test_client()), Visitor(strict.test_client())
        page = _enter(one, nadia)
        before = one.client.get("/equipe/").status_code
        first = one.send("/equipe/connexion/code", follow=False, code=_code(secret))
        _enter(other, nadia)
        again = other.send("/equipe/connexion/code", code=_code(secret))
        rescued = other.send("/equipe/connexion/code", follow=False, code=recovery[0])
        third = Visitor(strict.test_client())
        _enter(third, nadia)
        spent = third.send("/equipe/connexion/code", code=recovery[0])

    assert "Le code de votre téléphone" in page
    assert before == 303
    assert first.status_code == 303
    assert one.client.get("/equipe/").status_code == 200
    assert again.status_code == 422
    assert rescued.status_code == 303
    assert spent.status_code == 422
    assert len(set(recovery)) == 10


def test_five_wrong_codes_end_a_half_sign_in_and_five_minutes_too(strict: Flask, make: Make, engine: Engine) -> None:
    nadia = make.user(Role.STAFF)
    with time_machine.travel(now(), tick=False) as clock:
        secret, _ = _set_up(strict.test_client(), nadia)
        clock.shift(60)
        tried, late = make.ask(begin_half, nadia), make.ask(begin_half, nadia)
        for _ in range(5):
            assert make.ask(count_half_try, tried) is not None
        dead = make.ask(count_half_try, tried)
        clock.shift(301)
        too_late = make.ask(count_half_try, late)

    assert dead is None
    assert too_late is None
    assert make.ask(count_half_try, "forged") is None
    with pytest.raises(Exception, match="Ce code"):
        make.ask(finish_half, None, _code(secret), (b"k" * 32,), SECRET)


def test_the_secret_is_sealed_and_an_administrator_may_take_it_off(strict: Flask, make: Make, engine: Engine) -> None:
    nadia, chief = make.user(Role.STAFF), make.user(Role.ADMIN)
    secret, _ = _set_up(strict.test_client(), nadia)
    with engine.connect() as connection:
        sealed = connection.execute(text('SELECT totp_sealed FROM "user" WHERE totp_since IS NOT NULL')).scalar_one()

    make.ask(remove_second_factor, nadia.id, by=chief.id)
    page = _enter(Visitor(strict.test_client()), nadia)

    assert secret not in bytes(sealed)
    assert "Préparez votre téléphone" in page


def test_second_factors_are_asked_for_unless_a_setting_or_the_demo_says_no(tmp_path: Path) -> None:
    known = {
        "MELOKO_DATABASE_URL": "postgresql://db/meloko", "MELOKO_BROKER_URL": "redis://broker/0",
        "MELOKO_SECRET_KEY": "s" * 32, "MELOKO_KEYS": "a" * 43 + "=", "MELOKO_VAR": str(tmp_path),
    }  # fmt: skip

    assert from_environment(known).totp
    assert not from_environment({**known, "MELOKO_TOTP": "off"}).totp
    assert not from_environment({**known, "MELOKO_DEMO": "1"}).totp
    assert from_environment({**known, "MELOKO_DEMO": "1", "MELOKO_TOTP": "on"}).totp
