"""The target table of a run: as it is, or made from `--ddl` or `--create`."""

from __future__ import annotations

from pathlib import Path

import psycopg

from heal_cli.errors import MissingTable
from heal_cli.model import Batch, LoadOptions, TableSchema
from heal_cli.schema import create_table, introspect, run_ddl


def find_target(
    connection: psycopg.Connection, options: LoadOptions, sample: Batch
) -> tuple[TableSchema, str | None]:
    """The target table, and a note when it was made just now.

    Args:
        sample: First batch of the first source, from which `--create` infers types.

    Raises:
        SchemaError: There is no such table, and neither `--ddl` nor `--create` makes it.
    """
    try:
        return introspect(connection, options.table), None
    except MissingTable:
        if options.ddl is not None:
            run_ddl(connection, Path(options.ddl))
            return introspect(connection, options.table), f"Made table {options.table} with {options.ddl}"
        if options.create:
            create_table(connection, options.table, sample.frame, key=options.write.key)
            return introspect(connection, options.table), f"Made table {options.table} from the source"
        raise
