"""`heal rejects retry`: load rejected rows again after their cause was mended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.rejects.find import Named, as_argument, check_reasons, find_rejects
from heal_cli.cli.session import connection
from heal_cli.cli.signals import stop_on_signal
from heal_cli.cli.taking_flags import with_flags
from heal_cli.cli.terminal import clean, note, say, say_json, styled
from heal_cli.errors import UsageError

if TYPE_CHECKING:
    from heal_cli.record import RetryReport

_ROWS: Final = re.compile(r"(\d+)(?:-(\d+))?")

Reasons = Annotated[
    list[str] | None,
    typer.Option("--reason", metavar="CODE", help="Only those of this reason; repeatable."),
]
Rows = Annotated[
    str | None, typer.Option("--rows", metavar="N,N-M,...", help="Only these row numbers of the source.")
]
Target = Annotated[
    str | None,
    typer.Option("--table", "-t", metavar="TABLE", help="Target; only where there is no ledger."),
]


@with_flags(
    *("null", "date_order", "decimal", "timezone", "percent", "allow"),
    *("map", "override_identity", "patterns", "on_conflict", "key"),
    *("timeout", "lock_timeout", "dsn", "data_dir", "pg_bin", "config"),
    *("json", "quiet", "verbose", "state_dir", "yes"),
    unknown_columns="Source columns that have no target; no add [as in the run].",
)
def retry(
    context: typer.Context,
    flags: LoadFlags,
    rejects: Named = None,
    reason: Reasons = None,
    rows: Rows = None,
    table: Target = None,
) -> None:
    """Load rejected rows again.

    By the mapping of the run that rejected them. Mend the cause first (heal rejects explain says how), or give
    the flag that answers the question. Each row is loaded once, also when this is killed and run again.
    Duplicates are tried only by --reason.

    \b
    heal rejects retry
    heal rejects retry RUN --date-order DMY --reason ambiguous
    """
    from importlib.metadata import version

    from heal_cli.load_options import to_load_options
    from heal_cli.pipeline.retry import RetryOptions, retry_rejects
    from heal_cli.settings import load_settings

    settings = load_settings(flags.given(), table=table or "", config=flags.config)
    for warning in settings.warnings:
        note(f"warning: {warning}")
    asked = settings.unknown_columns if flags.unknown_columns else None
    if asked == "add":
        raise UsageError(
            "A retry cannot add columns to the table",
            hint="Add them with ALTER TABLE ... ADD COLUMN, then retry: new columns are matched",
        )
    check_reasons(reason or ())
    path = find_rejects(rejects, settings.state_dir)
    options = RetryOptions(
        path=path,
        load=to_load_options(settings, (), table or "", conninfo=connection(settings)),
        reasons=frozenset(reason or ()),
        rows=parse_rows(rows),
        unknown_columns=asked,
        without_ledger=settings.yes,
    )
    with stop_on_signal() as stop:
        command = context.obj or "heal rejects retry"
        report = retry_rejects(options, should_stop=stop, command=command, version=version("heal-cli"))
        code = stop.exit_code(report.exit_code)
    if settings.json:
        from heal_cli.record import retry_document

        say_json({**retry_document(report), "exit": code})
    elif not settings.quiet:
        say(retry_lines(report, as_argument(path, settings.state_dir), verbose=settings.verbose))
    raise typer.Exit(code)


def parse_rows(text: str | None) -> tuple[tuple[int, int], ...]:
    """'3,7-9' as ((3, 3), (7, 9)).

    Raises:
        UsageError: It is no such list.
    """
    ranges = []
    for part in (text or "").split(",") if text else ():
        found = _ROWS.fullmatch(part.strip())
        if found is None or int(found[1]) > int(found[2] or found[1]):
            raise UsageError(
                f"--rows {text!r}: {part!r} is no row number and no range", hint="Write it like 3,7-9"
            )
        ranges.append((int(found[1]), int(found[2] or found[1])))
    return tuple(ranges)


def retry_lines(report: RetryReport, argument: str, *, verbose: bool = False) -> str:
    """What a person wants to know: what loaded, what is left, what to type next."""
    from heal_cli.cli.load_report import block, counts, heal_lines

    mark = styled("✔", color="green", bold=True)
    if report.exit_code != 0:
        mark = styled("●", color="yellow", bold=True)
    into = f" into {clean(', '.join(report.tables))}" if report.tables else ""
    others = [
        f"{count:,} {what}"
        for what, count in (
            ("rejected again", report.rejected),
            ("duplicates", report.duplicates),
            ("loaded by another retry", report.settled),
        )
        if count
    ]
    more = f"; {', '.join(others)}" if others else ""
    lines = [f"{mark} {report.loaded:,} of {report.tried:,} rejected rows loaded{into}{more}"]
    lines += heal_lines(report.heals, verbose=verbose)
    lines += block("remaining", [counts(report.remaining)] if report.remaining else [])
    lines += block("rejects", [clean(report.path)] if report.remaining else [])
    if report.leftovers_path:
        lines += block("leftovers", [clean(report.leftovers_path)])
    lines += block("note", [clean(each) for each in report.notes])
    lines += block("next", [f"heal rejects explain {clean(argument)}"] if report.remaining else [])
    return "\n".join(lines)
