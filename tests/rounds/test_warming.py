import os
import subprocess
import sys
from pathlib import Path

import pytest

from meloko.compiled_code import VARIABLE, choose_folder, folder_in


def test_compiled_code_is_kept_in_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    own, told = {"MELOKO_VAR": str(tmp_path)}, {"MELOKO_VAR": str(tmp_path), VARIABLE: str(tmp_path / "elsewhere")}

    assert choose_folder(own) == choose_folder(told) == choose_folder({}) == ""
    assert own[VARIABLE] == str(folder_in(tmp_path))
    assert Path(told[VARIABLE]).is_dir()


def test_a_folder_that_cannot_be_written_is_told_and_another_one_is_used(tmp_path: Path) -> None:
    no_folder = tmp_path / "file"
    no_folder.write_text("")
    environ = {VARIABLE: str(no_folder)}

    said = choose_folder(environ)

    assert f"Impossible d’écrire dans {no_folder}" in said
    assert environ[VARIABLE] != str(no_folder)
    assert os.access(environ[VARIABLE], os.W_OK)


def test_the_web_never_loads_the_compiler() -> None:
    words = "import sys, meloko.app; sys.exit('numba' in sys.modules or 'routing.search' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0


@pytest.mark.slow
def test_warming_says_one_line_and_that_it_is_ready(tmp_path: Path) -> None:
    own = {
        "MELOKO_DATABASE_URL": "postgresql://nobody/meloko",
        "MELOKO_BROKER_URL": "redis://nobody/0",
        "MELOKO_SECRET_KEY": "k" * 40,
        "MELOKO_KEYS": "a" * 43 + "=",
        "MELOKO_VAR": str(tmp_path),
    }
    environ = {**os.environ, **own}

    done = subprocess.run(
        [sys.executable, "-m", "meloko.acts", "warm"], env=environ, check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Préparation du calcul des tournées : une fois, environ une minute…\nPrêt.\n"
