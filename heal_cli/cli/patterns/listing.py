"""`heal patterns list` and `show`: what heal knows beforehand, and what it learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from heal_cli.cli.options import Config, Dsn, Json, StateDir
from heal_cli.cli.patterns.shared import (
    PatternId,
    database,
    example_facts,
    learned_facts,
    new_grid,
    read_learned,
    spoken,
    whole_catalogue,
)
from heal_cli.cli.terminal import clean, console, note, say_json
from heal_cli.errors import UsageError

if TYPE_CHECKING:
    from heal_cli.patterns import Pattern

_EXAMPLES = ("positive", "negative")


def list_(
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="rename|default|conversion|mapping", help="Only of this kind."),
    ] = None,
    word: Annotated[
        str | None, typer.Option("--word", metavar="TEXT", help="Only with this in id, names or description.")
    ] = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """List all patterns, those switched off among them."""
    from heal_cli.model import Kind

    if kind is not None and kind not in list(Kind):
        raise UsageError(f"--kind {kind!r} is none", hint=f"Kinds are {', '.join(Kind)}")
    catalogue, disabled = whole_catalogue(state_dir, config)
    found = [
        pattern
        for pattern in catalogue
        if (kind is None or pattern.kind == kind) and (word is None or word.lower() in _searched(pattern))
    ]
    if json:
        say_json({"patterns": [_document(pattern, disabled) for pattern in found]})
        return
    from rich.text import Text

    grid = new_grid("pattern", "kind", "sure", "from → to", "state")
    for pattern in found:
        names = (
            f"{_few(pattern.sources)} → {_few(pattern.targets)}" if pattern.sources else _few(pattern.targets)
        )
        is_off = pattern.id in disabled
        cells = (pattern.id, pattern.kind, f"{pattern.confidence:.2f}", names, "off" if is_off else "on")
        grid.add_row(*(Text(clean(cell), "dim" if is_off else "") for cell in cells))
    console().print(grid)
    note(f"{len(found)} of {len(catalogue)} patterns")


def show(
    pattern: PatternId,
    dsn: Dsn = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show one pattern: names, scope, confidence, examples.

    Of a learned one, who taught it and what came of it.
    """
    from heal_cli.patterns import PREFIX

    if pattern.startswith(PREFIX):
        with database(dsn, config) as connection:
            document = learned_facts(read_learned(connection, pattern))
    else:
        catalogue, disabled = whole_catalogue(state_dir, config)
        document = _document(catalogue.get(pattern), disabled)
    if json:
        say_json({"pattern": document})
        return
    from rich.text import Text

    grid = new_grid("", "")
    for key, value in document.items():
        shown = value if isinstance(value, list) else [value]
        lines = [spoken(item) for item in shown if item not in (None, "", {})]
        if lines:
            grid.add_row(
                Text(key, "dim"),
                Text(clean("; ".join(lines)) if key not in _EXAMPLES else "\n".join(map(clean, lines))),
            )
    console().print(grid)


def _document(pattern: Pattern, disabled: frozenset[str]) -> dict[str, Any]:
    scope = pattern.scope
    return {
        "id": pattern.id,
        "kind": pattern.kind,
        "description": pattern.description,
        "confidence": pattern.confidence,
        "enabled": pattern.id not in disabled,
        "sources": list(pattern.sources),
        "targets": list(pattern.targets),
        "tables": list(scope.tables),
        "columns": list(scope.columns),
        "types": list(scope.types),
        "comments": list(scope.comments),
        "shape": pattern.shape,
        "value": pattern.value,
        "positive": [example_facts(example) for example in pattern.positive],
        "negative": [example_facts(example) for example in pattern.negative],
        "origin": pattern.origin,
    }


def _searched(pattern: Pattern) -> str:
    return " ".join((pattern.id, pattern.description, *pattern.sources, *pattern.targets)).lower()


def _few(names: tuple[str, ...], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" +{len(names) - most}" if len(names) > most else "")
