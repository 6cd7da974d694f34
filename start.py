# -*- coding: utf-8 -*-
"""Run Meloko from a bare Python: `python3 start.py demo` or `python3 start.py test`.

Makes an environment beside this file, installs the locked libraries into it, hands over to Meloko.
Standard library only, and old enough a grammar for an old Python to say which one is needed.
"""

# ruff: noqa: RUF005  [*words, more] is no grammar of Python 2.7

from __future__ import print_function, unicode_literals

import hashlib
import os
import platform
import re
import signal
import subprocess
import sys

try:
    import ctypes
except ImportError:
    ctypes = None
try:
    import fcntl
except ImportError:
    fcntl = None

OLDEST, NEWEST = (3, 11), (3, 14)
OLDEST_GLIBC = (2, 34)
ROOT = os.path.dirname(os.path.abspath(__file__))
if isinstance(ROOT, bytes):  # Python 2, which is only told that it is too old
    ROOT = ROOT.decode("utf-8", "replace")
LOCKS = os.path.join(ROOT, "requirements")

USAGE = """Meloko
  python3 start.py demo             la démonstration, dans votre navigateur (Ctrl-C pour l’arrêter)
  python3 start.py demo --once --out DOSSIER
                                    une journée entière sans écran : feuilles de route et summary.json
  python3 start.py test             tous les essais / the whole test suite
"""

# What would lead pip, uv or Python away from our environment; the person's index, proxy and certificate stay.
DROPPED = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_CONSTRAINT",
    "PIP_NO_BINARY",
    "UV_CONSTRAINT",
    "UV_NO_BINARY",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)


class Problem(Exception):
    """What a person can do something about, said in one sentence of each language."""

    def __init__(self, french, english):
        Exception.__init__(self, french)
        self.text = "\n%s\n(%s)\n" % (french, english)


def main(words):
    if not words or words[0] not in ("demo", "test"):
        say(USAGE)
        return 0 if words and words[0] in ("-h", "--help", "help") else 2
    command, rest = words[0], words[1:]
    try:
        check_machine(command)
        venv = os.path.abspath(os.environ.get("MELOKO_VENV") or os.path.join(ROOT, ".venv"))
        install(venv, "dev" if command == "test" else "run")
    except Problem as problem:
        say(problem.text)
        return 1
    except KeyboardInterrupt:
        say("\nInterrompu. La même commande reprendra l’installation. (Interrupted: run it again.)\n")
        return 130
    hand_over(python_of(venv), command, rest)
    return 1


def say(text):
    # As bytes: an old Python in the C locale knows no accent.
    os.write(2, text.encode("utf-8"))


def check_machine(command):
    """Refuse a machine on which nothing below can work."""
    here = sys.version_info[:2]
    if not OLDEST <= here <= NEWEST:
        found = [name for name in ("python3.%d" % minor for minor in range(NEWEST[1], OLDEST[1] - 1, -1)) if find(name)]
        numbers = ("%d.%d" % OLDEST, "%d.%d" % NEWEST, "%d.%d" % here)
        raise Problem(
            "Meloko demande Python %s à %s, celui-ci est %s. " % numbers
            + ("Lancez : %s start.py %s" % (found[0], command) if found else "Installez-en un, puis relancez."),
            "Meloko needs Python %s to %s, this is %s. " % numbers
            + ("Run: %s start.py %s" % (found[0], command) if found else "Install one and run again."),
        )
    if fcntl is None:
        raise Problem("Meloko se lance sous Linux (sous Windows : dans WSL).", "Meloko runs on Linux; on Windows, WSL.")
    name, version = platform.libc_ver()
    if name == "glibc" and tuple(int(part) for part in version.split(".")[:2]) < OLDEST_GLIBC:
        raise Problem(
            "Ce système est trop ancien : glibc %s, il faut 2.34 (Debian 12, Ubuntu 22.04, RHEL 9) ou plus." % version,
            "This system is too old: glibc %s, 2.34 or newer is needed." % version,
        )


def find(name):
    """Return the path of a program, as the shell would find it."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def install(venv, lock):
    """Bring the environment to the lock; do nothing when it is there already."""
    wanted = marks(lock)
    if is_installed(venv, lock, wanted):
        return
    with_servers = wants_servers()
    if not os.path.isdir(os.path.dirname(venv)) or not os.access(os.path.dirname(venv), os.W_OK):
        raise unwritable(os.path.dirname(venv))
    with open(venv + ".lock", "a") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except EnvironmentError:
            say("Une autre installation est en cours ici, j’attends… (waiting for another installation)\n")
            fcntl.flock(guard, fcntl.LOCK_EX)
        if is_installed(venv, lock, wanted):
            return
        make_venv(venv)
        say("Installation des bibliothèques, une seule fois (environ 600 Mo) : patience…\n")
        fill(venv, lock)
        done = {"python", lock}
        if with_servers:
            try:
                fill(venv, "servers")
                done.add("servers")
            except Problem:
                say("PostgreSQL et Valkey n’existent pas pour cette machine : ceux du système serviront.\n")
        write_stamp(venv, [wanted[name] for name in sorted(done)])


def wants_servers():
    return not (os.environ.get("MELOKO_DATABASE_URL") and os.environ.get("MELOKO_BROKER_URL"))


def marks(lock):
    """Return one line for each thing the stamp of an environment may vouch for."""
    found = {"python": "python %d.%d %s" % (sys.version_info[0], sys.version_info[1], platform.machine())}
    for name in {lock, "dev", "servers"}:
        with open(os.path.join(LOCKS, name + ".txt"), "rb") as text:
            found[name] = "%s %s" % (name, hashlib.sha256(text.read()).hexdigest())
    return found


def is_installed(venv, lock, wanted):
    try:
        with open(os.path.join(venv, "installed"), encoding="utf-8") as stamp:
            lines = set(stamp.read().splitlines())
    except EnvironmentError:
        return False
    # The set of the tests holds the set of the demo.
    libraries = wanted[lock] in lines or wanted["dev"] in lines
    servers = wanted["servers"] in lines or not wants_servers()
    return wanted["python"] in lines and libraries and servers and os.access(python_of(venv), os.X_OK)


def write_stamp(venv, lines):
    path = os.path.join(venv, "installed")
    with open(path + ".new", "w", encoding="utf-8") as stamp:
        stamp.write("\n".join(lines) + "\n")
    os.rename(path + ".new", path)


def python_of(venv):
    return os.path.join(venv, "bin", "python")


def make_venv(venv):
    """Make an empty environment, or keep the one that a stopped installation left."""
    ours = os.path.exists(os.path.join(venv, "pyvenv.cfg"))
    if not ours and os.environ.get("MELOKO_VENV") and os.path.isdir(venv) and os.listdir(venv):
        raise Problem(
            "MELOKO_VENV=%s n’est pas un dossier vide ni un environnement Python : choisissez-en un autre." % venv,
            "MELOKO_VENV is neither an empty folder nor a Python environment.",
        )
    if ours and says_version(python_of(venv)) == "%d.%d" % sys.version_info[:2]:
        return
    # Without pip: Debian's Python cannot put it in unless python3-venv is installed, and we may not need it.
    status, text = run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv])
    if status != 0:
        raise Problem(
            "Ce Python ne sait pas créer d’environnement : sudo apt install python3-venv (ou l’équivalent), "
            "puis relancez.\n" + text[-800:],
            "This Python cannot make an environment: install python3-venv and run again.",
        )


def says_version(python):
    try:
        status, text = run([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    except EnvironmentError:
        return None
    return text.strip() if status == 0 else None


def unwritable(folder):
    return Problem(
        "Impossible d’écrire dans %s. Placez ailleurs les programmes et les données : "
        "MELOKO_VENV=~/meloko-venv MELOKO_VAR=~/meloko-var python3 start.py demo" % folder,
        "%s cannot be written: set MELOKO_VENV and MELOKO_VAR to folders elsewhere." % folder,
    )


def fill(venv, lock):
    """Install one lock with uv, or with pip where there is no uv or it fails."""
    path = os.path.join(LOCKS, lock + ".txt")
    same = ["--require-hashes", "--only-binary", ":all:", "-r", path]
    if find("uv"):
        status, _text = run([find("uv"), "pip", "install", "--python", python_of(venv)] + same)
        if status == 0:
            return
    quiet = ["--no-input", "--retries", "2", "--progress-bar", "off", "--disable-pip-version-check"]
    status, text = run(pip_for(venv) + ["install"] + quiet + same, show=True)
    if status != 0:
        raise explain(text, path)


def pip_for(venv):
    """Return the words that call a pip working on the environment: its own, else that of this Python."""
    inner = [python_of(venv), "-m", "pip"]
    if run(inner + ["--version"])[0] == 0 or run([python_of(venv), "-m", "ensurepip", "--default-pip"])[0] == 0:
        return inner
    outer = [sys.executable, "-m", "pip", "--python", python_of(venv)]
    if run(outer + ["--version"])[0] == 0:
        return outer
    raise Problem(
        "Il manque pip à ce Python : sudo apt install python3-venv (ou python3-pip, ou uv), puis relancez.",
        "This Python has no pip: install python3-venv, python3-pip or uv, and run again.",
    )


def run(words, show=False):
    """Run a program that dies with us; return its status and all it said."""
    environ = {name: value for name, value in os.environ.items() if name not in DROPPED}
    environ["PIP_USER"] = "0"
    # pip's words decide which sentence a person reads.
    environ["LC_ALL"] = "C.UTF-8"
    child = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ, preexec_fn=leash
    )
    text, seen = [], 0
    for line in child.stdout:
        line = line.decode("utf-8", "replace")
        text.append(line)
        if show and line.startswith("Collecting") and sys.stderr.isatty():
            seen += 1
            say("\r  %d  %-50s" % (seen, line.split()[1][:50]))
    child.stdout.close()
    if seen:
        say("\r%60s\r" % "")
    return child.wait(), "".join(text)


LIBC = ctypes.CDLL(None) if ctypes is not None and sys.platform.startswith("linux") else None


def leash():
    """Have the kernel end a child when this process dies, even by kill -9."""
    if LIBC is not None:
        LIBC.prctl(1, int(signal.SIGTERM), 0, 0, 0)


def explain(text, lock):
    """Turn what pip said into a sentence."""
    low = text.lower()
    if "no space left" in low:
        return Problem("Le disque est plein : il faut 1 Go libre.", "The disk is full: 1 GB is needed.")
    if "certificate_verify_failed" in low or "certificate verify failed" in low:
        return Problem(
            "Le certificat du serveur de paquets n’est pas reconnu. Sur un réseau d’entreprise, indiquez le vôtre : "
            "PIP_CERT=/chemin/ca.pem SSL_CERT_FILE=/chemin/ca.pem python3 start.py …",
            "The package index's certificate is not trusted: set PIP_CERT and SSL_CERT_FILE.",
        )
    if re.search("newconnectionerror|proxyerror|connection refused|retries|readtimeout|connecttimeout", low):
        return Problem(
            "Pas d’accès aux bibliothèques : vérifiez la connexion à internet, le proxy ou l’adresse de l’index "
            "(HTTPS_PROXY, PIP_INDEX_URL), puis relancez.",
            "No way to the package index: check the network, HTTPS_PROXY and PIP_INDEX_URL, and run again.",
        )
    if "do not match the hashes" in low:
        return Problem(
            "Une bibliothèque reçue n’est pas celle qui est attendue (empreinte différente) : rien n’est installé. "
            "Vérifiez l’index de paquets de votre réseau.",
            "A downloaded library does not have the expected hash: nothing was installed.",
        )
    missing = re.search(r"no matching distribution found for ([a-z0-9._-]+)", low)
    if missing is None:
        return Problem("L’installation a échoué :\n" + text[-1500:], "The installation failed.")
    name = missing.group(1).split("==")[0]
    with open(lock, encoding="utf-8") as lines:
        first = lines.readline().split("==")[0]
    # The first library of each lock runs anywhere: when even that one is missing, the index is to blame.
    if name == first:
        return Problem(
            "L’index de paquets est vide ou n’est pas le bon (%s manque) : vérifiez PIP_INDEX_URL." % name,
            "The package index is empty or wrong (%s is missing): check PIP_INDEX_URL." % name,
        )
    machine = "%s, %s, Python %s" % (
        platform.machine(),
        " ".join(platform.libc_ver()) or "musl",
        sys.version.split()[0],
    )
    return Problem(
        "La bibliothèque %s n’existe pas pour cette machine (%s) : utilisez un Linux x86-64 ou ARM 64 avec glibc 2.34 "
        "ou plus récent, ou l’image Docker." % (name, machine),
        "%s has no build for this machine (%s): use Linux with glibc 2.34 or newer, or Docker." % (name, machine),
    )


def hand_over(python, command, rest):
    """Become Meloko: the same process, so that signals and Ctrl-C arrive."""
    environ = {name: value for name, value in os.environ.items() if name not in DROPPED}
    if command == "test":
        os.chdir(ROOT)
        told = any(word.startswith(("-n", "--numprocesses")) or word == "no:xdist" for word in rest)
        words = ["-m", "pytest"] + ([] if told else ["-n", "2"]) + rest
    else:
        # Not by changing folder: `--out DIR` is meant from where the person stands.
        environ["PYTHONPATH"] = ROOT
        words = ["-m", "meloko", command] + rest
    os.execve(python, [python] + words, environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
