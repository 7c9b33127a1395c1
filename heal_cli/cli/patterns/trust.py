"""`heal patterns approve` and `revoke`: a person's word on a pattern, which no trial changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.options import Config, Dsn, Json, StateDir
from heal_cli.cli.patterns.shared import PatternId, database, read_learned, whole_catalogue
from heal_cli.cli.terminal import clean, note, say_json

if TYPE_CHECKING:
    from heal_cli.patterns import State

Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the date and shown in exports.")
]


def approve(
    pattern: PatternId,
    reason: Reason = "approved by hand",
    dsn: Dsn = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Trust a pattern in this database.

    A learned one then counts 0.90 at least, and no trial demotes it.

    heal patterns approve learned_notes_txt_to_body_1f0c2d3e
    """
    from heal_cli.patterns import State

    _judge(pattern, State.APPROVED, reason, dsn, state_dir, config, json=json)


def revoke(
    pattern: PatternId,
    reason: Reason = "revoked by hand",
    dsn: Dsn = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Propose a pattern no more in this database.

    Until it is approved; its trials stay on record.
    """
    from heal_cli.patterns import State

    _judge(pattern, State.REVOKED, reason, dsn, state_dir, config, json=json)


def _judge(
    pattern: str,
    state: State,
    reason: str,
    dsn: str | None,
    state_dir: str | None,
    config: str | None,
    *,
    json: bool | None,
) -> None:
    from heal_cli.patterns import PREFIX, Verdict, decide

    if not pattern.startswith(PREFIX):
        catalogue, _ = whole_catalogue(state_dir, config)
        catalogue.get(pattern)
    with database(dsn, config, writes=True) as connection:
        if pattern.startswith(PREFIX):
            read_learned(connection, pattern)
        decide(connection, [Verdict(pattern, state, reason)])
    if json:
        say_json({"pattern": pattern, "state": state, "reason": reason})
        return
    note(f"{clean(pattern)} is {state}")
