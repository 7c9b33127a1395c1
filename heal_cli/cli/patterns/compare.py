"""`heal patterns compare`: two patterns on the same rows of a file, and by their trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from heal_cli.cli.options import Config, Dsn, Json, StateDir
from heal_cli.cli.patterns.shared import database, read_learned, whole_catalogue
from heal_cli.cli.terminal import clean, say, say_json
from heal_cli.errors import UsageError
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.patterns import Connection, Tally


class _Side(NamedTuple):
    """One of the two patterns: its names, to the letter or in any spelling, and its trials."""

    id: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    tally: Tally


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Id of the one.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Id of the other.")],
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="The rows that both are tried on.")],
    table: Annotated[
        str, typer.Option("-t", "--table", metavar="TABLE", help="The table that both fill a column of.")
    ],
    dsn: Dsn = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Try two patterns on the same rows, writing nothing.

    Which of them has values that the column takes, and what came of both so far.

    heal patterns compare messages_sender_to_role messages_from_to_role --file chat.csv -t messages
    """
    from heal_cli.patterns import compare_trials

    with database(dsn, config) as connection:
        sides = [_side(id, connection, state_dir, config) for id in (first, second)]
        outcome, columns = _on_rows(sides, file, table, connection)
    by_trials = compare_trials(*((side.tally.successes, side.tally.trials) for side in sides))
    document = {
        "first": {"id": first, **columns[0]},
        "second": {"id": second, **columns[1]},
        "rows": {
            "both": outcome.both,
            "only_first": outcome.only_first,
            "only_second": outcome.only_second,
            "neither": outcome.neither,
            "test": outcome.test,
            "p": outcome.p,
            "significant": outcome.is_significant,
        },
        "trials": {
            "first": [sides[0].tally.successes, sides[0].tally.trials],
            "second": [sides[1].tally.successes, sides[1].tally.trials],
            "test": by_trials[0],
            "p": by_trials[1],
        },
    }
    if json:
        say_json(document)
        return
    for side, column in zip(sides, columns, strict=True):
        say(
            clean(
                f"{side.id}: {column['source']} → {column['target']}, {column['held']} of {counted(column['rows'], 'row holds', 'rows hold')}"
            )
        )
    say(
        f"both {outcome.both} · only the first {outcome.only_first} · only the second {outcome.only_second} · neither {outcome.neither}"
    )
    better = "the second holds better" if outcome.second_is_better else "the first holds better"
    say(f"{better if outcome.is_significant else 'no sure difference'} ({outcome.told})")
    trials = " and ".join(f"{side.tally.successes} of {side.tally.trials}" for side in sides)
    say(f"by their trials: {trials} ({by_trials[0]}, p = {by_trials[1]:.3f})")


def _side(id: str, connection: Connection, state_dir: str | None, config: str | None) -> _Side:
    from heal_cli.patterns import PREFIX, Tally, read_knowledge

    if id.startswith(PREFIX):
        learned = read_learned(connection, id)
        return _Side(id, (learned.source,), (learned.target,), learned.tally)
    catalogue, _ = whole_catalogue(state_dir, config)
    pattern = catalogue.get(id)
    if not pattern.sources:
        raise UsageError(
            f"Pattern {id!r} is a {pattern.kind}: only renames and mappings have a source to try"
        )
    return _Side(id, pattern.sources, pattern.targets, read_knowledge(connection).tallies.get(id, Tally()))


def _on_rows(
    sides: list[_Side], file: str, table: str, connection: Connection
) -> tuple[Any, list[dict[str, Any]]]:
    """How both did on the first batch of the file, and which columns they are about."""
    from heal_cli.heal import shadow_counts
    from heal_cli.model import ReadOptions, ValueOptions
    from heal_cli.patterns import compare_counts
    from heal_cli.read import open_source
    from heal_cli.schema import introspect

    schema = introspect(connection, table)
    reader = open_source(file, ReadOptions())
    try:
        frame = reader.sample().frame
    finally:
        reader.close()
    columns = [column.name for column in schema.columns]
    targets = [_named(side.targets, columns, side.id, schema.qualified) for side in sides]
    if targets[0] != targets[1]:
        raise UsageError(
            f"{sides[0].id!r} fills {targets[0]!r} and {sides[1].id!r} fills {targets[1]!r}: they are no rivals"
        )
    sources = [_named(side.sources, frame.columns, side.id, file) for side in sides]
    counts = shadow_counts(
        frame[sources[0]], frame[sources[1]], schema.column(targets[0]).type, ValueOptions()
    )
    held = (counts[True, True] + counts[True, False], counts[True, True] + counts[False, True])
    told = [
        {"source": source, "target": targets[0], "held": holding, "rows": frame.height}
        for source, holding in zip(sources, held, strict=True)
    ]
    return compare_counts(counts), told


def _named(wanted: tuple[str, ...], names: list[str], id: str, where: str) -> str:
    """The column that goes by one of the names."""
    from heal_cli.match.names import parse

    keys = {parse(name).key for name in wanted}
    found = next((name for name in names if parse(name).key in keys), None)
    if found is None:
        raise UsageError(f"{where} has no column of pattern {id!r}: it knows {', '.join(map(repr, wanted))}")
    return found
