"""One COPY (or INSERT where COPY is refused) of one frame into the target table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.copy import LibpqWriter
from psycopg.generators import copy_to

from heal_cli.model import ROW, TableSchema
from heal_cli.write.connection import table_name
from heal_cli.write.encode import Encoding, Format, choose_encoding

_BLOCK_BYTES: Final = 1 << 20


class BlockWriter(LibpqWriter):
    """Hands each block to libpq and the kernel at once; psycopg's own copies it in pieces of 128 KiB, a wait for each.

    What the socket does not take, libpq moves to the front of its buffer: blocks have to stay small.
    """

    def write(self, data: Buffer) -> None:
        """Send it all.

        Raises:
            psycopg.OperationalError: The connection is lost.
        """
        view = memoryview(data)
        for start in range(0, len(view), _BLOCK_BYTES):
            block = view[start : start + _BLOCK_BYTES]
            self.connection.wait(copy_to(self.connection.pgconn, block))


def send(cursor: psycopg.Cursor, statement: sql.Composed, encoding: Encoding) -> None:
    """One COPY of rows in the form that its statement names.

    Raises:
        psycopg.Error: As the server said it.
    """
    with cursor.copy(statement, writer=BlockWriter(cursor)) as stream:
        for data in encoding.chunks:
            stream.write(data)


class Copier:
    """Sends frames of one table over one cursor."""

    def __init__(self, table: TableSchema) -> None:
        self._table = table
        self._types = {column.name: column.type for column in table.columns}
        self._statements: dict[tuple[str, ...], sql.Composed] = {}
        self.format: Format | None = None
        """What the last frame was sent as."""

    def copy(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> int:
        """Rows the server says it took (the command tag).

        Args:
            rows: ROW + target columns in wire dtypes.

        Raises:
            psycopg.Error: As the server said it.
        """
        values = rows.drop(ROW)
        encoding = choose_encoding(values, [self._types[name] for name in values.columns])
        self.format = encoding.format
        send(cursor, self._statement(values.columns, encoding.options), encoding)
        return cursor.rowcount

    def _statement(self, names: Sequence[str], options: str) -> sql.Composed:
        key = (options, *names)
        if key not in self._statements:
            self._statements[key] = sql.SQL("COPY {} ({}) FROM STDIN WITH ({})").format(
                table_name(self._table.schema, self._table.name), column_list(names), sql.SQL(options)
            )
        return self._statements[key]


def column_list(names: Sequence[str]) -> sql.Composed:
    """The names, quoted and joined by commas."""
    return sql.SQL(", ").join(map(sql.Identifier, names))
