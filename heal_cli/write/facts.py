"""What the screen has to know of a table beyond its `TableSchema`, read from the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

_QUERY: Final = resources.files(__package__).joinpath("sql", "screen.sql").read_bytes()

MOST_PARTITIONS: Final = 256
"""More bounds than this in one expression cost more than the server's own routing of the rows."""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that refuses a row where it is false."""

    name: str | None  # None: a partition bound
    expression: str
    definition: str  # for people


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column's type under all domains, as SQL, and what the domains demand."""

    name: str
    base: str  # without modifiers: an explicit cast to it never truncates
    full: str  # with modifiers
    has_modifier: bool
    generated: str | None  # expression
    checks: tuple[Check, ...]  # of its domains, innermost first, over VALUE


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a unique index."""

    expression: str
    collation: str | None
    is_bytewise: bool  # no collation makes different texts equal
    is_ordered: bool  # the index is in the order that ORDER BY means
    operator: str | None  # equality, qualified; None where grouping would compare otherwise


@dataclass(frozen=True, slots=True)
class Unique:
    """A primary key, unique constraint or unique index."""

    name: str
    constraint: str | None  # its name, where the index belongs to one
    is_primary: bool
    is_deferrable: bool
    partitions: tuple[str, ...]  # names of its parts there: a refusal names one of them
    predicate: str | None
    nulls_not_distinct: bool
    columns: tuple[str, ...]
    keys: tuple[Key, ...]

    @property
    def named(self) -> str:
        """Its keys as the server's messages name them: (a, lower(b))."""
        return f"({', '.join(key.expression for key in self.keys)})"


@dataclass(frozen=True, slots=True)
class Pair:
    """One column of a foreign key and the one it refers to."""

    column: str
    referenced: str
    operator: str  # referenced = referring
    collation: str | None


@dataclass(frozen=True, slots=True)
class Foreign:
    """A foreign key."""

    name: str
    references: str  # quoted, qualified
    only: bool  # rows of inheritance children are no parents
    is_self: bool
    is_hidden: bool  # row security hides parents from this role, never from the server's own check
    is_full: bool  # MATCH FULL
    pairs: tuple[Pair, ...]

    @property
    def named(self) -> str:
        """Its columns as the server's messages name them: (a, b)."""
        return f"({', '.join(pair.column for pair in self.pairs)})"


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, for one table."""

    can_stage: bool  # the role may make temporary tables
    columns: dict[str, ColumnFacts]
    uniques: tuple[Unique, ...]
    foreigns: tuple[Foreign, ...]
    bounds: tuple[Check, ...]  # of partitioning

    def mentions(self, name: str, checks: Iterable[str | None]) -> bool:
        """Some constraint may depend on the column; `checks` are expressions of the table's own.

        It looks for the name in the text, which finds too many columns and never too few.
        """
        texts = [*checks, *(facts.generated for facts in self.columns.values())]
        for unique in self.uniques:
            texts += [unique.predicate, *(key.expression for key in unique.keys)]
        texts += [bound.expression for bound in self.bounds]
        if any(name == pair.column for foreign in self.foreigns for pair in foreign.pairs):
            return True
        if any(
            name == pair.referenced for foreign in self.foreigns if foreign.is_self for pair in foreign.pairs
        ):
            return True
        quoted = name.replace('"', '""')
        return any(text is not None and quoted in text for text in texts)


def read_facts(connection: psycopg.Connection, oid: int) -> Facts:
    """The facts of a relation; the `search_path` has to be pg_catalog."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            _QUERY, {"oid": oid, "most_partitions": MOST_PARTITIONS}, prepare=False
        ).fetchone()
    if row is None:
        raise AssertionError("a query without FROM has one row")
    return Facts(
        can_stage=row["can_stage"],
        columns={fact["name"]: _to_column(fact) for fact in row["columns"] or ()},
        uniques=tuple(_to_unique(fact) for fact in row["uniques"] or ()),
        foreigns=tuple(_to_foreign(fact) for fact in row["foreigns"] or ()),
        bounds=tuple(_bounds(row["own_bound"], row["bounds"], is_partitioned=row["is_partitioned"])),
    )


def _to_column(fact: dict[str, Any]) -> ColumnFacts:
    return ColumnFacts(
        fact["name"],
        fact["base"],
        fact["full"],
        fact["typmod"] >= 0,
        fact["generated"],
        tuple(Check(**check) for check in fact["checks"] or ()),
    )


def _to_unique(fact: dict[str, Any]) -> Unique:
    return Unique(
        fact["name"],
        fact["constraint"],
        fact["primary"],
        fact["deferrable"],
        tuple(fact["partitions"]),
        fact["predicate"],
        fact["nulls_not_distinct"],
        tuple(fact["columns"]),
        tuple(Key(**key) for key in fact["keys"]),
    )


def _to_foreign(fact: dict[str, Any]) -> Foreign:
    pairs = tuple(Pair(**pair) for pair in fact.pop("pairs"))
    return Foreign(**fact, pairs=pairs)


def _bounds(own: str | None, leaves: list[str | None] | None, *, is_partitioned: bool) -> list[Check]:
    checks = [Check(None, own, "the partition's bound")] if own else []
    if is_partitioned and leaves and all(leaves):
        anywhere = " OR ".join(f"({leaf})" for leaf in leaves)
        checks.append(Check(None, f"({anywhere}) IS TRUE", "a partition for the row"))
    return checks
