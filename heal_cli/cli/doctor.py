"""`heal doctor`: what works here and what does not, each with the next step."""

from __future__ import annotations

from typing import Annotated

import typer

from heal_cli.cli.options import Config, DataDir, Dsn, Json, StateDir
from heal_cli.cli.terminal import clean, say, say_json, styled

_MARKS = {"ok": ("✔", "green"), "warn": ("●", "yellow"), "fail": ("✘", "red")}


def doctor(
    table: Annotated[
        str | None,
        typer.Option("-t", "--table", metavar="TABLE", help="Check the rights on this table as well."),
    ] = None,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Check connection, server, rights, disk and folders.

    Ends with 1 when something fails.
    """
    from heal_cli.cli.checks import run_checks
    from heal_cli.settings import load_settings

    settings = load_settings(
        {"dsn": dsn, "data_dir": data_dir, "state_dir": state_dir}, table=table, config=config
    )
    found = run_checks(settings, table)
    code = int(any(check.status == "fail" for check in found))
    if json:
        checks = [check._asdict() for check in found]
        say_json({"checks": checks, "exit": code})
        raise typer.Exit(code)
    for check in found:
        mark, color = _MARKS[check.status]
        say(f"{styled(mark, color=color, bold=True)} {check.name:<12} {clean(check.detail)}")
        if check.next_step:
            say(f"  {'':<12} {styled(clean(check.next_step), dim=True)}")
    raise typer.Exit(code)
