"""One COPY (or INSERT where COPY is refused) of one frame into the target table."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.model import ROW, TableSchema
from heal_cli.write.connection import table_name
from heal_cli.write.encode import Encoding, choose_encoding


class Copier:
    """Sends frames of one table over one cursor; remembers the encoding per set of columns."""

    def __init__(self, table: TableSchema) -> None:
        self._table = table
        self._statements: dict[tuple[str, ...], tuple[sql.Composed, Encoding]] = {}
        self.encoding: Encoding | None = None
        """What the last frame was sent as."""

    def copy(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> int:
        """Rows the server says it took (the command tag).

        Args:
            rows: ROW + target columns in wire dtypes.

        Raises:
            psycopg.Error: As the server said it.
        """
        values = rows.drop(ROW)
        statement, self.encoding = self._statement(values)
        with cursor.copy(statement) as stream:
            for data in self.encoding.encode(values):
                stream.write(data)
        return cursor.rowcount

    def _statement(self, values: pl.DataFrame) -> tuple[sql.Composed, Encoding]:
        names = tuple(values.columns)
        if names not in self._statements:
            encoding = choose_encoding(values.schema, [self._table.column(name).type for name in names])
            statement = sql.SQL("COPY {} ({}) FROM STDIN WITH ({})").format(
                table_name(self._table.schema, self._table.name),
                column_list(names),
                sql.SQL(encoding.options),
            )
            self._statements[names] = (statement, encoding)
        return self._statements[names]


def column_list(names: Sequence[str]) -> sql.Composed:
    """The names, quoted and joined by commas."""
    return sql.SQL(", ").join(map(sql.Identifier, names))
