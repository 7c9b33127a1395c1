"""The lock that keeps the target's facts true until the commit, and the check that they are those planned for."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg import sql

from heal_cli.errors import SchemaChanged
from heal_cli.model import TableSchema
from heal_cli.write.connection import table_name
from heal_cli.write.copy import column_list


class TableLock:
    """Takes ROW EXCLUSIVE on one table, the same way in every transaction."""

    def __init__(self, table: TableSchema, version_of: Callable[[psycopg.Connection], str]) -> None:
        self._table = table
        self._version_of = version_of
        self._statement: sql.Composed | None = None

    def take(self, cursor: psycopg.Cursor) -> None:
        """Lock the table, then check that it is the one the plan was made for.

        Raises:
            SchemaChanged: It is not.
        """
        if self._statement is None:
            self._statement = self._choose(cursor)
        cursor.execute(self._statement)
        table = self._table
        if (now := self._version_of(cursor.connection)) != table.version:
            raise SchemaChanged(
                f"Table {table.qualified} changed: schema version {now!r}, planned for {table.version!r}"
            )

    def _choose(self, cursor: psycopg.Cursor) -> sql.Composed:
        """LOCK TABLE, or planning an INSERT where column rights, views or foreign tables refuse that."""
        table = self._table
        name = table_name(table.schema, table.name)
        lock = sql.SQL("LOCK TABLE ONLY {} IN ROW EXCLUSIVE MODE").format(name)
        try:
            with cursor.connection.transaction():
                cursor.execute(lock)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType):
            names = [column.name for column in table.columns if column.insertable and not column.generated]
            return sql.SQL("EXPLAIN INSERT INTO {} ({}) SELECT {} WHERE false").format(
                name, column_list(names), sql.SQL(", ").join([sql.SQL("NULL")] * len(names))
            )
        return lock
