"""What start.py says and does before Meloko itself can run."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
START = ROOT / "start.py"
# What Python 2.7 cannot read.
NEWER_THAN_2_7 = (
    ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef, ast.Await, ast.YieldFrom,
    ast.MatMult, ast.Match,
)  # fmt: skip

NO_NETWORK = """\
Looking in indexes: https://index.example/simple
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<HTTPSConnection>: Failed'
ERROR: Could not find a version that satisfies the requirement alembic==1.20.1 (from versions: none)
ERROR: No matching distribution found for alembic==1.20.1
"""
STRANGE_CERTIFICATE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL:
CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)'))': /simple/alembic/
Could not fetch URL https://index/simple/alembic/: HTTPSConnectionPool(host='index'): Max retries exceeded
ERROR: No matching distribution found for alembic==1.20.1
"""
OTHER_HASH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions,
please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.
"""
EMPTY_INDEX = """\
ERROR: Could not find a version that satisfies the requirement alembic==1.20.1 (from versions: none)
ERROR: No matching distribution found for alembic==1.20.1
"""
NO_WHEEL = """\
ERROR: Could not find a version that satisfies the requirement routingkit-cch==0.1.4 (from versions: none)
ERROR: No matching distribution found for routingkit-cch==0.1.4
"""
FULL_DISK = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give start.py as a module of its own."""
    for name in ("MELOKO_VENV", "MELOKO_VAR", "MELOKO_DATABASE_URL", "MELOKO_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("start_alone", START)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def empty_locks(start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let start.py install nothing at all, which needs no network."""
    locks = tmp_path / "requirements"
    locks.mkdir()
    for name in ("run", "dev", "servers"):
        (locks / f"{name}.txt").write_text("# nothing\n", "utf-8")
    monkeypatch.setattr(start, "LOCKS", str(locks))
    return locks


def older_pythons() -> list[str]:
    """Find what this machine has of Pythons that are too old."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    folders += (Path.home() / ".pyenv" / "versions").glob("*/bin")
    found = []
    for name in ("python2.7", "python3.6", "python3.8", "python3.9", "python3.10"):
        for program in (folder / name for folder in folders if os.path.isfile(folder / name)):
            if subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0:
                found.append(str(program))
                break
    return found


def test_an_old_python_can_read_it() -> None:
    tree = ast.parse(START.read_text("utf-8"))

    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        assert not isinstance(node, NEWER_THAN_2_7), f"line {line}: {type(node).__name__}"
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None, f"line {line}: a note on what is returned"
            assert not node.args.kwonlyargs, f"line {line}: parameters by name only"
            assert not node.args.posonlyargs, f"line {line}: parameters by place only"
            assert all(argument.annotation is None for argument in node.args.args), f"line {line}: notes on parameters"
        if isinstance(node, ast.Raise):
            assert node.cause is None, f"line {line}: raise … from"
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            assert not any(isinstance(element, ast.Starred) for element in node.elts), f"line {line}: a starred element"
        if isinstance(node, ast.Dict):
            assert None not in node.keys, f"line {line}: ** inside a dictionary"


@pytest.mark.slow
def test_an_old_python_says_which_one_is_needed() -> None:
    pythons = older_pythons()
    if not pythons:
        pytest.skip("this machine has no Python older than 3.11")

    for python in pythons:
        done = subprocess.run(
            [python, START, "demo"], capture_output=True, env={**os.environ, "LC_ALL": "C"}, check=False
        )

        said = done.stderr.decode("utf-8")
        assert done.returncode == 1, said
        assert "Meloko demande Python 3.11 à 3.14" in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("version", "name"), [((3, 10), "3.10"), ((3, 15), "3.15"), ((2, 7), "2.7")], ids=["old", "too new", "very old"]
)
def test_a_python_without_our_libraries_is_refused(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], name: str
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 1, "final", 0))

    with pytest.raises(start.Problem, match=f"celui-ci est {name}"):
        start.check_machine("demo")


def test_a_system_too_old_is_refused(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.31"))

    with pytest.raises(start.Problem, match=r"glibc 2\.31"):
        start.check_machine("demo")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (NO_NETWORK, "Pas d’accès aux bibliothèques"),
        (STRANGE_CERTIFICATE, "Le certificat du serveur de paquets"),
        (OTHER_HASH, "empreinte différente"),
        (EMPTY_INDEX, "L’index de paquets est vide"),
        (NO_WHEEL, "La bibliothèque routingkit-cch n’existe pas pour cette machine"),
        (FULL_DISK, "Le disque est plein"),
        ("ERROR: something new\n", "something new"),
    ],
    ids=["no network", "certificate", "hash", "empty index", "no wheel", "full disk", "unknown"],
)
def test_what_pip_says_becomes_a_sentence(start: ModuleType, text: str, sentence: str) -> None:
    problem = start.explain(text, str(ROOT / "requirements" / "run.txt"))

    assert sentence in problem.text


@pytest.mark.slow
def test_what_is_installed_is_not_installed_again(
    start: ModuleType, empty_locks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = str(tmp_path / "avec espace é")
    filled: list[str] = []
    monkeypatch.setattr(start, "fill", lambda _venv, lock: filled.append(lock))

    start.install(venv, "dev")
    start.install(venv, "run")

    assert filled == ["dev", "servers"]
    (empty_locks / "run.txt").write_text("# another\n", "utf-8")
    start.install(venv, "run")
    assert filled == ["dev", "servers"], "the set of the tests holds the set of the demo"
    (empty_locks / "dev.txt").write_text("# another\n", "utf-8")
    start.install(venv, "dev")
    assert filled == ["dev", "servers", "dev", "servers"]


@pytest.mark.slow
def test_an_installation_that_was_killed_is_taken_up(start: ModuleType, empty_locks: Path, tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    start.make_venv(str(venv))

    start.install(str(venv), "run")

    assert "run " in (venv / "installed").read_text("utf-8")
    assert empty_locks.exists()


def test_a_machine_without_our_servers_goes_on_with_its_own(
    start: ModuleType,
    empty_locks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fill(_venv: str, lock: str) -> None:
        if lock == "servers":
            raise start.Problem("rien", "nothing")

    monkeypatch.setattr(start, "fill", fill)
    monkeypatch.setattr(start, "make_venv", lambda venv: os.makedirs(venv))

    start.install(str(tmp_path / ".venv"), "run")

    assert "ceux du système serviront" in capfd.readouterr().err
    assert "servers" not in (tmp_path / ".venv" / "installed").read_text("utf-8")
    assert empty_locks.exists()


def test_a_folder_of_somebody_else_is_not_emptied(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").write_text("kept", "utf-8")
    monkeypatch.setenv("MELOKO_VENV", str(tmp_path))

    with pytest.raises(start.Problem, match="MELOKO_VENV"):
        start.make_venv(str(tmp_path))

    assert (tmp_path / "photos").exists()


def test_a_folder_that_does_not_exist_is_named(start: ModuleType, tmp_path: Path, empty_locks: Path) -> None:
    with pytest.raises(start.Problem, match="Impossible d’écrire"):
        start.install(str(tmp_path / "nowhere" / ".venv"), "run")

    assert empty_locks.exists()


def test_a_python_without_pip_is_told_what_to_install(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "run", lambda words, show=False: (1, "No module named pip"))

    with pytest.raises(start.Problem, match="python3-venv"):
        start.pip_for("anywhere")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["test"], ["-m", "pytest", "-n", "2"]),
        (["test", "-n", "0", "-x"], ["-m", "pytest", "-n", "0", "-x"]),
        (["demo", "--once", "--out", "x"], ["-m", "meloko", "demo", "--once", "--out", "x"]),
    ],
    ids=["the suite", "told otherwise", "the demo"],
)
def test_it_becomes_meloko_and_passes_the_words_on(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: list[str]
) -> None:
    became: list[Any] = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setattr(os, "execve", lambda *given: became.extend(given))

    start.hand_over("python", words[0], words[1:])

    assert became[1][1:] == expected
    assert "PYTHONHOME" not in became[2]


def test_without_a_command_it_says_which_there_are() -> None:
    done = subprocess.run([sys.executable, START], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "start.py demo" in done.stderr
