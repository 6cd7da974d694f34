"""Children of ours: held on a leash, stopped together, explained when they fall."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from meloko import processes
from meloko.processes import CannotStart, Leave

ENVIRON = dict(os.environ)
SLEEP = ["sleep", "60"]
# A child that has a child of its own, and a deaf one.
FAMILY = ["/bin/sh", "-c", "sleep 60 & echo $!; wait"]
DEAF = ["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]
PARENT = """
import os, signal, sys, time
from pathlib import Path
from meloko import processes
child = processes.spawn("child", ["sleep", "60"], log=Path(sys.argv[1]), environ=os.environ)
print(child.process.pid, flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while is_running(pid):
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.02)


def test_a_child_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path / "log"], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_for_end(child)


def test_only_the_main_thread_may_start_a_child(tmp_path: Path) -> None:
    refused = []

    def start() -> None:
        try:
            processes.spawn("child", SLEEP, log=tmp_path / "log", environ=ENVIRON)
        except RuntimeError as error:
            refused.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert "main thread" in refused[0]


def test_the_children_of_a_child_are_stopped_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = processes.spawn("family", FAMILY, log=log, environ=ENVIRON)
    processes.wait_until(lambda: processes.tail(log) != "", child)

    processes.stop([child])

    wait_for_end(int(processes.tail(log)))


def test_a_child_that_does_not_listen_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = processes.spawn("deaf", DEAF, log=log, environ=ENVIRON)
    processes.wait_until(lambda: processes.tail(log) == "deaf", child)

    processes.stop([child], patience_s=0.3)

    assert child.process.returncode == -signal.SIGKILL


def test_a_child_that_falls_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = processes.spawn(
        "talker", ["/bin/sh", "-c", "echo the reason; exit 1"], log=tmp_path / "log", environ=ENVIRON
    )

    with pytest.raises(CannotStart, match="the reason"):
        processes.wait_until(lambda: False, child)


def test_a_child_that_never_answers_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    child = processes.spawn("mute", SLEEP, log=tmp_path / "log", environ=ENVIRON)

    with pytest.raises(CannotStart, match="ne répond pas"):
        processes.wait_until(lambda: False, child, patience_s=0.1)

    processes.stop([child])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_heard_once_and_the_stopping_is_left_in_peace(number: signal.Signals) -> None:
    with processes.leaving_on_signals():
        with pytest.raises(Leave) as left:
            signal.raise_signal(number)

        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

    assert left.value.number == number


def test_a_ctrl_c_that_the_shell_ignores_is_heard_and_nohup_is_obeyed() -> None:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        with processes.leaving_on_signals():
            signal.raise_signal(signal.SIGHUP)
            with pytest.raises(Leave):
                signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with processes.alone_in(tmp_path):
        (tmp_path / "address").write_text("http://127.0.0.1:5000", "utf-8")

        with pytest.raises(CannotStart, match="tourne déjà ici : http://127"), processes.alone_in(tmp_path):
            pass

    with processes.alone_in(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("not a folder", "utf-8")

    with pytest.raises(CannotStart, match="MELOKO_VAR"), processes.alone_in(taken):
        pass


def test_folders_that_killed_runs_left_are_swept_and_others_are_not(tmp_path: Path) -> None:
    left, held, strange = tmp_path / "x-left", tmp_path / "x-held", tmp_path / "x-strange"
    for folder in (left, held, strange):
        folder.mkdir()
    (left / "lock").touch()

    with processes.alone_in(held), processes.temporary_folder(tmp_path, "x-") as own:
        assert own.is_dir()

    assert not left.exists()
    assert not own.exists()
    assert held.exists()
    assert strange.exists()


def test_sockets_go_elsewhere_when_their_path_would_be_too_long_or_not_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    plain, spaced, long = Path(tempfile.mkdtemp(prefix="m")), tmp_path / "Épicerie du coin", tmp_path / ("x" * 90)

    for home in (plain, spaced, long):
        home.mkdir(exist_ok=True)
        folder = processes.folder_for_sockets(home, "token", None)
        processes.make_folder_for_sockets(folder, None)
        assert (folder == home / "run") == (home == plain)
        assert len(str(folder)) < 80
        assert str(folder).isascii()
        assert folder.stat().st_mode & 0o777 == 0o700
        folder.rmdir()
    plain.rmdir()


def test_what_still_works_in_a_folder_is_made_to_leave(tmp_path: Path) -> None:
    child = processes.spawn("old", SLEEP, log=None, environ=ENVIRON, cwd=tmp_path)

    processes.evict(tmp_path)

    assert not is_running(child.process.pid)
    child.process.wait()


def test_a_folder_that_somebody_else_put_in_the_place_of_the_sockets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "theirs")

    with pytest.raises(CannotStart, match="appartient à quelqu’un d’autre"):
        processes.make_folder_for_sockets(tmp_path / "run", None)
