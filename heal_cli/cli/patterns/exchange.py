"""`heal patterns export` and `import`: what was learned, as TOML for review in git."""

from __future__ import annotations

from typing import Annotated

import typer

from heal_cli.cli.options import Config, Dsn, Json
from heal_cli.cli.patterns.shared import database
from heal_cli.cli.saved_file import save_text
from heal_cli.cli.terminal import note, say, say_json
from heal_cli.wording import counted


def export(
    path: Annotated[str, typer.Argument(metavar="FILE", help="Where to; '-' prints it.")] = "-",
    dsn: Dsn = None,
    config: Config = None,
) -> None:
    """Write all that was learned in this database as TOML.

    Lessons, trials and verdicts; no value of any row.

    heal patterns export patterns/learned.toml
    """
    from heal_cli.patterns import export_patterns

    with database(dsn, config) as connection:
        text = export_patterns(connection)
    if path == "-":
        say(text.rstrip("\n"))
        return
    save_text(path, text, key="heal_patterns", what="what heal patterns export writes")
    note(f"{counted(text.count('[[pattern]]'), 'pattern')} in {path!r}")


def import_(
    path: Annotated[str, typer.Argument(metavar="FILE", help="What heal patterns export wrote.")],
    dsn: Dsn = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Add what an exported file has learned to this database.

    Doing it again changes nothing.

    heal patterns import patterns/learned.toml
    """
    from heal_cli.patterns import import_patterns, parse_patterns, read_patterns_file

    saved = parse_patterns(read_patterns_file(path), path)
    with database(dsn, config, writes=True) as connection:
        added = import_patterns(connection, saved, path)
    if json:
        counts = {"patterns": added.patterns, "trials": added.trials, "verdicts": added.states}
        say_json({"added": {**counts, "matches": added.matches}, "path": path})
        return
    note(
        f"{added.patterns} learned patterns, {added.trials} trials, {added.states} verdicts"
        f" and {added.matches} matches were new"
    )
