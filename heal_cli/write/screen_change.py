"""Rows of an update or delete whose key is in no row of the table, or in a later row of the batch."""

from __future__ import annotations

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.model import REJECTS, ROW
from heal_cli.write.facts import Unique
from heal_cli.write.resolve import all_but_last
from heal_cli.write.screen import Screen, is_filled
from heal_cli.write.screen_batch import superseded
from heal_cli.write.screen_cells import to_faults
from heal_cli.write.screen_faults import merge_faults
from heal_cli.write.screen_keys import taken_keys
from heal_cli.write.stage import Stage, catalog_path

NO_SUCH_ROW = "no_such_row"


class ChangeScreen(Screen):
    """Screens keys alone: constraints on values that stay in the table are known to the server only."""

    def find(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> pl.DataFrame | None:
        """KNOWN: rows without a row of their key in the table, and those that a later one supersedes."""
        (key,) = self._conflict.arbiters
        stage = Stage(self._table, self._facts, rows.schema, key.columns)
        with catalog_path(cursor.connection):
            if not is_filled(cursor, stage, rows):
                return None
            relation = stage.relation(soft=self._is_soft)
            taken = taken_keys(cursor, relation, self._table, key)
            if taken is None:
                return None
            there = pl.Series([found.row for found in taken], dtype=pl.Int64)
            missing = rows.filter(~pl.col(ROW).is_in(there.implode()))
            found = [_no_such_row(missing, key)] if missing.height else []
            found += self._repeated(cursor, relation, rows, key, set(missing[ROW]))
        return merge_faults(found, rows)

    def _repeated(
        self,
        cursor: psycopg.Cursor,
        relation: sql.Composable,
        rows: pl.DataFrame,
        key: Unique,
        gone: set[int],
    ) -> list[pl.DataFrame]:
        group = self._group(cursor, relation, rows, key)
        winners = all_but_last(group.groups, gone) if group else {}
        return [superseded(group, winners)] if group and winners else []


def _no_such_row(rows: pl.DataFrame, key: Unique) -> pl.DataFrame:
    names = ", ".join(key.columns)
    values = [pl.col(name).cast(pl.String).fill_null("NULL") for name in key.columns]
    said = rows.select(
        ROW,
        said=pl.format(
            "No row of the table has {} = ({})", pl.lit(f"({names})"), pl.concat_str(values, separator=", ")
        ),
    )
    faults = to_faults(said, "", columns=key.columns, reason=NO_SUCH_ROW)
    return faults.with_columns(sqlstate=pl.lit(None, pl.String))


def no_such_row(row: pl.DataFrame, key: Unique) -> pl.DataFrame:
    """REJECTS for a lone row whose change touched nothing."""
    return merge_faults([_no_such_row(row, key)], row).match_to_schema(REJECTS, extra_columns="ignore")
