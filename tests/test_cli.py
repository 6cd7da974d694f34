"""The `meloko` command: what it refuses, and the demonstration as a person meets it."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from meloko import crew, servers
from meloko.crew import BEAT, WEB, WORKER, Crew
from meloko.processes import CannotStart
from tests.stage import Stage

ROOT = Path(__file__).resolve().parent.parent


def meloko(*words: str, environ: dict[str, str] | None = None, typed: str = "") -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MELOKO_")}
    return subprocess.run(
        [sys.executable, "-m", "meloko", *words],
        cwd=ROOT,
        env={**bare, **(environ or {})},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "ACTE"),
        (["demo", "--once"], "--once et --out DIR vont ensemble"),
        (["demo", "--once", "--out", "x", "--orders", "401"], "de 1 à 400"),
        (["demo", "--once", "--out", "x", "--orders", "deux"], "deux"),
        (["demo", "--roads", "nowhere.pbf"], "n’existe pas"),
        (["demo", "--port", "70000"], "de 1 à 65535"),
        (["user", "add", "--name", "x", "--email", "x@y", "--role", "king"], "king"),
    ],
    ids=["nothing", "once without out", "too many orders", "no number", "no file", "no port", "no role"],
)
def test_what_makes_no_sense_is_refused_with_what_would(words: list[str], said: str) -> None:
    done = meloko(*words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_an_act_without_settings_names_those_that_lack() -> None:
    done = meloko("migrate")

    assert done.returncode == 1
    assert "MELOKO_DATABASE_URL manque" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_an_out_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")

    done = meloko("demo", "--once", "--out", str(tmp_path / "file" / "out"))

    assert done.returncode == 1
    assert "Impossible d’écrire" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_first_person_is_added_once_and_a_weak_password_is_refused() -> None:
    with Stage(crew=()) as stage:
        jeanne = (
            "user",
            "add",
            "--name",
            "Jeanne",
            "--email",
            "jeanne@example.org",
            "--role",
            "staff",
            "--role",
            "admin",
        )
        added = meloko(*jeanne, environ=stage.environ)
        again = meloko(*jeanne, environ=stage.environ)
        weak = meloko(
            *("user", "add", "--name", "Paul", "--email", "paul@example.org", "--role", "driver", "--password-stdin"),
            environ=stage.environ,
            typed="paul\n",
        )

    assert added.returncode == 0, added.stderr
    assert "montré cette seule fois" in added.stdout
    assert again.returncode == weak.returncode == 1
    assert "jeanne@example.org" in again.stderr
    assert "Traceback" not in again.stderr + weak.stderr


def test_a_port_that_is_taken_is_told_and_without_a_wish_the_next_one_is_used() -> None:
    with crew.open_door(0) as taken:
        number = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=f"Le port {number} est déjà pris"):
            crew.open_door(number)

    with crew.open_door() as one, crew.open_door() as other:
        assert one.getsockname()[1] != other.getsockname()[1]


def test_a_process_that_falls_again_and_again_is_given_up(tmp_path: Path) -> None:
    with crew.open_door(0) as door:
        # Without settings each of them falls at once.
        team = Crew({**os.environ, "MELOKO_DATABASE_URL": ""}, tmp_path, door)
        team.start_one(BEAT)
        with pytest.raises(CannotStart, match="beat s’arrête sans cesse"):
            fall_until_given_up(team)
        team.stop()


def fall_until_given_up(team: Crew) -> None:
    for _ in range(10):
        team.child(BEAT).kill()
        team.look_after()


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first = crew.environment({}, tmp_path, "postgresql+psycopg://x", "redis://x")
    kept = Path(first["MELOKO_SECRET_KEY_FILE"]).read_text("utf-8")

    again = crew.environment({}, tmp_path, "postgresql+psycopg://x", "redis://x")
    given = crew.environment({"MELOKO_KEYS": "mine"}, tmp_path, "postgresql+psycopg://x", "redis://x")

    assert Path(again["MELOKO_SECRET_KEY_FILE"]).read_text("utf-8") == kept
    assert Path(first["MELOKO_KEYS_FILE"]).stat().st_mode & 0o077 == 0
    assert "MELOKO_KEYS_FILE" not in given


@pytest.mark.slow
def test_what_falls_is_started_again() -> None:
    with Stage() as stage:
        before = {name: stage.pid(name) for name in (WEB, WORKER, BEAT)}
        for name in before:
            stage.kill(name)

        stage.look_after()

        assert all(stage.pid(name) != pid for name, pid in before.items())


@pytest.fixture
def demo_var() -> Iterator[Path]:
    with servers.temporary_var("meloko-stage-") as folder:
        yield folder / "var"


def begin_demo(var: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "meloko", "demo"],
        cwd=ROOT,
        env={
            **os.environ,
            "MELOKO_VAR": str(var),
            "HTTP_PROXY": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def address_of(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout is not None
    for line in demo.stdout:
        if "Meloko est prêt" in line:
            return line.split()[-1]
    raise AssertionError("the demo never said that it was ready")


def living_in(var: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if str(var).encode() in words and (entry / "cwd").exists():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def nobody_lives_in(var: Path) -> None:
    deadline = time.monotonic() + 30
    while left := living_in(var):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_demo_runs_stops_and_goes_on_from_what_was_kept(demo_var: Path) -> None:
    demo = begin_demo(demo_var)
    address = address_of(demo)
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with straight.open(f"{address}/ready", timeout=20) as answer:
        assert answer.status == 200
    # Messages lead back to where the demo listens, whoever sends them.
    told = f"MELOKO_PUBLIC_URL={address}\0".encode()
    written = [told in Path(f"/proc/{pid}/environ").read_bytes() for pid in living_in(demo_var)]
    assert sum(written) >= 3, written

    second = meloko("demo", environ={"MELOKO_VAR": str(demo_var)})
    assert second.returncode == 1
    assert f"tourne déjà ici : {address}" in second.stderr

    # Ctrl-C, and once more by an impatient hand.
    demo.send_signal(signal.SIGINT)
    time.sleep(0.2)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(60) == 0
    nobody_lives_in(demo_var)

    again = begin_demo(demo_var)
    address_of(again)
    again.kill()
    again.wait()
    nobody_lives_in(demo_var)
    for process in (demo, again):
        assert process.stdout is not None
        process.stdout.close()
