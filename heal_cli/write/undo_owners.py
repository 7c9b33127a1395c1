"""Whose the rows are that come back: their writers know them by the xmin of the savepoint that brings them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.write.undo_changes import Restorer

Owner = tuple[str, str]
"""A run, and the xmin of its piece, or `OF_UNDO`."""

OF_UNDO: Final = "0"


def bring_to_owners(cursor: psycopg.Cursor, restorer: Restorer, undo: str, oid: int) -> None:
    """Bring rows back; those that runs in the ledger had written are theirs again, and all are the undo's.

    Args:
        oid: Of the table.

    Raises:
        WriteError: Some did not come back as they were.
    """
    owners = _owners(cursor, restorer.staged, oid)
    with cursor.connection.transaction():
        restorer.bring_rest(list(owners))
        mark(cursor, [(undo, OF_UNDO)])
    for xmin, theirs in owners.items():
        with cursor.connection.transaction():
            restorer.bring_back(xmin)
            mark(cursor, [*theirs, (undo, OF_UNDO)])
    restorer.check()


def mark(cursor: psycopg.Cursor, owners: Iterable[Owner]) -> None:
    """Note that rows with the xmin of this savepoint are theirs."""
    cursor.executemany("INSERT INTO heal.moved_rows (run, was) VALUES (%s, %s::text::xid)", list(owners))


def _owners(cursor: psycopg.Cursor, staged: sql.Composable, oid: int) -> dict[str, list[Owner]]:
    """xmin -> who in the ledger had written the rows that have it among those that come back."""
    cursor.execute(
        sql.SQL(
            "WITH there AS MATERIALIZED (SELECT DISTINCT before_xmin FROM {}),"
            " pieces AS (SELECT xmin AS own, former, run, source FROM heal.load_batches WHERE loaded > 0"
            " UNION ALL SELECT xmin, former, run, source FROM heal.load_retries),"
            " written (x, run, own) AS (SELECT x, pieces.run, own FROM pieces JOIN heal.load_sources USING (source)"
            " CROSS JOIN LATERAL unnest(former || own) AS x WHERE table_oid = {oid}"
            " UNION SELECT m.xmin, run, was FROM heal.moved_rows AS m)"
            " SELECT x::text, run::text, own::text FROM written JOIN there ON x = before_xmin"
        ).format(staged, oid=sql.Literal(oid))
    )
    owners: defaultdict[str, list[Owner]] = defaultdict(list)
    for xmin, run, was in cursor.fetchall():
        owners[xmin].append((run, was))
    return owners
