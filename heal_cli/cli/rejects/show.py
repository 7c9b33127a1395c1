"""`heal rejects show`: rejected rows one by one."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heal_cli.cli.options import MOST, Config, Json, StateDir
from heal_cli.cli.rejects.find import Named, check_reasons, find_rejects, state_dir_of
from heal_cli.cli.terminal import clean, json_line, note, quoted, say, styled

if TYPE_CHECKING:
    from heal_cli.record import RejectRecord

_SCREEN: Final = 20
"""Records shown to a person who named no number."""


def show(
    rejects: Named = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, max=MOST, metavar="N", help="At most N records [20; all with --json]."
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="CODE", help="Only those of this reason.")
    ] = None,
    settled: Annotated[
        bool, typer.Option("--settled", help="Those that a retry has loaded since, too.")
    ] = False,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show rejected rows one by one.

    Each with its place, value and reason; with --json one record a line.
    """
    from heal_cli.record import encode_line, iter_rejects

    check_reasons([reason] if reason else [])
    path = find_rejects(rejects, state_dir_of(state_dir, config))
    records = (
        record
        for record in iter_rejects(path)
        if reason in (None, record.reason) and (settled or record.settled is None)
    )
    if json:
        for record in islice(records, limit):
            say(json_line(encode_line(record)))
        return
    shown = list(islice(records, limit or _SCREEN))
    for record in shown:
        say(reject_lines(record))
    rest = sum(1 for _ in records)
    if rest:
        note(f"{rest:,} more; see them with --limit {len(shown) + rest}")
    elif not shown:
        note(f"there are no such rejects in {str(path)!r}")


def reject_lines(record: RejectRecord) -> str:
    """One reject for people: where it stands, what it said, why it was refused, the row itself."""
    place = [
        f"row {record.row:,}" if record.row is not None else "",
        f"line {record.line:,}" if record.line else "",
        f"tried {record.retries + 1} times" if record.retries else "",
        f"loaded since by {record.settled}" if record.settled else "",
    ]
    where = ", ".join(filter(None, place))
    named = [part for part in (record.reason, record.sqlstate, record.constraint) if part]
    value = f"{clean(record.column)} = {quoted(record.value, 80)}: " if record.column else ""
    lines = [
        styled(f"{clean(record.source)}, {clean(where)}", bold=True),
        f"  {value}{styled(clean(' '.join(named)), color='red')}",
        *(f"  {styled('tried', dim=True)} {clean(attempt)}" for attempt in record.attempts or ()),
    ]
    if record.raw is not None:
        lines.append(f"  {styled(clean(_raw(record)), dim=True)}")
    return "\n".join(lines)


def _raw(record: RejectRecord) -> str:
    """The row, at most 500 characters of it; of bytes that are no UTF-8 those that are none as escapes."""
    text = (record.raw_bytes or b"").decode(errors="backslashreplace").rstrip("\r\n")
    return text[:500] + ("…" if len(text) > 500 else "")
