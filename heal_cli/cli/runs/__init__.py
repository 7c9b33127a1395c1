"""`heal runs`: what the ledger knows of earlier runs."""

from __future__ import annotations

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.runs import compare, listing, prune, show

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def runs() -> None:
    """See what earlier runs did."""


for _name, _verb in (
    ("list", listing.list_),
    ("show", show.show),
    ("compare", compare.compare),
    ("prune", prune.prune),
):
    app.command(_name, cls=GroupedCommand)(_verb)
