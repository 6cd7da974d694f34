"""Children on a leash: none outlives the process that started it, and all stop the same way."""

import contextlib
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from signal import Signals
from types import FrameType

from meloko.errors import MelokoError

# Looked up before any fork: a child between fork and exec must load nothing.
_PRCTL = getattr(ctypes.CDLL(None), "prctl", None)
_PR_SET_PDEATHSIG = 1
_LOG_LINES = 12
# Unix sockets know no more than 108 bytes, the name of the socket included.
_SOCKET_FOLDER_BYTES = 80


class CannotStart(MelokoError):
    """Something that Meloko stands on does not start."""


class Leave(BaseException):
    """Somebody asked us to stop: Ctrl-C, TERM, or the terminal was closed."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """A process of ours, with its log and the signal that asks it to stop."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    farewell: Signals

    def is_alive(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it and all of its group at once, as a power cut would."""
        _kill_group(self.process.pid)
        self.process.wait()


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path | None,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    farewell: Signals = signal.SIGTERM,
    leash: Signals = signal.SIGTERM,
    account: Account | None = None,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start a child that gets the signal `leash` when this process dies, however it dies.

    Without a log it speaks where we speak. The kernel ties the leash to the *thread* that started the child:
    only the main thread may.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("only the main thread may start a child: its leash ends with the thread")
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        # Python warns of any code between fork and exec beside threads; ours only calls the kernel.
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", DeprecationWarning)
        process = subprocess.Popen(  # noqa: S603  the programs are our own
            [os.fspath(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            cwd=cwd,
            env=dict(environ),
            start_new_session=True,
            pass_fds=pass_fds,
            preexec_fn=partial(_put_on_leash, os.getpid(), leash),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    return Child(name, process, log, farewell)


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    account: Account | None = None,
    text: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, give it `text` to read, and keep what it says."""
    return subprocess.run(  # noqa: S603  the programs are our own
        [os.fspath(word) for word in command],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        cwd=cwd,
        env=dict(environ),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def wait_until(ready: Callable[[], bool], child: Child, patience_s: float = 120) -> None:
    """Wait until a child is ready, or say what the end of its log says."""
    deadline = time.monotonic() + patience_s
    while not ready():
        if not child.is_alive():
            raise CannotStart(f"{child.name} s’est arrêté en démarrant. Fin de {child.log} :\n{tail(child.log)}")
        if time.monotonic() > deadline:
            raise CannotStart(f"{child.name} ne répond pas après {patience_s:.0f} s. Voyez {child.log}.")
        time.sleep(0.02)


def stop(children: Sequence[Child], patience_s: float = 10) -> None:
    """Ask all of them to stop at once, wait, then end what is left."""
    for child in children:
        if child.is_alive():
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(child.farewell)
    deadline = time.monotonic() + patience_s
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
    for child in children:
        child.kill()


def tail(log: Path | None) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:]) if log and log.exists() else ""


@contextlib.contextmanager
def leaving_on_signals() -> Iterator[None]:
    """Turn INT, TERM and HUP into one `Leave`, raised once: the stopping itself is not disturbed."""
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

    def leave(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, lambda *_: None)
        raise Leave(number)

    # Under nohup the terminal's end was ignored on purpose; a Ctrl-C that a script's shell ignores is still meant.
    heard = {
        number: signal.getsignal(number)
        for number in numbers
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    }
    for number in heard:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, before in heard.items():
            signal.signal(number, before)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder for ourselves alone; refuse when another process holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise CannotStart(
            f"Impossible d’écrire dans {folder} : {error.strerror}. S’il a été créé par l’administrateur, reprenez-le "
            f"(sudo chown -R $(id -u) '{folder}') ; sinon choisissez un autre dossier : MELOKO_VAR=/un/autre/dossier."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            address = folder / "address"
            where = f" : {address.read_text('utf-8')}" if address.exists() else ""
            raise CannotStart(f"Meloko tourne déjà ici{where} (dossier {folder}).") from error
        yield


@contextlib.contextmanager
def temporary_folder(base: Path, prefix: str) -> Iterator[Path]:
    """Make a folder for this run and hold it; take it away afterwards, with those that killed runs left."""
    for old in base.glob(f"{prefix}*"):
        if (old / "lock").exists():
            with contextlib.suppress(OSError, CannotStart), alone_in(old):
                shutil.rmtree(old)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    # As root, PostgreSQL's account must be able to go there.
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        with alone_in(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lesser_account() -> Account | None:
    """Return the account `nobody` when we are root, for programs that refuse root; else None."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65_534, 65_534)
    return Account(entry.pw_uid, entry.pw_gid)


def can_enter(folder: Path, account: Account) -> bool:
    """Tell whether an account can go into a folder."""
    # Not by `cwd`: Python goes there first and changes the account afterwards.
    return _works(["/bin/sh", "-c", 'cd -- "$0"', folder], account)


def can_run(program: Path, account: Account) -> bool:
    """Tell whether an account can run a program."""
    return _works([program, "--version"], account)


def folder_for_sockets(home: Path, token: str, account: Account | None) -> Path:
    """Choose the folder of the sockets: below `home`, or elsewhere when its path is too long or not plain."""
    near = home / "run"
    if str(near).isascii() and not set(str(near)) & set(" %'\"\\,") and len(str(near)) < _SOCKET_FOLDER_BYTES:
        return near
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(own) if account is None and own and Path(own).is_dir() and len(own) < 40 else Path("/tmp")  # noqa: S108
    return base / f"meloko-{os.getuid()}-{sha256(token.encode()).hexdigest()[:12]}"


def make_folder_for_sockets(folder: Path, account: Account | None) -> None:
    """Make the folder of the sockets; refuse one that somebody else has put there."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid not in {os.getuid(), account.uid if account else os.getuid()}:
        raise CannotStart(f"{folder} appartient à quelqu’un d’autre : effacez ce dossier, ou changez MELOKO_VAR.")
    give(folder, account)


def give(folder: Path, account: Account | None) -> None:
    """Give a folder to an account, closed to all others."""
    folder.chmod(0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def evict(folder: Path) -> None:
    """End every process that works in a folder: those left over from a killed run."""
    for number, patience_s in ((signal.SIGINT, 5.0), (signal.SIGQUIT, 2.5), (signal.SIGKILL, 2.5)):
        if not (left := _working_in(folder)):
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while _working_in(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
    if left := _working_in(folder):
        raise CannotStart(f"D’anciens programmes tiennent encore {folder} : {', '.join(map(str, left))}.")


def _working_in(folder: Path) -> list[int]:
    """List who has the folder as working folder; zombies have none and do not count."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


def _works(command: Sequence[str | Path], account: Account) -> bool:
    try:
        return run(command, environ={"LC_ALL": "C"}, cwd=Path("/"), account=account).returncode == 0
    except OSError:
        return False


def _put_on_leash(parent: int, number: Signals) -> None:
    # Python has changed the user by now; doing so afterwards would undo the leash.
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
