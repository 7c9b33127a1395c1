"""Promises of the command line as a whole: help, errors, pipes, start-up."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pexpect
import pytest
from typer.core import TyperGroup
from typer.main import get_command

from heal_cli.cli.app import command_line
from heal_cli.cli.command import masked_command
from heal_cli.cli.load_flags import LoadFlags
from heal_cli.settings import KEYS

HEAL = [sys.executable, "-c", "from heal_cli.cli.app import main; main()"]


HEADINGS = [
    *("Arguments:", "Options:", "Columns and table:", "Reading:", "Values:", "Writing:"),
    *("While the database is away:", "Connection:", "Output:", "Other:", "Commands:"),
]


def _commands(group: Any, *path: str) -> list[tuple[str, ...]]:
    found = [path]
    for name, command in group.commands.items():
        found += _commands(command, *path, name) if isinstance(command, TyperGroup) else [(*path, name)]
    return found


@pytest.mark.parametrize("path", _commands(get_command(command_line())), ids=" ".join)
def test_every_command_has_help(heal: Any, path: tuple[str, ...]) -> None:
    """`-h` says what the command does, on stdout."""
    result = heal(*path, "-h")
    assert result.code == 0
    assert result.out.startswith(f"Usage: {' '.join(['heal', *path])} ")
    assert len(result.out.splitlines()) > 4


@pytest.mark.parametrize(
    "group", [(), ("runs",), ("rejects",), ("patterns",), ("fallback",), ("config",), ("db",)]
)
def test_a_group_alone_shows_what_it_has(heal: Any, group: tuple[str, ...]) -> None:
    """Its help stands on stderr, line by line, and the exit code says that nothing was asked for."""
    result = heal(*group)
    assert (result.code, result.out) == (2, "")
    assert result.err == heal(*group, "-h").out


def test_every_option_has_help() -> None:
    """No flag of any command is unexplained."""
    group: Any = get_command(command_line())
    for path in _commands(group)[1:]:
        command = group
        for name in path:
            command = command.commands[name]
        assert [found.name for found in command.params if not found.help] == [], path


def test_every_setting_has_a_flag() -> None:
    """Flags, HEAL_* twins and keys of heal.toml are one set."""
    assert {field.name for field in fields(LoadFlags)} == {*KEYS, "config"}


@pytest.mark.parametrize("path", _commands(get_command(command_line())), ids=" ".join)
def test_help_is_grouped_alike(heal: Any, path: tuple[str, ...]) -> None:
    """Flags stand under headings, in one order for all commands; no list of commands is cut on a small terminal."""
    lines = heal(*path, "--help").out.splitlines()
    headings = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert headings == [heading for heading in HEADINGS if heading in headings]
    if "Commands:" in headings:
        assert not [line for line in lines[1:] if line.endswith("...")]
    else:
        assert headings[-1] == "Other:"


def test_help_says_the_default_of_its_own_command(heal: Any) -> None:
    """A load's batch has a time limit unless told; an undo has none."""
    assert "Longest a batch may take [30s]." in heal("load", "--help").out
    assert "Longest the undo may take [no limit]." in heal("undo", "--help").out


def test_version(heal: Any) -> None:
    """`--version` is one line."""
    assert heal("--version") == (0, "heal 0.1.0\n", "")


def test_a_defect_shows_no_traceback(heal: Any, engine: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """An unexpected error is one sentence and a private file that holds the traceback without secrets."""

    def fail(**_: object) -> None:
        raise ZeroDivisionError("connection to postgresql://u:hunter2@h failed")

    engine.during = fail
    monkeypatch.setenv("PGPASSWORD", "sesame")
    result = heal("load", "a.csv", "-t", "m", "-d", "postgresql://u:hunter2@h/db")
    (log,) = (tmp_path / "state" / "crashes").iterdir()
    assert result == (
        1,
        "",
        "heal: ZeroDivisionError inside heal; this is a defect of heal and not of your file.\n"
        f"      Please report it, with what is in {str(log)!r}\n",
    )
    text = log.read_text()
    assert "Traceback (most recent call last)" in text
    assert "hunter2" not in text
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_keyboard_interrupt_is_130(heal: Any, engine: Any) -> None:
    """Ctrl-C while heal plans leaves one line."""

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    engine.during = interrupt
    assert heal("plan", "a.csv", "-t", "m", "-d", "dbname=x").code == 130


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["load", "a b.csv"], "heal load 'a b.csv'"),
        (["-d", "hunter2"], "heal -d '***'"),
        (["--dsn=host=h password=hunter2"], "heal '--dsn=host=h password=***'"),
        (["-dpostgresql://u:hunter2@h"], "heal '-dpostgresql://u:***@h'"),
        (["--data-dir", "x", "--delimiter", ";"], "heal --data-dir x --delimiter ';'"),
        (["it's\na\\b"], r"heal $'it\'s\x0aa\\b'"),
        (["\u202etxt\udcff"], r"heal $'\u202etxt\xff'"),
    ],
)
def test_masked_command(arguments: list[str], shown: str) -> None:
    """The command can be pasted again and holds no secret."""
    assert masked_command(arguments) == shown


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    """`heal ... | head` ends without a word on stderr."""
    program = subprocess.Popen(
        [*HEAL, "config", "show"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    assert program.stderr.read() == b""
    program.stderr.close()
    assert program.wait() == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_empty_ones(tmp_path: Path, closed: str) -> None:
    """A daemon without stdin, stdout or stderr runs heal as others do."""
    line = f"{shlex.join([sys.executable, '-m', 'heal_cli', 'config', 'show'])} {closed}"
    program = subprocess.run(["sh", "-c", line], capture_output=True, check=False, cwd=tmp_path)
    assert (program.returncode, program.stderr) == (0, b"")
    assert bool(program.stdout) is (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_full_disk_behind_stdout_is_told(tmp_path: Path, flags: list[str]) -> None:
    """What cannot be printed is an error in words, not a defect."""
    with Path("/dev/full").open("wb") as full:
        program = subprocess.run(
            [*HEAL, "config", "show", *flags], stdout=full, stderr=subprocess.PIPE, check=False, cwd=tmp_path
        )
    assert program.returncode == 1
    assert program.stderr.decode() == (
        "heal: The result could not be written to standard output: No space left on device.\n"
        "      What was done stays done; see: heal runs list\n"
    )


def test_a_remark_that_nobody_can_read_ends_nothing(tmp_path: Path) -> None:
    """A full disk behind stderr does not change the exit code."""
    with Path("/dev/full").open("wb") as full:
        program = subprocess.run(
            [*HEAL, "load"], stdout=subprocess.PIPE, stderr=full, check=False, cwd=tmp_path
        )
    assert program.returncode == 2


def test_names_that_the_terminal_cannot_show_end_nothing(tmp_path: Path) -> None:
    """An ASCII terminal and a file name that is no UTF-8 still get their message."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "HEAL_DSN": "dbname=x"}
    done = subprocess.run(
        [*HEAL, "rejects", "show", b"\xff\xe9.jsonl"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_colour_on_a_terminal_only(tmp_path: Path) -> None:
    """A terminal gets colour, and none under NO_COLOR."""
    environment = {**os.environ, "HEAL_STATE_DIR": str(tmp_path), "TERM": "xterm"}
    environment.pop("CI", None)
    command = shlex.join([*HEAL, "doctor", "-d", "host=/nowhere"])
    colourful = pexpect.run(command, env=environment, cwd=str(tmp_path))
    plain = pexpect.run(command, env={**environment, "NO_COLOR": "1"}, cwd=str(tmp_path))
    assert b"\x1b[" in colourful
    assert b"\x1b[" not in plain


def test_help_is_there_at_once() -> None:
    """`heal --help` loads neither polars nor psycopg nor rich, and takes well under a second even on a busy machine."""
    script = "import sys; from heal_cli.cli.app import run; run(['--help']); print([m for m in ('polars','psycopg','rich.console') if m in sys.modules])"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.perf_counter() - began < 3
