"""What a run leaves behind: rejects, leftovers, reports."""

from heal_cli.record.leftovers import LeftoverWriter, leftovers_path
from heal_cli.record.rejects import (
    RejectRecord,
    RejectWriter,
    drop_uncommitted,
    iter_rejects,
    list_rejects,
    read_rejects,
    rejects_path,
)
from heal_cli.record.report import PlanReport, encode, error_document, load_document, plan_document

__all__ = [
    "LeftoverWriter",
    "PlanReport",
    "RejectRecord",
    "RejectWriter",
    "drop_uncommitted",
    "encode",
    "error_document",
    "iter_rejects",
    "leftovers_path",
    "list_rejects",
    "load_document",
    "plan_document",
    "read_rejects",
    "rejects_path",
]
