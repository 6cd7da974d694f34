"""Run Alembic from Python, so that no ini file has to be found."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision; harmless when it is there already."""
    with engine.begin() as connection:
        command.upgrade(configuration(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to an older revision."""
    with engine.begin() as connection:
        command.downgrade(configuration(connection), revision)


def check(engine: Engine) -> None:
    """Refuse when the tables in code and the migrations differ."""
    with engine.begin() as connection:
        command.check(configuration(connection))


def configuration(connection: object) -> Config:
    """Make Alembic's configuration around an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
