"""`heal undo`: a run out of the table again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.session import connection
from heal_cli.cli.taking_flags import with_flags
from heal_cli.cli.terminal import clean, note, say, say_json
from heal_cli.errors import UsageError
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.record import UndoReport
    from heal_cli.write import RunRecord


@with_flags(
    *("lock_timeout", "dsn", "data_dir", "pg_bin", "config", "json", "quiet", "state_dir", "yes"),
    dry_run="The whole undo, rolled back at the end.",
    timeout="Longest the undo may take [no limit].",
    restore="Keep what an undo of this undo needs, or not [kept].",
)
def undo(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.")],
    flags: LoadFlags,
    force_unchanged: Annotated[
        bool,
        typer.Option("--force-unchanged", help="Undo what is unchanged, and leave rows that changed since."),
    ] = False,
) -> None:
    """Take back what a run has loaded: all of it, or nothing.

    Rows that changed since are not touched: the undo is refused and says where they are. The same load works
    again afterwards. An undo is a run, and can be undone like any other.

    \b
    heal runs list
    heal undo 01a204f1
    """
    from importlib.metadata import version

    from heal_cli.model import WriteOptions
    from heal_cli.pipeline.undo import UndoOptions
    from heal_cli.pipeline.undo import undo as undo_run
    from heal_cli.settings import load_settings

    settings = load_settings(flags.given(), config=flags.config)
    write = WriteOptions(
        dry_run=settings.dry_run,
        timeout_s=settings.timeout if "timeout" in settings.origins else 0,
        lock_timeout_s=settings.lock_timeout,
        restore=settings.restore,
    )
    options = UndoOptions(
        run, connection(settings), settings.state_dir, write, force_unchanged=force_unchanged
    )
    report = undo_run(
        options,
        confirm=lambda found: settings.yes or settings.dry_run or _confirmed(found),
        command=context.obj or "heal undo",
        version=version("heal-cli"),
    )
    if settings.json:
        from heal_cli.record import undo_document

        say_json(undo_document(report))
    elif not settings.quiet:
        _tell(report)


def _confirmed(run: RunRecord) -> bool:
    """Asked on a terminal alone.

    Raises:
        UsageError: There is nobody to ask.
    """
    told = f"what run {run.run} did to {counted(run.loaded, 'row')} of {run.table}"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"This would take back {told}", hint="Say --yes, or look first with --dry-run")
    return typer.confirm(f"Take back {clean(told)}?", err=True)


def _tell(report: UndoReport) -> None:
    verb = "would be" if report.dry_run else "is" if report.removed == 1 else "are"
    rows = counted(report.removed, "row")
    if report.brought_back:
        say(clean(f"{rows} of run {report.brought_back} {verb} in {report.table} again"))
        kept = "had changed before the undo"
    else:
        say(clean(f"{rows} of run {report.undone} {verb} taken back from {report.table}"))
        kept = "changed rows stay"
    for source in report.sources:
        left = source.loaded - source.removed
        more = f", {left:,} {kept}" if left else ""
        say(
            clean(
                f"  {source.name}: {counted(source.removed, 'row')} in {counted(source.batches, 'batch', 'batches')}{more}"
            )
        )
    for text in report.notes:
        note(text)
