"""Promises of the settings: precedence, origins, refusals, no secret shown."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from heal_cli import model
from heal_cli.cli.init import template
from heal_cli.errors import UsageError
from heal_cli.load_options import to_load_options
from heal_cli.settings import KEYS, Settings, load_settings

_DELIMITER = "one character, several signs such as '||', or '\\x01' for what has none"

TOML = """\
jobs = 4
timezone = "UTC"
ddl = "sql/a.sql"
[tables."messages"]
jobs = 5
map = { sender = "role" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a heal.toml."""
    (tmp_path / "heal.toml").write_text(TOML)
    return tmp_path


def _load(
    folder: Path, flags: dict[str, object] | None = None, table: str | None = None, **environment: str
) -> Settings:
    return load_settings(flags or {}, table=table, environment=environment, folder=folder)


def test_precedence_one_by_one(folder: Path) -> None:
    """Flag > HEAL_* > table section > heal.toml > pyproject.toml > default, each with its origin."""
    (folder / "pyproject.toml").write_text("[tool.heal]\njobs = 7\nstrategy = 'majority'\n")
    found = [
        _load(folder, {"jobs": "1"}, "messages", HEAL_JOBS="2"),
        _load(folder, {"jobs": None}, "messages", HEAL_JOBS="2"),
        _load(folder, {}, "public.messages", HEAL_JOBS=""),
        _load(folder, {}, "other"),
    ]
    assert [(settings.jobs, settings.origins["jobs"]) for settings in found] == [
        (1, "--jobs"),
        (2, "HEAL_JOBS"),
        (5, 'heal.toml [tables."messages"]'),
        (4, "heal.toml"),
    ]
    assert (found[0].strategy, found[0].origins["strategy"]) == ("majority", "pyproject.toml [tool.heal]")
    assert ("ordered", False, "default") in found[0].shown()


@pytest.mark.parametrize(
    ("flags", "environment", "conninfo", "origin"),
    [
        ({"dsn": "dbname=a"}, {"HEAL_DSN": "dbname=b", "DATABASE_URL": "dbname=c"}, "dbname=a", "--dsn"),
        ({}, {"HEAL_DSN": "dbname=b", "DATABASE_URL": "dbname=c"}, "dbname=b", "HEAL_DSN"),
        ({}, {"DATABASE_URL": "dbname=c", "PGHOST": "h"}, "dbname=c", "DATABASE_URL"),
        ({}, {"PGHOST": "h", "PGUSER": "u"}, "", "PGHOST, PGUSER"),
        ({}, {"PGSERVICE": "prod"}, "", "PGSERVICE"),
        ({}, {"PGAPPNAME": "x", "PGHOST": ""}, None, "embedded server"),
        ({"dsn": ""}, {}, "", "--dsn"),
    ],
)
def test_the_connection(
    tmp_path: Path, flags: dict[str, object], environment: dict[str, str], conninfo: str | None, origin: str
) -> None:
    """The first place that names a connection counts; none means the embedded server."""
    settings = _load(tmp_path, flags, **environment)
    assert (settings.conninfo, settings.origins["dsn"]) == (conninfo, origin)


def test_a_variable_in_the_dsn(tmp_path: Path) -> None:
    """A file in git needs no password."""
    (tmp_path / "heal.toml").write_text("dsn = 'postgresql://u:${DB_PASSWORD}@h/db'")
    settings = _load(tmp_path, DB_PASSWORD="hunter2")
    assert settings.conninfo == "postgresql://u:hunter2@h/db"
    assert settings.shown()[0] == ("dsn", "postgresql://u:***@h/db", "heal.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jbos = 3", "heal.toml: there is no setting 'jbos'. Did you mean 'jobs'?"),
        ("zzz = 3", "heal.toml: there is no setting 'zzz'"),
        ("jobs = 'many'", "heal.toml: jobs must be a whole number from 1 to 256, not 'many'"),
        ("jobs = '4'", "heal.toml: jobs must be a whole number from 1 to 256, not '4'"),
        ("jobs = 0", "heal.toml: jobs must be a whole number from 1 to 256, not 0"),
        ("jobs = true", "heal.toml: jobs must be a whole number from 1 to 256, not True"),
        ("jobs = 1000", "heal.toml: jobs must be a whole number from 1 to 256, not 1000"),
        ("min_margin = 2", "heal.toml: min_margin must be a number from 0 to 1, not 2"),
        ("map = ['a']", "heal.toml: map must be SOURCE=TARGET pairs, not ['a']"),
        ("map = 3", "heal.toml: map must be SOURCE=TARGET pairs, not 3"),
        ("map = {a = 3}", "heal.toml: map must be SOURCE=TARGET pairs, not {'a': 3}"),
        ("null = [1]", "heal.toml: null must be a list of texts, not [1]"),
        ("columns = 3", "heal.toml: columns must be a list of texts, not 3"),
        ("header = 'yes'", "heal.toml: header must be true or false, not 'yes'"),
        ("date_order = 'x'", "heal.toml: date_order must be one of 'DMY', 'MDY', 'YMD', not 'x'"),
        ("dsn = 3", "heal.toml: dsn must be a connection string"),
        ("dsn = 'postgresql://u:${NO}@h'", "heal.toml: dsn needs the variable NO, which is not set"),
        ("again = true", "heal.toml: 'again' belongs to one run. Give it as --again or HEAL_AGAIN"),
        ("[tables.x]\nxyz = 1", "heal.toml [tables.\"x\"]: there is no setting 'xyz'"),
        ("tables = 3", "heal.toml tables must be a section of keys and values, not 3"),
        ("delimiter = 'ab'", f"heal.toml: delimiter must be {_DELIMITER}, not 'ab'"),
        ("delimiter = '|\\n'", f"heal.toml: delimiter must be {_DELIMITER}, not '|\\\\n'"),
        ("delimiter = '\\x1'", f"heal.toml: delimiter must be {_DELIMITER}, not '\\\\x1'"),
        ("delimiter = 3", f"heal.toml: delimiter must be {_DELIMITER}, not 3"),
        ("quote = 'ab'", "heal.toml: quote must be one character, or '' for none, not 'ab'"),
        (
            "batch_bytes = 12",
            "heal.toml: batch_bytes must be a size from 1024 bytes to 1024GiB, such as 16777216 or '16MiB', not 12",
        ),
        (
            "timeout = 'x'",
            "heal.toml: timeout must be seconds, or a time such as '90s' or '5min', up to 480h, not 'x'",
        ),
        (
            "lock_timeout = '481h'",
            "heal.toml: lock_timeout must be seconds, or a time such as '90s' or '5min', up to 480h, not '481h'",
        ),
        (
            "skip_rows = 1000000000000000000",
            "heal.toml: skip_rows must be a whole number from 0 to 1000000000000000, not 1000000000000000000",
        ),
        (
            "max_rejects = '5.5'",
            "heal.toml: max_rejects must be a number of rows, or a share up to 100% such as '5%', not '5.5'",
        ),
    ],
)
def test_refusals_name_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong in a file is said with its place, what was expected and what stands there."""
    (tmp_path / "heal.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, table="t")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "budget", ["300%", "100.1%", "101%", "-5%", "abc%", "%", "1e2%", "9" * 19, "\u0665%"]
)
def test_no_more_than_all_rows(tmp_path: Path, budget: str) -> None:
    """A share of more than all rows, and what is no share, is refused."""
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, HEAL_MAX_REJECTS=budget)
    expected = "a number of rows, or a share up to 100% such as '5%'"
    assert caught.value.message == f"HEAL_MAX_REJECTS must be {expected}, not {budget!r}"


@pytest.mark.parametrize("budget", ["0", "0%", "0.5%", "99.99%", "100%", "100.0%", "12345678"])
def test_any_share_of_the_rows(tmp_path: Path, budget: str) -> None:
    """From none of them to all."""
    assert _load(tmp_path, HEAL_MAX_REJECTS=budget).max_rejects == budget


@pytest.mark.parametrize(
    ("given", "delimiter"),
    [
        ("||", "||"), (" | ", " | "), ("|~|", "|~|"), ("::", "::"), ("§§", "§§"), ("->", "->"),
        ("\\t", "\t"), ("\\t\\t", "\t\t"), ("\\x01", "\x01"), ("\\", "\\"), ("x", "x"),
        ("tab", "\t"), ("comma", ","), ("pipe", "|"), ("semicolon", ";"), ("space", " "),
    ],
)  # fmt: skip
def test_a_delimiter_is_a_character_some_signs_or_a_name(tmp_path: Path, given: str, delimiter: str) -> None:
    """Control characters have escapes, since no shell passes them easily. Previously several signs were refused."""
    assert _load(tmp_path, {"delimiter": given}).delimiter == delimiter


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    """A syntax error is a message with its line."""
    path = tmp_path / "heal.toml"
    path.write_text("jobs = \n")
    with pytest.raises(UsageError, match=r"The settings file '.*heal.toml' cannot be read: Invalid value"):
        _load(tmp_path)


def test_a_project_that_does_not_speak_of_heal_is_not_read(tmp_path: Path) -> None:
    """Somebody else's broken pyproject.toml is no business of heal."""
    (tmp_path / "pyproject.toml").write_text("[broken")
    assert _load(tmp_path).jobs == 2


def test_a_missing_config_file(tmp_path: Path) -> None:
    """`--config` names a file that has to be there."""
    with pytest.raises(UsageError) as caught:
        load_settings({}, config="no.toml", environment={}, folder=tmp_path)
    assert str(caught.value) == "The settings file 'no.toml' does not exist. Write one with: heal init"


def test_paths_start_at_the_file_that_names_them(folder: Path) -> None:
    """A file in another folder means its own neighbours; a flag means the working folder."""
    settings = load_settings({}, config=str(folder / "heal.toml"), environment={})
    assert settings.ddl == str(folder / "sql/a.sql")
    assert load_settings({"ddl": "b.sql"}, environment={}, folder=folder).ddl == "b.sql"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("batch_bytes", "8MiB", 8 * 2**20),
        ("batch_bytes", "64k", 65536),
        ("timeout", "5min", 300.0),
        ("timeout", "250ms", 0.25),
        ("delimiter", "\\t", "\t"),
        ("delimiter", "tab", "\t"),
        ("quote", "none", ""),
        ("escape", "none", ""),
        ("header", "no", False),
        ("columns", "a, b,c", ("a", "b", "c")),
        ("columns", '["a,b","c"]', ("a,b", "c")),
        ("map", "a=b,c=d=e", (("a", "b"), ("c=d", "e"))),
        ("strategy", "MAJORITY", "majority"),
        ("max_rejects", "5%", "5%"),
    ],
)
def test_texts_of_variables(tmp_path: Path, key: str, text: str, value: Any) -> None:
    """A variable is a text and becomes what the key is."""
    assert getattr(_load(tmp_path, **{f"HEAL_{key.upper()}": text}), key) == value


def test_a_misspelt_variable_is_a_warning(tmp_path: Path) -> None:
    """Other software may own HEAL_ names, so only near misses are spoken of."""
    settings = _load(tmp_path, HEAL_JBOS="3", HEAL_POTION="red")
    assert settings.warnings == ("HEAL_JBOS is no setting and counts for nothing. Did you mean HEAL_JOBS?",)


def test_defaults_are_those_of_the_model(tmp_path: Path) -> None:
    """The engine's defaults and the command line's are one; patterns of whoever runs the tests are none of them."""
    settings = _load(tmp_path, {"state_dir": str(tmp_path)})
    options = to_load_options(settings, ["a"], "t", conninfo="")
    assert options == model.LoadOptions(("a",), "t", "", settings.state_dir)


def test_the_template_of_init_is_valid(tmp_path: Path) -> None:
    """Every key of `heal init`'s file can be uncommented as it stands."""
    text = template().split("# Settings of one table")[0]
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    (tmp_path / "heal.toml").write_text(
        "\n".join(line for line in lines if line.split(" = ")[0] in {*KEYS} - {"dsn"})
    )
    settings = _load(tmp_path)
    in_files = {
        field.name
        for field in dataclasses.fields(Settings)
        if not field.metadata.keys() & {"run", "computed"}
    }
    assert settings.origins.keys() == in_files


@pytest.mark.parametrize("mode", ["insert", "upsert", "update", "delete"])
def test_every_mode_spools_unless_told_otherwise(mode: str) -> None:
    """Changes wait for the database as inserts do."""
    assert to_load_options(load_settings({"mode": mode}), ("a.csv",), "t", conninfo="").fallback.spool
    told = load_settings({"mode": mode, "spool": "no"})
    assert not to_load_options(told, ("a.csv",), "t", conninfo="").fallback.spool
