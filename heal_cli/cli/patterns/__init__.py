"""`heal patterns`: what heal knows beforehand, what you teach it, and what it learned."""

from __future__ import annotations

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.patterns import compare, examples, exchange, listing, own, stats, trust

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def patterns() -> None:
    """See, add and judge what heal knows of names and values."""


for _name, _verb in (
    ("list", listing.list_),
    ("show", listing.show),
    ("test", examples.try_),
    ("add", own.add),
    ("remove", own.remove),
    ("enable", own.enable),
    ("disable", own.disable),
    ("approve", trust.approve),
    ("revoke", trust.revoke),
    ("compare", compare.compare),
    ("stats", stats.stats),
    ("export", exchange.export),
    ("import", exchange.import_),
):
    app.command(_name, cls=GroupedCommand)(_verb)
