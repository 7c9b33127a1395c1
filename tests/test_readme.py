"""The README says what there is: every command, and no flag that is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from heal_cli.cli.app import command_line

README = (Path(__file__).parents[1] / "README.md").read_text()


def _commands(group: Any, *path: str) -> dict[tuple[str, ...], Any]:
    """Every command with its verbs."""
    found: dict[tuple[str, ...], Any] = {}
    for name, command in group.commands.items():
        is_group = isinstance(command, TyperGroup)
        found |= _commands(command, *path, name) if is_group else {(*path, name): command}
    return found


COMMANDS = _commands(get_command(command_line()))
VERBS = {
    (command, verb)
    for command, rows in re.findall(r"\| `heal (\w+)` (\|.*\n(?:\| \|.*\n)*)", README)
    for verb in re.findall(r"`([a-z]+)`", rows)
}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_there(path: tuple[str, ...]) -> None:
    """Alone among the examples, or with its group in the table."""
    assert path in VERBS if len(path) > 1 else f"\nheal {path[0]} " in README


def test_every_verb_is_one() -> None:
    """What the table lists can be typed."""
    assert VERBS - COMMANDS.keys() == set()


def test_every_flag_is_one() -> None:
    """What the README names before it comes to benchmarks is a flag of some command."""
    text = "\n".join(line for line in README[: README.index("## Speed")].splitlines() if "pytest" not in line)
    parameters = [parameter for command in COMMANDS.values() for parameter in command.params]
    flags = {flag for parameter in parameters for flag in (*parameter.opts, *parameter.secondary_opts)}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - flags == {"--help"}
