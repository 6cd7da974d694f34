"""One PostgreSQL a run, one database a process, one clean database a test."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, sync_playwright
from sqlalchemy import Engine, text

from meloko import servers, tables
from meloko.app import create_app
from meloko.config import Settings
from meloko.db import engine_for
from meloko.migrations import running as migrations
from tests.make import SECRET, Make
from tests.stage import Stage

# The search is compiled once a checkout, for all processes of all runs.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".numba_cache"))
# Nobody listens there: every test proves anew that an order needs no broker.
NO_BROKER = "redis://127.0.0.1:1/0"
# A browser of the tests talks to nobody but the stage.
_QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_TEMPLATE = "meloko_template"
_PLANNING = {"routing", "rounds", "workers", "benchmarks"}
_RUN = pytest.StashKey[contextlib.ExitStack]()
_URL = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Close the network, but for this machine, before pytest-socket reads its options."""
    config.option.allow_hosts = "127.0.0.1,localhost,::1"
    config.option.allow_unix_socket = True
    config.stash[_RUN] = contextlib.ExitStack()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each process of a parallel run where the one server is."""
    node.workerinput["database_url"] = _template_url(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server of the run."""
    config.stash[_RUN].close()


@pytest.fixture(scope="session", autouse=True)
def _compiled_search(request: pytest.FixtureRequest) -> None:
    """Let one process compile the search when tests of the planner were chosen, and the others wait for it."""
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    if any(_PLANNING & {*item.path.parts} for item in request.session.items):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            program = "from routing.search import warm_up; warm_up()"
            subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture(scope="session")
def database_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """Make the database of this process from the migrated template."""
    given: dict[str, str] = getattr(pytestconfig, "workerinput", {})
    template_url = given.get("database_url") or _template_url(pytestconfig)
    name = f"meloko_test_{os.getpid()}"
    with psycopg.connect(_plain(_renamed(template_url, "postgres")), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
    yield _renamed(template_url, name)
    with psycopg.connect(_plain(_renamed(template_url, "postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _session_engine(database_url: str) -> Iterator[Engine]:
    engine = engine_for(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(_session_engine: Engine) -> Iterator[Engine]:
    """Give the engine of this process's database; every table is emptied afterwards."""
    yield _session_engine
    # A replica runs no trigger: append-only tables are emptied too, and in any order.
    names = [f'DELETE FROM "{table.name}"' for table in reversed(tables.metadata().sorted_tables)]  # noqa: S608
    sweep = "; ".join(["SET LOCAL lock_timeout = '5s'", "SET LOCAL session_replication_role = replica", *names])
    with _session_engine.begin() as connection:
        connection.execute(text(sweep))


@pytest.fixture
def make(engine: Engine) -> Make:
    """Make rows that every connection sees."""
    return Make(engine)


@pytest.fixture
def settings(engine: Engine, database_url: str, tmp_path: Path) -> Settings:
    """Give the settings of an organisation of its own, without a broker."""
    return Settings(
        database_url=database_url,
        broker_url=NO_BROKER,
        secret_key=SECRET,
        keys=(b"k" * 32,),
        var=tmp_path,
        https=False,
    )


@pytest.fixture
def app(settings: Settings, engine: Engine) -> Flask:
    """Give the web application, on the same engine as the test."""
    application = create_app(settings, engine)
    application.testing = True
    return application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a browser without eyes."""
    return app.test_client()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Give a whole Meloko of real processes."""
    with Stage() as whole:
        yield whole


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[BrowserContext]:
    """Give a real Chromium with an empty profile, in French."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        message = "no Chromium on this machine: sudo apt install chromium"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            tmp_path / "chromium",
            executable_path=program,
            headless=True,
            args=[*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        context.set_default_timeout(15_000)
        yield context
        context.close()


def _template_url(config: pytest.Config) -> str:
    """Start the server of the run and migrate the template, once; return its address."""
    if _URL in config.stash:
        return config.stash[_URL]
    stack = config.stash[_RUN]
    folder = stack.enter_context(servers.temporary_var("meloko-tests-"))
    addresses = stack.enter_context(servers.running(folder, {**os.environ, "MELOKO_BROKER_URL": NO_BROKER}, fast=True))
    url = _renamed(addresses.database_url, _TEMPLATE)
    with psycopg.connect(_plain(_renamed(url, "postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_TEMPLATE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    engine = engine_for(url)
    migrations.upgrade(engine)
    # A database with one open connection cannot be copied.
    engine.dispose()
    config.stash[_URL] = url
    return url


def _renamed(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _plain(url: str) -> str:
    """Return the address as psycopg itself reads it."""
    return url.replace("postgresql+psycopg:", "postgresql:", 1)
