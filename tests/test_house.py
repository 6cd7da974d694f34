"""The wiring: what a newcomer would forget is remembered here."""

import dataclasses
import re

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy import Enum as SqlEnum

from meloko import tables
from meloko.accounts.access import audience, open_to, origin
from meloko.accounts.models import Role
from meloko.app import create_app
from meloko.config import Settings, from_environment
from meloko.errors import SettingsError
from meloko.jobs import JOBS, Job, queue
from meloko.migrations import running as migrations
from workers import customers, delivery_days, notices, outbox, printing, rounds, schedule, standing_orders


def test_every_view_says_who_may_enter(app: Flask) -> None:
    silent = [
        endpoint for endpoint, view in app.view_functions.items() if endpoint != "static" and audience(view) is None
    ]

    assert silent == []
    assert len(app.view_functions) > 10


def test_a_view_that_says_nothing_lets_nobody_in(settings: Settings, engine: Engine) -> None:

    app = create_app(settings, engine)
    app.add_url_rule("/oubliee", "forgotten", lambda: "secret")

    answer = app.test_client().get("/oubliee")

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_every_address_with_a_number_uses_the_id_converter(app: Flask) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule] == []


def test_every_job_has_a_task_and_a_name_of_its_own() -> None:
    tasks = {customers, delivery_days, notices, outbox, printing, rounds, standing_orders}
    assert tasks
    kinds = Job.__subclasses__()

    assert {kind.name for kind in kinds} == set(JOBS)
    assert [name for name in JOBS if name not in queue.tasks] == []


def test_every_line_of_the_schedule_has_a_task() -> None:
    assert [line["task"] for line in schedule.beat(60).values() if line["task"] not in queue.tasks] == []


def test_every_constraint_has_a_name_in_words() -> None:
    nameless = [
        f"{table.name}: {constraint}"
        for table in tables.metadata().sorted_tables
        for constraint in table.constraints
        if not constraint.name
    ]

    assert nameless == []


def test_every_state_and_kind_is_held_by_a_check(engine: Engine) -> None:
    columns = {
        (table.name, column.name)
        for table in tables.metadata().sorted_tables
        for column in table.columns
        if isinstance(column.type, SqlEnum)
    }
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'")
        ).all()
    held = {
        (table.strip('"'), column)
        for table, rule in rows
        for column in re.findall(r"^CHECK \W*(\w+)\W*::text\W* = ANY", rule)
    }

    assert len(columns) > 10
    assert columns - held == set()


def test_the_migrations_make_exactly_the_tables_of_the_code(engine: Engine) -> None:
    migrations.check(engine)


def test_wrong_settings_refuse_the_start_and_are_all_named() -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment({"MELOKO_DATABASE_URL": "sqlite://", "MELOKO_SECRET_KEY": "short", "MELOKO_DEMO": "oui"})

    for name in ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "KEYS", "VAR", "DEMO"):
        assert f"MELOKO_{name}" in refused.value.sentence
    assert "short" not in refused.value.sentence


def test_a_secret_may_come_from_a_file(tmp_path: object) -> None:
    folder = str(tmp_path)
    with open(f"{folder}/key", "w", encoding="utf-8") as file:
        file.write("a secret of at least thirty-two signs\n")
    environ = {
        "MELOKO_DATABASE_URL": "postgresql://db/meloko",
        "MELOKO_BROKER_URL": "redis://broker/0",
        "MELOKO_SECRET_KEY_FILE": f"{folder}/key",
        "MELOKO_KEYS": "a" * 43 + "=",
        "MELOKO_VAR": folder,
    }

    settings = from_environment(environ)

    assert settings.secret_key == "a secret of at least thirty-two signs"
    assert settings.database_url == "postgresql+psycopg://db/meloko"
    assert "secret of" not in repr(settings)


def test_two_organisations_live_in_one_process(settings: Settings, engine: Engine) -> None:

    one, other = create_app(settings, engine), create_app(settings, engine)

    assert one.test_client().get("/health").json == other.test_client().get("/health").json == {"up": True}


def test_behind_a_proxy_each_visitor_keeps_an_address_of_her_own(settings: Settings, engine: Engine) -> None:
    seen = {"X-Forwarded-For": "198.51.100.7"}

    def address(proxies: int) -> str:
        app = create_app(dataclasses.replace(settings, proxies=proxies), engine)
        view = open_to(Role.VISITOR)(origin)
        app.add_url_rule("/origine", "origin", view)
        return app.test_client().get("/origine", headers=seen).text

    assert address(proxies=1) == "198.51.100.7"
    assert address(proxies=0) == "127.0.0.1"
