"""`heal db`: heal's own PostgreSQL, started, stopped, looked at, talked to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.options import Config, DataDir, Json, PgBin
from heal_cli.cli.terminal import clean, say, say_json

if TYPE_CHECKING:
    from heal_cli.embedded import Server

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_MISLEADING: Final = (
    "PGHOSTADDR",
    "PGSERVICE",
    "PGSSLMODE",
    "PGSSLNEGOTIATION",
    "PGGSSENCMODE",
    "PGCHANNELBINDING",
    "PGREQUIREAUTH",
    "PGREQUIREPEER",
    "PGTARGETSESSIONATTRS",
)
"""Variables set for other servers that would keep psql from this one."""


@app.callback()
def db() -> None:
    """Start, stop and reach heal's own PostgreSQL."""


@app.command(cls=GroupedCommand)
def start(data_dir: DataDir = None, pg_bin: PgBin = None, config: Config = None, json: Json = None) -> None:
    """Start the server; it stays up until `heal db stop`."""
    server = _start(*_where(data_dir, pg_bin, config))
    if json:
        say_json({"db": {**_facts(server), "is_new": server.is_new}})
        return
    began = "started" if server.is_new else "runs already"
    say(f"PostgreSQL {began} in {clean(str(server.data_dir))} (pid {server.pid})")


@app.command(cls=GroupedCommand)
def stop(data_dir: DataDir = None, config: Config = None, json: Json = None) -> None:
    """Stop the server; what was committed is safe."""
    from heal_cli.embedded import stop

    folder, _ = _where(data_dir, None, config)
    was_running = stop(folder)
    if json:
        say_json({"db": {"data_dir": str(folder), "was_running": was_running}})
        return
    ended = "stopped" if was_running else "was not running"
    say(f"PostgreSQL {ended} in {clean(str(folder))}")


@app.command(cls=GroupedCommand)
def status(data_dir: DataDir = None, config: Config = None, json: Json = None) -> None:
    """Show whether it runs, version, folder, size, pid."""
    from heal_cli.embedded import status

    found = status(_where(data_dir, None, config)[0])
    server = found.server
    facts = {
        "state": found.state,
        "version": found.version,
        "data_dir": str(found.data_dir),
        "size_bytes": found.size_bytes,
        "pid": server.pid if server else None,
        "url": server.url if server else None,
    }
    if json:
        say_json({"db": facts})
        return
    for name, value in facts.items():
        say(f"{name:<10}  {'-' if value is None else clean(str(value))}")


@app.command(cls=GroupedCommand)
def url(data_dir: DataDir = None, pg_bin: PgBin = None, config: Config = None, json: Json = None) -> None:
    """Print the connection URI, starting the server if need be."""
    server = _start(*_where(data_dir, pg_bin, config))
    if json:
        say_json({"db": _facts(server)})
        return
    say(server.url)


@app.command(cls=GroupedCommand, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(
    context: typer.Context, data_dir: DataDir = None, pg_bin: PgBin = None, config: Config = None
) -> None:
    """Open psql on it; more arguments are psql's own."""
    from heal_cli.embedded import find_binaries

    folder, programs = _where(data_dir, pg_bin, config)
    server = _start(folder, programs)
    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    environment |= {
        "PGHOST": str(server.socket_dir),
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGDATABASE": server.database,
    }
    program = find_binaries(programs) / "psql"
    os.execve(program, ["psql", *context.args], environment)  # noqa: S606 - no shell


def _where(data_dir: str | None, pg_bin: str | None, config: str | None) -> tuple[Path, Path | None]:
    """The data folder and the programs that `heal load` would use with the same flags and settings."""
    from heal_cli.embedded import default_data_dir
    from heal_cli.settings import load_settings

    settings = load_settings({"data_dir": data_dir, "pg_bin": pg_bin}, config=config)
    folder = Path(settings.data_dir) if settings.data_dir else default_data_dir()
    return folder, Path(settings.pg_bin) if settings.pg_bin else None


def _facts(server: Server) -> dict[str, object]:
    return {"data_dir": str(server.data_dir), "pid": server.pid, "url": server.url}


def _start(data_dir: Path, pg_bin: Path | None) -> Server:
    from heal_cli.embedded import start

    return start(data_dir, bin_dir=pg_bin)
