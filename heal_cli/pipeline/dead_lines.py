"""Lines in rejects and leftovers files that no commit stands for, dropped once a source is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from heal_cli.errors import RecordError
from heal_cli.record import drop_uncommitted
from heal_cli.write import committed_attempts, hold_batch, traces


def drop_dead_lines(
    connection: psycopg.Connection, source: int, *, last_batch: int | None = None, but: str | None = None
) -> list[str]:
    """Drop the lines of attempts at a source that never committed, from the files of all runs.

    What another user of the machine has written may have to stay as it is: a retry passes over such lines, too.

    Args:
        last_batch: Where `--limit` stopped: others may be at work behind it, and in this batch that it cuts.
        but: A run that has left none.

    Returns:
        A note on each file that this user may not change.

    Raises:
        RecordError: A file could not be rewritten.
    """
    if last_batch is None:
        return list(_drop(connection, source, None, but))
    with hold_batch(connection, source, last_batch) as is_held:
        return list(_drop(connection, source, last_batch - (not is_held), but))


def _drop(
    connection: psycopg.Connection, source: int, last_batch: int | None, but: str | None
) -> Iterator[str]:
    for trace in traces(connection, source):
        if trace.run == but:
            continue
        committed = committed_attempts(connection, trace.run)
        for path in (trace.rejects_path, trace.leftovers_path):
            try:
                drop_uncommitted(
                    Path(path), run=trace.run, source=trace.name, committed=committed, last_batch=last_batch
                )
            except RecordError as error:
                if not isinstance(error.__cause__, PermissionError):
                    raise
                yield (
                    f"{path!r} of run {trace.run} is not this user's to change, and may hold lines that were never"
                    " committed; heal rejects retry passes over them"
                )
                break
