"""Foreign keys that would change rows elsewhere when rows of a table go away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import psycopg
from psycopg import sql

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
    " AND contype = 'f' AND conparentid = 0 AND confdeltype IN ('c', 'n', 'd')"
    " GROUP BY 1, 2, 3, 4, k.oid"
)


class Reference(NamedTuple):
    """Rows of a table that a foreign key would delete or change."""

    table: str
    constraint: str
    rows: int


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
    """
    cursor.execute(_KEYS.encode(), {"oid": oid})
    for schema, name, is_own, constraint, columns, referenced in cursor.fetchall():
        same = sql.SQL(" AND ").join(
            sql.SQL("c.{} = t.{}").format(sql.Identifier(mine), sql.Identifier(its))
            for mine, its in zip(columns, referenced, strict=True)
        )
        cursor.execute(
            sql.SQL("SELECT count(*) FROM {} AS c JOIN {} AS t ON {} WHERE {} AND {}").format(
                table_name(schema, name), target, same, going, own if is_own else _ALL
            )
        )
        (rows,) = cursor.fetchone() or (0,)
        if rows:
            yield Reference(f"{schema}.{name}", constraint, rows)
