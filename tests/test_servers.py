"""PostgreSQL and Valkey of our own: where they live, what survives, what is refused."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
import sqlalchemy as sa
from redis import Redis
from sqlalchemy import Engine

from meloko import servers
from meloko.processes import CannotStart
from meloko.servers import Place, PostgreSQL

# Holds the servers of a folder until it is killed.
HOLDER = """
import sys, time
from pathlib import Path
from meloko import servers
with servers.running(Path(sys.argv[1]), {}) as addresses:
    print(addresses.database_url, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def var() -> Iterator[Path]:
    """Give a data folder with all that a path may hold."""
    with servers.temporary_var("meloko-Épicerie du coin-") as folder:
        yield folder


def ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def broker(url: str) -> Redis:
    return Redis(unix_socket_path=unquote(urlsplit(url).path))


@pytest.mark.parametrize("time", ["once", "again"])
def test_each_test_finds_its_tables_empty_even_those_that_never_forget(engine: Engine, time: str) -> None:
    with engine.begin() as connection:
        before = connection.execute(sa.text("SELECT count(*) FROM audit_entry")).scalar()
        connection.execute(
            sa.text("INSERT INTO audit_entry (at, act, subject, subject_id) VALUES (now(), 'looked', 'tests', 1)")
        )

    assert before == 0


@pytest.mark.slow
def test_both_run_in_a_path_with_spaces_and_accents_and_keep_what_they_were_given(var: Path) -> None:
    with servers.running(var, {}) as addresses:
        ask(addresses.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
        with broker(addresses.broker_url) as client:
            client.set("kept", "a job")

    with servers.running(var, {}) as addresses:
        assert ask(addresses.database_url, "SELECT number FROM kept") == 7
        with broker(addresses.broker_url) as client:
            assert client.get("kept") == b"a job"


@pytest.mark.slow
def test_a_killed_parent_leaves_nothing_in_the_way_and_loses_nothing(var: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, var], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    ask(holder.stdout.readline().strip(), "CREATE TABLE kept AS SELECT 7 AS number")
    holder.kill()
    holder.wait()
    holder.stdout.close()

    with servers.running(var, {}) as addresses:
        assert ask(addresses.database_url, "SELECT number FROM kept") == 7


@pytest.mark.slow
def test_stale_files_that_name_a_stranger_do_not_stop_the_start(var: Path) -> None:
    place = Place.of(var)
    database = PostgreSQL(place, fast=True)
    database.start()
    database.kill()
    pid_file = place.home / "pg" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    # The number of the dead server now belongs to another program: ours.
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")

    database = PostgreSQL(place, fast=True)
    database.start()

    assert ask(database.url, "SELECT 1") == 1
    database.stop()


@pytest.mark.slow
def test_a_database_that_was_half_made_is_made_anew(var: Path) -> None:
    place = Place.of(var)
    half = place.home / "pg.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    with servers.running(var, {"MELOKO_BROKER_URL": "redis://127.0.0.1:1/0"}, fast=True) as addresses:
        assert ask(addresses.database_url, "SELECT 1") == 1


@pytest.mark.slow
def test_data_of_another_version_are_left_alone(var: Path) -> None:
    data = Place.of(var).home / "pg"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")

    with pytest.raises(CannotStart, match="sont de PostgreSQL 9"):
        PostgreSQL(Place.of(var)).start()


def test_nothing_starts_when_the_environment_names_both_servers(tmp_path: Path) -> None:
    given = {"MELOKO_DATABASE_URL": "postgresql://elsewhere/x", "MELOKO_BROKER_URL": "redis://elsewhere/0"}

    with servers.running(tmp_path, given) as addresses:
        assert (addresses.database_url, addresses.broker_url) == tuple(given.values())
        assert addresses.servers == ()

    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_server_that_falls_is_noticed(var: Path) -> None:
    with servers.running(var, {"MELOKO_BROKER_URL": "redis://127.0.0.1:1/0"}, fast=True) as addresses:
        addresses.check()

        addresses.servers[0].kill()

        with pytest.raises(CannotStart, match="PostgreSQL s’est arrêté"):
            addresses.check()


@pytest.mark.slow
def test_forgetting_begins_anew(var: Path) -> None:
    only_database = {"MELOKO_BROKER_URL": "redis://127.0.0.1:1/0"}
    with servers.running(var, only_database, fast=True) as addresses:
        ask(addresses.database_url, "CREATE TABLE kept ()")

    servers.forget(var)

    with servers.running(var, only_database, fast=True) as addresses:
        assert ask(addresses.database_url, "SELECT to_regclass('kept')") is None


@pytest.mark.slow
def test_without_the_wheels_the_servers_of_the_machine_serve(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> object:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", lacking)
    monkeypatch.setattr(importlib.metadata, "files", lacking)
    try:
        database = PostgreSQL(Place.of(var), fast=True)
    except CannotStart:
        pytest.skip("this machine has no PostgreSQL of its own")

    database.start()

    assert ask(database.url, "SELECT 1") == 1
    database.stop()


@pytest.mark.slow
def test_postgresql_does_not_run_as_root(var: Path) -> None:
    with servers.running(var, {"MELOKO_BROKER_URL": "redis://127.0.0.1:1/0"}, fast=True):
        owner = (Place.of(var).home / "pg").stat().st_uid

    assert owner != 0
    assert (owner == os.getuid()) == (os.getuid() != 0)
