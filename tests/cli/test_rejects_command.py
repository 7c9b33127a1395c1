"""Promises of `heal rejects`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from heal_cli.model import LOCATIONS, REJECTS, ROW
from heal_cli.record import RejectWriter, rejects_path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two rejects of one run, one of bytes that are no UTF-8."""
    path = rejects_path(str(tmp_path / "state"), "public.orders", "0192f0c1")
    rejects = pl.DataFrame(
        [
            {
                ROW: 22,
                "reason": "not_convertible",
                "column": "amount",
                "value": "\x1b[2Jevil",
                "attempts": ["numeric(10,4)", "currency"],
            },
            {ROW: 1023, "reason": "unique_violation", "sqlstate": "23505", "constraint": "orders_pkey"},
        ],
        schema=REJECTS,
    )
    raw = [{ROW: 22, "line": 23, "raw": b"1;\x1b[2Jevil\n"}, {ROW: 1023, "line": 1025, "raw": b"\xff\xfe"}]
    writer = RejectWriter(path, "0192f0c1")
    writer.write(rejects, pl.DataFrame(raw, schema=LOCATIONS), source="orders.csv", batch=0, attempt=1)
    writer.close()
    return path


def test_show_names_place_value_and_reason(heal: Any, file: Path) -> None:
    """A person sees where, what and why; control characters of the file are spelled out."""
    assert heal("rejects", "show", "0192f0c1") == (
        0,
        "orders.csv, row 22, line 23\n"
        "  amount = '\\x1b[2Jevil': not_convertible\n"
        "  tried numeric(10,4)\n"
        "  tried currency\n"
        "  1;\\x1b[2Jevil\n"
        "orders.csv, row 1,023, line 1,025\n"
        "  unique_violation 23505 orders_pkey\n"
        "  \\xff\\xfe\n",
        "",
    )


def test_show_limits_and_filters(heal: Any, file: Path) -> None:
    """`--limit` says what is left, `--reason` picks, and the newest file is meant without a name."""
    assert heal("rejects", "show", "-n", "1").err == "heal: 1 more; see them with --limit 2\n"
    assert "row 22" not in heal("rejects", "show", str(file), "--reason", "unique_violation").out


def test_json_is_cut_by_nothing_but_limit(heal: Any, tmp_path: Path) -> None:
    """A person sees the first 20 and how many are left; a machine gets all of them, or as many as it asked for."""
    rejects = pl.DataFrame([{ROW: row, "reason": "not_convertible"} for row in range(1, 51)], schema=REJECTS)
    writer = RejectWriter(rejects_path(str(tmp_path / "state"), "t", "0192f0c2"), "0192f0c2")
    writer.write(rejects, pl.DataFrame(schema=LOCATIONS), source="t.csv", batch=0, attempt=1)
    writer.close()
    assert len(heal("rejects", "show", "--json").out.splitlines()) == 50
    assert len(heal("rejects", "show", "--json", "-n", "30").out.splitlines()) == 30
    assert heal("rejects", "show").err == "heal: 30 more; see them with --limit 50\n"


@pytest.mark.parametrize("verb", ["show", "retry"])
def test_a_reason_that_is_none_is_refused(heal: Any, file: Path, verb: str) -> None:
    """A slip in --reason is not an empty answer."""
    result = heal("rejects", verb, "--reason", "not_convertable")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "heal: --reason 'not_convertable' is no reason of any reject.\n      Did you mean 'not_convertible'?\n"
    )


@pytest.mark.parametrize("verb", ["show", "explain", "retry", "discard"])
@pytest.mark.parametrize("content", ["id,name\n1,x\n", '{"id": 1}\n', "\0\0"])
def test_a_source_is_no_rejects_file(heal: Any, tmp_path: Path, verb: str, content: str) -> None:
    """The source in the place of its rejects is told as that, with the code of a wrong argument, and stays there."""
    source = tmp_path / "a.csv"
    source.write_text(content)
    result = heal("rejects", verb, str(source), *(("--yes",) if verb == "discard" else ()))
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[0] == f"heal: {str(source)!r} is no rejects file."
    assert source.read_text() == content


def test_show_json_is_the_records(heal: Any, file: Path) -> None:
    """One record a line, as in the file."""
    out = heal("rejects", "show", "--json").out
    assert [json.loads(line) for line in out.splitlines()] == [
        json.loads(line) for line in file.read_text().splitlines()
    ]


def test_list(heal: Any, file: Path) -> None:
    """Each file with its run, rows and reasons; the folder once; no line wider than it must be."""
    result = heal("rejects", "list")
    head, said = result.out.splitlines()
    assert head.split()[2:] == ["0192f0c1", "2", "rows"]
    assert said == " " * 18 + "public.orders · not_convertible 1 · unique_violation 1"
    assert str(file.parent) in result.err
    document = json.loads(heal("rejects", "list", "--json").out)
    reasons = {"not_convertible": 1, "unique_violation": 1}
    assert document == {
        "heal": 1,
        "rejects": [{"path": str(file), "rows": 2, "reasons": reasons, "settled": 0}],
    }


def test_what_is_settled_is_no_reject(heal: Any, file: Path) -> None:
    """Rows that a retry has loaded are shown only when asked for."""
    first, second = file.read_text().splitlines()
    file.write_text(f'{first[:-1]},"settled":"r2"}}\n{second[:-1]},"retries":1}}\n')
    assert "public.orders · unique_violation 1 · 1 loaded since" in heal("rejects", "list").out
    shown = heal("rejects", "show")
    assert "row 22" not in shown.out
    assert "row 1,023, line 1,025, tried 2 times" in shown.out
    assert "row 22, line 23, loaded since by r2" in heal("rejects", "show", "--settled").out
    assert "amount" not in heal("rejects", "explain").out
    assert heal("rejects", "show", "--settled", "--json").out == file.read_text()


def test_explain(heal: Any, file: Path) -> None:
    """What happened, an example, and what to type, one kind after the other; controls are spelled out."""
    out = heal("rejects", "explain").out
    assert "not_convertible, column amount  1 row, such as row 22: '\\x1b[2Jevil'\n" in out
    assert "unique_violation, orders_pkey  1 row, such as row 1,023\n  Another row has the same key.\n" in out
    assert "      heal rejects retry 0192f0c1 --reason unique_violation --on-conflict ignore\n" in out
    assert "      ALTER TABLE public.orders ALTER COLUMN amount TYPE text;\n" in out
    assert "\x1b" not in out
    assert "ADD VALUE" not in out  # the column is no enum
    document = json.loads(heal("rejects", "explain", "--json").out)
    assert [(kind["reason"], kind["rows"]) for kind in document["kinds"]] == [
        ("not_convertible", 1),
        ("unique_violation", 1),
    ]


def test_explain_quotes_what_sql_and_shell_would_take_apart(heal: Any, tmp_path: Path) -> None:
    """Names and values of a file go into commands as data."""
    path = rejects_path(str(tmp_path / "state"), "t", "r9")
    reject = {ROW: 1, "reason": "not_convertible", "column": 'a"; drop', "value": "it's $(rm)"}
    reject["attempts"] = ["mood: no such label, in any case"]
    writer = RejectWriter(path, "r9")
    writer.write(pl.DataFrame([reject], schema=REJECTS), LOCATIONS.to_frame(), source="a", batch=0, attempt=1)
    out = heal("rejects", "explain", "r9").out
    assert "--null 'it'\"'\"'s $(rm)'" in out
    assert 'ALTER TABLE t ALTER COLUMN "a""; drop" TYPE text;' in out
    assert "ADD VALUE 'it''s $(rm)'" in out


def test_explain_names_a_quoted_table_as_sql_does(heal: Any, tmp_path: Path) -> None:
    """The name of the file keeps what a path would take as its own. Previously it had `_` in its place."""
    path = rejects_path(str(tmp_path / "state"), '"My Schema"."Weird.Table"', "r9")
    reject = {ROW: 1, "reason": "not_convertible", "column": "id", "value": "x", "attempts": ["integer"]}
    writer = RejectWriter(path, "r9")
    writer.write(pl.DataFrame([reject], schema=REJECTS), LOCATIONS.to_frame(), source="a", batch=0, attempt=1)
    out = heal("rejects", "explain", "r9").out
    assert 'ALTER TABLE "My Schema"."Weird.Table" ALTER COLUMN id TYPE text;' in out
    assert '"My Schema"."Weird.Table" · ' in heal("rejects", "list").out


def test_discard_archives(heal: Any, file: Path) -> None:
    """Off a terminal it wants --yes; the file is moved, never over another one."""
    refused = heal("rejects", "discard")
    assert (refused.code, file.exists()) == (2, True)
    assert "Say it with --yes" in refused.err
    content = file.read_bytes()
    archived = file.parent / "archive" / file.name
    assert heal("rejects", "discard", "--yes").out == f"archived 2 rejected rows: {archived}\n"
    assert (archived.read_bytes(), file.exists()) == (content, False)
    file.write_bytes(b"")
    document = json.loads(heal("rejects", "discard", "--yes", "--json").out)
    assert document["archived"] == f"{archived}.2"
    assert archived.read_bytes() == content
    assert heal("rejects", "list").err == "heal: there are no rejects\n"


@pytest.mark.parametrize("rows", ["x", "3-1", "1,,2", "-4"])
def test_rows_that_are_none(heal: Any, file: Path, rows: str) -> None:
    """A list of rows that cannot be meant is refused before anything is touched."""
    result = heal("rejects", "retry", "--dsn", "host=/nowhere", f"--rows={rows}")
    assert result.code == 2
    assert "Write it like 3,7-9" in result.err


def test_retry_without_a_server(heal: Any, file: Path) -> None:
    """The database being away costs nothing: the file is as it was, and the exit code says so."""
    before = file.read_bytes()
    assert heal("rejects", "retry", "--dsn", "host=/nowhere").code == 5
    assert file.read_bytes() == before


def test_nothing_to_show(heal: Any) -> None:
    """An empty state folder is no error for the list, and one for `show`."""
    assert heal("rejects", "list") == (0, "", "heal: there are no rejects\n")
    hint = "      See which there are with: heal rejects list\n"
    assert heal("rejects", "show") == (2, "", "heal: There are no rejects.\n" + hint)
    assert heal("rejects", "show", "nope") == (2, "", "heal: There is no rejects file 'nope'.\n" + hint)
