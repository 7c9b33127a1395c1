"""The target table of a run: as it is, or made from `--ddl` or `--create`; one that takes no rows is refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

import psycopg

from heal_cli.errors import MissingTable, SchemaError, UsageError
from heal_cli.model import Batch, LoadOptions, TableSchema
from heal_cli.patterns import TABLES
from heal_cli.schema import create_table, introspect, parse_name, plan_table, run_ddl
from heal_cli.write import LEDGER_TABLES

_TAKES_NO_ROWS: Final = {
    "m": ("is a materialized view, which takes no rows", "Name the table that it is made from"),
    "v": (
        "is a view that PostgreSQL cannot insert into",
        "Name the table behind it, or give the view an INSTEAD OF INSERT trigger",
    ),
    "f": ("is a foreign table whose server takes no rows", "Name a table that can be inserted into"),
}
"""pg_class.relkind -> why it cannot be loaded, and what to do."""


def find_target(
    connection: psycopg.Connection,
    options: LoadOptions,
    sample: Batch,
    making: Callable[[str], AbstractContextManager[None]] = lambda kind: nullcontext(),
    *,
    only_looks: bool = False,
) -> tuple[TableSchema, str | None]:
    """The target table, and a note when it was made just now.

    Args:
        sample: First batch of the first source, from which `--create` infers types.
        making: Goes around the SQL that makes the table, by its kind for the audit log.
        only_looks: Nothing is made, as in a dry run; what would be is said.

    Raises:
        SchemaError: There is no such table, and neither `--ddl` nor `--create` makes it; or it takes no rows
            from this role.
        UsageError: It is one of heal's own.
    """
    try:
        return _checked(connection, introspect(connection, options.table)), None
    except MissingTable as missing:
        named = parse_name(
            options.table.lower()
        )  # in any case: nobody wants a table of such a name beside them
        _refuse_own(named.schema, named.name)
        if only_looks or options.write.dry_run:  # making it could not be rolled back with the rest
            raise _would_make(connection, options, sample, missing) from None
        if options.ddl is not None:
            with making("ddl"):
                run_ddl(connection, Path(options.ddl))
            return introspect(connection, options.table), f"Made table {options.table} with {options.ddl}"
        if options.create:
            with making("create"):
                create_table(connection, options.table, sample.frame, key=options.write.key)
            return introspect(connection, options.table), f"Made table {options.table} from the source"
        raise


def _would_make(
    connection: psycopg.Connection, options: LoadOptions, sample: Batch, missing: MissingTable
) -> MissingTable:
    """The same refusal with the SQL that `--ddl` or `--create` stands for, since a plan needs the table."""
    if options.ddl is not None:
        return MissingTable(missing.message, hint=f"Run {options.ddl!r} first; a plan makes no table")
    if not options.create:
        return missing
    statement = plan_table(options.table, sample.frame, key=options.write.key).as_string(connection)
    line = statement.replace("(\n    ", "(").replace(",\n    ", ", ").removesuffix("\n)") + ")"
    return MissingTable(
        f"{missing.message}. A plan makes none; --create would run: {line}",
        hint="Load with --create, or run that SQL, changed at will, and plan again",
    )


def find_if_there(connection: psycopg.Connection, table: str) -> TableSchema | None:
    """The target table, None if there is none."""
    try:
        return introspect(connection, table)
    except MissingTable:
        return None


def _checked(connection: psycopg.Connection, table: TableSchema) -> TableSchema:
    """The same table, if it is the user's, has columns, and this role can insert into them."""
    _refuse_own(table.schema, table.name)
    if not table.columns:
        raise SchemaError(
            f"{table.qualified!r} has no columns", hint="Add them with ALTER TABLE ... ADD COLUMN"
        )
    if table.can_insert and table.kind != "m":
        return table
    if table.kind in _TAKES_NO_ROWS:
        why, hint = _TAKES_NO_ROWS[table.kind]
        raise SchemaError(f"{table.qualified!r} {why}", hint=hint)
    (role,) = connection.execute("SELECT current_user").fetchone() or ("?",)
    raise SchemaError(
        f"Role {role!r} may not insert into {table.qualified!r}",
        hint=f'Ask its owner for GRANT INSERT, SELECT ON "{table.schema}"."{table.name}" TO "{role}"',
    )


def _refuse_own(schema: str | None, table: str) -> None:
    """Keep rows out of what heal itself writes to; other tables in a schema of that name are the user's.

    Raises:
        UsageError: It is one of heal's own tables.
    """
    if schema == "heal" and table in LEDGER_TABLES | TABLES:
        raise UsageError(
            f"'heal.{table}' is a table of heal's own, where only heal itself writes",
            hint="Name your own table with --table SCHEMA.TABLE",
        )
