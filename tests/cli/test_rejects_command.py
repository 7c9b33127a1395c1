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
        "  b'\\xff\\xfe'\n",
        "",
    )


def test_show_limits_and_filters(heal: Any, file: Path) -> None:
    """`--limit` says what is left, `--reason` picks, and the newest file is meant without a name."""
    assert heal("rejects", "show", "-n", "1").err == "heal: 1 more; see them with --limit 2\n"
    assert "row 22" not in heal("rejects", "show", str(file), "--reason", "unique_violation").out


def test_show_json_is_the_records(heal: Any, file: Path) -> None:
    """One record a line, as in the file."""
    out = heal("rejects", "show", "--json").out
    assert [json.loads(line) for line in out.splitlines()] == [
        json.loads(line) for line in file.read_text().splitlines()
    ]


def test_list(heal: Any, file: Path) -> None:
    """Each file with its rows and reasons."""
    result = heal("rejects", "list")
    assert "not_convertible 1 · unique_violation 1" in result.out
    document = json.loads(heal("rejects", "list", "--json").out)
    reasons = {"not_convertible": 1, "unique_violation": 1}
    assert document == {"heal": 1, "rejects": [{"path": str(file), "rows": 2, "reasons": reasons}]}


def test_nothing_to_show(heal: Any) -> None:
    """An empty state folder is no error for the list, and one for `show`."""
    assert heal("rejects", "list") == (0, "", "heal: there are no rejects\n")
    hint = "      See which there are with: heal rejects list\n"
    assert heal("rejects", "show") == (2, "", "heal: There are no rejects.\n" + hint)
    assert heal("rejects", "show", "nope") == (2, "", "heal: There is no rejects file 'nope'.\n" + hint)
