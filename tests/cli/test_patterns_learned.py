"""Promises of `heal patterns approve|revoke|stats|export|import|compare|show`, against a server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from heal_cli.patterns import Lesson, Teacher, Trial, ensure, load_catalogue, record_trials, store_lessons

LESSON = Lesson("public.notes", "s", "txt", "body", "text", Teacher.MAP)
SENDER = "messages_sender_to_role"


@pytest.fixture
def taught(conn: psycopg.Connection, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database with one lesson and one trial of the catalogue."""
    monkeypatch.setenv("HEAL_DSN", conninfo)
    assert ensure(conn)
    store_lessons(conn, uuid.uuid4(), [LESSON])
    record_trials(conn, uuid.uuid4(), [Trial(SENDER, "s", success=True)], catalogue=load_catalogue())
    yield
    conn.execute("drop schema if exists heal cascade")


def stats(heal: Any) -> dict[str, Any]:
    """Documents by id."""
    return {each["id"]: each for each in json.loads(heal("patterns", "stats", "--json").out)["patterns"]}


def test_stats_tells_what_was_tried_and_learned(heal: Any, taught: None) -> None:
    """Prior and confidence, trials, lower bound, and who taught it."""
    assert (stats(heal)[SENDER]["prior"], stats(heal)[SENDER]["confidence"]) == (0.95, 0.96)
    assert stats(heal)[LESSON.id]["teacher"] == "--map"
    assert "0.95 → 0.96" in heal("patterns", "stats").out


def test_approve_and_revoke_are_a_persons_word(heal: Any, taught: None) -> None:
    """An approved lesson counts 0.9 at least; the last word holds."""
    told = json.loads(heal("patterns", "approve", LESSON.id, "--json").out)
    assert (told["pattern"], told["state"]) == (LESSON.id, "approved")
    assert (stats(heal)[LESSON.id]["state"], stats(heal)[LESSON.id]["confidence"]) == ("approved", 0.9)
    heal("patterns", "revoke", SENDER, "--reason", "not here")
    assert stats(heal)[SENDER]["state"] == "revoked"
    assert 'reason = "not here"' in heal("patterns", "export").out


def test_a_misspelt_id_is_refused(heal: Any, taught: None) -> None:
    """Of the catalogue as of what was learned."""
    assert heal("patterns", "revoke", "messages_sender_to_rol").code == 2
    assert heal("patterns", "approve", "learned_nothing").code == 2
    assert heal("patterns", "show", "learned_nothing").code == 2


def test_show_tells_who_taught_a_learned_pattern(heal: Any, taught: None) -> None:
    """As the documents of the others do."""
    document = json.loads(heal("patterns", "show", LESSON.id, "--json").out)["pattern"]
    assert (document["source"], document["target"], document["confidence"]) == ("txt", "body", 0.5)


def test_export_and_import_make_the_round(heal: Any, taught: None, conn: psycopg.Connection) -> None:
    """Into an empty database, whose schema is made."""
    heal("patterns", "export", "learned.toml")
    before = Path("learned.toml").read_text()
    conn.execute("drop schema heal cascade")
    assert "1 learned patterns, 1 trials" in heal("patterns", "import", "learned.toml").err
    assert heal("patterns", "export").out == before
    again = json.loads(heal("patterns", "import", "learned.toml", "--json").out)
    assert again["added"] == {"patterns": 0, "trials": 0, "verdicts": 0, "matches": 0}
    assert heal("patterns", "import", "missing.toml").code == 2


def test_compare_tries_both_on_the_same_rows(heal: Any, taught: None, conn: psycopg.Connection) -> None:
    """Counts of rows by which of the two holds, McNemar's test, and nothing written."""
    conn.execute("create table public.messages (id int, role text)")
    Path("chat.csv").write_text("id,sender,from\n" + "".join(f"{k},user,\n" for k in range(9)) + "9,,bot\n")
    arguments = (
        "patterns",
        "compare",
        SENDER,
        "messages_from_to_role",
        "--file",
        "chat.csv",
        "-t",
        "messages",
    )
    document = json.loads(heal(*arguments, "--json").out)
    assert {key: document["rows"][key] for key in ("both", "only_first", "only_second", "neither")} == {
        "both": 0,
        "only_first": 9,
        "only_second": 1,
        "neither": 0,
    }
    assert document["rows"]["significant"]
    assert "the first holds better (McNemar, exact" in heal(*arguments).out
    assert conn.execute("select count(*) from public.messages").fetchone() == (0,)
    conn.execute("drop table public.messages")


def test_those_that_fill_different_columns_are_no_rivals(
    heal: Any, taught: None, conn: psycopg.Connection
) -> None:
    """Nor has a default a source to try."""
    conn.execute("create table public.messages (id int, role text, content text)")
    Path("chat.csv").write_text("id,sender,code\n1,user,x\n")
    on = ("--file", "chat.csv", "-t", "messages")
    refused = heal("patterns", "compare", SENDER, "messages_code_to_content", *on)
    assert (refused.code, "they are no rivals" in refused.err) == (2, True)
    assert heal("patterns", "compare", SENDER, "default_status", *on).code == 2
    conn.execute("drop table public.messages")


def test_stats_shows_the_calibration(heal: Any, taught: None) -> None:
    """What is on record, and why it is not used yet; as JSON, too."""
    calibration = json.loads(heal("patterns", "stats", "--json").out)["calibration"]
    assert (calibration["trials"], calibration["is_used"], calibration["error"]) == (0, False, None)
    shown = heal("patterns", "stats").err
    assert "0 matches on record, 0 of them failed; not used: no match is on record" in " ".join(shown.split())


@pytest.mark.parametrize("verb", [["stats"], ["export"], ["show", LESSON.id]])
def test_what_may_not_be_read_is_not_told_as_nothing(
    heal: Any,
    taught: None,
    conn: psycopg.Connection,
    conninfo: str,
    monkeypatch: pytest.MonkeyPatch,
    verb: list[str],
) -> None:
    """A role without rights in schema heal gets a sentence, no empty record."""
    role = f"plain_{uuid.uuid4().hex[:8]}"
    conn.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
    monkeypatch.setenv("HEAL_DSN", make_conninfo(conninfo, user=role))
    refused = heal("patterns", *verb)
    conn.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))
    assert (refused.code, refused.out) == (1, "")
    assert "The role may not read what schema heal knows of patterns" in refused.err
