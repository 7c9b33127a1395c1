"""Finding the programs, and saying what to do without them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from heal_cli import embedded
from heal_cli.embedded.binaries import find_binaries, server_version
from heal_cli.errors import DatabaseUnavailable, UsageError

_WAYS_OUT = "Install it with pip install 'heal-cli[local]', or name a server with --dsn"


@pytest.fixture
def programs(folder: Path) -> Path:
    """Programs that do nothing; tests say what they print."""
    programs = folder.parent / "bin"
    programs.mkdir()
    programs.chmod(0o755)
    _program(programs, "postgres", "echo 'postgres (PostgreSQL) 18.6'")
    _program(programs, "initdb", "exit 0")
    return programs


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_the_wheels_programs_are_found() -> None:
    """Without a wish the wheel's folder is found, with a server of a version we know."""
    assert server_version(find_binaries())[0] >= 18


def test_a_named_folder_wins(programs: Path) -> None:
    """The folder that the user names is taken in place of the wheel's."""
    assert find_binaries(programs) == programs.resolve()


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the message names both ways out."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError) as caught:
        find_binaries()
    assert str(caught.value) == f"The embedded PostgreSQL is not installed. {_WAYS_OUT}"


def test_a_folder_without_server(tmp_path: Path) -> None:
    """A named folder without a server is said so."""
    with pytest.raises(UsageError) as caught:
        find_binaries(tmp_path)
    assert str(caught.value) == f"Folder {str(tmp_path)!r} holds no PostgreSQL server. {_WAYS_OUT}"


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("postgres (PostgreSQL) 18.6", (18, "18.6")),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, "15.18")),
        ("postgres (PostgreSQL) 19beta1", (19, "19beta1")),
    ],
)
def test_version(programs: Path, said: str, version: tuple[int, str]) -> None:
    """The version is what the program says it is."""
    _program(programs, "postgres", f"echo '{said}'")
    assert server_version(programs) == version


@pytest.mark.parametrize("script", ["echo 'libz.so.1: not found' >&2; exit 127", "echo nothing"])
def test_a_program_that_does_not_run(programs: Path, script: str) -> None:
    """A program for another machine is a usage error with its own words."""
    _program(programs, "postgres", script)
    with pytest.raises(UsageError, match=r"does not run: (libz|nothing)"):
        server_version(programs)


def test_failing_initdb(programs: Path, folder: Path) -> None:
    """When the data cannot be made the error holds initdb's words, and nothing half-made stays."""
    _program(programs, "initdb", "echo 'initdb: error: No space left on device' >&2; exit 1")
    with pytest.raises(DatabaseUnavailable) as caught:
        embedded.start(folder, bin_dir=programs)
    assert caught.value.message == (
        f"Data folder {str(folder / 'data')!r} cannot be made; "
        "initdb said: initdb: error: No space left on device"
    )
    assert sorted(path.name for path in folder.iterdir()) == ["alive.lock", "start.lock"]


def test_data_of_another_version(programs: Path, home: Path) -> None:
    """Data of another major version are left alone, and the error names both versions."""
    embedded.stop(home)
    _program(programs, "postgres", "echo 'postgres (PostgreSQL) 17.2'")
    with pytest.raises(UsageError, match=r"was made by PostgreSQL 18 and the programs in '.*' are 17\.2"):
        embedded.start(home, bin_dir=programs)
