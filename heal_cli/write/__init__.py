"""Healed rows -> committed rows: COPY in savepoints, and the ledger that makes it exactly-once."""

from heal_cli.write.batch import BatchRef, Target, Writer
from heal_cli.write.connection import connect
from heal_cli.write.ledger import (
    ClaimedSource,
    DoneBatch,
    EarlierSource,
    RunNote,
    Trace,
    begin_run,
    claim_source,
    committed_attempts,
    earlier_sources,
    end_run,
    finish_source,
    keep_plan,
    run_totals,
    traces,
)
from heal_cli.write.migrate import ledger_migrations, migrate
from heal_cli.write.trial import takes_a_row

__all__ = [
    "BatchRef",
    "ClaimedSource",
    "DoneBatch",
    "EarlierSource",
    "RunNote",
    "Target",
    "Trace",
    "Writer",
    "begin_run",
    "claim_source",
    "committed_attempts",
    "connect",
    "earlier_sources",
    "end_run",
    "finish_source",
    "keep_plan",
    "ledger_migrations",
    "migrate",
    "run_totals",
    "takes_a_row",
    "traces",
]
