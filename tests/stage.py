"""A whole Meloko in a folder of its own: real PostgreSQL, Valkey, web, worker and beat, to be killed at will."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from sqlalchemy import Engine

from meloko import crew, processes
from meloko.crew import BEAT, WEB, WORKER, Crew
from meloko.db import engine_for
from meloko.migrations import running as migrations
from meloko.servers import Place, PostgreSQL, Server, Valkey, temporary_var

POSTGRESQL, VALKEY = "postgresql", "valkey"
__all__ = ["BEAT", "POSTGRESQL", "VALKEY", "WEB", "WORKER", "Stage", "until"]


class Stage:
    """Use it as `with Stage() as stage:`; everything has ended when the block has.

    `environ` is what acts of the `meloko` command need to work on this organisation.
    """

    address: str
    engine: Engine
    environ: dict[str, str]
    var: Path

    def __init__(
        self, base: Path | None = None, *, demo: bool = False, crew: tuple[str, ...] = (WEB, WORKER, BEAT)
    ) -> None:
        self._base = base
        self._demo = demo
        self._wanted = crew
        self._stack = contextlib.ExitStack()
        self._servers: dict[str, Server] = {}

    def __enter__(self) -> "Stage":
        with contextlib.ExitStack() as stack:
            self.var = stack.enter_context(temporary_var("meloko-stage-", self._base))
            place = Place.of(self.var)
            self._servers = {POSTGRESQL: PostgreSQL(place, fast=True), VALKEY: Valkey(place, fast=True)}
            for server in self._servers.values():
                stack.callback(server.stop)
                server.start()
            urls = self._servers[POSTGRESQL].url, self._servers[VALKEY].url
            given = {**os.environ, "MELOKO_DEMO": "1" if self._demo else "0", "MELOKO_TOTP": "0"}
            self.environ = crew.environment(given, self.var, *urls)
            self.engine = engine_for(self._servers[POSTGRESQL].url)
            stack.callback(self.engine.dispose)
            migrations.upgrade(self.engine)
            door = stack.enter_context(crew.open_door(0))
            self._crew = Crew(self.environ, self.var, door)
            self.address = self._crew.address
            stack.callback(self._crew.stop)
            for name in self._wanted:
                self._crew.start_one(name)
            if WEB in self._wanted:
                processes.wait_until(self._crew.is_ready, self._crew.child(WEB))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def kill(self, name: str) -> None:
        """End one at once, with all its children, as kill -9 does."""
        if name in self._servers:
            self._servers[name].kill()
        else:
            self._crew.child(name).kill()

    def restart(self, name: str) -> None:
        """Start one again, after ending it if it still runs."""
        self.kill(name)
        if name in self._servers:
            self._servers[name].start()
        else:
            self._crew.start_one(name)
        if name == WEB:
            processes.wait_until(self._crew.is_ready, self._crew.child(WEB))

    def look_after(self) -> None:
        """Start again what has fallen, as the demo's parent does."""
        self._crew.look_after()

    def pid(self, name: str) -> int:
        """Return the number of the web's, the worker's or beat's first process."""
        return self._crew.child(name).process.pid

    def freeze(self, name: str) -> None:
        """Stop one where it stands, without ending it."""
        os.killpg(self.pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let one go on."""
        os.killpg(self.pid(name), signal.SIGCONT)

    def log(self, name: str) -> str:
        """Return what one has said."""
        path = self.var / "log" / f"{name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""


def until(question: Callable[[], bool], patience_s: float = 30) -> None:
    """Ask until the answer is yes; fail when it never is."""
    deadline = time.monotonic() + patience_s
    while not question():
        assert time.monotonic() < deadline, f"still not so after {patience_s:.0f} s"
        time.sleep(0.05)
