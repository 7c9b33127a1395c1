"""Every flag of `heal load` has a HEAL_* twin."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from heal_cli.cli.load_flags import LoadFlags

_VALUES = {
    "format": "jsonl", "delimiter": ";", "quote": "'", "escape": "!", "encoding": "cp1252", "header": "no",
    "skip_rows": "3", "footer": "2", "comment": "%", "columns": "a,b", "json_path": "data", "limit": "7",
    "batch_bytes": "4MiB", "null": "?",
    "date_order": "MDY", "decimal": ",", "timezone": "UTC", "percent": "number", "allow": "round",
    "map": "a=b", "unknown_columns": "drop", "create": "yes", "ddl": "x.sql", "strategy": "majority",
    "min_confidence": "0.8", "min_margin": "0.2", "override_identity": "1", "semantic": "true", "patterns": "p.toml",
    "mode": "upsert", "restore": "false", "max_change": "5%", "on_conflict": "ignore", "key": "a", "max_rejects": "5%", "rejects": "r.jsonl", "jobs": "3",
    "ordered": "true", "atomic": "true", "dry_run": "true", "again": "true", "source_id": "s",
    "timeout": "2min", "lock_timeout": "5s", "retry": "3s",
    "spool": "false", "spool_bytes": "1GiB", "emergency_log": "events.jsonl", "state_dir": "state2", "plan": "p.plan.toml",
}  # fmt: skip
_NOT_OPTIONS = {"dsn", "data_dir", "pg_bin", "config", "json", "quiet", "verbose", "progress", "yes"}
"""Flags that decide how the command connects or prints; the engine is not told of them."""


def test_every_flag_is_in_the_table() -> None:
    """A new flag needs its line above."""
    assert {field.name for field in fields(LoadFlags)} == {*_VALUES, *_NOT_OPTIONS}


@pytest.mark.parametrize("name", _VALUES)
def test_a_variable_does_what_its_flag_does(heal: Any, engine: Any, monkeypatch: Any, name: str) -> None:
    """The engine gets the same options from `--name value` and from HEAL_NAME=value."""
    command = ("load", "a.csv", "-t", "m", "-d", "dbname=x", "-q")
    heal(*command)
    plain = engine.options
    flag, value = f"--{name.replace('_', '-')}", _VALUES[name]
    if name in ("header", "spool", "restore"):
        given = [f"--no-{name}"]
    else:
        given = [flag] if value in ("yes", "true", "1") else [flag, value]
    heal(*command, *given)
    by_flag = engine.options
    monkeypatch.setenv(f"HEAL_{name.upper()}", value)
    heal(*command)
    assert engine.options == by_flag != plain


def test_the_table_has_a_twin_too(heal: Any, engine: Any, monkeypatch: Any) -> None:
    """HEAL_TABLE names the target where no -t does."""
    monkeypatch.setenv("HEAL_TABLE", "s.t")
    heal("load", "a.csv", "-d", "dbname=x", "-q")
    assert engine.options.table == "s.t"


def test_output_flags_have_twins(heal: Any, engine: Any, monkeypatch: Any) -> None:
    """HEAL_JSON and HEAL_QUIET print as --json and --quiet do."""
    command = ("load", "a.csv", "-t", "m", "-d", "dbname=x")
    for name, flag in (("HEAL_JSON", "--json"), ("HEAL_QUIET", "--quiet"), ("HEAL_VERBOSE", "--verbose")):
        by_flag = heal(*command, flag)
        with monkeypatch.context() as patch:
            patch.setenv(name, "1")
            assert heal(*command) == by_flag
