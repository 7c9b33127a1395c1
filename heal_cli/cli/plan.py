"""`heal plan`: what a load would do, without doing it."""

from __future__ import annotations

import sys

import typer

from heal_cli.cli.options import LoadFlags, Sources, Table, with_load_flags
from heal_cli.cli.session import build_options, read_settings
from heal_cli.cli.terminal import console, say


@with_load_flags
def plan(context: typer.Context, sources: Sources, table: Table, flags: LoadFlags) -> None:
    """Show where each column would go and what would be healed or rejected; nothing is written.

    heal plan orders.csv -t orders
    """
    settings = read_settings(flags, table)
    options = build_options(settings, sources, table)
    from heal_cli.engine import run_plan

    report = run_plan(options, stdin=sys.stdin.buffer)
    if settings.json:
        from heal_cli.record import encode, plan_document

        say(encode(plan_document(report)))
    elif not settings.quiet:
        from heal_cli.cli.plan_report import show_plan

        command = (context.obj or "heal load").replace("heal plan", "heal load", 1)
        show_plan(report, console(), command=command)
    raise typer.Exit(report.exit_code)
