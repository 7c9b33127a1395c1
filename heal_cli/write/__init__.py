"""Healed rows -> committed rows: COPY in savepoints, and the ledger that makes it exactly-once."""

from heal_cli.write.attempts import Attempts
from heal_cli.write.audit import FailedTransaction, failed_since, record_failed
from heal_cli.write.batch import Writer
from heal_cli.write.connection import connect, stands
from heal_cli.write.history import (
    RunRecord,
    RunSource,
    find_run,
    list_runs,
    prune_restore_points,
    restore_bytes,
    sources_of,
)
from heal_cli.write.ledger import (
    RunNote,
    Trace,
    begin_run,
    committed_attempts,
    end_run,
    run_totals,
    traces,
)
from heal_cli.write.migrate import ledger_migrations, migrate
from heal_cli.write.restoring import are_complete, count_settled, is_superseded_and_done, restore_event
from heal_cli.write.retries import (
    RejectBatch,
    RejectSource,
    RetryWriter,
    find_reject_batch,
    find_reject_source,
    retried_rows,
    retried_totals,
)
from heal_cli.write.sources import (
    ClaimedSource,
    DoneBatch,
    EarlierSource,
    NewSource,
    add_source,
    can_read_sources,
    earlier_sources,
    finish_source,
    join_source,
    keep_plan,
    newest_source,
    note_retried,
    read_source,
    settle_plan,
    settled_rows,
)
from heal_cli.write.target import BatchRef, Target
from heal_cli.write.trial import takes_a_row
from heal_cli.write.undo import Undone, UndoneBatch, undo_run

__all__ = [
    "Attempts",
    "BatchRef",
    "ClaimedSource",
    "DoneBatch",
    "EarlierSource",
    "FailedTransaction",
    "NewSource",
    "RejectBatch",
    "RejectSource",
    "RetryWriter",
    "RunNote",
    "RunRecord",
    "RunSource",
    "Target",
    "Trace",
    "Undone",
    "UndoneBatch",
    "Writer",
    "add_source",
    "are_complete",
    "begin_run",
    "can_read_sources",
    "committed_attempts",
    "connect",
    "count_settled",
    "earlier_sources",
    "end_run",
    "failed_since",
    "find_reject_batch",
    "find_reject_source",
    "find_run",
    "finish_source",
    "is_superseded_and_done",
    "join_source",
    "keep_plan",
    "ledger_migrations",
    "list_runs",
    "migrate",
    "newest_source",
    "note_retried",
    "prune_restore_points",
    "read_source",
    "record_failed",
    "restore_bytes",
    "restore_event",
    "retried_rows",
    "retried_totals",
    "run_totals",
    "settle_plan",
    "settled_rows",
    "sources_of",
    "stands",
    "takes_a_row",
    "traces",
    "undo_run",
]
