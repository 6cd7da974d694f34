"""The files of production say what the code needs, and nothing that it does not know."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from meloko.jobs import FAST, HEAVY

ROOT = Path(__file__).resolve().parent.parent
OURS = ("migrate", "web", "worker", "worker-fast", "beat")


@pytest.fixture
def compose() -> dict[str, Any]:
    plan: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
    return plan


def variables(service: dict[str, Any]) -> set[str]:
    return {name for name in service.get("environment", {}) if name.startswith("MELOKO_")}


def queues(service: dict[str, Any]) -> set[str]:
    words = service["command"]
    return set(words[words.index("--queues") + 1].split(","))


def test_there_is_every_process_that_meloko_needs(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"db", "broker", *OURS}
    assert compose["services"]["worker"]["deploy"]["replicas"] >= 2
    assert "replicas" not in compose["services"]["beat"].get("deploy", {})


def test_every_variable_is_one_that_the_settings_read(compose: dict[str, Any]) -> None:
    known = set(re.findall(r"MELOKO_[A-Z_]+", (ROOT / "meloko" / "config.py").read_text("utf-8")))

    for name in OURS:
        given = {variable.removesuffix("_FILE") for variable in variables(compose["services"][name])}
        assert given <= known, name
        assert {"MELOKO_DATABASE_URL", "MELOKO_BROKER_URL", "MELOKO_SECRET_KEY", "MELOKO_KEYS"} <= given


def test_no_secret_is_in_the_environment(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEYS|DATABASE_URL", variable):
                assert variable.endswith("_FILE"), name
                assert value.removeprefix("/run/secrets/") in service["secrets"], name
    for secret in compose["secrets"].values():
        assert set(secret) == {"file"}


def test_nothing_is_open_to_the_outside_and_nothing_can_be_written_over(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    assert compose["networks"]["inside"]["internal"] is True


def test_everything_that_stays_is_asked_how_it_is(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert ("healthcheck" in service) == (name != "migrate"), name


def test_nothing_starts_before_the_tables_are_there(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "worker-fast", "beat"):
        assert compose["services"][name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert compose["services"]["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}


def test_postgresql_keeps_its_data_where_version_18_puts_it(compose: dict[str, Any]) -> None:
    database = compose["services"]["db"]

    assert database["image"] == "postgres:18"
    assert database["volumes"] == ["database:/var/lib/postgresql"]


def test_every_queue_has_a_worker_and_short_jobs_have_one_of_their_own(compose: dict[str, Any]) -> None:
    assert queues(compose["services"]["worker"]) == {FAST, HEAVY}
    assert queues(compose["services"]["worker-fast"]) == {FAST}


def test_the_image_holds_what_the_code_reads_and_runs_without_root() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}

    sources = {source for group in copied for source in group}
    assert {"meloko", "routing", "workers", "templates"} <= sources
    assert sources <= let_in
    assert all((ROOT / source).exists() for source in sources)
    assert "USER meloko" in lines
    assert lines.index("USER meloko") < next(number for number, line in enumerate(lines) if line.startswith("CMD"))


@pytest.mark.slow
def test_migrating_is_an_act_of_the_command(compose: dict[str, Any]) -> None:
    _python, *words = compose["services"]["migrate"]["command"]

    done = subprocess.run([sys.executable, *words, "--help"], cwd=ROOT, capture_output=True, check=False)

    assert done.returncode == 0
