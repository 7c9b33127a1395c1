"""`heal fallback`: what waits for the database, looked at, saved elsewhere, tried anew or thrown away."""

from __future__ import annotations

import typer

from heal_cli.cli.fallback import discard, export, retry, show, status
from heal_cli.cli.groups import GroupedCommand

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def fallback() -> None:
    """See and manage what waits for the database."""


for _verb in (status.status, show.show, export.export, retry.retry, discard.discard):
    app.command(cls=GroupedCommand)(_verb)
