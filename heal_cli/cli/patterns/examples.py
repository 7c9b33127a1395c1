"""`heal patterns test`: the examples of patterns, and a file of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from heal_cli.cli.options import Config, Json, StateDir
from heal_cli.cli.patterns.shared import example_facts, spoken, whole_catalogue
from heal_cli.cli.terminal import clean, say, say_json
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.patterns import Pattern


def try_(
    pattern: Annotated[str | None, typer.Argument(metavar="PATTERN", help="Its id; all without.")] = None,
    source: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A file whose columns it is tried on.")
    ] = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Run the examples of patterns, or try one on a file.

    With FILE: which of its columns the pattern names, and how many of their values have its shape.

    heal patterns test messages_sender_to_role chat.jsonl
    """
    from heal_cli.heal.examples import run_examples

    catalogue, _ = whole_catalogue(state_dir, config)
    tried = [catalogue.get(pattern)] if pattern else list(catalogue)
    outcomes = [(each, outcome) for each in tried for outcome in run_examples(each, catalogue)]
    failed = [(each, outcome) for each, outcome in outcomes if not outcome.holds]
    columns = _columns(tried[0], source) if source else []
    if json:
        wrong = [
            {"pattern": p.id, "expected": o.expected, "example": example_facts(o.example)} for p, o in failed
        ]
        say_json({"examples": len(outcomes), "failed": wrong, "columns": columns})
    else:
        for each, outcome in failed:
            wanted = "is not taken" if outcome.expected else "is taken and should not be"
            say(clean(f"{each.id}: {spoken(example_facts(outcome.example))} {wanted}"))
        for column in columns:
            say(
                clean(
                    f"{column['column']}: {column['fits']} of {counted(column['values'], 'value fits', 'values fit')} the pattern"
                )
            )
        if source and not columns:
            say(clean(f"{source}: no column has a name of this pattern"))
        say(f"{len(outcomes) - len(failed)} of {len(outcomes)} examples hold")
    if failed:
        raise typer.Exit(1)


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
