"""The words of `heal`: what passes from one stage to the next.

Objects are for what happens once per run or batch, frames for what happens once per row.
Everything here is frozen; nothing here does I/O or knows a module outside this folder.
"""

from heal_cli.model.column_names import MAX_NAME_BYTES, column_names, cut, snake
from heal_cli.model.frames import LOCATIONS, REJECTS, ROW
from heal_cli.model.matching import Candidate, ColumnMatch, Features, Kind, Matching, Tier
from heal_cli.model.options import FallbackOptions, LoadOptions, MatchOptions, ReadOptions, WriteOptions
from heal_cli.model.plan import ColumnPlan, Healed, Plan, Written
from heal_cli.model.report import HealTally, LoadReport, PatternTrial, Progress, Rows
from heal_cli.model.source import Batch, Chunk, Finding, Format, Source
from heal_cli.model.spans import Spans, joined, row_count, spans_of, within, without
from heal_cli.model.table import STAYS, Column, Constraint, KnownValues, PgType, TableSchema, Trigger
from heal_cli.model.values import ColumnFormat, Converted, DateOrder, Fault, HealMask, ValueOptions

__all__ = [
    "LOCATIONS",
    "MAX_NAME_BYTES",
    "REJECTS",
    "ROW",
    "STAYS",
    "Batch",
    "Candidate",
    "Chunk",
    "Column",
    "ColumnFormat",
    "ColumnMatch",
    "ColumnPlan",
    "Constraint",
    "Converted",
    "DateOrder",
    "FallbackOptions",
    "Fault",
    "Features",
    "Finding",
    "Format",
    "HealMask",
    "HealTally",
    "Healed",
    "Kind",
    "KnownValues",
    "LoadOptions",
    "LoadReport",
    "MatchOptions",
    "Matching",
    "PatternTrial",
    "PgType",
    "Plan",
    "Progress",
    "ReadOptions",
    "Rows",
    "Source",
    "Spans",
    "TableSchema",
    "Tier",
    "Trigger",
    "ValueOptions",
    "WriteOptions",
    "Written",
    "column_names",
    "cut",
    "joined",
    "row_count",
    "snake",
    "spans_of",
    "within",
    "without",
]
