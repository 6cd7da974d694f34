"""Where compiled loops are kept from one start to the next; chosen before anything that compiles is loaded."""

import os
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
_NAME = "compiled"


def folder_in(var: Path) -> Path:
    """Return the folder of an organisation's data where compiled code is kept."""
    return var / _NAME


def choose_folder(environ: MutableMapping[str, str]) -> str:
    """Choose the folder, and another one where it cannot be written: then return the sentence that says so."""
    var = environ.get("MELOKO_VAR", "")
    if not environ.get(VARIABLE) and not var:
        return ""
    folder = Path(environ.get(VARIABLE) or folder_in(Path(var)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        environ[VARIABLE] = tempfile.mkdtemp(prefix="meloko-compiled-")
        return (
            f"Impossible d’écrire dans {folder} ({os.strerror(error.errno or 0)}) : le calcul des tournées se prépare"
            " à chaque démarrage, environ une minute. Donnez ce dossier à Meloko pour l’éviter."
        )
    environ[VARIABLE] = str(folder)
    return ""
