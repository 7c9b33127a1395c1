"""`heal load`: sources into a table."""

from __future__ import annotations

import sys
from typing import Final

import typer

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.options import Sources, Table
from heal_cli.cli.progress import shown_progress
from heal_cli.cli.session import build_options, read_settings
from heal_cli.cli.signals import stop_on_signal
from heal_cli.cli.taking_flags import with_load_flags
from heal_cli.cli.terminal import clean, say, say_json
from heal_cli.errors import UsageError

_ASKED: Final = {
    "delete": "Delete the rows of {} that have the keys of the source?",
    "replace": "Delete all rows of {}, and load those of the source instead?",
}
"""Modes that take rows out of a table -> what a person is asked first."""


@with_load_flags
def load(context: typer.Context, sources: Sources, table: Table, flags: LoadFlags) -> None:
    """Load files into a table, healed; keep what does not fit.

    \b
    heal load orders.csv -t orders
    heal load 'chat/*.jsonl.gz' -t public.messages --map sender=role
    """
    settings = read_settings(flags, table)
    if settings.mode in _ASKED and not (settings.yes or settings.dry_run):
        _confirm(settings.mode, table)
    options = build_options(settings, sources, table)
    from importlib.metadata import version

    from heal_cli.engine import run_load

    with stop_on_signal() as stop:
        with shown_progress(settings.progress, quiet=settings.quiet or settings.json) as on_progress:
            report = run_load(
                options,
                on_progress=on_progress,
                should_stop=stop,
                stdin=sys.stdin.buffer,
                command=context.obj or "heal load",
                version=version("heal-cli"),
            )
        code = stop.exit_code(report.exit_code)
        if settings.json:
            from heal_cli.record import load_document

            say_json({**load_document(report), "exit": code})
        elif not settings.quiet:
            from heal_cli.cli.load_report import load_report

            by_path = settings.rejects is not None or settings.origins.get("state_dir") == "--state-dir"
            say(load_report(report, verbose=settings.verbose, by_path=by_path))
    raise typer.Exit(code)


def _confirm(mode: str, table: str) -> None:
    """Asked on a terminal alone.

    Raises:
        UsageError: There is nobody to ask, or the answer was no.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"--mode {mode} takes rows out of {table!r}", hint="Say --yes, or look first with --dry-run"
        )
    if not typer.confirm(_ASKED[mode].format(clean(table)), err=True):
        raise UsageError("Nothing was changed")
