"""Fixtures of the whole suite: a PostgreSQL server, a database per module, a schema per test.

The embedded server is started for the run unless HEAL_TEST_DSN names another.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from heal_cli import embedded
from heal_cli.embedded.binaries import server_version

# The same examples in every run: a gate that draws new ones fails for what another change did. New ones are
# drawn by `pytest --hypothesis-profile=explore`.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile("gate")

os.environ["HEAL_SEMANTIC"] = "false"  # opening the model costs each load with an open column a second


def pytest_report_header() -> str:
    """Say which server the tests talk to."""
    dsn = os.environ.get("HEAL_TEST_DSN")
    if not dsn:
        return f"postgresql: embedded {server_version(embedded.find_binaries())[1]}"
    with psycopg.connect(dsn) as conn:
        return f"postgresql: {conn.info.parameter_status('server_version')} from HEAL_TEST_DSN"


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[..., str]]:
    """Starts a server, by the programs of a folder or heal's own; its conninfo as superuser; all end with the run."""
    with ExitStack() as stack:

        def start(bin_dir: Path | None = None) -> str:
            folder = Path(tempfile.mkdtemp(prefix="heal-tests-", dir="/tmp"))
            stack.callback(shutil.rmtree, folder)
            stack.callback(embedded.stop, folder)
            conninfo = embedded.start(folder, bin_dir=bin_dir).conninfo
            with psycopg.connect(conninfo, autocommit=True) as conn:
                # No test cuts the power: a killed server loses nothing without fsync either.
                conn.execute("alter system set fsync = off")
                conn.execute("select pg_reload_conf()")
            return conninfo

        yield start


@pytest.fixture(scope="session")
def server(start_server: Callable[..., str]) -> str:
    """Conninfo of a server for the whole run, superuser, in its maintenance database."""
    return os.environ.get("HEAL_TEST_DSN") or start_server()


@pytest.fixture(scope="module")
def conninfo(server: str) -> Iterator[str]:
    """Conninfo of a fresh database, dropped after the module."""
    name = f"heal_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        # wal_log copies the template without two checkpoints: .1 s in place of up to 1 s.
        admin.execute(
            sql.SQL("create database {} template template0 strategy wal_log").format(sql.Identifier(name))
        )
        yield make_conninfo(server, dbname=name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def conn(conninfo: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """An autocommit connection whose search_path is a fresh schema, dropped after the test."""
    name = sql.Identifier(f"t_{uuid.uuid4().hex[:12]}")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema {}").format(name))
        connection.execute(sql.SQL("set search_path = {}, public").format(name))
        yield connection
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("drop schema {} cascade").format(name))


@pytest.fixture
def schema(conn: psycopg.Connection) -> str:
    """Name of the schema that the test works in."""
    (name,) = conn.execute("select current_schema()").fetchone() or ("",)
    return str(name)


@pytest.fixture
def dsn(conninfo: str, schema: str) -> str:
    """Conninfo with the test's schema as its search_path."""
    return make_conninfo(conninfo, options=f"-c search_path={schema}")
