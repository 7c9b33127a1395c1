"""A few rows tried before the load, where only the server can tell whether any of them would stand."""

from __future__ import annotations

from typing import Final

import polars as pl
import psycopg

from heal_cli.model import TableSchema, WriteOptions
from heal_cli.write.connection import begin, connect
from heal_cli.write.loader import Loader
from heal_cli.write.sqlstate import FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION, Fault, to_heal_error
from heal_cli.write.watch import cut_after, longest_s

TRIED: Final = 16
"""Rows that may fail for reasons of their own before their table counts as one that takes none."""

_IN_THE_WAY: Final = frozenset({FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION, "23P01"})
"""Foreign keys, unique keys and exclusion are looked at last."""


def takes_a_row(conninfo: str, table: TableSchema, options: WriteOptions, rows: pl.DataFrame) -> bool:
    """The server keeps at least one of the first rows, each tried alone; all of it is rolled back.

    A row that only stands in another's way counts too: it has been through triggers and NOT NULL by then.

    Args:
        rows: ROW + target columns in wire dtypes.

    Raises:
        HealError: The server refused something that is no row's fault.
    """
    connection = connect(conninfo, limits=options)
    loader = Loader(table, options, None)
    try:
        longest = longest_s(options, server_version=table.server_version)
        with cut_after(connection, longest), connection.cursor() as cursor:
            begin(cursor, options, server_version=table.server_version)
            loader.prepare(connection)
            return any(_is_taken(cursor, loader, row) for row in rows.head(TRIED).iter_slices(1))
    except psycopg.Error as error:
        raise to_heal_error(error, f"trying a row of {table.qualified}") from error
    finally:
        connection.close()


def _is_taken(cursor: psycopg.Cursor, loader: Loader, row: pl.DataFrame) -> bool:
    try:
        with cursor.connection.transaction():
            return loader.load(cursor, row) == 1
    except psycopg.Error as error:
        if cursor.connection.broken or loader.fault_of(error) is not Fault.ROW:
            raise
        return error.sqlstate in _IN_THE_WAY
