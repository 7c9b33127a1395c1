"""`heal config`: which settings hold, and where each comes from."""

from __future__ import annotations

from typing import Any

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.options import Config, DataDir, Dsn, Json, StateDir
from heal_cli.cli.terminal import clean, console, note, say_json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def config() -> None:
    """Show settings."""


@app.command(cls=GroupedCommand)
def show(
    table: str | None = typer.Option(
        None, "-t", "--table", metavar="TABLE", help="With this table's own settings."
    ),
    dsn: Dsn = None,
    data_dir: DataDir = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show every setting with its origin; secrets are masked."""
    from heal_cli.settings import load_settings

    flags = {"dsn": dsn, "data_dir": data_dir, "state_dir": state_dir}
    settings = load_settings(flags, table=table, config=config)
    for warning in settings.warnings:
        note(f"warning: {warning}")
    if json:
        document = {key: {"value": value, "origin": origin} for key, value, origin in settings.shown()}
        say_json({"settings": document})
        return
    _show_table(settings.shown())


def _show_table(rows: list[tuple[str, Any, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("setting", "value", "from"):
        grid.add_column(heading, overflow="fold")
    for key, value, origin in rows:
        style = "dim" if origin == "default" else ""
        grid.add_row(Text(key, style), Text(clean(_text(value)), style), Text(clean(origin), style))
    console().print(grid)


def _text(value: Any) -> str:
    """A setting as a person would write it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join("=".join(item) if isinstance(item, tuple) else item for item in value) or "-"
    return str(value)
