"""`heal.audit_log`: who did what in which transaction, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg

from heal_cli.write.connection import transaction

AUDIT: Final = "INSERT INTO heal.audit_log (run, kind, rows) VALUES (%(run)s, %(kind)s, %(rows)s)"
"""The row of the transaction that it is part of: role, times and outcome are the server's to fill in."""

_WHOLE_RUN: Final = (
    "INSERT INTO heal.audit_log (run, kind, rows) SELECT %(run)s, %(kind)s, (SELECT coalesce(sum(loaded), 0)"
    " FROM heal.load_batches WHERE run = %(run)s) + (SELECT coalesce(sum(cardinality(rows)), 0)"
    " FROM heal.load_retries WHERE run = %(run)s)"
)


@dataclass(frozen=True, slots=True)
class FailedTransaction:
    """One that is not there to tell of itself."""

    kind: str
    rows: int  # that it would have changed
    outcome: str  # 'failed', or 'in doubt' where the answer to COMMIT was lost
    sqlstate: str | None
    began_at: datetime
    seconds: float


def failed_since(
    clock: float, kind: str, rows: int, sqlstate: str | None, *, outcome: str = "failed"
) -> FailedTransaction:
    """The transaction that began when `time.monotonic()` was `clock`, and has failed now."""
    seconds = time.monotonic() - clock
    began_at = datetime.now(UTC) - timedelta(seconds=seconds)
    return FailedTransaction(kind, rows, outcome, sqlstate, began_at, seconds)


def audit_whole_run(cursor: psycopg.Cursor, run: str, kind: str) -> None:
    """The row of a run that is one transaction; call it before its commit."""
    cursor.execute(_WHOLE_RUN.encode(), {"run": run, "kind": kind})


@contextmanager
def audited(connection: psycopg.Connection, run: str, kind: str) -> Iterator[None]:
    """One transaction of SQL that changes no rows, and its row in the log."""
    with transaction(connection) as cursor:
        yield
        cursor.execute(AUDIT.encode(), {"run": run, "kind": kind, "rows": 0})


def record_failed(connection: psycopg.Connection, run: str, failed: Iterable[FailedTransaction]) -> None:
    """Put transactions on record that are not there to tell of themselves.

    Raises:
        psycopg.Error: None of them is on record.
    """
    with transaction(connection) as cursor:
        cursor.executemany(
            "INSERT INTO heal.audit_log (run, kind, rows, outcome, sqlstate, began_at, seconds)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [(run, f.kind, f.rows, f.outcome, f.sqlstate, f.began_at, f.seconds) for f in failed],
        )
