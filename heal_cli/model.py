"""The words of `heal`: what passes from one stage to the next.

Objects are for what happens once per run or batch, frames for what happens once per row.
Everything here is frozen; nothing here does I/O or knows another module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, NamedTuple

import polars as pl

# --------------------------------------------------------------------------- frames

ROW: Final = "__row"
"""Name of the row-number column in every frame that carries rows (Int64, 1-based, header not counted)."""

REJECTS: Final = pl.Schema(
    {
        ROW: pl.Int64(),
        "reason": pl.String(),  # stable code, e.g. 'not_convertible', 'unique_violation'
        "sqlstate": pl.String(),
        "constraint": pl.String(),
        "column": pl.String(),  # target column where known, else the source column
        "value": pl.String(),  # what the source said
        "attempts": pl.List(pl.String()),  # what was tried and why each failed
    }
)
"""One rejected row and its reason; a stage that splits rows returns such a frame beside the good ones."""

LOCATIONS: Final = pl.Schema({ROW: pl.Int64(), "line": pl.Int64(), "offset": pl.Int64(), "raw": pl.Binary()})
"""Where rows stand in their source: 1-based line, byte offset in the decompressed bytes, exact bytes.

`line` and `offset` are null for sources that have none (Parquet)."""


# --------------------------------------------------------------------------- sources and batches


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the reader found out about a source, and the flag that overrides it."""

    what: str  # 'delimiter', 'encoding', 'header', ...
    value: str
    flag: str | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it was opened."""

    name: str  # as the user wrote it, or '-' for standard input
    format: Format
    columns: tuple[str, ...]  # stable, unique names in file order; JSON may grow more
    size: int | None  # bytes on disk, None for a stream
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """The raw matter of one batch: cut at a record boundary, not yet parsed."""

    index: int  # 0-based within the source
    start: int  # first byte (Parquet: first row, 0-based) in the decompressed source
    stop: int  # one past the last
    first_row: int  # 1-based row number of its first record
    first_line: int  # 1-based physical line of its first record; 0 where lines mean nothing
    digest: str  # hash of this chunk chained on those before it, hex
    rows: int  # records in it, broken ones included
    position: int  # bytes of the file consumed so far (compressed), for progress
    data: bytes | None  # None: the parser fetches rows start:stop itself (Parquet)


@dataclass(frozen=True, slots=True)
class Batch:
    """One chunk, parsed.

    Invariant: `chunk.rows == frame.height + broken.height`.
    """

    chunk: Chunk
    frame: pl.DataFrame  # ROW + source columns; text for CSV and JSON, typed for Parquet
    broken: pl.DataFrame  # REJECTS: records that are not even records
    locate: Callable[[pl.Series], pl.DataFrame]
    """Row numbers (Int64) -> LOCATIONS, one row each, same order."""
    absent: Mapping[str, pl.Series] = field(default_factory=dict)
    """Source column -> Boolean mask over `frame`: the row lacks the key (JSON). A null is not an absence."""
    quoted: Mapping[str, pl.Series] = field(default_factory=dict)
    """Source column -> Boolean mask: the JSON value is a string (so the text `null` is not a null).
    Only columns that mix strings with other JSON kinds are listed; see `kinds`."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Source column -> 'string' | 'number' | 'boolean' | 'json' | 'mixed' for JSON sources; empty for CSV."""


# --------------------------------------------------------------------------- the target table


@dataclass(frozen=True, slots=True)
class PgType:
    """A PostgreSQL type with its modifiers; a domain is described by its base type."""

    oid: int  # of the declared type (the domain's own where there is one)
    name: str  # format_type(): 'numeric(10,4)', 'timestamp with time zone', 'integer[]'
    base: str  # pg_type.typname under all domains: 'int4', 'numeric', 'varchar', '_int4', 'mood'
    kind: Literal["b", "c", "d", "e", "m", "r", "p"]  # pg_type.typtype of the base type
    precision: int | None = None  # numeric(p,s); fractional digits of times in `scale`
    scale: int | None = None
    length: int | None = None  # varchar(n), char(n), bit(n)
    labels: tuple[str, ...] = ()  # enum labels in order
    element: PgType | None = None  # of an array
    domain: str | None = None  # name of the outermost domain, None for a plain type


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the target table."""

    name: str
    position: int  # attnum
    type: PgType
    nullable: bool  # False also for a domain's NOT NULL
    default: str | None = None  # SQL expression, None if there is none
    identity: Literal["", "a", "d"] = ""  # ALWAYS, BY DEFAULT
    generated: Literal["", "s", "v"] = ""  # stored, virtual
    insertable: bool = True  # the role holds INSERT on it
    comment: str | None = None

    @property
    def is_required(self) -> bool:
        """Somebody has to give a value: NOT NULL, and the server has none of its own."""
        return not (self.nullable or self.default or self.identity or self.generated)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint, or a unique index that acts as one."""

    name: str
    kind: Literal["p", "u", "f", "c", "x", "n", "t"]  # pg_constraint.contype; 'u' for unique indexes
    columns: tuple[str, ...]  # empty for pure expressions
    definition: str  # pg_get_constraintdef() or pg_get_indexdef()
    expression: str | None = None  # CHECK expression
    predicate: str | None = None  # WHERE of a partial unique index
    keys: tuple[str, ...] = ()  # index key expressions, columns quoted, in order
    nulls_not_distinct: bool = False
    deferrable: bool = False
    references: str | None = None  # foreign key: quoted, qualified name of the referenced table
    referenced_columns: tuple[str, ...] = ()
    match: Literal["s", "f", "p"] = "s"  # foreign key: SIMPLE, FULL, PARTIAL
    validated: bool = True
    index_oid: int | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    timing: Literal["before", "after", "instead"]
    row: bool
    on_insert: bool
    is_constraint: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TableSchema:
    """What the catalog says about the target table, in one reading."""

    system_id: str  # pg_control_system().system_identifier
    database: str
    oid: int
    schema: str
    name: str
    kind: Literal["r", "p", "v", "f", "m"]  # pg_class.relkind
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    triggers: tuple[Trigger, ...]
    row_security: bool  # policies apply to this role
    can_insert: bool  # table-level INSERT, or a column-level one
    can_select: bool
    server_version: int  # server_version_num
    version: str  # schema version: hash of the facts that decide what the table accepts
    rules: tuple[str, ...] = ()

    @property
    def qualified(self) -> str:
        """`schema.name` for people; SQL goes through psycopg.sql."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column:
        """The column of that exact name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


# --------------------------------------------------------------------------- matching


class Tier(StrEnum):
    """Where a candidate comes from, cheapest first."""

    EXACT = "exact"
    PATTERN = "pattern"
    LEARNED = "learned"
    FUZZY = "fuzzy"
    AI = "ai"


class Kind(StrEnum):
    RENAME = "rename"
    DEFAULT = "default"
    CONVERSION = "conversion"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposed fix, with its reasons."""

    kind: Kind
    target: str
    source: str | None  # None for a default
    tier: Tier
    confidence: float  # 0-1
    pattern: str | None = None  # catalogue or learned id
    value: str | None = None  # of a default: 'now', 'uuid', or the literal as text
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Where a target column gets its values."""

    target: str
    winner: Candidate
    runner_up: Candidate | None = None
    fallbacks: tuple[Candidate, ...] = ()  # pattern-tier renames, for rows that lack the direct key

    @property
    def margin(self) -> float:
        """Confidence of the winner over the runner-up; 1 without one."""
        return 1.0 if self.runner_up is None else self.winner.confidence - self.runner_up.confidence


@dataclass(frozen=True, slots=True)
class Matching:
    """What the match stage decided for one shape and one table."""

    matches: tuple[ColumnMatch, ...]
    unmatched_source: tuple[str, ...]
    unmatched_target: tuple[str, ...]
    refused: tuple[ColumnMatch, ...] = ()  # best candidates under threshold or margin: the questions


# --------------------------------------------------------------------------- converting

DateOrder = Literal["DMY", "MDY", "YMD"]


@dataclass(frozen=True, slots=True)
class ValueOptions:
    """What the user said about values; None means: find out, or ask."""

    nulls: tuple[str, ...] = ()  # --null, added to the known tokens
    date_order: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    timezone: str | None = None
    percent: Literal["fraction", "number"] | None = None  # is '5%' 0.05 or 5
    allow: frozenset[str] = frozenset()  # lossy steps that may happen


@dataclass(frozen=True, slots=True)
class ColumnFormat:
    """How the texts of one source column are read; fixed per column and file, from all its values."""

    nulls: tuple[str, ...] = ()  # tokens that mean NULL here, compared after trimming, case-folded
    date_order: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    timezone: str | None = None  # for naive times
    timezone_assumed: bool = False  # nobody said so: a counted assumption
    epoch: Literal["s", "ms", "us", "ns"] | None = None
    percent: Literal["fraction", "number"] | None = None
    true_words: tuple[str, ...] = ()  # case-folded
    false_words: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()  # case-folded source spelling -> enum label
    question: str | None = None  # set when the column is ambiguous: what to ask, with the flag that answers


@dataclass(frozen=True, slots=True)
class HealMask:
    """Where a named rule changed values of one column."""

    rule: str  # e.g. 'currency_sign', 'boolean_word'
    mask: pl.Series  # Boolean, same height as the values
    lossy: bool = False
    assumption: bool = False


class Converted(NamedTuple):
    """A source column in the dtype its target travels in.

    `failed` is None when nothing failed, else a Boolean mask; those cells are null in `values`.
    """

    values: pl.Series
    heals: tuple[HealMask, ...]
    failed: pl.Series | None
    attempts: tuple[str, ...] = ()  # what was tried on the failed ones, in order
    reason: str = "not_convertible"


# --------------------------------------------------------------------------- plan


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One target column: where its values come from and how they are read."""

    column: Column
    match: ColumnMatch
    format: ColumnFormat
    conversion: str  # for people: 'text', 'text -> numeric(10,4), decimal comma'

    @property
    def source(self) -> str | None:
        """The direct source column; None for a default."""
        return self.match.winner.source


@dataclass(frozen=True, slots=True)
class Plan:
    """The candidates accepted for one shape and one schema version."""

    table: TableSchema
    columns: tuple[ColumnPlan, ...]
    unmatched_source: tuple[str, ...]
    unmatched_target: tuple[str, ...]
    refused: tuple[ColumnMatch, ...]
    rescue: str | None  # jsonb column that takes unmatched source values; None: the leftovers file
    unknown_columns: Literal["rescue", "drop", "reject", "add"]
    values: ValueOptions
    gap: str | None  # why the plan does not cover the table; None when it does
    notes: tuple[str, ...]  # what a person should know beside the mapping
    now: datetime  # when the run that made the plan began, UTC: what a default 'now' means


class Healed(NamedTuple):
    """A batch after healing.

    `parts` together hold every good row once. Each part is a frame of ROW + target columns in wire
    dtypes; parts differ in which columns they leave to the server's DEFAULT.
    """

    parts: tuple[pl.DataFrame, ...]
    rejects: pl.DataFrame  # REJECTS
    heals: tuple[tuple[str, HealMask], ...]  # target column, mask over `rows`
    rows: pl.Series  # row numbers the masks refer to, Int64
    leftovers: pl.DataFrame | None  # ROW + unmatched source columns as text


class Written(NamedTuple):
    """What became of a healed batch."""

    loaded: pl.Series  # row numbers committed by this run
    rejects: pl.DataFrame  # REJECTS: those found before the server saw them, and those it refused
    duplicates: pl.DataFrame  # REJECTS: losers under --on-conflict ignore|update
    already: int  # rows that another run had settled


# --------------------------------------------------------------------------- what the user asked for


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read; None means: find out from the bytes."""

    format: Format | None = None
    delimiter: str | None = None
    quote: str | None = None  # '' for none
    escape: str | None = None
    encoding: str | None = None
    header: bool | None = None
    skip_rows: int = 0
    columns: tuple[str, ...] = ()  # names to use in place of the header's
    batch_bytes: int = 8 * 2**20


@dataclass(frozen=True, slots=True)
class MatchOptions:
    renames: tuple[tuple[str, str], ...] = ()  # --map SRC=DST
    strategy: Literal["weighted", "majority", "unanimous"] = "weighted"
    min_confidence: float = 0.7
    min_margin: float = 0.1
    override_identity: bool = False


@dataclass(frozen=True, slots=True)
class WriteOptions:
    jobs: int = 2
    ordered: bool = False
    atomic: bool = False
    dry_run: bool = False
    on_conflict: Literal["reject", "ignore", "update"] = "reject"
    key: tuple[str, ...] = ()
    timeout_s: float = 30.0  # per batch: statement and transaction
    lock_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """One `heal load` or `heal plan`, as the command line or a Python caller asks for it."""

    sources: tuple[str, ...]
    table: str  # 'table' or 'schema.table', as typed
    conninfo: str  # libpq connection string; '' leaves everything to PG*
    state_dir: str  # rejects and leftovers live here
    read: ReadOptions = ReadOptions()
    values: ValueOptions = ValueOptions()
    match: MatchOptions = MatchOptions()
    write: WriteOptions = WriteOptions()
    unknown_columns: Literal["rescue", "drop", "reject", "add"] = "rescue"
    create: bool = False  # make a missing table from the source
    ddl: str | None = None  # path of SQL to run when the table is missing
    max_rejects: str | None = None  # 'N' or 'N%'
    rejects_path: str | None = None
    limit: int | None = None
    again: bool = False
    source_id: str | None = None
    catalogues: tuple[str, ...] = ()  # more pattern files


# --------------------------------------------------------------------------- reports


@dataclass(frozen=True, slots=True)
class Rows:
    """Row counts of a batch, a source or a run; they add up with `+`."""

    read: int = 0
    loaded: int = 0
    healed: int = 0
    duplicates: int = 0
    rejected: int = 0
    spooled: int = 0
    already: int = 0

    def __add__(self, other: Rows) -> Rows:
        return Rows(
            self.read + other.read,
            self.loaded + other.loaded,
            self.healed + other.healed,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            self.spooled + other.spooled,
            self.already + other.already,
        )

    @property
    def is_conserved(self) -> bool:
        """P1: read = loaded + duplicates + rejected + spooled."""
        return self.read == self.loaded + self.duplicates + self.rejected + self.spooled


@dataclass(frozen=True, slots=True)
class HealTally:
    """How often one rule changed one column, over rows that were loaded."""

    column: str
    rule: str
    rows: int
    lossy: bool = False
    assumption: bool = False


@dataclass(frozen=True, slots=True)
class PatternTrial:
    """A pattern's confidence before and after this run."""

    pattern: str
    before: float
    after: float
    success: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What the terminal shows while a run goes on."""

    source: str
    position: int
    size: int | None
    rows: Rows


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The outcome of a run: what `heal load` prints and `--json` serialises (design 4)."""

    run: str
    table: str
    schema_version: str
    sources: tuple[Source, ...]
    plan: Plan | None
    rows: Rows
    heals: tuple[HealTally, ...]
    reject_reasons: Mapping[str, int]
    rejects_path: str | None
    leftovers_path: str | None
    trials: tuple[PatternTrial, ...]
    notes: tuple[str, ...]
    seconds: float
    exit_code: int
    resume: str | None = None  # command that goes on, when the run stopped early
