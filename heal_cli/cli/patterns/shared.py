"""What the verbs of `heal patterns` share: where patterns are kept, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heal_cli.errors import UsageError, WriteError

if TYPE_CHECKING:
    from heal_cli.patterns import Catalogue, Connection, Learned

PatternId = Annotated[str, typer.Argument(metavar="PATTERN", help="Its id; heal patterns list shows all.")]


@contextmanager
def database(dsn: str | None, config: str | None, *, writes: bool = False) -> Iterator[Connection]:
    """A connection to the database that has learned, given back afterwards.

    Raises:
        WriteError: It is to be written to, or has something to read, and the role may not.
    """
    from heal_cli.cli.session import connection
    from heal_cli.patterns import ensure, require_open
    from heal_cli.settings import load_settings
    from heal_cli.write import connect, way_in

    with connect(
        connection(load_settings({"dsn": dsn}, config=config)), application_name="heal/patterns"
    ) as conn:
        conn.autocommit = True
        if writes and not ensure(conn):
            raise WriteError(
                "The role may not write to schema heal, so patterns can only be read here",
                hint=way_in(conn),
            )
        require_open(conn)
        yield conn


def read_learned(connection: Connection, pattern: str) -> Learned:
    """The learned pattern of that id.

    Raises:
        UsageError: This database has learned no such pattern.
    """
    from heal_cli.patterns import read_knowledge

    found = next((each for each in read_knowledge(connection).learned if each.id == pattern), None)
    if found is None:
        raise UsageError(
            f"This database has learned no pattern {pattern!r}", hint="heal patterns stats shows what it has"
        )
    return found


def learned_facts(learned: Learned) -> dict[str, Any]:
    """A learned pattern as a document."""
    lesson, tally = learned.lesson, learned.tally
    return {
        "id": learned.id,
        "kind": "rename",
        "table": lesson.table,
        "shape": lesson.shape,
        "source": lesson.source,
        "target": lesson.target,
        "type": lesson.type,
        "teacher": lesson.teacher,
        "run": learned.run,
        "taught_at": learned.taught_at,
        "state": learned.state,
        "confidence": round(learned.confidence, 4),
        "successes": tally.successes,
        "trials": tally.trials,
    }


def own_files(state_dir: str | None, config: str | None) -> tuple[Path, tuple[str, ...]]:
    """The user's own file, and all files that patterns are read from beside the catalogue."""
    from heal_cli.patterns import own_path
    from heal_cli.settings import load_settings

    settings = load_settings({"state_dir": state_dir}, config=config)
    return own_path(settings.state_dir), (str(own_path(settings.state_dir)), *settings.patterns)


def whole_catalogue(state_dir: str | None, config: str | None) -> tuple[Catalogue, frozenset[str]]:
    """Every pattern, and the ids of those that are switched off."""
    from heal_cli.patterns import load_catalogue, read_own

    path, files = own_files(state_dir, config)
    existing = files if path.exists() else files[1:]
    return load_catalogue(existing, with_disabled=True), read_own(path).disabled


def example_facts(example: Any) -> dict[str, Any]:
    """What an example says, without what it leaves open."""
    import dataclasses

    return {key: value for key, value in dataclasses.asdict(example).items() if value not in (None, "", ())}


def spoken(value: Any) -> str:
    """A value of a pattern as a person reads it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {spoken(item)}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def new_grid(*headings: str) -> Any:
    """A table without lines; without a heading line where all headings are empty."""
    from rich.table import Table

    table = Table(
        box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), show_header=any(headings)
    )
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
