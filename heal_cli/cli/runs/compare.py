"""`heal runs compare`: where two runs differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.runs.shared import WHERE, ledger
from heal_cli.cli.taking_flags import with_flags
from heal_cli.cli.terminal import clean, console, note, say, say_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heal_cli.record import Difference
    from heal_cli.write import RunRecord


@with_flags(*WHERE, "json")
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Id of the one, or its beginning.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Id of the other.")],
    flags: LoadFlags,
) -> None:
    """Show where two runs differ.

    In flags, columns, heals, rejects, rows and time.

    heal runs compare 01a204f1 01a205fc
    """
    from heal_cli.record import differences
    from heal_cli.write import find_run

    with ledger(flags) as connection:
        runs = [find_run(connection, name) for name in (first, second)]
    found = differences(*(_document(run) for run in runs))
    if flags.json:
        listed = [each._asdict() for each in found]
        say_json({"heal": 1, "first": runs[0].run, "second": runs[1].run, "differences": listed})
        return
    for run in runs:
        if run.report is None:
            note(f"run {run.run} ended as {run.state} without a report: only its numbers are compared")
    if found:
        _show(runs, found)
    else:
        say("the two runs differ in nothing that heal keeps of them")


def _document(run: RunRecord) -> dict[str, object]:
    """What is kept of a run, its report included."""
    import msgspec

    report = msgspec.json.decode(run.report) if run.report else {}
    now = {
        "loaded": run.loaded,
        "rejected": run.rejected,
        "duplicates": run.duplicates,
        "undone": run.removed,
    }
    return {"rows": {}, **report, "table": run.table, "command": run.command, "state": run.state, "now": now}


def _show(runs: Sequence[RunRecord], found: Sequence[Difference]) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", *(run.run for run in runs)):
        grid.add_column(heading, overflow="fold")
    for each in found:
        cells = (each.what, *("" if value is None else str(value) for value in (each.first, each.second)))
        grid.add_row(*(Text(clean(cell)) for cell in cells))
    console().print(grid)
