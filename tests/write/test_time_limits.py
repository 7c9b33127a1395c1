"""Every transaction has time limits, set for itself alone."""

from __future__ import annotations

import psycopg
import pytest

import heal_cli
from heal_cli.errors import HealError
from heal_cli.model import WriteOptions
from heal_cli.write import connect

NAMES = (
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
)
SHOWN = "select " + ", ".join(f"current_setting('{name}', true)" for name in NAMES)


@pytest.fixture
def expected(conn) -> tuple[str | None, ...]:
    """What 9 seconds a batch and 8 a lock look like; there is no transaction_timeout before PostgreSQL 17."""
    is_known = conn.info.server_version >= 170000
    return "9s", "8s", "9s", "9s" if is_known else None


def test_control_transactions(conninfo, expected) -> None:
    """A short transaction, and a statement by itself, have the limits of the run; the session has none."""
    with connect(conninfo, limits=WriteOptions(timeout_s=9, lock_timeout_s=8)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            before = cursor.execute(SHOWN).fetchone()
        assert connection.execute(SHOWN).fetchone() == expected
        with connection.transaction(), connection.transaction(force_rollback=True):
            assert connection.execute(SHOWN).fetchone() == expected
        with connection.cursor() as cursor:
            assert cursor.execute(SHOWN).fetchone() == before


@pytest.fixture
def spied(conn, dsn, tmp_path):
    """Writes down the limits in which anything is made in this database, or a row loaded into `t`."""
    conn.execute(
        f"""create table public.seen (tag text, {" text, ".join(NAMES)} text);
        create function public.spy() returns event_trigger language plpgsql as $$begin
            insert into public.seen select tg_tag, l.* from ({SHOWN}) l; end$$;
        create event trigger spy on ddl_command_end execute function public.spy();
        create function public.spy_row() returns trigger language plpgsql as $$begin
            insert into public.seen select 'row', l.* from ({SHOWN}) l; return new; end$$"""
    )
    yield {"dsn": dsn, "state_dir": str(tmp_path), "timeout": "9s", "lock_timeout": "8s"}
    conn.execute(
        "drop event trigger spy; drop table public.seen; drop function public.spy, public.spy_row cascade"
    )


def test_a_whole_load(conn, spied, expected, tmp_path) -> None:
    """The ledger's tables, --create, --ddl, new columns and batches are made within the limits."""
    conn.execute("drop schema if exists heal cascade; truncate public.seen")
    (tmp_path / "a.csv").write_text("id,v\n1,x\n")
    (tmp_path / "b.csv").write_text("id,v,w\n2,x,y\n")
    (tmp_path / "t.sql").write_text("create table u (id int, v text);\n")
    heal_cli.load(tmp_path / "a.csv", table="t", create=True, **spied)
    conn.execute("create trigger spy after insert on t for each row execute function public.spy_row()")
    heal_cli.load(tmp_path / "b.csv", table="t", unknown_columns="add", **spied)
    heal_cli.load(tmp_path / "a.csv", table="u", ddl=str(tmp_path / "t.sql"), **spied)
    seen = conn.execute("select * from public.seen where tag <> 'CREATE TRIGGER'").fetchall()
    assert {limits for _, *limits_ in seen if (limits := tuple(limits_))} == {expected}
    assert {"CREATE SCHEMA", "CREATE TABLE", "ALTER TABLE", "row"} <= {tag for tag, *_ in seen}


def test_a_table_that_is_held(conn, conninfo, spied, tmp_path) -> None:
    """A column that cannot be added because somebody holds the table ends the run with what to do."""
    conn.execute("create table t (id int, v text)")
    (tmp_path / "b.csv").write_text("id,v,w\n2,x,y\n")
    with psycopg.connect(spied["dsn"]) as other:
        other.execute("select from t")
        with pytest.raises(HealError, match="lock timeout") as error:
            heal_cli.load(
                tmp_path / "b.csv", table="t", unknown_columns="add", **{**spied, "lock_timeout": "100ms"}
            )
    assert error.value.hint is not None
    assert "--lock-timeout" in error.value.hint
