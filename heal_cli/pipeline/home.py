"""Where spooled rows and events are brought."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from heal_cli.errors import DatabaseUnavailable, WriteError
from heal_cli.model import WriteOptions
from heal_cli.pipeline.fallback import server_of
from heal_cli.resilience import TargetId
from heal_cli.schema import identify
from heal_cli.write import Books, ledger_migrations, migrate, way_in


@dataclass(frozen=True, slots=True)
class Home:
    """Where spooled rows and events are brought: a database, and the connection that keeps its books."""

    conninfo: str
    books: Books
    system_id: str
    database: str
    is_any_server: bool = False  # also for what was spooled for a server that was never reached

    @classmethod
    def open(cls, conninfo: str, *, is_any_server: bool = False) -> Home:
        """Connect, and bring schema `heal` up to date.

        Raises:
            ConnectionRefused: Login, database or TLS refused.
            DatabaseUnavailable: Nobody answers, or the server takes no writes.
            WriteError: The role may not use schema `heal`.
        """
        books = Books(conninfo, application_name="heal/replay", limits=WriteOptions())
        try:
            system_id, database = identify(books.connection)
            if migrate(books.connection, ledger_migrations()) is None:
                raise WriteError(
                    "The role may not use schema heal, so nobody can tell which rows are in the table already",
                    hint=way_in(books.connection),
                )
        except BaseException:
            books.close()
            raise
        return cls(conninfo, books, system_id, database, is_any_server)

    @property
    def connection(self) -> psycopg.Connection:
        """Keeps the books."""
        return self.books.connection

    @property
    def takes_writes(self) -> bool:
        """The server is there, and it is no standby."""
        try:
            row = self.connection.execute("SELECT NOT pg_catalog.pg_is_in_recovery()").fetchone()
        except (DatabaseUnavailable, psycopg.OperationalError):
            return False
        return row == (True,)

    def is_for(self, target: TargetId) -> bool:
        """Rows and events of this target belong here."""
        if target.system_id is not None:
            return (target.system_id, target.database) == (self.system_id, self.database)
        server, _ = server_of(self.conninfo)
        return target.database == self.database and (self.is_any_server or target.server == server)
