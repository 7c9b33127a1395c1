"""`heal plan`: what a load would do, without doing it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.options import OUTPUT, Sources, Table
from heal_cli.cli.saved_file import save_text
from heal_cli.cli.session import build_options, read_settings
from heal_cli.cli.taking_flags import with_load_flags
from heal_cli.cli.terminal import console, note, say_json
from heal_cli.errors import UsageError

if TYPE_CHECKING:
    from heal_cli.model import Plan


Save = Annotated[
    str | None,
    typer.Option(
        "--save",
        metavar="FILE",
        help="Write the plan as TOML, for review and for load --plan.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]


@with_load_flags
def plan(context: typer.Context, sources: Sources, table: Table, flags: LoadFlags, save: Save = None) -> None:
    """Show what a load would do, and write nothing.

    Where each column would go and on what evidence, what would be healed and what rejected.

    \b
    heal plan orders.csv -t orders
    heal plan orders.csv -t orders --save orders.plan.toml
    """
    settings = read_settings(flags, table)
    options = build_options(settings, sources, table)
    from heal_cli.engine import run_plan

    if save is not None and options.unknown_columns == "add":
        raise UsageError(
            "--save keeps no plan with --unknown-columns add, which makes columns that it could not name",
            hint="Add the columns to the table first",
        )
    report = run_plan(options, stdin=sys.stdin.buffer)
    if save is not None:
        _save(report.plan, save)
    if settings.json:
        from heal_cli.record import plan_document

        say_json(plan_document(report))
    elif not settings.quiet:
        from heal_cli.cli.plan_report import show_plan

        command = (context.obj or "heal load").replace("heal plan", "heal load", 1)
        # What loads by this plan follows the file that was just written.
        show_plan(report, console(), command=command.replace(" --save", " --plan"))
    raise typer.Exit(report.exit_code)


def _save(plan: Plan, path: str) -> None:
    from heal_cli.heal import plan_text

    save_text(path, plan_text(plan), key="heal_plan", what="a plan")
    note(f"the plan is in {path!r}; follow it with --plan {path}")
