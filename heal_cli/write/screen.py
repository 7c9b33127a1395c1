"""Every row of a segment that a constraint refuses, found by one query for each constraint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.model import ROW, TableSchema
from heal_cli.write.conflict import Conflict
from heal_cli.write.facts import Facts, Foreign, Unique
from heal_cli.write.screen_batch import Group, faults_between, no_parent
from heal_cli.write.screen_cells import (
    FAULTS,
    ask,
    bad_texts,
    domain_checks,
    long_texts,
    missing_values,
    table_checks,
    to_faults,
)
from heal_cli.write.screen_faults import merge_faults, of_known_values
from heal_cli.write.screen_keys import (
    equal_columns,
    missing_parents,
    parents_in_batch,
    shared_columns,
    shared_keys,
    taken_keys,
    to_frame,
)
from heal_cli.write.sqlstate import UNIQUE_VIOLATION, Fault, fault_of
from heal_cli.write.stage import Stage, catalog_path, may_refuse

SOFT_ERRORS_SINCE: Final = 160000
"""server_version_num of the first pg_input_is_valid."""


class Screen:
    """Finds the faults of staged rows of one table; nothing it does outlives its savepoint."""

    def __init__(self, table: TableSchema, facts: Facts, conflict: Conflict, run: str | None) -> None:
        """`run`: as the ledger knows it, None where there is no ledger."""
        self._table = table
        self._facts = facts
        self._conflict = conflict
        self._run = run
        self._is_soft = table.server_version >= SOFT_ERRORS_SINCE

    def find(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> pl.DataFrame | None:
        """KNOWN: the rows that the table refuses and why, or None if the rows cannot be staged.

        What no query can tell is not there: the server still has the last word on all other rows.
        """
        names = self._staged(rows)
        stage = Stage(self._table, self._facts, rows.schema, names)
        with catalog_path(cursor.connection):
            if names and not is_filled(cursor, stage, rows):
                return None
            found, unsafe = self._value_faults(cursor, stage, rows)
            found += missing_values(rows, self._table)
            if names:
                relation = stage.relation(soft=self._is_soft, unsafe=unsafe)
                found += table_checks(cursor, relation, self._table, self._facts)
                found += self._key_faults(cursor, relation, rows, found)
        return self._conflict.ignored(merge_faults(found, rows))

    def stages(self, rows: pl.DataFrame) -> bool:
        """Some constraint is on these columns, so that `also_wrong` has a query to ask."""
        return bool(self._staged(rows))

    def also_wrong(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> pl.DataFrame | None:
        """ROW and `more`: what each constraint says of rows that are rejects already; None if they cannot be staged.

        Args:
            rows: What did not convert is null; a constraint over a null is silent about the row.
        """
        names = self._staged(rows)
        if not names:
            return None
        stage = Stage(self._table, self._facts, rows.schema, names)
        with catalog_path(cursor.connection):
            if not is_filled(cursor, stage, rows):
                return None
            found, unsafe = self._value_faults(cursor, stage, rows)
            relation = stage.relation(soft=self._is_soft, unsafe=unsafe)
            found += table_checks(cursor, relation, self._table, self._facts)
            for unique in self._facts.uniques:
                found += self._taken(cursor, relation, unique)
            found += self._orphaned(cursor, relation)
        every = pl.concat([FAULTS.to_frame(), *(of_known_values(faults, rows) for faults in found)])
        return every.group_by(ROW, maintain_order=True).agg(pl.col("said").alias("more"))

    def groups_of(self, cursor: psycopg.Cursor, rows: pl.DataFrame, unique: Unique) -> dict[int, int] | None:
        """Row -> number of its group, of the rows that share their key; None where no query can tell.

        Args:
            rows: ROW and all columns of the key.
        """
        if not self._facts.can_stage:
            return None
        stage = Stage(self._table, self._facts, rows.schema, unique.columns)
        with catalog_path(cursor.connection):
            if not is_filled(cursor, stage, rows):
                return None
            shared = shared_keys(cursor, stage.relation(soft=self._is_soft), unique)
        return None if shared is None else {row: group for row, group, _ in shared}

    def _value_faults(
        self, cursor: psycopg.Cursor, stage: Stage, rows: pl.DataFrame
    ) -> tuple[list[pl.DataFrame], frozenset[str]]:
        """FAULTS of values that their column's type refuses, and the columns whose type has no soft errors."""
        found, unsafe = [*long_texts(rows, self._table)], frozenset[str]()
        if self._is_soft:
            texts, unsafe = bad_texts(cursor, stage, self._table, self._facts)
            found += texts
        found += domain_checks(cursor, stage, self._facts, soft=self._is_soft, unsafe=unsafe)
        # The server reads a row's values from left to right.
        return sorted(found, key=lambda faults: rows.columns.index(faults["column"][0])), unsafe

    def _staged(self, rows: pl.DataFrame) -> list[str]:
        """The columns that a query has to see; most of a wide table stays at home."""
        checks = [c.expression for c in self._table.constraints if c.kind == "c"]
        return [
            name
            for name, dtype in rows.drop(ROW).schema.items()
            if self._facts.columns[name].checks
            or (self._is_soft and may_refuse(self._table.column(name), dtype))
            or self._facts.mentions(name, checks)
        ]

    def _key_faults(
        self,
        cursor: psycopg.Cursor,
        relation: sql.Composable,
        rows: pl.DataFrame,
        before: Sequence[pl.DataFrame],
    ) -> list[pl.DataFrame]:
        """FAULTS against the table, then those between the rows that are left."""
        # An arbiter speaks before any other constraint: INSERT ... ON CONFLICT does so too.
        uniques = sorted(self._facts.uniques, key=lambda unique: not self._conflict.is_arbiter(unique.name))
        found = [faults for unique in uniques for faults in self._taken(cursor, relation, unique)]
        orphaned = list(self._orphaned(cursor, relation))  # the server looks for parents last
        refused = {row for frame in (*before, *found, *orphaned) for row in frame[ROW]}
        groups = [
            group for unique in uniques if (group := self._group(cursor, relation, rows, unique)) is not None
        ]
        references = [
            foreign for foreign in self._facts.foreigns if foreign.is_self and not foreign.is_hidden
        ]
        parents = [parents_in_batch(cursor, relation, foreign) for foreign in references]
        between = faults_between(groups, references, parents, refused, is_last_written=self._updates_by)
        return found + between + orphaned

    def _group(
        self, cursor: psycopg.Cursor, relation: sql.Composable, rows: pl.DataFrame, unique: Unique
    ) -> Group | None:
        """The rows that share a key; None where none do, or where no query can tell."""
        exact = equal_columns(rows, self._table, unique)
        shared = shared_columns(rows, exact, unique) if exact else shared_keys(cursor, relation, unique)
        if not shared:
            return None
        return Group(unique, {row: group for row, group, _ in shared}, {row: key for row, _, key in shared})

    def _orphaned(self, cursor: psycopg.Cursor, relation: sql.Composable) -> Iterator[pl.DataFrame]:
        """FAULTS of references to other tables."""
        for foreign in self._facts.foreigns:
            if not foreign.is_self and (missing := missing_parents(cursor, relation, foreign)):
                yield no_parent(foreign, to_frame(missing, _parent_said(foreign)))

    def _taken(self, cursor: psycopg.Cursor, relation: sql.Composable, unique: Unique) -> list[pl.DataFrame]:
        # Under `update` the row that is there gives way, and with it perhaps its other keys.
        if self._conflict.mode == "update" or self._table.row_security:
            return []
        taken = taken_keys(cursor, relation, self._table, unique)
        if not taken:
            return []
        ours = self._own_transactions(cursor)
        if ours is None:
            place: pl.Expr = pl.lit("in the table")
        else:
            place = (
                pl.when(pl.col("xmin").is_in(ours))
                .then(pl.lit("in the table from earlier in this run"))
                .otherwise(pl.lit("in the table before"))
            )
        said = pl.format("{} = ({}) is {}", pl.lit(f"Key {unique.named}"), pl.col("key"), place)
        return [
            to_faults(to_frame(taken, said), UNIQUE_VIOLATION, constraint=unique.name, columns=unique.columns)
        ]

    def _own_transactions(self, cursor: psycopg.Cursor) -> list[str] | None:
        """The xmin of every row that this run wrote: each ledger piece has that of its rows."""
        if self._run is None:
            return None
        rows = ask(
            cursor,
            sql.SQL(
                "SELECT DISTINCT b.xmin::pg_catalog.text FROM heal.load_batches AS b WHERE b.run = {}::uuid"
            ).format(sql.Literal(self._run)),
        )
        return None if rows is None else [str(xmin) for (xmin,) in rows]

    def _updates_by(self, unique: Unique) -> bool:
        """Of the rows that have its keys in common, the last is written."""
        return self._conflict.mode == "update" and self._conflict.is_arbiter(unique.name)


def is_filled(cursor: psycopg.Cursor, stage: Stage, rows: pl.DataFrame) -> bool:
    """The rows are in the temporary table now, and it took them all."""
    try:
        with cursor.connection.transaction():
            stage.fill(cursor, rows)
    except psycopg.Error as error:
        if cursor.connection.broken or fault_of(error) not in {Fault.ROW, Fault.PLAN}:
            raise
        return False
    return True


def _parent_said(foreign: Foreign) -> pl.Expr:
    return pl.format(
        "{} = ({}) is not in {}", pl.lit(f"Key {foreign.named}"), "key", pl.lit(foreign.references)
    )
