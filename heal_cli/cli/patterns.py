"""`heal patterns`: what heal knows beforehand, and what you teach it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heal_cli.cli.options import Config, GroupedCommand, Json, StateDir
from heal_cli.cli.terminal import clean, console, note, say
from heal_cli.errors import UsageError

if TYPE_CHECKING:
    from heal_cli.patterns import Catalogue, Pattern

app = typer.Typer(help="List, show, try and keep patterns.", no_args_is_help=True, rich_markup_mode=None)

PatternId = Annotated[str, typer.Argument(metavar="PATTERN", help="Its id; heal patterns list shows all.")]


@app.callback()
def patterns() -> None:
    """List, show, try and keep patterns."""


@app.command("list", cls=GroupedCommand)
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
    catalogue, disabled = _catalogue(state_dir, config)
    found = [
        pattern
        for pattern in catalogue
        if (kind is None or pattern.kind == kind) and (word is None or word.lower() in _searched(pattern))
    ]
    if json:
        _say_json({"patterns": [_document(pattern, disabled) for pattern in found]})
        return
    from rich.text import Text

    grid = _grid("pattern", "kind", "sure", "from → to", "state")
    for pattern in found:
        names = (
            f"{_few(pattern.sources)} → {_few(pattern.targets)}" if pattern.sources else _few(pattern.targets)
        )
        is_off = pattern.id in disabled
        cells = (pattern.id, pattern.kind, f"{pattern.confidence:.2f}", names, "off" if is_off else "on")
        grid.add_row(*(Text(clean(cell), "dim" if is_off else "") for cell in cells))
    console().print(grid)
    note(f"{len(found)} of {len(catalogue)} patterns")


@app.command(cls=GroupedCommand)
def show(pattern: PatternId, state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """Show one pattern: names, scope, confidence, examples."""
    catalogue, disabled = _catalogue(state_dir, config)
    document = _document(catalogue.get(pattern), disabled)
    if json:
        _say_json({"pattern": document})
        return
    from rich.text import Text

    grid = _grid("", "")
    for key, value in document.items():
        shown = value if isinstance(value, list) else [value]
        lines = [_line(item) for item in shown if item not in (None, "", {})]
        if lines:
            grid.add_row(
                Text(key, "dim"),
                Text(clean("; ".join(lines)) if key not in _EXAMPLES else "\n".join(map(clean, lines))),
            )
    console().print(grid)


@app.command("test", cls=GroupedCommand)
def try_(
    pattern: Annotated[str | None, typer.Argument(metavar="[PATTERN]", help="Its id; all without.")] = None,
    source: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A file whose columns it is tried on.")
    ] = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Run the examples of one pattern or of all; with FILE, look which of its columns the pattern names.

    heal patterns test messages_sender_to_role chat.jsonl
    """
    from heal_cli.heal.examples import run_examples

    catalogue, _ = _catalogue(state_dir, config)
    tried = [catalogue.get(pattern)] if pattern else list(catalogue)
    outcomes = [(each, outcome) for each in tried for outcome in run_examples(each, catalogue)]
    failed = [(each, outcome) for each, outcome in outcomes if not outcome.holds]
    columns = _columns(tried[0], source) if source else []
    if json:
        wrong = [{"pattern": p.id, "expected": o.expected, "example": _example(o.example)} for p, o in failed]
        _say_json({"examples": len(outcomes), "failed": wrong, "columns": columns})
    else:
        for each, outcome in failed:
            wanted = "is not taken" if outcome.expected else "is taken and should not be"
            say(clean(f"{each.id}: {_line(_example(outcome.example))} {wanted}"))
        for column in columns:
            say(clean(f"{column['column']}: {column['fits']} of {column['values']} values fit the pattern"))
        if source and not columns:
            say(clean(f"{source}: no column has a name of this pattern"))
        say(f"{len(outcomes) - len(failed)} of {len(outcomes)} examples hold")
    if failed:
        raise typer.Exit(1)


@app.command(cls=GroupedCommand)
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
) -> None:
    """Keep patterns of your own; their examples have to hold.

    heal patterns add amt=amount -t orders
    """
    from heal_cli.heal.examples import run_examples
    from heal_cli.patterns import load_catalogue, read_own, rename_entry, write_own

    path, others = _files(state_dir, config)
    source, is_rename, target = what.partition("=")
    text = rename_entry(source, target, table=table, confidence=confidence) if is_rename else _text(what)
    own = read_own(path)
    changed = own.with_entries(text)
    write_own(path, changed)
    try:
        catalogue = load_catalogue(others)
        ids = [id for id, entry in changed.entries if (id, entry) not in own.entries]
        for id in ids:
            wrong = [outcome for outcome in run_examples(catalogue.get(id), catalogue) if not outcome.holds]
            if wrong:
                raise UsageError(f"Pattern {id!r}: {_line(_example(wrong[0].example))} is not what it does")
    except UsageError:
        write_own(path, own)
        raise
    note(f"{', '.join(ids) or 'nothing new'} in {str(path)!r}")


@app.command(cls=GroupedCommand)
def remove(pattern: PatternId, state_dir: StateDir = None, config: Config = None) -> None:
    """Forget a pattern of your own; one that ships with heal can be switched off."""
    from heal_cli.patterns import read_own, write_own

    path, _ = _files(state_dir, config)
    write_own(path, read_own(path).without(pattern))
    note(f"{pattern} is gone")


@app.command(cls=GroupedCommand)
def enable(pattern: PatternId, state_dir: StateDir = None, config: Config = None) -> None:
    """Switch a pattern on again."""
    _switch(pattern, state_dir, config, is_enabled=True)


@app.command(cls=GroupedCommand)
def disable(pattern: PatternId, state_dir: StateDir = None, config: Config = None) -> None:
    """Switch a pattern off, whether it is your own or ships with heal."""
    _switch(pattern, state_dir, config, is_enabled=False)


_EXAMPLES = ("positive", "negative")


def _switch(pattern: str, state_dir: str | None, config: str | None, *, is_enabled: bool) -> None:
    from heal_cli.patterns import read_own, write_own

    catalogue, _ = _catalogue(state_dir, config)
    catalogue.get(pattern)
    path, _ = _files(state_dir, config)
    write_own(path, read_own(path).enabling(pattern, is_enabled=is_enabled))
    note(f"{pattern} is {'on' if is_enabled else 'off'}")


def _files(state_dir: str | None, config: str | None) -> tuple[Path, tuple[str, ...]]:
    """The user's own file, and all files that patterns are read from beside the catalogue."""
    from heal_cli.patterns import own_path
    from heal_cli.settings import load_settings

    settings = load_settings({"state_dir": state_dir}, config=config)
    return own_path(settings.state_dir), (str(own_path(settings.state_dir)), *settings.patterns)


def _catalogue(state_dir: str | None, config: str | None) -> tuple[Catalogue, frozenset[str]]:
    """Every pattern, and the ids of those that are switched off."""
    from heal_cli.patterns import load_catalogue, read_own

    path, files = _files(state_dir, config)
    existing = files if path.exists() else files[1:]
    return load_catalogue(existing, with_disabled=True), read_own(path).disabled


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as exc:
        raise UsageError(f"Pattern file {path!r} cannot be read: {exc.strerror}") from exc


def _columns(pattern: Pattern, source: str) -> list[dict[str, Any]]:
    """The columns of a file that the pattern names, and how many of their values have its shape."""
    from heal_cli.heal.values import as_text
    from heal_cli.match.names import parse
    from heal_cli.model import ReadOptions
    from heal_cli.read import open_source

    reader = open_source(source, ReadOptions())
    try:
        batch = reader.sample()
        frame = batch.frame if batch else None
    finally:
        reader.close()
    wanted = {parse(name).meaning_key for name in pattern.sources}
    found = []
    for name in frame.columns if frame is not None else ():
        if frame is None or parse(name).meaning_key not in wanted:
            continue
        text = as_text(frame[name]).drop_nulls()
        fits = text.len() if pattern.shape is None else int(text.str.contains(pattern.shape).sum())
        found.append({"column": name, "values": text.len(), "fits": fits})
    return found


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
        "positive": [_example(example) for example in pattern.positive],
        "negative": [_example(example) for example in pattern.negative],
        "origin": pattern.origin,
    }


def _example(example: Any) -> dict[str, Any]:
    import dataclasses

    return {key: value for key, value in dataclasses.asdict(example).items() if value not in (None, "", ())}


def _line(value: Any) -> str:
    """A value of a pattern as a person reads it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_line(item)}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _searched(pattern: Pattern) -> str:
    return " ".join((pattern.id, pattern.description, *pattern.sources, *pattern.targets)).lower()


def _few(names: tuple[str, ...], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" +{len(names) - most}" if len(names) > most else "")


def _grid(*headings: str) -> Any:
    from rich.table import Table

    table = Table(
        box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), show_header=any(headings)
    )
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _say_json(document: dict[str, Any]) -> None:
    import msgspec

    say(msgspec.json.encode({"heal": 1, **document}).decode())
