"""`heal runs list`: the latest runs, and what of each is in the table now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.options import MOST
from heal_cli.cli.runs.shared import WHERE, counts, facts, ledger_if_there
from heal_cli.cli.taking_flags import with_flags
from heal_cli.cli.terminal import clean, console, note, say_json
from heal_cli.clock import local_time

if TYPE_CHECKING:
    from heal_cli.write import RunRecord

_NARROWEST: Final = 80
"""Below it the terminal breaks the lines, which leaves ids whole for whoever copies them."""

_SHORT: Final = 13
"""Of the id of another run: its time, to the millisecond."""


@with_flags(*WHERE, "json")
def list_(
    flags: LoadFlags,
    table: Annotated[
        str | None, typer.Option("--table", "-t", metavar="TABLE", help="Only runs into this table.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=MOST, metavar="N", help="At most N runs.")
    ] = 20,
) -> None:
    """List runs, newest first, with what of each is in the table now."""
    from heal_cli.write import list_runs

    found = []
    if connection := ledger_if_there(flags):
        with connection:
            found = list_runs(connection, limit=limit, table=table)
    if flags.json:
        say_json({"heal": 1, "runs": [facts(run) for run in found]})
    elif found:
        _show(found)
    else:
        note("the ledger knows no run" + (f" on {clean(table)!r}" if table else ""))


def _show(runs: list[RunRecord]) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("when", "run"):
        grid.add_column(heading, no_wrap=True)  # an id in pieces cannot be copied
    for heading in ("table", "state", "rows"):
        grid.add_column(heading, overflow="fold")
    for run in runs:
        when = f"{local_time(run.started_at):%Y-%m-%d %H:%M}"
        links = [
            f"{word} {found[:_SHORT]}"
            for word, found in (("by", run.undone_by), ("undid", run.undid))
            if found
        ]
        cells = (when, run.run, run.table, run.state, " ".join([counts(run), *links]))
        grid.add_row(*(Text(clean(cell)) for cell in cells))
    screen = console()
    screen.width = max(screen.width, _NARROWEST)
    screen.print(grid)
