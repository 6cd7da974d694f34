"""Alembic's way in: the database is given by the caller, the plan by meloko.tables."""

from alembic import context
from sqlalchemy import Connection

from meloko import tables
from meloko.db import engine_for


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=tables.metadata(), compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise SystemExit("no database: give a connection or sqlalchemy.url")
    with engine_for(url).connect() as own:
        _run(own)
        own.commit()
