"""`heal runs`: what the ledger knows of earlier runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.options import Config, DataDir, Dsn, Json, PgBin, Yes
from heal_cli.cli.terminal import clean, console, note, say
from heal_cli.errors import UsageError

if TYPE_CHECKING:
    import psycopg

    from heal_cli.write import RunRecord, RunSource

app = typer.Typer(help="See what earlier runs did.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def runs() -> None:
    """See what earlier runs did."""


@app.command("list", cls=GroupedCommand)
def list_(
    table: Annotated[
        str | None, typer.Option("--table", "-t", metavar="TABLE", help="Only runs into this table.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most N runs.")] = 20,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    pg_bin: PgBin = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """List runs, newest first, with what of each is in the table now."""
    from heal_cli.write import list_runs

    with _connect(dsn, data_dir, pg_bin, config) as connection:
        found = list_runs(connection, limit=limit, table=table)
    if json:
        from heal_cli.record import encode

        say(encode({"heal": 1, "runs": [_facts(run) for run in found]}))
        return
    if not found:
        note("the ledger knows no run")
        return
    _table(found)


@app.command(cls=GroupedCommand)
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.")],
    dsn: Dsn = None,
    data_dir: DataDir = None,
    pg_bin: PgBin = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show one run: its command, its sources, what is left of it."""
    from heal_cli.write import find_run, restore_bytes, sources_of

    with _connect(dsn, data_dir, pg_bin, config) as connection:
        found = find_run(connection, run)
        sources = sources_of(connection, found.run)
        kept = restore_bytes(connection, found.run)
    if json:
        import msgspec

        from heal_cli.record import encode

        report = msgspec.Raw(found.report.encode()) if found.report else None
        listed = [_source_facts(source) for source in sources]
        say(encode({"heal": 1, **_facts(found), "sources": listed, "restore_bytes": kept, "report": report}))
        return
    say(clean(f"run      {found.run}, {found.state}"))
    say(clean(f"command  {found.command}"))
    end = f" to {found.finished_at:%H:%M:%S}" if found.finished_at else ""
    say(f"when     {found.started_at:%Y-%m-%d %H:%M:%S}{end}")
    say(clean(f"table    {found.table}"))
    say(f"rows     {_counts(found)}")
    for source in sources:
        say(clean(f"source   {source.name}: {source.loaded:,} rows loaded in {source.batches} batches"))
    if kept:
        say(f"restore  {kept:,} bytes keep what its rows were before")
    if found.rejects_path and found.rejected:
        say(clean(f"rejects  {found.rejects_path}"))
    if found.loaded:
        note(f"take it back with: heal undo {found.run}")


@app.command(cls=GroupedCommand)
def prune(
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, metavar="DAYS", help="Only those that are older.")
    ] = 30,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    pg_bin: PgBin = None,
    config: Config = None,
    yes: Yes = None,
) -> None:
    """Delete restore points: what rows were before old runs changed them. Those runs cannot be undone any more."""
    from datetime import timedelta

    from heal_cli.write import prune_restore_points

    if not yes:
        raise UsageError(
            f"Runs with --mode from more than {older_than} days ago could not be undone any more",
            hint="Say --yes if that is meant",
        )
    with _connect(dsn, data_dir, pg_bin, config) as connection:
        count, freed = prune_restore_points(connection, older_than=timedelta(days=older_than))
    say(f"deleted the restore points of {count} runs ({freed:,} bytes)")


def _connect(
    dsn: str | None, data_dir: str | None, pg_bin: str | None, config: str | None
) -> psycopg.Connection:
    """A connection to a database that has a ledger.

    Raises:
        UsageError: It has none, or the role may not read it.
    """
    from heal_cli.cli.session import connection as conninfo_of
    from heal_cli.settings import load_settings
    from heal_cli.write import connect, ledger_migrations, migrate

    settings = load_settings({"dsn": dsn, "data_dir": data_dir, "pg_bin": pg_bin}, config=config)
    connection = connect(conninfo_of(settings))
    connection.autocommit = True
    if migrate(connection, ledger_migrations()) is None:
        connection.close()
        raise UsageError(
            "The role may not use schema heal in this database", hint="Run as an owner: heal init"
        )
    return connection


def _counts(run: RunRecord) -> str:
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


def _facts(run: RunRecord) -> dict[str, object]:
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
        "rejects": run.rejects_path or None,
    }


def _source_facts(source: RunSource) -> dict[str, object]:
    import dataclasses

    return dataclasses.asdict(source)


def _table(runs: list[RunRecord]) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("when", "run", "table", "state", "rows"):
        grid.add_column(heading, overflow="fold")
    for run in runs:
        when = f"{run.started_at.astimezone():%Y-%m-%d %H:%M}"
        cells = (when, run.run, run.table, run.state, _counts(run))
        grid.add_row(*(Text(clean(cell)) for cell in cells))
    console().print(grid)
