"""The database: the base of every table, one service in one transaction, the lock of a delivery day."""

import datetime as dt
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import Engine, MetaData, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Field, Session, SQLModel

P = ParamSpec("P")
T = TypeVar("T")

_ASKED_AT_MOST = 3
# Serialization failure and deadlock: the transaction may simply be asked again.
_ASK_AGAIN = frozenset({"40001", "40P01"})
_GATE_CLASS = 7_100
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:gate, :day)")
_ALONE = text("SELECT pg_advisory_xact_lock(:gate, :day)")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)

    # None only before the first flush: `int` spares an assertion at every use of an id.
    id: int = Field(default=None, primary_key=True)


class Moment(sa.TypeDecorator[dt.datetime]):
    """A moment: stored with its zone, given back in UTC; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Refuse a moment without its zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment must have its zone")
        return value

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Give the moment back in UTC."""
        return None if value is None else value.astimezone(dt.UTC)


def one_of(kind: type[enum.StrEnum], name: str = "") -> sa.Enum:
    """Store an enumeration as its words, with a CHECK that knows them; `name` tells two of one table apart."""
    return sa.Enum(
        kind,
        name=name or f"{kind.__name__.lower()}_known",
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda words: [word.value for word in words],
    )


def engine_for(database_url: str, **options: Any) -> Engine:
    """Make the engine of one organisation's database."""
    return create_engine(database_url, pool_pre_ping=True, **options)


def ask(engine: Engine, service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one service in one transaction, again after a deadlock; what it raises undoes everything."""
    for attempt in range(1, _ASKED_AT_MOST + 1):
        with Session(engine, expire_on_commit=False) as session:
            try:
                answer = service(session, *args, **kwargs)
                session.commit()
            except OperationalError as error:
                if attempt == _ASKED_AT_MOST or getattr(error.orig, "sqlstate", None) not in _ASK_AGAIN:
                    raise
            else:
                return answer
    raise AssertionError("unreachable")


def gate(session: Session, day_id: int, *, shared: bool) -> None:
    """Pass the gate of a delivery day, held until the transaction ends.

    Orders share it, the closing takes it alone: so each order is wholly before or wholly after the closing.
    """
    session.connection().execute(_SHARED if shared else _ALONE, {"gate": _GATE_CLASS, "day": day_id})


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A piece of a long list, and whether there is more behind it."""

    rows: Sequence[T]
    more: bool

    @classmethod
    def cut(cls, rows: Sequence[T], size: int) -> "Page[T]":
        """Keep `size` rows of a list read one row too far."""
        return cls(rows[:size], len(rows) > size)
