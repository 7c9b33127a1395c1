"""A database for what patterns have learned."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from heal_cli.patterns import ensure


@pytest.fixture
def heal(conn: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A connection to a database with an empty schema `heal`, dropped afterwards."""
    assert ensure(conn)
    yield conn
    conn.execute("drop schema if exists heal cascade")
