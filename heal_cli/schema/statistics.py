"""What the table holds already, as far as the planner's statistics tell: evidence for matching, never a rule."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from heal_cli.model import KnownValues, TableSchema
from heal_cli.schema.session import catalog_only

_STATISTICS: Final = """
SELECT wanted.name, s.most_common_vals::text::text[] AS common, s.histogram_bounds::text::text[] AS bounds,
       s.n_distinct
FROM (
    SELECT a.attname AS name, a.attrelid AS relation, a.attname AS attribute, 1 AS place
    FROM pg_attribute a WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT a.attname, k.confrelid, f.attname, 2
    FROM pg_constraint k
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
    WHERE k.conrelid = %(oid)s AND k.contype = 'f' AND array_length(k.conkey, 1) = 1
) wanted
JOIN pg_class c ON c.oid = wanted.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = wanted.attribute
WHERE s.most_common_vals IS NOT NULL OR s.histogram_bounds IS NOT NULL
ORDER BY wanted.name, wanted.place, s.inherited
"""
"""A column's own values first, then those of the key that it refers to; other roles' tables stay unseen (pg_stats)."""


def read_statistics(conn: psycopg.Connection[Any], table: TableSchema) -> dict[str, KnownValues]:
    """Column -> values it has already, or that the key it refers to has; only for columns with statistics.

    They change with every ANALYZE, so they are no part of the schema version.
    """
    with catalog_only(conn), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_STATISTICS, {"oid": table.oid}, prepare=False).fetchall()
    known: dict[str, KnownValues] = {}
    for row in rows:
        common, bounds = row["common"] or (), row["bounds"] or ()
        found = KnownValues(
            common=tuple(common),
            low=bounds[0] if bounds else None,
            high=bounds[-1] if bounds else None,
            is_complete=not bounds and 0 < row["n_distinct"] <= len(common),
        )
        known.setdefault(row["name"], found)
    return known
