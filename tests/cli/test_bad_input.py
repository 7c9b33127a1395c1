"""Bad input of every kind: the whole message, the exit code, nothing in the table, never a traceback.

Each case runs `python -m heal_cli` as a process of its own, as a user does.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from heal_cli import embedded

_SECRET = "hunter2-sesame"
_DDL = """
create table people (id int primary key, full_name text not null, born date);
create table peoples_pets (id int);
create table bare ();
create materialized view seen as select 1 as id;
create view fixed as select 1 as id;
create sequence numbers;
"""
_FILES: dict[str, bytes] = {
    "people.csv": b"id,full_name,born\n1,Ann,2001-02-03\n",
    "empty.csv": b"",
    "header.csv": b"id,full_name,born\n",
    "junk.csv": bytes(range(256)) * 40,
    "paper.pdf": b"%PDF-1.7\n1 0 obj\n",
    "array.json": b'[\n  {"id": 1}\n]\n',
    "unnamed.csv": b"id,born\n1,2001-02-03\n",
    "near.csv": b"id,born,fname\n1,2001-02-03,Ann\n",
    "strangers.csv": b"colour,weight\nred,5\nblue,6\n",
    "many.csv": b"id,full_name\n" + b"".join(b"x%d,some name\n" % n for n in range(200)),
}


class Result(NamedTuple):
    """What the process printed and ended with, paths and ids made the same for every run."""

    code: int
    out: str
    err: str


Heal = Callable[..., Result]


@pytest.fixture
def schema(conn: psycopg.Connection, schema: str) -> str:
    """The test's own schema, with the tables of `_DDL`."""
    conn.execute(_DDL)
    return schema


@pytest.fixture
def heal(tmp_path: Path, dsn: str, schema: str) -> Heal:
    """Run `python -m heal_cli` in a folder that holds `_FILES`."""
    for name, content in _FILES.items():
        (tmp_path / name).write_bytes(content)

    def call(*arguments: str, dsn: str = dsn, **process: Any) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "heal_cli", *arguments, *(["-d", dsn] if dsn else [])],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **process,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        assert _SECRET not in done.stdout + done.stderr
        return Result(
            done.returncode, *(_same(text, schema, tmp_path) for text in (done.stdout, done.stderr))
        )

    return call


def _same(text: str, schema: str, folder: Path) -> str:
    text = text.replace(schema, "SCHEMA").replace(str(folder), "FOLDER")
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}", "RUN", text)


def _said(message: str, hint: str | None = None) -> str:
    stop = "." if hint and not message.endswith("?") else ""
    return f"heal: {message}{stop}\n" + (f"      {hint}\n" if hint else "")


_NULLS = "Column 'full_name' of SCHEMA.people is NOT NULL and nothing in the source matches it"
_MAP = "Name columns with --map SOURCE=TARGET, after a look at what heal plan shows"
_FORMATS = "which is none of the formats csv, jsonl, json, parquet, arrow"
_SAY_FORMAT = "If it is one of them all the same, say which with --format"

CASES = [
    ("peple.csv -t people", 1, "There is no file 'peple.csv'", "Nearest: 'people.csv', 'empty.csv', 'header.csv'"),
    (
        "https://example.com/people.csv -t people",
        1,
        "'https://example.com/people.csv' is an address, and heal reads files",
        "curl -fsS https://example.com/people.csv | heal load - --table TABLE",
    ),
    ("s3://b/a.csv -t people", 1, "'s3://b/a.csv' is an address, and heal reads files", "Fetch it first"),
    ("nowhere/people.csv -t people", 1, "There is no file 'nowhere/people.csv', nor the folder 'nowhere'", None),
    ("quux*.xyz -t people", 1, "No file matches 'quux*.xyz'", None),
    (". -t people", 1, "'.' is a directory", "Name its files, for example '*.csv'"),
    ("socket -t people", 1, "'socket' cannot be opened: No such device or address", None),
    ("empty.csv -t people", 1, "'empty.csv' is empty", "Give the file that has the records"),
    (
        "header.csv -t gone --create", 1,
        "'header.csv' has a header and no records", "If its first line is a record, say --no-header",
    ),
    (
        "junk.csv -t people", 1,
        rf"'junk.csv' holds binary data, {_FORMATS}; it begins with b'\x00\x01\x02\x03\x04\x05\x06\x07'", _SAY_FORMAT,
    ),
    ("paper.pdf -t people", 1, f"'paper.pdf' is a PDF document, {_FORMATS}", _SAY_FORMAT),
    ("people.csv -t people -f xml", 2, "--format must be one of 'csv', 'jsonl', 'json', 'parquet', 'arrow', not 'xml'", None),
    (
        "people.csv -t peopel", 1,
        "Table 'peopel' does not exist in the search path ('SCHEMA'); nearest is 'people' (0.83)",
        "Try --table people, or make it with --create or --ddl FILE",
    ),
    (
        "people.csv -t nowhere.people", 1,
        "Table 'people' does not exist in schema 'nowhere', which holds no table; there is 'SCHEMA.people'",
        "Try --table SCHEMA.people",
    ),
    ("people.csv -t bare", 1, "'SCHEMA.bare' has no columns", "Add them with ALTER TABLE ... ADD COLUMN"),
    (
        "people.csv -t seen", 1,
        "'SCHEMA.seen' is a materialized view, which takes no rows", "Name the table that it is made from",
    ),
    (
        "people.csv -t fixed", 1, "'SCHEMA.fixed' is a view that PostgreSQL cannot insert into",
        "Name the table behind it, or give the view an INSTEAD OF INSERT trigger",
    ),
    ("people.csv -t numbers", 1, "'SCHEMA.numbers' is a sequence, not a table", "Name a table with --table"),
    ("unnamed.csv -t people", 6, _NULLS, _MAP),
    ("near.csv -t people", 6, f"{_NULLS}; nearest by name is 'fname'; accept it with --map fname=full_name", _MAP),
    (
        "people.csv -t peoples_pets --no-header", 6, "No source column matches a column of SCHEMA.peoples_pets",
        "The source has no header: name its columns in their order, as in --columns id; --header if it has one",
    ),
    (
        "strangers.csv -t people", 6,
        f"{_NULLS.replace('full_name', 'id')}; without a place are 'colour', 'weight';"
        f" {_NULLS}; without a place are 'colour', 'weight'", _MAP,
    ),
    ("people.csv -t people --mapp id=id", 2, "No such option: --mapp. Did you mean --map?", "See: heal load --help"),
    (
        "people.csv -t people --map ident=id", 2,
        "--map ident=id: the source has no column 'ident'", "Nearest are 'id', 'full_name', 'born'",
    ),
    (
        "people.csv -t people --map id=ident", 2,
        "--map id=ident: SCHEMA.people has no column 'ident'", "Nearest are 'id', 'full_name', 'born'",
    ),
    (
        "people.csv -t people --timezone Mars/Olympus", 2, "Time zone 'Mars/Olympus' is not known",
        "Name one of the time zone database, such as --timezone Europe/Berlin, or an offset such as +02:00",
    ),
    (
        "people.csv -t people --allow rounding", 2, "--allow knows no step 'rounding'",
        "Known are base64_bytes, comma_list, drop_time, exponent, hex_bytes, json_duplicate_keys, json_quote,"
        " mixed_currencies, remove_nul, round, subsecond, text_bytes, trim_blanks, truncate",
    ),
    (
        "people.csv -t people --max-rejects lots", 2,
        "--max-rejects must be a number of rows, or a share up to 100% such as '5%', not 'lots'", None,
    ),
    (
        "many.csv -t people --state-dir people.csv/state", 1,
        "Rejects cannot be written to 'FOLDER/people.csv/state/rejects/people.RUN.rejects.jsonl': Not a directory",
        "Name another place with --rejects or --state-dir",
    ),
    (f"people.csv -t postgresql://u:{_SECRET}@h/db", 1,
        "Table 'postgresql://u:***@h/db' does not exist in the search path ('SCHEMA')", "Make it with --create or --ddl FILE"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "message", "hint"), CASES, ids=[case[0] for case in CASES])
def test_it_is_refused_with_a_sentence(
    heal: Heal,
    conn: psycopg.Connection,
    tmp_path: Path,
    arguments: str,
    code: int,
    message: str,
    hint: str | None,
) -> None:
    """What, where, which value and the next step; one document under --json; no row in the table."""
    with socket.socket(socket.AF_UNIX) as closed:  # a file that root cannot read either
        closed.bind(str(tmp_path / "socket"))
    result = heal("load", *arguments.split(), "--json", cwd=tmp_path)
    document = json.loads(result.out)
    assert result.err == _said(message, hint)
    assert (result.code, document["exit"]) == (code, code)
    assert (document["error"]["message"], document["error"]["hint"]) == (message, hint)
    assert conn.execute("select count(*) from people").fetchone() == (0,)


def test_a_role_without_rights(heal: Heal, conn: psycopg.Connection, dsn: str, schema: str) -> None:
    """No USAGE on the schema and no INSERT on the table are told apart, each with the GRANT that helps."""
    role = f"{schema}_role"
    conn.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
    as_role = make_conninfo(dsn, options=f"-c search_path={schema} -c role={role}")
    try:
        entering = heal("load", "people.csv", "-t", f"{schema}.people", dsn=as_role)
        conn.execute(sql.SQL("grant usage on schema {} to {}").format(*map(sql.Identifier, (schema, role))))
        inserting = heal("plan", "people.csv", "-t", "people", dsn=as_role)
    finally:
        conn.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(role)))
    assert entering == (
        1, "",
        _said("Role 'SCHEMA_role' may not use schema 'SCHEMA', which holds 'people'",
              'Ask its owner for GRANT USAGE ON SCHEMA "SCHEMA" TO "SCHEMA_role"'),
    )  # fmt: skip
    assert inserting == (
        1, "",
        _said("Role 'SCHEMA_role' may not insert into 'SCHEMA.people'",
              'Ask its owner for GRANT INSERT, SELECT ON "SCHEMA"."people" TO "SCHEMA_role"'),
    )  # fmt: skip


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """Conninfo of a server that asks role `guest` for a password."""
    folder = Path(tempfile.mkdtemp(prefix="heal-tests-", dir="/tmp"))
    try:
        server = embedded.start(folder)
        with psycopg.connect(server.conninfo, autocommit=True) as conn:
            conn.execute("create role guest login password 'right'")
            (rules,) = folder.rglob("pg_hba.conf")
            rules.write_text("local all guest scram-sha-256\n" + rules.read_text())
            conn.execute("select pg_reload_conf()")
        yield server.conninfo
    finally:
        embedded.stop(folder)
        shutil.rmtree(folder)


def test_a_wrong_password_is_never_shown(heal: Heal, guarded: str) -> None:
    """The server's refusal is told without the password that was refused."""
    wrong = make_conninfo(guarded, user="guest", password=_SECRET)
    result = heal("load", "people.csv", "-t", "people", dsn=wrong)
    assert (result.code, result.out) == (2, "")
    assert re.fullmatch(
        r"heal: The server refused the connection: .*"
        r'FATAL: password authentication failed for user "guest"\.\n      Check it with: heal doctor\n',
        result.err,
    )


def test_a_server_that_is_away(heal: Heal) -> None:
    """Nobody answers: exit code 5, without the password of the connection string."""
    away = f"postgresql://u:{_SECRET}@127.0.0.1:1/db"
    result = heal("load", "people.csv", "-t", "people", "--no-spool", "--retry", "0", dsn=away)
    assert (result.code, result.out) == (5, "")
    assert result.err.startswith("heal: No connection to the database: ")
    assert result.err.endswith("Check it with: heal doctor\n")


def test_a_full_disk_keeps_the_batch_out(heal: Heal, conn: psycopg.Connection) -> None:
    """Rejects that cannot be made durable end the run, and their batch is not committed."""
    limit = 4096
    result = heal(
        "load", "many.csv", "-t", "people",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert result == (
        1, "",
        _said("Rejects cannot be written to 'FOLDER/state/rejects/people.RUN.rejects.jsonl': File too large",
              "Name another place with --rejects or --state-dir"),
    )  # fmt: skip
    assert conn.execute("select count(*) from people").fetchone() == (0,)


def test_one_of_several_sources_fails(heal: Heal, conn: psycopg.Connection, tmp_path: Path) -> None:
    """The others are loaded, and the report says which failed and why."""
    result = heal("load", "empty.csv", "people.csv", "strangers.csv", "-t", "people", "--json", cwd=tmp_path)
    document = json.loads(result.out)
    assert (result.code, document["exit"], document["rows"]["loaded"]) == (6, 6, 1)
    assert "No rows: 'empty.csv' is empty. Give the file that has the records" in document["notes"]
    failed = [note for note in document["notes"] if note.startswith("Failed")]
    assert failed[0].startswith("Failed: strangers.csv: Column 'id' of SCHEMA.people is NOT NULL and nothing")
    assert conn.execute("select full_name from people").fetchall() == [("Ann",)]


def test_all_of_several_sources_fail(heal: Heal, tmp_path: Path) -> None:
    """Then it is the first error that is told, and one that is empty is none as long as there is another."""
    result = heal("load", "empty.csv", "paper.pdf", "-t", "people", cwd=tmp_path)
    assert (result.code, result.out) == (1, "")
    assert result.err == _said(f"'paper.pdf' is a PDF document, {_FORMATS}", _SAY_FORMAT)
