"""`heal rejects`: the rows that could not be loaded, why, and how they are loaded after all."""

from __future__ import annotations

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.rejects import discard, explain, listing, retry, show

_HELP = "The rows that could not be loaded: see why, mend the cause, load them again."

app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def rejects() -> None:
    """The rows that could not be loaded: see why, mend the cause, load them again."""


for _name, _verb in (
    ("list", listing.list_),
    ("show", show.show),
    ("explain", explain.explain),
    ("retry", retry.retry),
    ("discard", discard.discard),
):
    app.command(_name, cls=GroupedCommand)(_verb)
