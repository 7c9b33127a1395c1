"""The target table, as the catalog describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class PgType:
    """A PostgreSQL type with its modifiers; a domain is described by its base type."""

    oid: int  # of the declared type (the domain's own where there is one)
    name: str  # format_type(): 'numeric(10,4)', 'timestamp with time zone', 'integer[]'
    base: str  # pg_type.typname under all domains: 'int4', 'numeric', '_int4'; of people's own types 'schema.mood'
    kind: Literal["b", "c", "d", "e", "m", "r", "p"]  # pg_type.typtype of the base type
    precision: int | None = None  # numeric(p,s); fractional digits of times in `scale`
    scale: int | None = None
    length: int | None = None  # varchar(n), char(n), bit(n)
    labels: tuple[str, ...] = ()  # enum labels in order
    element: PgType | None = None  # of an array
    attributes: tuple[tuple[str, PgType], ...] = ()  # of a composite type: names and types, in order
    domain: str | None = None  # name of the outermost domain, None for a plain type


STAYS: Final = "NULL"
"""In the place of a default: what a change leaves out keeps its value, and a new row has none. No catalog says so."""


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
    def is_filled(self) -> bool:
        """The server has a value of its own for it."""
        return bool(self.identity) or self.default not in (None, STAYS)

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
class KnownValues:
    """What a column holds already, or the key that it refers to (pg_stats); values as PostgreSQL prints them."""

    common: tuple[str, ...]  # most frequent first
    low: str | None = None  # ends of the histogram of all others; None where there is none
    high: str | None = None
    is_complete: bool = False  # there are no others


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
    encoding: str = "UTF8"  # of the database

    @classmethod
    def of(
        cls, name: str, columns: tuple[Column, ...], constraints: tuple[Constraint, ...] = ()
    ) -> TableSchema:
        """A plain table that no server has: matching and converting ask for nothing more."""
        return cls(
            system_id="",
            database="",
            oid=0,
            schema="public",
            name=name,
            kind="r",
            columns=columns,
            constraints=constraints,
            triggers=(),
            row_security=False,
            can_insert=True,
            can_select=True,
            server_version=180000,
            version="",
        )

    @property
    def qualified(self) -> str:
        """`schema.name` for people; SQL goes through psycopg.sql."""
        return f"{self.schema}.{self.name}"

    @property
    def mending_triggers(self) -> tuple[Trigger, ...]:
        """Those that see a row before it is written: they may change it, fill it or swallow it."""
        return tuple(t for t in self.triggers if t.enabled and t.row and t.on_insert and t.timing != "after")

    @property
    def own_references(self) -> frozenset[str]:
        """Names of the foreign keys that refer to the table itself."""
        own = f"{self.schema}.{self.name}".replace('"', "")
        return frozenset(
            constraint.name
            for constraint in self.constraints
            if constraint.kind == "f" and (constraint.references or "").replace('"', "") == own
        )

    def column(self, name: str) -> Column:
        """The column of that exact name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
