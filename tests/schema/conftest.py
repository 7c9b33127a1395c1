"""What the tests of this room share: a role that owns nothing, and the schema of the test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql


@pytest.fixture
def role(conn: psycopg.Connection, schema: str) -> Iterator[str]:
    """A role without any right but USAGE on the test's schema; dropped after the test."""
    name = f"heal_role_{uuid.uuid4().hex[:12]}"
    conn.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    conn.execute(
        sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), sql.Identifier(name))
    )
    yield name
    conn.execute("reset role")
    conn.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(name)))
