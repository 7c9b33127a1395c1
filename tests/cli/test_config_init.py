"""Promises of `heal config show` and `heal init`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from heal_cli.settings import load_settings


def test_config_show_masks_and_names_origins(heal: Any, monkeypatch: Any) -> None:
    """Each value with the place it comes from; no secret."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/db")
    Path("heal.toml").write_text("null = ['-', '?']\n[tables.t]\nmap = {a = 'b'}\n")
    result = heal("config", "show", "-t", "t")
    lines = [line.split() for line in result.out.splitlines()]
    assert ["dsn", "postgresql://u:***@h/db", "DATABASE_URL"] in lines
    assert ["null", "-,", "?", "heal.toml"] in lines
    assert ["map", "a=b", "heal.toml", '[tables."t"]'] in lines
    assert ["ordered", "false", "default"] in lines
    assert "hunter2" not in result.out


def test_config_show_json(heal: Any) -> None:
    """The same for machines."""
    document = json.loads(heal("config", "show", "--json").out)
    assert document["settings"]["dsn"] == {"value": None, "origin": "embedded server"}


def test_an_unknown_key_is_refused(heal: Any) -> None:
    """A typo in heal.toml never passes in silence."""
    Path("heal.toml").write_text("jbos = 3\n")
    message = "heal: heal.toml: there is no setting 'jbos'.\n      Did you mean 'jobs'?\n"
    assert heal("config", "show") == (2, "", message)


def test_init_writes_a_file_that_loads(heal: Any, tmp_path: Path) -> None:
    """All keys are there, as comments; nothing is in force."""
    result = heal("init")
    assert (result.code, result.out) == (0, "wrote heal.toml\n")
    assert result.err == "heal: no connection is set, so schema heal is made with the first load\n"
    settings = load_settings({}, environment={}, folder=tmp_path)
    assert set(settings.origins) == {"dsn"}


def test_init_never_overwrites_unasked(heal: Any) -> None:
    """Without --yes an existing file stays, even a broken one can be replaced with it."""
    Path("heal.toml").write_text("# mine")
    expected = (2, "", "heal: 'heal.toml' exists already.\n      Write it anew with: heal init --yes\n")
    assert heal("init") == expected
    Path("heal.toml").write_text("broken = [")
    assert heal("init", "--yes").code == 0
    assert Path("heal.toml").read_text().startswith("# Settings of heal.")


@pytest.mark.parametrize("flags", [(), ("--yes",)])
def test_init_over_what_is_no_settings_names_another_file(heal: Any, flags: tuple[str, ...]) -> None:
    """The hint is a command that works. Previously it was one that was refused, or wrote another file."""
    Path("my notes.txt").write_text("dear diary")
    hint = "Name another file, as in: heal init 'my notes.toml'"
    expected = (2, "", f"heal: 'my notes.txt' is there and is not TOML.\n      {hint}\n")
    assert heal("init", "my notes.txt", *flags) == expected
    Path("own.toml").write_text("# mine")
    expected = (
        2,
        "",
        "heal: 'own.toml' exists already.\n      Write it anew with: heal init own.toml --yes\n",
    )
    assert heal("init", "own.toml") == expected
    Path("folder").mkdir()
    hint = "Name a file in it: heal init folder/heal.toml"
    assert heal("init", "folder", *flags) == (2, "", f"heal: 'folder' is a folder.\n      {hint}\n")


def test_init_makes_schema_heal(heal: Any, conninfo: str) -> None:
    """With a connection the ledger's tables are there afterwards; a file that was there stays."""
    Path("heal.toml").write_text("# mine")
    kept = "heal: 'heal.toml' exists already and stays as it is; heal init --yes writes it anew\n"
    assert heal("init", "--dsn", conninfo) == (0, "schema heal is ready\n", kept)
    assert Path("heal.toml").read_text() == "# mine"
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("select to_regnamespace('heal') is not null").fetchone() == (True,)
