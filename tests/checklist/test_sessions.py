"""What a load leaves in its sessions, which a pooler hands to others; and databases that are not UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import heal_cli
from heal_cli.errors import WriteError

LASTING = (
    r'Parse\t "[^"]+"',  # a prepared statement with a name
    r'Query\t "\s*SET (?!LOCAL|CONSTRAINTS|TRANSACTION)',
    r"set_config\([^)]*, false\)",
    r"pg_advisory_lock\(",
    r"\b(LISTEN|DEALLOCATE|PREPARE|WITH HOLD)\b",
    r"CREATE TEMP(?!.*ON COMMIT DROP)",
)
"""What stays with a session after its transaction, in libpq's trace of the protocol."""


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A file of every protocol message of every connection that heal opens."""
    path = tmp_path / "trace"
    real = psycopg.Connection.connect.__func__  # type: ignore[attr-defined]
    with path.open("wb") as stream:

        def connect(cls: type, *args: Any, **kwargs: Any) -> psycopg.Connection[Any]:
            connection: psycopg.Connection[Any] = real(cls, *args, **kwargs)
            connection.pgconn.trace(stream.fileno())
            return connection

        monkeypatch.setattr(psycopg.Connection, "connect", classmethod(connect))
        yield path


@pytest.mark.parametrize(
    "options", [{}, {"on_conflict": "update"}, {"atomic": True}, {"jobs": 1, "dry_run": True}]
)
def test_nothing_stays_in_a_session(lab: Any, trace: Path, options: dict[str, Any]) -> None:
    """Behind a pooler each transaction may meet another session: no prepared statement, no setting, no lock outlives one."""
    lab.conn.execute("create table p (id int primary key); insert into p values (1)")
    lab.conn.execute("create table t (id int primary key, v text, p int references p)")
    source = {"id": [*range(100), 5], "v": ["x"] * 101, "p": [1] * 60 + [2] + [1] * 40}
    lab.load(source, batch_bytes="1KiB", **options)
    said = trace.read_text(encoding="utf-8", errors="replace")
    assert "COPY" in said
    assert [found[0] for pattern in LASTING if (found := re.search(pattern, said))] == []


@pytest.fixture
def encoded(lab: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The lab in a database of another encoding."""
    name = f"enc_{lab.schema}"
    provider = "locale_provider libc strategy wal_log" if lab.conn.info.server_version >= 150000 else ""
    lab.conn.execute(
        sql.SQL("create database {} encoding {} locale 'C' {} template template0").format(
            sql.Identifier(name), request.param, sql.SQL(provider)
        )
    )
    old = lab.conn
    dsn = make_conninfo(lab.dsn, dbname=name, options="")
    with psycopg.connect(dsn, autocommit=True, client_encoding="UTF8") as lab.conn:
        lab.dsn = dsn
        yield lab
    lab.conn = old
    lab.conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.mark.parametrize("encoded", ["LATIN1", "WIN1252"], indirect=True)
@pytest.mark.parametrize("options", [{}, {"on_conflict": "update"}])
def test_characters_that_the_server_lacks(encoded: Any, options: dict[str, Any]) -> None:
    """A character outside of the server's encoding costs its row, and the others arrive as they are."""
    encoded.conn.execute("create table t (id int primary key, v text)")
    words = ["plain", "größe", "列", "naïve", "🙂"]
    loaded = encoded.load({"id": range(1, 6), "v": words}, **options)
    assert loaded.reasons == dict.fromkeys((3, 5), "untranslatable_character")
    assert [v for _, v in encoded.rows()] == ["plain", "größe", "naïve"]


@pytest.mark.parametrize("encoded", ["LATIN1"], indirect=True)
def test_names_that_the_server_lacks(encoded: Any, tmp_path: Path) -> None:
    """Columns of a source may be called anything, through an undo as well; a table or file may not, and that is said."""
    encoded.conn.execute("create table t (id int primary key, v text, n int)")
    source = {"id": [1, 2], "v": ["x", "y"], "Total (€)": [5, "列"]}
    loaded = encoded.load(source, map={"Total (€)": "n"})
    assert (loaded.report.rows.loaded, loaded.reasons) == (1, {2: "not_convertible"})
    assert encoded.load(source).report.rows.already == 2
    undo = heal_cli.undo(loaded.report.run, dsn=encoded.dsn)
    assert encoded.rows() == []
    heal_cli.undo(undo.run, dsn=encoded.dsn)
    assert encoded.rows() == [(1, "x", 5)]
    taught = encoded.load({"id": [5], "列": ["x"]}, map={"列": "v"}).report
    assert (taught.rows.loaded, taught.exit_code) == (1, 0)
    assert any(note.startswith("Learned nothing") for note in taught.notes)
    (tmp_path / "列.csv").write_text("id,v\n3,x\n")
    for file, table in (("列.csv", "t"), ("a.csv", "列")):
        (tmp_path / "a.csv").write_text("id,v\n4,x\n")
        with pytest.raises(WriteError, match="no equivalent in encoding") as refused:
            heal_cli.load(tmp_path / file, table=table, dsn=encoded.dsn, state_dir=str(tmp_path))
        assert "rename" in str(refused.value.hint)


@pytest.mark.parametrize("encoded", ["SQL_ASCII"], indirect=True)
def test_sql_ascii(encoded: Any) -> None:
    """Such a server checks nothing: the bytes arrive as UTF-8, and a note says that nobody looks at them."""
    encoded.conn.execute("create table t (id int primary key, v text)")
    loaded = encoded.load({"id": [1], "v": ["größe"]})
    assert encoded.rows("select v::bytea = convert_to('größe', 'SQL_ASCII') from t") == [(True,)]
    assert "SQL_ASCII" in " ".join(loaded.report.notes)
