"""Lines in rejects and leftovers files that no commit stands for, dropped once a source is whole."""

from __future__ import annotations

from pathlib import Path

import psycopg

from heal_cli.record import drop_uncommitted
from heal_cli.write import committed_attempts, hold_batch, traces


def drop_dead_lines(
    connection: psycopg.Connection, source: int, *, last_batch: int | None = None, but: str | None = None
) -> None:
    """Drop the lines of attempts at a source that never committed, from the files of all runs.

    Args:
        last_batch: Where `--limit` stopped: others may be at work behind it, and in this batch that it cuts.
        but: A run that has left none.
    """
    if last_batch is None:
        _drop(connection, source, None, but)
        return
    with hold_batch(connection, source, last_batch) as is_held:
        _drop(connection, source, last_batch - (not is_held), but)


def _drop(connection: psycopg.Connection, source: int, last_batch: int | None, but: str | None) -> None:
    for trace in traces(connection, source):
        if trace.run == but:
            continue
        committed = committed_attempts(connection, trace.run)
        for path in (trace.rejects_path, trace.leftovers_path):
            drop_uncommitted(
                Path(path), run=trace.run, source=trace.name, committed=committed, last_batch=last_batch
            )
