"""A table behind a proxy that can take its server away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from proxy import Proxy
from server_away import Outage


@pytest.fixture
def outage(tmp_path: Path, conninfo: str, conn: psycopg.Connection, schema: str) -> Iterator[Outage]:
    """A table and a proxy to its server."""
    table = f"{schema}.kept"
    conn.execute(f"create table {table} (n bigint, k bigint unique, amount numeric(12,2), note text)")
    with Proxy(conninfo) as proxy:
        yield Outage(tmp_path, conninfo, proxy, conn, table)
