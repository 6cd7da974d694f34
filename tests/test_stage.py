"""The whole of Meloko in its own processes, and what is left when one of them is killed."""

import os
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from sqlalchemy import text

from tests.stage import BEAT, POSTGRESQL, VALKEY, WEB, WORKER, Stage, until

pytestmark = pytest.mark.slow


def answers(stage: Stage) -> bool:
    try:
        with urllib.request.urlopen(f"{stage.address}/ready", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def working_in(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return [pid for pid in found if pid != str(os.getpid())]


def test_every_process_may_be_killed_and_started_again(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 7 AS number"))

    for name in (WORKER, BEAT, VALKEY, POSTGRESQL, WEB):
        stage.kill(name)
        stage.restart(name)

    stage.engine.dispose()
    until(lambda: answers(stage))
    with stage.engine.connect() as connection:
        assert connection.execute(text("SELECT number FROM kept")).scalar() == 7
    assert working_in(stage.var)


def test_nothing_of_a_stage_is_left_behind() -> None:
    with Stage() as stage:
        var = stage.var
        assert working_in(var)

    assert not working_in(var)
    assert not var.exists()


def test_a_browser_reaches_the_stage(stage: Stage, browser: BrowserContext) -> None:
    page = browser.new_page()

    answer = page.goto(f"{stage.address}/health")

    assert answer is not None
    assert answer.status == 200
