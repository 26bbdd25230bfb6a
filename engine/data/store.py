"""The store: sessions that know whose accounts they may see, bulk reads and writes, and leases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, Select, Table, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.data import migrations
from engine.data.columns import Snapshot, insert_frame, open_snapshot
from engine.data.connections import WRITES, Idle, connect, read_url
from engine.data.models import Base, Lease
from engine.data.scope import EVERYTHING, Scope, among
from engine.data.turns import Turns
from engine.errors import HeedError

__all__ = ["EVERYTHING", "Scope", "Snapshot", "Store", "among"]


class Store:
    """Where everything is kept. Connects when first used; may be shared by threads, not by processes."""

    def __init__(self, url: str) -> None:
        self._url = read_url(url)
        self.url = self._url.render_as_string(hide_password=False)
        self.dialect = self._url.get_backend_name()
        self._turns = Turns()
        self._idle = Idle()
        self._spare: list[Session] = []

    @property
    def shown(self) -> str:
        """The URL as people may see it: without a password."""
        return self._url.render_as_string()

    @cached_property
    def engine(self) -> Engine:
        return connect(self._url)

    @cached_property
    def _writing(self) -> Engine:
        return self.engine.execution_options(**{WRITES: True})

    # the schema

    def upgrade(self) -> None:
        """Create the tables, or bring them up to date, in one transaction: stopped half-way, nothing has changed."""
        if self.dialect == "sqlite":
            Path(str(self._url.database)).parent.mkdir(parents=True, exist_ok=True)
        with self._writing.begin() as connection:
            if others := migrations.find_others(connection):
                raise HeedError(
                    f"The database {self.shown} holds tables of something else ({', '.join(others)}). Name another, "
                    "which Heed has for itself.",
                    about=self.shown,
                )
            migrations.upgrade(connection)

    def check_current(self) -> None:
        """Raise unless the tables are those that this version of Heed works with."""
        if self.dialect == "sqlite" and not Path(str(self._url.database)).exists():
            raise HeedError(f"There is no database at {self._url.database}. Run `heed init` first.", about=self.url)
        with self.engine.connect() as connection:
            found = migrations.find_revision(connection)
        shown = self.shown
        if found is None:
            raise HeedError(f"The database {shown} has no tables of Heed yet. Run `heed init` first.", about=shown)
        if found != migrations.HEAD:
            raise HeedError(
                f"The database {shown} is at revision {found}, this version of Heed works with {migrations.HEAD}. "
                "Run `heed init` to bring it up to date, or install the newer Heed it was made by.",
                about=shown,
            )

    # sessions

    @contextmanager
    def read(self, scope: Scope) -> Iterator[Session]:
        """A session that sees these accounts and keeps nothing."""
        with self._reading() as connection, self._session(connection, scope) as session:
            yield session

    def _reading(self) -> AbstractContextManager[Connection]:
        # PostgreSQL may have gone away meanwhile, which its pool looks after each time.
        return self._idle.reading(self.engine) if self.dialect == "sqlite" else self.engine.connect()

    @contextmanager
    def write(self, scope: Scope, *, together: bool = False) -> Iterator[Session]:
        """One transaction: committed at the end, undone where anything raises. On SQLite the only one that writes.

        `together`: it is short, and may reach the disk with those that come at the same moment; see engine.data.turns.
        """
        with self._transaction(together) as connection, self._session(connection, scope) as session:
            yield session
            if session.in_transaction() and session.is_active:  # its own, inside the connection's
                session.commit()  # writes what the ORM still holds

    @contextmanager
    def _session(self, connection: Connection, scope: Scope) -> Iterator[Session]:
        """One that served before, if there is: most pages never use its ORM, and leave nothing in it."""
        try:
            session = self._spare.pop()
        except IndexError:
            session = Session(expire_on_commit=False, join_transaction_mode="rollback_only")
        session.bind, session.info["scope"] = connection, scope
        try:
            yield session
        finally:
            if session.in_transaction() or session.identity_map:
                session.close()
        self._spare.append(session)

    @contextmanager
    def _transaction(self, together: bool) -> Iterator[Connection]:
        if self.dialect == "sqlite":
            with self._turns.writing(self._writing, together=together) as connection:
                yield connection
        else:
            with self._writing.connect() as connection, connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of every connection. The store can be used again."""
        self._idle.close()
        self._turns.close()
        self.engine.dispose()

    # in bulk: for the house as a whole, so without a scope

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Several frames that show one state of everything that is committed."""
        return open_snapshot(self.engine)

    def frame(self, statement: Select[*tuple[Any, ...]]) -> pl.DataFrame:
        """One frame of what is committed; see Snapshot.frame."""
        with self.snapshot() as snapshot:
            return snapshot.frame(statement)

    def insert_many(self, session: Session, table: type[Base] | Table, columns: pl.DataFrame) -> None:
        """Insert a frame with the session's transaction. JSON goes in as text. Ids may be given: see new_ids."""
        session.flush()
        insert_frame(session.connection(), _table(table), columns)

    def new_ids(self, session: Session, table: type[Base] | Table, count: int) -> pl.Series:
        """Ids that nobody else will use, for rows that are to refer to each other before they are inserted."""
        name = _table(table).name
        if self.dialect == "postgresql":
            drawn = func.nextval(func.pg_get_serial_sequence(name, "id"))
            rows = session.execute(select(drawn).select_from(func.generate_series(1, count)))
            return pl.Series("id", rows.scalars().all(), pl.Int64)
        first = (session.scalar(select(func.max(_table(table).c.id))) or 0) + 1
        return pl.int_range(first, first + count, dtype=pl.Int64, eager=True).alias("id")

    # leases

    def take_lease(self, name: str, holder: str, now: datetime, seconds: float) -> bool:
        """Become the only holder until now + seconds; False where somebody else still is. `holder` is used once."""
        insert = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        until = now + timedelta(seconds=seconds)
        statement = insert(Lease).values(name=name, holder=holder, until=until)
        free = or_(Lease.until <= now, Lease.holder == holder)
        statement = statement.on_conflict_do_update(
            index_elements=[Lease.name], set_={"holder": holder, "until": until}, where=free
        )
        with self.write(EVERYTHING) as session:
            return session.scalar(statement.returning(Lease.id)) is not None

    def renew_lease(self, name: str, holder: str, now: datetime, seconds: float) -> bool:
        """Hold on for longer; False where somebody else took the lease after it had run out."""
        mine = (Lease.name == name, Lease.holder == holder)
        renewed = update(Lease).where(*mine).values(until=now + timedelta(seconds=seconds)).returning(Lease.id)
        with self.write(EVERYTHING) as session:
            return session.scalar(renewed) is not None

    def release_lease(self, name: str, holder: str) -> None:
        with self.write(EVERYTHING) as session:
            session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))

    def holds_lease(self, session: Session, name: str, holder: str) -> bool:
        """Whether the lease is still the holder's, and stays so until this writing transaction ends."""
        held = select(Lease.id).where(Lease.name == name, Lease.holder == holder).with_for_update()
        return session.scalar(held) is not None


def _table(table: type[Base] | Table) -> Table:
    if isinstance(table, Table):
        return table
    found: Any = table.__table__
    return found  # type: ignore[no-any-return]
