"""`heal patterns add|remove|enable|disable`: patterns of one's own, and which of all are on."""

from __future__ import annotations

from typing import Annotated

import typer

from heal_cli.cli.options import Config, Json, StateDir
from heal_cli.cli.patterns.shared import (
    PatternId,
    example_facts,
    own_files,
    spoken,
    whole_catalogue,
)
from heal_cli.cli.terminal import note, say_json
from heal_cli.errors import UsageError


def add(
    what: Annotated[
        str, typer.Argument(metavar="FILE|SRC=DST", help="A TOML file of patterns, or one rename.")
    ],
    table: Annotated[
        str | None, typer.Option("-t", "--table", metavar="TABLE", help="Only for this table.")
    ] = None,
    confidence: Annotated[
        float, typer.Option("--confidence", metavar="N", help="How sure it is, 0.60-0.98.")
    ] = 0.9,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Keep patterns of your own; their examples must hold.

    heal patterns add amt=amount -t orders
    """
    from heal_cli.heal.examples import run_examples
    from heal_cli.patterns import load_catalogue, read_own, read_patterns_file, rename_entry, write_own

    path, others = own_files(state_dir, config)
    source, is_rename, target = what.partition("=")
    if is_rename:
        entries = rename_entry(source, target, table=table, confidence=confidence)
    else:
        entries = read_patterns_file(what)
    own = read_own(path)
    changed = own.with_entries(entries, what)
    write_own(path, changed)
    try:
        catalogue = load_catalogue(others)
        ids = [id for id, entry in changed.entries if (id, entry) not in own.entries]
        for id in ids:
            wrong = [outcome for outcome in run_examples(catalogue.get(id), catalogue) if not outcome.holds]
            if wrong:
                raise UsageError(
                    f"Pattern {id!r}: {spoken(example_facts(wrong[0].example))} is not what it does"
                )
    except UsageError:
        write_own(path, own)
        raise
    if json:
        say_json({"added": ids, "path": str(path)})
        return
    note(f"{', '.join(ids) or 'nothing new'} in {str(path)!r}")


def remove(pattern: PatternId, state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """Forget a pattern of your own.

    One that ships with heal can be switched off: heal patterns disable.
    """
    from heal_cli.patterns import read_own, write_own

    path, _ = own_files(state_dir, config)
    write_own(path, read_own(path).without(pattern))
    if json:
        say_json({"removed": pattern, "path": str(path)})
        return
    note(f"{pattern} is gone")


def enable(pattern: PatternId, state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """Switch a pattern on again."""
    _switch(pattern, state_dir, config, json, is_enabled=True)


def disable(pattern: PatternId, state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """Switch a pattern off, of your own or heal's."""
    _switch(pattern, state_dir, config, json, is_enabled=False)


def _switch(
    pattern: str, state_dir: str | None, config: str | None, json: bool | None, *, is_enabled: bool
) -> None:
    from heal_cli.patterns import read_own, write_own

    every, _ = whole_catalogue(state_dir, config)
    every.get(pattern)
    path, _ = own_files(state_dir, config)
    write_own(path, read_own(path).enabling(pattern, is_enabled=is_enabled))
    if json:
        say_json({"pattern": pattern, "enabled": is_enabled})
        return
    note(f"{pattern} is {'on' if is_enabled else 'off'}")
