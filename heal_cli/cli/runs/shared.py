"""What the commands of `heal runs` share: the ledger's connection, and a run in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from heal_cli.errors import UsageError

if TYPE_CHECKING:
    import psycopg

    from heal_cli.cli.load_flags import LoadFlags
    from heal_cli.write import RunRecord

Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.")]

WHERE: Final = ("dsn", "data_dir", "pg_bin", "config")
"""Flags that say in which database the runs are."""


def ledger(flags: LoadFlags) -> psycopg.Connection:
    """A connection to a database that has a ledger; to ask for runs makes none.

    Raises:
        UsageError: It has none, or the role may not read it.
    """
    connection = ledger_if_there(flags)
    if connection is None:
        raise UsageError("This database has no ledger", hint="The first load makes it, in schema heal")
    return connection


def ledger_if_there(flags: LoadFlags) -> psycopg.Connection | None:
    """The same, or None.

    Raises:
        UsageError: The role may not read it.
    """
    from heal_cli.cli.session import connection as conninfo_of
    from heal_cli.settings import load_settings
    from heal_cli.write import connect, has_ledger, ledger_migrations, migrate, way_in

    connection = connect(conninfo_of(load_settings(flags.given(), config=flags.config)))
    connection.autocommit = True
    if not has_ledger(connection):
        connection.close()
        return None
    if migrate(connection, ledger_migrations()) is None:
        with connection:
            raise UsageError("The role may not use schema heal in this database", hint=way_in(connection))
    return connection


def counts(run: RunRecord) -> str:
    """Its rows in words."""
    told = [
        f"{count:,} {name}"
        for count, name in (
            (run.loaded, "loaded"),
            (run.rejected, "rejected"),
            (run.duplicates, "duplicates"),
            (run.removed, "undone"),
        )
        if count
    ]
    return " · ".join(told) or "none"


def facts(run: RunRecord) -> dict[str, object]:
    """The run as a JSON document has it."""
    return {
        "run": run.run,
        "state": run.state,
        "command": run.command,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "finished_at": run.finished_at.isoformat(timespec="seconds") if run.finished_at else None,
        "table": run.table,
        "rows": {
            "loaded": run.loaded,
            "rejected": run.rejected,
            "duplicates": run.duplicates,
            "undone": run.removed,
        },
        "undone_by": run.undone_by,
        "undid": run.undid,
        "rejects": run.rejects_path or None,
    }
