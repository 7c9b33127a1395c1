"""`heal rejects`: the rows that could not be loaded, why, and how they are loaded after all."""

from __future__ import annotations

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.rejects import discard, explain, listing, retry, show

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def rejects() -> None:
    """See why rows were rejected, and load them again."""


for _name, _verb in (
    ("list", listing.list_),
    ("show", show.show),
    ("explain", explain.explain),
    ("retry", retry.retry),
    ("discard", discard.discard),
):
    app.command(_name, cls=GroupedCommand)(_verb)
