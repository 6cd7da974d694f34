"""The acts of the `meloko` command that work on one organisation, whose settings are in the environment."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from meloko.config import Settings, from_environment
from meloko.db import engine_for
from meloko.errors import MelokoError
from meloko.migrations import running as migrations


def main(words: Sequence[str] | None = None) -> int:
    """Do one act, and return its exit status."""
    options = _parser().parse_args(words)
    try:
        options.act(from_environment(os.environ), options)
    except MelokoError as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("meloko", description="Meloko : commandes, relais, tournées.")
    acts = parser.add_subparsers(required=True, metavar="ACT")
    acts.add_parser("demo", help="la démonstration : une organisation fictive, entière")
    _add(acts, "migrate", migrate, "amène la base de données à cette version")
    return parser


def migrate(settings: Settings, _options: argparse.Namespace) -> None:
    """Bring the database to the plan of this version."""
    engine = engine_for(settings.database_url)
    try:
        migrations.upgrade(engine)
    finally:
        engine.dispose()


def _add(
    acts: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    act: Callable[[Settings, argparse.Namespace], None],
    said: str,
) -> argparse.ArgumentParser:
    parser = acts.add_parser(name, help=said, description=said)
    parser.set_defaults(act=act)
    return parser


if __name__ == "__main__":
    sys.exit(main())
