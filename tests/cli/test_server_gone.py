"""A server that goes away or runs out of time in the middle of a command is never called a defect of heal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from heal_cli.write.connection import LimitedConnection

RUN = "01a20955-bff1-76a5-bf47-359603f904a8"

COMMANDS = [
    ("load", "a.csv", "-t", "gone", "--no-spool", "--retry", "0"),
    ("plan", "a.csv", "-t", "gone"),
    ("rejects", "retry", "r.jsonl"),
    ("undo", RUN, "--yes"),
    ("runs", "list"),
    ("runs", "show", RUN),
    ("runs", "compare", RUN, RUN),
    ("runs", "prune", "--older-than", "30", "--yes"),
    ("patterns", "show", "learned_0123456789"),
    ("patterns", "stats"),
    ("patterns", "approve", "messages_sender_to_role"),
    (
        "patterns",
        "compare",
        "messages_sender_to_role",
        "messages_message_to_content",
        "--file",
        "a.csv",
        "-t",
        "gone",
    ),
    ("patterns", "export", "out.toml"),
    ("init", "--yes"),
]


@pytest.fixture
def breaks_off(conninfo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection is cut by the server as soon as it is made."""
    connect = LimitedConnection.connect

    def cut(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        with psycopg.connect(conninfo, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        return connection

    monkeypatch.setattr(LimitedConnection, "connect", cut)


@pytest.mark.usefixtures("breaks_off")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_every_command_says_that_the_database_is_away(
    heal: Any, conninfo: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """It ends with 5, and the error names the command and what to do."""
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    reject = {"run": RUN, "batch": 0, "attempt": 1, "source": "a.csv", "row": 1, "line": 2, "offset": 8}
    reject |= {"reason": "not_convertible", "raw": "1,x", "raw_encoding": "utf-8"}
    (tmp_path / "r.jsonl").write_text(json.dumps(reject) + "\n")
    result = heal(*command, "-d", conninfo)
    assert (result.code, "defect" in result.err) == (5, False), result.err
    assert "terminating connection" in result.err or "closed the connection" in result.err


def test_a_limit_that_is_too_short_for_the_first_look_is_said(
    heal: Any, conninfo: str, tmp_path: Path
) -> None:
    """The server ends a transaction that only asks for the table, too: --timeout is what to mend."""
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    with psycopg.connect(conninfo, autocommit=True) as other:
        other.execute("create table if not exists short (id int, name text)")
    result = heal("load", "a.csv", "-t", "short", "--timeout", "1ms", "-d", conninfo)
    assert (result.code, "defect" in result.err) == (1, False), result.err
    assert "Give it more time with --timeout" in result.err
