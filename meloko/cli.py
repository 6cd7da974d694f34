"""The `meloko` command: `demo` runs a whole organisation from here; every other act is for `meloko.acts`."""

import argparse
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from meloko import crew, processes, servers
from meloko.compiled_code import VARIABLE, folder_in
from meloko.crew import ROOT, Crew
from meloko.processes import CannotStart, Child, Leave
from meloko.servers import Addresses

_KEPT = {"id", "lock", "log", folder_in(Path()).name}
# A day that is played once leaves nothing behind but what is compiled: the next one need not do it again.
_COMPILED_FOR_ONCE = ROOT / ".numba_cache"
_GLANCE_S = 0.2


def main(words: Sequence[str] | None = None) -> int:
    """Do one act, and return its exit status."""
    words = list(sys.argv[1:] if words is None else words)
    if words[:1] != ["demo"]:
        # Another program, so that the parent of the demo stays small and never loads what its children need.
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "meloko.acts", *words])  # noqa: S606
    options = _options(words[1:])
    try:
        with processes.leaving_on_signals():
            return _once(options) if options.once else _demo(options)
    except CannotStart as refusal:
        _say(refusal.sentence, sys.stderr)
        return 1
    except Leave as leave:
        return 128 + leave.number if options.once else 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("meloko demo", description="La démonstration : une organisation fictive, entière.")
    parser.add_argument(
        "--once", action="store_true", help="joue une journée, écrit les feuilles de route, puis s’arrête"
    )
    parser.add_argument("--out", type=_absolute, metavar="DIR", help="avec --once : où écrire les PDF et summary.json")
    parser.add_argument(
        "--orders", type=int, default=60, metavar="N", help="avec --once : nombre de commandes, 1 à 400 (60)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="le hasard de la démonstration (1)")
    parser.add_argument(
        "--roads", type=_file, metavar="FILE", help="un extrait OpenStreetMap au lieu de l’Artois fictif"
    )
    parser.add_argument(
        "--addresses", type=_file, metavar="FILE", help="avec --roads : les adresses de cette région, CSV"
    )
    parser.add_argument("--fresh", action="store_true", help="repart de zéro")
    parser.add_argument("--port", type=int, metavar="P", help="le port du site (sinon le premier libre dès 5000)")
    options = parser.parse_args(words)
    if options.once != (options.out is not None):
        parser.error("--once et --out DIR vont ensemble")
    if not 1 <= options.orders <= 400:
        parser.error("--orders : de 1 à 400")
    if options.port is not None and not 1 <= options.port <= 65_535:
        parser.error("--port : de 1 à 65535")
    if (options.roads is None) != (options.addresses is None):
        parser.error("--roads et --addresses vont ensemble")
    return options


def _absolute(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _file(text: str) -> Path:
    path = _absolute(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"le fichier {path} n’existe pas")
    return path


def _demo(options: argparse.Namespace) -> int:
    """Run the demonstration until somebody stops it."""
    var = _absolute(os.environ.get("MELOKO_VAR") or str(ROOT / "var"))
    with processes.alone_in(var):
        if options.fresh:
            _forget(var)
        with _organisation(options, var) as organisation:
            address = var / "address"
            address.write_text(organisation.crew.address, "utf-8")
            try:
                _say(f"\nMeloko est prêt : {organisation.crew.address}\n\n{(var / 'sign-ins').read_text('utf-8')}\n")
                _say(f"Ctrl-C arrête tout ; les données restent dans {var} (--fresh repart de zéro).")
                while True:
                    organisation.look_after()
            finally:
                address.unlink(missing_ok=True)


def _once(options: argparse.Namespace) -> int:
    """Play one whole day in an organisation made for it; return the player's status."""
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"Impossible d’écrire dans {options.out} : {error.strerror}.") from error
    with servers.temporary_var("meloko-once-") as var:
        status = 1
        try:
            with _organisation(options, var) as organisation:
                words = ["--url", organisation.crew.address, "--out", str(options.out)]
                words += ["--orders", str(options.orders), "--seed", str(options.seed)]
                status = organisation.finish("demo-play", *words)
        finally:
            if status != 0:
                shutil.copytree(var / "log", options.out / "log", dirs_exist_ok=True)
                _say(f"Les journaux sont dans {options.out / 'log'}.", sys.stderr)
        return status


@dataclass(frozen=True, slots=True)
class _Organisation:
    """All that runs for one organisation."""

    addresses: Addresses
    crew: Crew
    environ: Mapping[str, str]

    def look_after(self) -> None:
        """Wait a little, then see that everything still runs."""
        time.sleep(_GLANCE_S)
        self.addresses.check()
        self.crew.look_after()

    def finish(self, act: str, *words: str) -> int:
        """Do one act in a process of its own, looking after the others meanwhile; return its status."""
        child = _begin(self.environ, act, *words)
        try:
            while child.is_alive():
                self.look_after()
            return child.process.wait()
        finally:
            processes.stop([child])


@contextlib.contextmanager
def _organisation(options: argparse.Namespace, var: Path) -> Iterator[_Organisation]:
    """Start everything, in the order in which it leans on each other; stop it in the other."""
    _say("Base de données et file d’attente…")
    with servers.running(var, os.environ) as addresses, crew.open_door(options.port) as door:
        # Somebody is looking: a cut-off that has passed is seen at once. Messages lead back to where this listens.
        given = {
            "MELOKO_DEMO": "1",
            "MELOKO_TICK_S": "2" if options.once else "10",
            "MELOKO_PUBLIC_URL": crew.address_of(door),
            **os.environ,
        }
        if options.once:
            given.setdefault(VARIABLE, str(_COMPILED_FOR_ONCE))
        environ = crew.environment(given, var, addresses.database_url, addresses.broker_url)
        warm = _begin(environ, "warm", "--quiet")
        _say("Organisation de démonstration…")
        words = ["--seed", str(options.seed), *(["--no-past"] if options.once else [])]
        words += ["--roads", str(options.roads), "--addresses", str(options.addresses)] if options.roads else []
        _do(environ, "demo-load", *words)
        _say("Site et tâches de fond…")
        team = Crew(environ, var, door)
        try:
            team.start()
            yield _Organisation(addresses, team, environ)
        finally:
            team.stop()
            processes.stop([warm])


def _begin(environ: Mapping[str, str], act: str, *words: str) -> Child:
    command = [sys.executable, "-m", "meloko.acts", act, *words]
    return processes.spawn(act, command, log=None, environ=environ)


def _do(environ: Mapping[str, str], act: str, *words: str) -> None:
    child = _begin(environ, act, *words)
    try:
        status = child.process.wait()
    finally:
        processes.stop([child])
    if status != 0:
        raise CannotStart("La démonstration s’arrête là : voyez la phrase ci-dessus.")


def _forget(var: Path) -> None:
    servers.forget(var)
    for path in var.iterdir():
        if path.name not in _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _say(text: str, where: TextIO | None = None) -> None:
    # The terminal may have been closed: that must not stop the stopping.
    with contextlib.suppress(OSError):
        print(text, file=where or sys.stdout, flush=True)
