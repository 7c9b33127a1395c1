"""Foreign keys that would change rows elsewhere when rows of a table go away or change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import psycopg
from psycopg import sql

from heal_cli.wording import counted
from heal_cli.write.connection import table_name

_ALL: Final = sql.SQL("true")

_KEYS: Final = (
    "SELECT n.nspname::text, c.relname::text, conrelid = %(oid)s, k.conname::text,"
    " array_agg(own.attname::text ORDER BY place), array_agg(their.attname::text ORDER BY place)"
    " FROM pg_catalog.pg_constraint AS k"
    " JOIN pg_catalog.pg_class AS c ON c.oid = conrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace"
    " CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(conkey), pg_catalog.unnest(confkey))"
    " WITH ORDINALITY AS pair (own, their, place)"
    " JOIN pg_catalog.pg_attribute AS own ON (own.attrelid, own.attnum) = (conrelid, pair.own)"
    " JOIN pg_catalog.pg_attribute AS their ON (their.attrelid, their.attnum) = (confrelid, pair.their)"
    " WHERE (confrelid = %(oid)s OR confrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(%(oid)s::oid::regclass)))"
    " AND contype = 'f' AND conparentid = 0"
    " AND CASE WHEN %(updates)s THEN confupdtype IN ('n', 'd') ELSE confdeltype IN ('c', 'n', 'd') END"
    " GROUP BY 1, 2, 3, 4, k.oid"
)


class Reference(NamedTuple):
    """Rows of a table that a foreign key would delete or change."""

    table: str
    constraint: str
    rows: int

    @property
    def told(self) -> str:
        """'3 rows of that table refer', the beginning of what a refusal says."""
        return counted(self.rows, f"row of {self.table} refers", f"rows of {self.table} refer")


def silent_references(
    cursor: psycopg.Cursor,
    oid: int,
    target: sql.Composable,
    *,
    going: sql.Composable = _ALL,
    own: sql.Composable = _ALL,
) -> Iterator[Reference]:
    """Where rows would be deleted or changed without a word; a key that only refuses says so itself.

    Args:
        target: The table, for FROM.
        going: Which of its rows `t` go away.
        own: Which rows `c` of the table itself count: those that stay.

    No row comes to refer to them between this look and the end of the transaction.
    """
    cursor.execute(_KEYS.encode(), {"oid": oid, "updates": False})
    keys = cursor.fetchall()
    if keys and _may_lock(cursor, oid):
        held = sql.SQL("SELECT count(*) FROM (SELECT FROM {} AS t WHERE {} FOR UPDATE OF t) AS held")
        cursor.execute(held.format(target, going))
    for schema, name, is_own, constraint, columns, referenced in keys:
        cursor.execute(
            sql.SQL("SELECT count(*) FROM {} AS c JOIN {} AS t ON {} WHERE {} AND {}").format(
                table_name(schema, name), target, _same(columns, referenced), going, own if is_own else _ALL
            )
        )
        (rows,) = cursor.fetchone() or (0,)
        if rows:
            yield Reference(f"{schema}.{name}", constraint, rows)


def lost_references(
    cursor: psycopg.Cursor,
    oid: int,
    target: sql.Composable,
    *,
    values: Mapping[str, sql.Composable],
    source: sql.Composable,
    match: sql.Composable,
) -> Iterator[Reference]:
    """Where rows would lose, without a word, what they refer to, since it gets another value.

    With ON UPDATE CASCADE they follow, and follow back when the value does.

    Args:
        target: The table, for FROM; its rows are `t`.
        values: Column -> what it gets.
        source: Where those come from, for FROM.
        match: Which row gets which.
    """
    cursor.execute(_KEYS.encode(), {"oid": oid, "updates": True})
    for schema, name, _, constraint, columns, referenced in cursor.fetchall():
        changed = [
            sql.SQL("t.{} IS DISTINCT FROM {}").format(sql.Identifier(its), values[its])
            for its in referenced
            if its in values
        ]
        if not changed:
            continue
        cursor.execute(
            sql.SQL("SELECT count(*) FROM {} AS c JOIN {} AS t ON {} JOIN {} ON {} WHERE {}").format(
                *(table_name(schema, name), target, _same(columns, referenced)),
                *(source, match, sql.SQL(" OR ").join(changed)),
            )
        )
        (rows,) = cursor.fetchone() or (0,)
        if rows:
            yield Reference(f"{schema}.{name}", constraint, rows)


def _may_lock(cursor: psycopg.Cursor, oid: int) -> bool:
    """The role may lock rows, which takes the right to update some column; to delete them it needs none."""
    cursor.execute("SELECT pg_catalog.has_any_column_privilege(%s::oid, 'UPDATE')", (oid,))
    return cursor.fetchone() == (True,)


def _same(columns: Sequence[str], referenced: Sequence[str]) -> sql.Composed:
    """Row `c` refers to row `t`."""
    return sql.SQL(" AND ").join(
        sql.SQL("c.{} = t.{}").format(sql.Identifier(mine), sql.Identifier(its))
        for mine, its in zip(columns, referenced, strict=True)
    )
