"""Promises of `heal doctor`."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from heal_cli.resilience import Breaker

SECRET = "hunter2"


def test_all_is_well(heal: Any, conninfo: str) -> None:
    """Each check is a line with its mark, and the exit code is 0."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("create table well (id int)")
    result = heal("doctor", "-d", conninfo, "-t", "well")
    assert (result.code, result.err) == (0, "")
    names = [line.split()[1] for line in result.out.splitlines()]
    assert names[:4] == ["state", "disk", "connection", "server"]
    assert "✘" not in result.out
    assert "may insert into well and read it" in result.out


@pytest.mark.parametrize(
    "name", ["Mixed", '"Mixed"', "public.mixed", "two words", '"two words"', "public.two words"]
)
def test_a_table_is_found_as_a_load_finds_it(heal: Any, conninfo: str, name: str) -> None:
    """Whatever its name is and however it is typed; a table may have more than sequences that hang on it."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            'create table if not exists "Mixed" (id serial primary key, note text unique);'
            'create table if not exists "two words" (id int)'
        )
    result = heal("doctor", "-d", conninfo, "-t", name)
    assert (result.code, result.err) == (0, "")
    assert "and read it" in result.out


def test_missing_rights_come_with_the_statement_that_grants_them(heal: Any, conninfo: str) -> None:
    """A role that may not insert is told what to ask for."""
    role = f"reader_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("create table closed (id serial)")
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        try:
            result = heal("doctor", "-d", make_conninfo(conninfo, user=role), "-t", "closed", "--json")
        finally:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))
    checks = {check["name"]: check for check in json.loads(result.out)["checks"]}
    assert result.code == 1
    assert checks["table"]["status"] == "fail"
    assert checks["table"]["next_step"] == f"GRANT INSERT, SELECT ON closed TO {role};"
    assert checks["sequences"]["next_step"] == f"GRANT USAGE ON SEQUENCE closed_id_seq TO {role};"


def test_a_role_that_only_reads(heal: Any, conninfo: str) -> None:
    """Read-only transactions by default fail every load: the doctor says so, with the statement that ends it."""
    role = f"Reader_{uuid.uuid4().hex[:8]}"
    name = sql.Identifier(role)

    def check() -> list[dict[str, str]]:
        result = heal("doctor", "-d", make_conninfo(conninfo, user=role), "--json")
        return [check for check in json.loads(result.out)["checks"] if check["name"] == "writing"]

    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(name))
        try:
            well = check()
            connection.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(name))
            (found,) = check()
            connection.execute(found["next_step"])
            mended = check()
        finally:
            connection.execute(sql.SQL("drop role {}").format(name))
    assert (well, mended) == ([], [])
    assert found["status"] == "fail"
    assert found["detail"] == f"transactions of {role} are read-only unless they say otherwise"


def test_schema_heal_of_another_owner(heal: Any, conninfo: str) -> None:
    """A role that may not use it is told so, with statements that are enough to use it."""
    role = f"reader_{uuid.uuid4().hex[:8]}"

    def check() -> dict[str, str]:
        result = heal("doctor", "-d", make_conninfo(conninfo, user=role), "--json")
        return next(check for check in json.loads(result.out)["checks"] if check["name"] == "heal schema")

    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        assert heal("init", "-d", conninfo, "--yes").code == 0
        try:
            before = check()
            grants = before["next_step"].partition("then: ")[2].rpartition(";")[0]
            connection.execute(grants)
            after = check()
        finally:
            connection.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(role)))
    assert before["detail"] == "the role may not use schema heal"
    assert (after["status"], after["detail"]) == ("ok", "is there")


def test_a_missing_table_fails(heal: Any, conninfo: str) -> None:
    """A name that is no table is a failure with the ways out."""
    result = heal("doctor", "-d", conninfo, "-t", "nope")
    assert result.code == 1
    assert "Table 'nope' does not exist in the search path ('public')" in result.out


@pytest.mark.parametrize(
    "dsn",
    [
        f"host=/nowhere/at/all user=u password={SECRET}",
        f"postgresql://u:{SECRET}@127.0.0.1:1/db",
        f"postgresql://u:{SECRET}/x@h/db",
        f"host=h password={SECRET} oops",
    ],
)
def test_no_connection_fails_without_a_secret(heal: Any, dsn: str) -> None:
    """Whatever libpq says of a bad connection string, the password is not in it."""
    result = heal("doctor", "-d", dsn)
    assert result.code == 1
    assert "✘ connection" in result.out
    assert SECRET not in result.out + result.err


@pytest.mark.parametrize(("origin", "is_told"), [("--dsn", True), ("HEAL_DSN", False)])
def test_a_password_that_others_can_read(
    heal: Any, conninfo: str, monkeypatch: pytest.MonkeyPatch, origin: str, is_told: bool
) -> None:
    """What stands in a command stands in `ps`, too; the ways out are named."""
    dsn = make_conninfo(conninfo, password=SECRET)
    monkeypatch.setenv("HEAL_DSN", dsn)
    result = heal("doctor", *(("-d", dsn) if origin == "--dsn" else ()))
    words = (
        "● password     who else is on this machine can read the password in --dsn while heal runs (ps)\n"
        "               Give it in PGPASSWORD, ~/.pgpass, a service file or HEAL_DSN\n"
    )
    assert (words in result.out, result.code) == (is_told, 0)
    assert SECRET not in result.out


def test_a_state_folder_that_others_can_write(heal: Any, tmp_path: Path) -> None:
    """It is warned about, with the command that mends it."""
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    out = heal("doctor", "-d", "host=/nowhere", "--state-dir", str(folder)).out
    assert f"others can write to {str(folder)!r}" in out
    assert f"chmod go-w {folder}" in out


def test_the_embedded_server_is_not_started(heal: Any, tmp_path: Path) -> None:
    """Without a connection the doctor only says what heal would do."""
    result = heal("doctor", "--data-dir", str(tmp_path / "pg"))
    assert result.code == 0
    assert f"none is set; heal would start its own PostgreSQL in {str(tmp_path / 'pg')!r}" in result.out
    assert not (tmp_path / "pg").exists()


def test_a_breaker_says_when_it_opened(heal: Any, tmp_path: Path) -> None:
    """Of whatever it guards: what failed yesterday has not failed a moment ago."""
    Breaker("model", "any", str(tmp_path), is_fault=lambda error: True).open()
    (file,) = (tmp_path / "fallback" / "breakers").glob("*.json")
    state = json.loads(file.read_text())
    file.write_text(json.dumps({**state, "opened_at": "2026-01-02T03:04:05Z"}))
    out = heal("doctor", "-d", "host=/nowhere", "--state-dir", str(tmp_path)).out
    assert "the model failed at 2026-01-0" in out
    out = heal("fallback", "status", "--state-dir", str(tmp_path)).out
    assert "breaker model: open, last opened 2026-01-02T03:04:05+00:00" in out


def test_breakers_of_several_databases_are_one_line(heal: Any, tmp_path: Path) -> None:
    """Nothing is said twice: which database each one guards is nobody's to read."""
    for database in ("h/a", "h/b"):
        Breaker("database", database, str(tmp_path), is_fault=lambda error: True).open()
    out = heal("doctor", "-d", "host=/nowhere", "--state-dir", str(tmp_path)).out
    told = out.splitlines()
    (at,) = (n for n, line in enumerate(told) if "databases failed" in line or "the database failed" in line)
    line = told[at]
    assert "2 databases failed, the last one at 20" in line
    assert line.endswith(", and nobody has seen them work since")
    assert told[at + 1].strip() == (
        "See that it is up (heal doctor -d DSN); the next load that reaches it closes this breaker"
    )
