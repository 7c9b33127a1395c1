"""Which rejects file is meant, and what its name says."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import unquote

import typer

from heal_cli.cli.command import shell_word
from heal_cli.errors import UsageError

Named = Annotated[
    str | None,
    typer.Argument(metavar="FILE|RUN", help="A rejects file or a run's id; else the newest."),
]


class NameParts(NamedTuple):
    """What the name of a rejects file says."""

    table: str  # as typed at the load; '' for a file of another name
    run: str


def name_parts(path: Path) -> NameParts:
    """Table and run of `<table>.<run>.rejects.jsonl`."""
    from heal_cli.record import ENDING

    stem = path.name.removesuffix(f".{ENDING}.jsonl")
    if stem == path.name:
        return NameParts("", path.name)
    table, _, run = stem.rpartition(".")
    return NameParts(unquote(table), run)


def state_dir_of(state_dir: str | None, config: str | None) -> str:
    """The folder that the settings name."""
    from heal_cli.settings import load_settings

    return load_settings({"state_dir": state_dir}, config=config).state_dir


def find_rejects(name: str | None, state_dir: str) -> Path:
    """The rejects file that is meant.

    Raises:
        UsageError: There is none, that file holds something else, or a run's id fits several.
        RecordError: It cannot be read.
    """
    from heal_cli.record import list_rejects, require_rejects

    if name is not None and os.path.isfile(name):  # noqa: PTH113  Path.is_file() raises where a name is too long
        require_rejects(Path(name))
        return Path(name)
    files = [path for path in list_rejects(state_dir) if name is None or name in path.name]
    if not files:
        raise UsageError(
            f"There is no rejects file {name!r}" if name else "There are no rejects",
            hint="See which there are with: heal rejects list",
        )
    if name is not None and len(files) > 1:
        raise UsageError(f"{name!r} fits {len(files)} rejects files", hint="Give the whole id of the run")
    return files[0]


def check_reasons(reasons: Iterable[str]) -> None:
    """Raise where a reason is none that any reject has: none of them would be meant in silence.

    Raises:
        UsageError: With the nearest one.
    """
    from difflib import get_close_matches

    from heal_cli.record import EXPLANATIONS

    for reason in reasons:
        if reason not in EXPLANATIONS:
            near = get_close_matches(reason, EXPLANATIONS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "heal rejects list shows those that there are"
            raise UsageError(f"--reason {reason!r} is no reason of any reject", hint=hint)


def as_argument(path: Path, state_dir: str) -> str:
    """The shortest way to name the file in a command: its run's id, else its path."""
    from heal_cli.record import list_rejects

    run = name_parts(path).run
    fits = [found for found in list_rejects(state_dir) if run in found.name]
    return shell_word(run if fits == [path] else str(path))
