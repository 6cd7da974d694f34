"""The acts of the `meloko` command that work on one organisation, whose settings are in the environment."""

import argparse
import getpass
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from meloko import processes, tables
from meloko.accounts.models import Role
from meloko.accounts.services import add_user
from meloko.compiled_code import choose_folder
from meloko.config import Settings, from_environment
from meloko.customers.locating import locate_again
from meloko.db import ask, engine_for
from meloko.demo.loading import load, sign_in_lines
from meloko.demo.playing import play
from meloko.errors import MelokoError
from meloko.migrations import running as migrations
from meloko.relay_points.services import served_places
from meloko.roads.addresses import import_addresses
from meloko.roads.importing import import_roads

Act = Callable[[Settings, argparse.Namespace], int]

_ROLES = sorted(set(Role) - {Role.VISITOR, Role.CUSTOMER})
_PASSWORD_BYTES = 15


def main(words: Sequence[str] | None = None) -> int:
    """Do one act, and return its exit status."""
    options = _parser().parse_args(words)
    try:
        status: int = options.act(from_environment(os.environ), options)
    except MelokoError as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("meloko", description="Meloko : commandes, points relais, tournées.")
    acts = parser.add_subparsers(required=True, metavar="ACTE")
    acts.add_parser("demo", help="la démonstration : une organisation fictive, entière")

    def add(
        group: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, act: Act, said: str
    ) -> argparse.ArgumentParser:
        one = group.add_parser(name, help=said, description=said)
        one.set_defaults(act=act)
        return one

    add(acts, "migrate", migrate, "amène la base de données à cette version")
    add(acts, "warm", warm, "prépare le calcul des tournées, une fois par machine").add_argument(
        "--quiet", action="store_true", help="sans rien dire"
    )
    users = acts.add_parser("user", help="les personnes qui se connectent").add_subparsers(
        required=True, metavar="ACTE"
    )
    user = add(users, "add", user_add, "ajoute une personne, qui se connectera par son adresse et un mot de passe")
    user.add_argument("--name", required=True, help="son nom")
    user.add_argument("--email", required=True, help="son adresse électronique")
    user.add_argument("--role", required=True, action="append", choices=_ROLES, help="son rôle ; répétable")
    user.add_argument("--password-stdin", action="store_true", help="lit le mot de passe sur l’entrée standard")
    roads = acts.add_parser("roads", help="le réseau routier").add_subparsers(required=True, metavar="ACTE")
    add(roads, "import", roads_import, "lit un extrait OpenStreetMap (.osm.pbf, .osm, .osm.gz)").add_argument(
        "file", type=Path, metavar="FICHIER"
    )
    places = acts.add_parser("addresses", help="les adresses connues").add_subparsers(required=True, metavar="ACTE")
    add(
        places, "import", addresses_import, "lit un tableau d’adresses (BAN, ou number,street,postcode,city,lat,lon)"
    ).add_argument("file", type=Path, metavar="FICHIER")
    demo = add(acts, "demo-load", demo_load, "charge l’organisation fictive")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--roads", type=Path)
    demo.add_argument("--addresses", type=Path)
    demo.add_argument("--no-past", action="store_true", help="sans commandes passées ni jour ouvert")
    played = add(acts, "demo-play", demo_play, "joue une journée de la démonstration, par le site")
    played.add_argument("--url", required=True, help="l’adresse du site")
    played.add_argument("--out", type=Path, required=True, metavar="DIR")
    played.add_argument("--orders", type=int, default=60)
    played.add_argument("--seed", type=int, default=1)
    return parser


def migrate(settings: Settings, _options: argparse.Namespace) -> int:
    """Bring the database to the plan of this version."""
    with _engine(settings) as engine:
        migrations.upgrade(engine)
    return 0


def warm(settings: Settings, options: argparse.Namespace) -> int:
    """Compile the search, or see that it is; in a process of its own, which alone loads the compiler."""
    environ = {**os.environ, "MELOKO_VAR": str(settings.var)}
    elsewhere = choose_folder(environ)
    if elsewhere:
        print(elsewhere, file=sys.stderr)
    if not options.quiet:
        print("Préparation du calcul des tournées : une fois, environ une minute…", flush=True)
    child = processes.spawn("warm", [sys.executable, "-m", "meloko.rounds.warming"], log=None, environ=environ)
    try:
        status = child.process.wait()
    finally:
        processes.stop([child])
    if status == 0 and not options.quiet:
        print("Prêt.")
    return status


def user_add(settings: Settings, options: argparse.Namespace) -> int:
    """Add a person; a password that nobody chose is made here and shown once."""
    chosen = ""
    if options.password_stdin:
        chosen = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        chosen = getpass.getpass("Mot de passe (vide : il sera choisi pour vous) : ")
    password = chosen or secrets.token_urlsafe(_PASSWORD_BYTES)
    with _engine(settings) as engine:
        ask(
            engine,
            add_user,
            name=options.name,
            email=options.email,
            password=password,
            roles=frozenset(map(Role, options.role)),
        )
    if not chosen:
        print(f"Mot de passe, montré cette seule fois : {password}")
    print(f"{options.name} peut se connecter.")
    return 0


def roads_import(settings: Settings, options: argparse.Namespace) -> int:
    """Read a road network and use it from now on."""
    with _engine(settings) as engine:
        read = import_roads(engine, options.file, settings.var, served=served_places, progress=_progress())
    known = " (déjà importé)" if read.again else ""
    print(
        f"\n{read.name}{known} : {read.nodes} carrefours, {read.arcs} tronçons, {read.places} lieux-dits et communes."
    )
    return 0


def addresses_import(settings: Settings, options: argparse.Namespace) -> int:
    """Read a table of addresses, and look again for the customers who had no place."""
    with _engine(settings) as engine:
        read = ask(engine, import_addresses, options.file, options.file.name, _progress())
        looked_for = ask(engine, locate_again)
    print(f"\n{read.kept} adresses gardées sur {read.total} lignes.")
    for line, why in read.passed_over:
        print(f"  ligne {line} : {why}")
    if looked_for:
        print(f"{looked_for} clients sans emplacement sont recherchés à nouveau.")
    return 0


def demo_load(settings: Settings, options: argparse.Namespace) -> int:
    """Migrate, load the fictional organisation unless it is there, and write down who may sign in."""
    migrate(settings, options)
    load(settings, seed=options.seed, roads=options.roads, addresses=options.addresses, past=not options.no_past)
    (settings.var / "sign-ins").write_text("\n".join(sign_in_lines()), "utf-8")
    return 0


def demo_play(settings: Settings, options: argparse.Namespace) -> int:
    """Play one day; succeed when every order is on a round or among the exceptions."""
    closes = play(settings, url=options.url, out=options.out, orders=options.orders, seed=options.seed)
    return 0 if closes else 1


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = engine_for(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _progress() -> Callable[[str, int], None]:
    """Say each step once, and its count as it grows where somebody is looking."""
    seen: list[str] = []

    def say(step: str, count: int) -> None:
        if step not in seen:
            print(("\n" if seen else "") + step + "…", end="", flush=True)
            seen.append(step)
        elif count and sys.stdout.isatty():
            print(f"\r{step}… {count}", end="", flush=True)

    return say


if not tables.ROOMS:
    raise AssertionError("every table must be known before the first query")

if __name__ == "__main__":
    sys.exit(main())
