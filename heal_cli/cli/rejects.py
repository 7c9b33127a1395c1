"""`heal rejects`: the rows that could not be loaded, and why."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.options import Config, GroupedCommand, Json, StateDir
from heal_cli.cli.terminal import clean, console, note, quoted, say, styled
from heal_cli.errors import UsageError

if TYPE_CHECKING:
    from heal_cli.record import RejectRecord

app = typer.Typer(help="List and show rejected rows.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def rejects() -> None:
    """List and show rejected rows."""


@app.command("list", cls=GroupedCommand)
def list_(state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """List the rejects files in the state folder, newest first."""
    from heal_cli.record import iter_rejects, list_rejects

    found = []
    for path in list_rejects(_state_dir(state_dir, config)):
        reasons = Counter(record.reason for record in iter_rejects(path))
        found.append((path, reasons))
    if json:
        import msgspec

        files = [{"path": str(path), "rows": reasons.total(), "reasons": reasons} for path, reasons in found]
        say(msgspec.json.encode({"heal": 1, "rejects": files}).decode())
        return
    if not found:
        note("there are no rejects")
        return
    _show_files(found)


@app.command(cls=GroupedCommand)
def show(
    rejects: Annotated[
        str | None,
        typer.Argument(metavar="[FILE|RUN]", help="A rejects file or a run's id; else the newest."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most N records.")] = 20,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="CODE", help="Only those of this reason.")
    ] = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show rejected rows with their place, value and reason; with --json one record a line."""
    from heal_cli.record import iter_rejects

    path = _find(rejects, _state_dir(state_dir, config))
    records = (record for record in iter_rejects(path) if reason in (None, record.reason))
    shown = list(islice(records, limit))
    if json:
        import msgspec

        for record in shown:
            say(msgspec.json.encode(record).decode())
        return
    for record in shown:
        say(reject_lines(record))
    rest = sum(1 for _ in records)
    if rest:
        note(f"{rest:,} more; see them with --limit {limit + rest}")
    elif not shown:
        note(f"there are no such rejects in {str(path)!r}")


def reject_lines(record: RejectRecord) -> str:
    """One reject for people: where it stands, what it said, why it was refused, the row itself."""
    place = [
        f"row {record.row:,}" if record.row is not None else "",
        f"line {record.line:,}" if record.line else "",
    ]
    where = ", ".join(filter(None, place))
    named = [part for part in (record.reason, record.sqlstate, record.constraint) if part]
    value = f"{clean(record.column)} = {quoted(record.value, 80)}: " if record.column else ""
    lines = [
        styled(f"{clean(record.source)}, {where}", bold=True),
        f"  {value}{styled(clean(' '.join(named)), color='red')}",
        *(f"  {styled('tried', dim=True)} {clean(attempt)}" for attempt in record.attempts or ()),
    ]
    if record.raw is not None:
        text = record.raw.rstrip("\r\n") if record.raw_encoding == "utf-8" else repr(record.raw_bytes)
        lines.append(f"  {styled(clean(text[:500]) + ('…' if len(text) > 500 else ''), dim=True)}")
    return "\n".join(lines)


def _state_dir(state_dir: str | None, config: str | None) -> str:
    from heal_cli.settings import load_settings

    return load_settings({"state_dir": state_dir}, config=config).state_dir


def _find(name: str | None, state_dir: str) -> Path:
    """The rejects file that is meant.

    Raises:
        UsageError: There is none, or a run's id fits several.
    """
    from heal_cli.record import list_rejects

    if name is not None and Path(name).is_file():
        return Path(name)
    files = [path for path in list_rejects(state_dir) if name is None or name in path.name]
    if not files:
        raise UsageError(
            f"There is no rejects file {name!r}" if name else "There are no rejects",
            hint="See which there are with: heal rejects list",
        )
    if name is not None and len(files) > 1:
        raise UsageError(f"{name!r} fits {len(files)} rejects files", hint="Give the whole id of the run")
    return files[0]


def _show_files(found: list[tuple[Path, Counter[str]]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from heal_cli.cli.load_report import counts

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("when", "rows", "reasons", "file"):
        grid.add_column(heading, overflow="fold", justify="right" if heading == "rows" else "left")
    for path, reasons in found:
        when = datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone()
        grid.add_row(
            f"{when:%Y-%m-%d %H:%M}", f"{reasons.total():,}", Text(counts(reasons)), Text(clean(str(path)))
        )
    console().print(grid)
