"""What the user asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from heal_cli.model.source import Format
from heal_cli.model.values import ValueOptions


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read; None means: find out from the bytes."""

    format: Format | None = None
    delimiter: str | None = None
    quote: str | None = None  # '' for none
    escape: str | None = None
    encoding: str | None = None
    header: bool | None = None
    skip_rows: int | None = None  # lines above the header
    footer: int | None = None  # lines below the last record
    comment: str | None = None  # begins a line that is no record; '' for none
    json_path: str | None = (
        None  # keys that lead to the array of records, parted by dots, `*` for all values of an object; '.' for none
    )
    json_form: str | None = None  # JSON, as found: what makes objects of records that are none
    columns: tuple[str, ...] = ()  # names to use in place of the header's
    batch_bytes: int = 12 * 2**20
    dialect: str | None = None  # JSON, as an earlier look at the source found it: leaves nothing to find out


@dataclass(frozen=True, slots=True)
class MatchOptions:
    renames: tuple[tuple[str, str], ...] = ()  # --map SRC=DST
    added: tuple[tuple[str, str], ...] = ()  # source and the column that --unknown-columns add made for it
    strategy: Literal["weighted", "majority", "unanimous"] = "weighted"
    min_confidence: float = 0.7
    min_margin: float = 0.1
    override_identity: bool = False
    semantic: bool | None = None  # ask a model of language about open columns; None: where it is installed


@dataclass(frozen=True, slots=True)
class WriteOptions:
    jobs: int = 2
    ordered: bool = False
    atomic: bool = False
    dry_run: bool = False
    mode: Literal["insert", "upsert", "update", "delete", "replace"] = "insert"
    max_change: str | None = None  # 'N' or 'N%' rows of the table that may be changed or deleted
    restore: bool = True  # keep what changed rows were before
    on_conflict: Literal["reject", "ignore", "update"] = "reject"
    key: tuple[str, ...] = ()
    timeout_s: float = 30.0  # per batch: statement and transaction
    lock_timeout_s: float = 30.0
    retry_s: float = 10.0  # how long a database that is away is tried again before rows are spooled

    @property
    def is_atomic(self) -> bool:
        """All of the run is committed, or nothing."""
        return self.atomic or self.mode == "replace"

    @property
    def is_one_transaction(self) -> bool:
        """The whole run commits or rolls back together, over one connection and without a time limit."""
        return self.is_atomic or self.dry_run

    @property
    def recorded_mode(self) -> str:
        """How rows are written, as the ledger calls it: undo knows by it what it may take back."""
        if self.mode != "insert":
            return self.mode if self.restore else "overwrite"
        return "overwrite" if self.on_conflict == "update" else "insert"

    @property
    def changes_rows(self) -> bool:
        """Rows of the table may be changed or deleted: of two such changes the later one counts."""
        return self.mode != "insert" or self.on_conflict == "update"

    @property
    def keeps_order(self) -> bool:
        """No row may overtake an earlier one: asked for, or the later of two changes would be undone."""
        return self.ordered or self.changes_rows

    @property
    def conflicts(self) -> Literal["reject", "ignore", "update"]:
        """What a key that is there means: a mode that changes rows looks for it."""
        return self.on_conflict if self.mode in ("insert", "replace") else "update"

    @property
    def connections(self) -> int:
        """How many connections write: one where order or a single transaction asks for it.

        Of two changes of one row the later in the source counts. Batches whose keys are all different could go
        side by side only where nothing else ties rows together: a unique value that an earlier batch frees for a
        later one, a reference of the table to itself, a trigger. In any other order they would come out otherwise.
        """
        return 1 if self.keeps_order or self.is_one_transaction else self.jobs


@dataclass(frozen=True, slots=True)
class FallbackOptions:
    """What becomes of rows while the database is away."""

    spool: bool = True
    spool_bytes: int = 10 * 2**30
    emergency_log: str | None = None  # None: in the state folder


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """One `heal load` or `heal plan`, as the command line or a Python caller asks for it."""

    sources: tuple[str, ...]
    table: str  # 'table' or 'schema.table', as typed
    conninfo: str  # libpq connection string; '' leaves everything to PG*
    state_dir: str  # rejects and leftovers live here
    read: ReadOptions = ReadOptions()
    values: ValueOptions = field(default_factory=ValueOptions)
    match: MatchOptions = MatchOptions()
    write: WriteOptions = WriteOptions()
    fallback: FallbackOptions = FallbackOptions()
    unknown_columns: Literal["rescue", "drop", "reject", "add"] = "rescue"
    create: bool = False  # make a missing table from the source
    ddl: str | None = None  # path of SQL to run when the table is missing
    max_rejects: str | None = None  # 'N' or 'N%'
    rejects_path: str | None = None
    limit: int | None = None
    again: bool = False
    source_id: str | None = None
    source_name: str | None = (
        None  # what rejects and ledger call a lone source that was spooled; None: its path
    )
    spooled_by: str | None = (
        None  # run that spooled a lone source whole: what others loaded of it since counts
    )
    is_cut: bool = False  # the source is the beginning of another, which goes on from it
    catalogues: tuple[str, ...] = ()  # more pattern files
    plan: str | None = None  # path of a saved plan, to be followed exactly
