"""The one place that knows the order: read -> plan -> heal -> write -> record.

A `Run` is one invocation against one table, a `SourceRun` one source in it. An engine takes chunks
from `SourceRun.chunks()`, gives each to a `BatchWorker`, on as many threads as it likes, and adds up
the outcomes; `close_run` checks the books and makes the report.
"""

from heal_cli.pipeline.away import Waiting, close_away, keep_whole
from heal_cli.pipeline.closing import check_books, close_run, finish
from heal_cli.pipeline.fallback import BEHIND, bare_name
from heal_cli.pipeline.outcome import Outcome
from heal_cli.pipeline.own_references import Recovered, retry_own_references
from heal_cli.pipeline.preview import first_with_records, other_shapes, preview
from heal_cli.pipeline.remembered import remember
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun, State
from heal_cli.pipeline.storing import Recorded
from heal_cli.pipeline.target import find_if_there, find_target
from heal_cli.pipeline.worker import BatchWorker

__all__ = [
    "BEHIND",
    "BatchWorker",
    "Outcome",
    "Recorded",
    "Recovered",
    "Run",
    "SourceRun",
    "State",
    "Waiting",
    "bare_name",
    "check_books",
    "close_away",
    "close_run",
    "find_if_there",
    "find_target",
    "finish",
    "first_with_records",
    "keep_whole",
    "other_shapes",
    "preview",
    "remember",
    "retry_own_references",
]
