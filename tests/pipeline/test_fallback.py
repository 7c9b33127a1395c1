"""A row that lacks the direct column takes the renamed one, value for value."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import psycopg

import heal_cli


def test_a_typed_fallback_loses_nothing(conn: psycopg.Connection, dsn: str, tmp_path: Path) -> None:
    """A fallback of another dtype is read as it is, not cast to the direct column's."""
    conn.execute("create table messages (id int primary key, content text)")
    frame = pl.DataFrame({"id": [1, 2], "content": [5, None], "message": [None, 12.75]})
    frame.write_parquet(tmp_path / "m.parquet")
    heal_cli.load(tmp_path / "m.parquet", table="messages", dsn=dsn, state_dir=str(tmp_path))
    found = conn.execute("select id, content from messages order by id").fetchall()
    assert [(key, Decimal(text)) for key, text in found] == [(1, Decimal(5)), (2, Decimal("12.75"))]
