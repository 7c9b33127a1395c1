"""What a run leaves behind: rejects, leftovers, reports."""

from heal_cli.record.archive import archive
from heal_cli.record.differences import Difference, differences
from heal_cli.record.leftovers import LeftoverWriter, leftovers_path
from heal_cli.record.reasons import DUPLICATES, EXPLANATIONS, ONLY_BY_NAME, UNKNOWN, Explanation, Fix
from heal_cli.record.rejects import (
    ENDING,
    RejectRecord,
    RejectWriter,
    decode_line,
    drop_uncommitted,
    encode_line,
    iter_rejects,
    list_rejects,
    read_rejects,
    rejects_path,
    require_rejects,
)
from heal_cli.record.report import PlanReport, encode, error_document, load_document, plan_document
from heal_cli.record.retry_report import RetryReport, retry_document
from heal_cli.record.rewrite import Rewrite
from heal_cli.record.undo_report import UndoneSource, UndoReport, undo_document

__all__ = [
    "DUPLICATES",
    "ENDING",
    "EXPLANATIONS",
    "ONLY_BY_NAME",
    "UNKNOWN",
    "Difference",
    "Explanation",
    "Fix",
    "LeftoverWriter",
    "PlanReport",
    "RejectRecord",
    "RejectWriter",
    "RetryReport",
    "Rewrite",
    "UndoReport",
    "UndoneSource",
    "archive",
    "decode_line",
    "differences",
    "drop_uncommitted",
    "encode",
    "encode_line",
    "error_document",
    "iter_rejects",
    "leftovers_path",
    "list_rejects",
    "load_document",
    "plan_document",
    "read_rejects",
    "rejects_path",
    "require_rejects",
    "retry_document",
    "undo_document",
]
