"""Meloko's own processes, the web, the worker and beat: how each one starts, and who starts it again."""

import contextlib
import os
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections import defaultdict, deque
from collections.abc import Mapping
from pathlib import Path
from signal import Signals

from meloko import processes
from meloko.compiled_code import VARIABLE, folder_in
from meloko.processes import CannotStart, Child

ROOT = Path(__file__).resolve().parent.parent
WEB, WORKER, BEAT = "web", "worker", "beat"
_SEMAPHORES = Path("/dev/shm")  # noqa: S108  where the kernel keeps them
_FIRST_PORT, _LAST_PORT = 5000, 5019
# A process that falls more often than that will not get better by being started again.
_FALLS, _FALLS_WITHIN_S = 3, 60.0


def environment(environ: Mapping[str, str], var: Path, database_url: str, broker_url: str) -> dict[str, str]:
    """Return the environment of one organisation on this machine; its secrets are made once and kept in `var`."""
    own = {
        "MELOKO_DATABASE_URL": database_url,
        "MELOKO_BROKER_URL": broker_url,
        "MELOKO_VAR": str(var),
        # Set before Python starts: what compiles reads it once.
        VARIABLE: environ.get(VARIABLE) or str(folder_in(var)),
        "MELOKO_HTTPS": environ.get("MELOKO_HTTPS", "0"),
        # Children find our packages here wherever the person stands, even in a folder that was moved.
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    for name, value in (("SECRET_KEY", secrets.token_urlsafe(48)), ("KEYS", b64encode(os.urandom(32)).decode())):
        if not environ.get(f"MELOKO_{name}") and not environ.get(f"MELOKO_{name}_FILE"):
            own[f"MELOKO_{name}_FILE"] = str(_kept_secret(var / name.lower(), value))
    return {**environ, **own}


def open_door(port: int | None = None) -> socket.socket:
    """Take a free port of this machine, and keep it: between looking and binding nobody can come in."""
    for number in [port] if port is not None else [*range(_FIRST_PORT, _LAST_PORT + 1), 0]:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", number))
            # Two that only bind may share a port; two that listen may not.
            door.listen(64)
            # Two may bind the same port, only one may listen there.
            door.listen(128)
        except OSError:
            door.close()
        else:
            return door
    raise CannotStart(f"Le port {port} est déjà pris : choisissez-en un autre avec --port, ou n’en donnez pas.")


def address_of(door: socket.socket) -> str:
    """Return the address a browser is given."""
    return f"http://127.0.0.1:{door.getsockname()[1]}"


class Crew:
    """The web, the worker and beat of one organisation, started and looked after by this process."""

    def __init__(self, environ: Mapping[str, str], var: Path, door: socket.socket) -> None:
        if not os.access(_SEMAPHORES, os.W_OK):
            raise CannotStart(f"{_SEMAPHORES} est absent ou en lecture seule : les tâches de fond en ont besoin.")
        self.address = address_of(door)
        self._environ = dict(environ)
        self._var = var
        self._door = door
        self._children: dict[str, Child] = {}
        self._falls: defaultdict[str, deque[float]] = defaultdict(deque)
        (var / "log").mkdir(exist_ok=True)

    def start(self) -> None:
        """Start all of them; return when the web answers."""
        for name in (WEB, WORKER, BEAT):
            self.start_one(name)
        processes.wait_until(self.is_ready, self._children[WEB])

    def start_one(self, name: str) -> None:
        """Start one of them."""
        # Asked to stop, a worker whose broker has died with us may wait for it for ever. Its jobs are taken up again
        # from the outbox, so it may be ended at once; Celery has the kernel end its children with it.
        leash = Signals.SIGKILL if name == WORKER else Signals.SIGTERM
        self._children[name] = processes.spawn(
            name,
            [sys.executable, "-m", *self._words(name)],
            log=self._var / "log" / f"{name}.log",
            environ=self._environ,
            cwd=ROOT,
            leash=leash,
            pass_fds=(self._door.fileno(),) if name == WEB else (),
        )

    def is_ready(self) -> bool:
        """Ask the web whether it is ready, through no proxy."""
        straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with straight.open(f"{self.address}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    def look_after(self) -> None:
        """Start again what fell; refuse to go on when it falls again and again."""
        for name, child in list(self._children.items()):
            if child.is_alive():
                continue
            falls = self._falls[name]
            falls.append(time.monotonic())
            while falls[0] < falls[-1] - _FALLS_WITHIN_S:
                falls.popleft()
            if len(falls) > _FALLS:
                raise CannotStart(f"{name} s’arrête sans cesse. Fin de {child.log} :\n{processes.tail(child.log)}")
            child.kill()
            self.start_one(name)

    def child(self, name: str) -> Child:
        """Return one of them."""
        return self._children[name]

    def stop(self) -> None:
        """Stop all of them together."""
        processes.stop(list(self._children.values()))
        self._children.clear()

    def _words(self, name: str) -> list[str]:
        celery = ["celery", "--app", "workers.app"]
        return {
            WEB: [
                "gunicorn", "meloko.app:create_app()", "--bind", f"fd://{self._door.fileno()}", "--threads", "8",
                "--worker-class", "gthread", "--graceful-timeout", "5", "--no-control-socket",
            ],
            WORKER: [
                *celery, "worker", "--queues", "fast,heavy", "--concurrency", "2", "--loglevel", "INFO",
                "--without-gossip", "--without-mingle", "-O", "fair",
            ],
            BEAT: [*celery, "beat", "--pidfile=", "--schedule", str(self._var / "beat"), "--loglevel", "WARNING"],
        }[name]  # fmt: skip


def _kept_secret(path: Path, value: str) -> Path:
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(value)
    return path
