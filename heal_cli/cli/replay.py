"""`heal replay-fallback`: what was spooled while the database was away, brought home."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.options import (
    Config,
    DataDir,
    Dsn,
    EmergencyLogPath,
    Json,
    PgBin,
    Quiet,
    StateDir,
)
from heal_cli.cli.signals import stop_on_signal
from heal_cli.cli.terminal import clean, note, say, say_json
from heal_cli.errors import DatabaseUnavailable, UsageError
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.engine.replay import ReplayOptions, ReplayReport
    from heal_cli.settings import Settings

MaxAttempts = Annotated[
    int, typer.Option("--max-attempts", min=1, metavar="N", help="Tries before a batch is set aside.")
]
AnyServer = Annotated[
    bool, typer.Option("--any-server", help="Also what was spooled for a server under another host or port.")
]
Stay = Annotated[bool, typer.Option("--watch", help="Stay, and bring home whatever comes to wait.")]
Jitter = Annotated[
    float, typer.Option("--jitter", min=0, metavar="SECONDS", help="Wait up to so long first (cron).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and count what waits; write nothing.")]


def replay_fallback(
    dsn: Dsn = None,
    state_dir: StateDir = None,
    emergency_log: EmergencyLogPath = None,
    max_attempts: MaxAttempts = 5,
    any_server: AnyServer = False,
    watch: Stay = False,
    jitter: Jitter = 0.0,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
    pg_bin: PgBin = None,
    config: Config = None,
    json: Json = None,
    quiet: Quiet = None,
) -> None:
    """Bring home what was kept while the database was away.

    Rows and events, each exactly once.

    \b
    heal replay-fallback                       # silent when nothing waits: made for cron
    */5 * * * * heal replay-fallback --jitter 30
    heal replay-fallback --watch
    """
    from heal_cli.settings import load_settings

    if watch and dry_run:
        raise UsageError("--watch brings home and --dry-run does not", hint="Leave one of them out")
    flags = {
        "dsn": dsn, "state_dir": state_dir, "emergency_log": emergency_log, "data_dir": data_dir,
        "pg_bin": pg_bin, "json": json, "quiet": quiet,
    }  # fmt: skip
    settings = load_settings(flags, config=config)
    from heal_cli.engine.replay import has_waiting, run_replay
    from heal_cli.engine.watching import Watch, sleep

    options = _options(settings, max_attempts=max_attempts, any_server=any_server, dry_run=dry_run)
    begin = partial(_begin, options, settings)
    tell = partial(_tell, any_server=any_server, is_dry=dry_run, json=settings.json, quiet=settings.quiet)
    with stop_on_signal() as stop:
        sleep(random.uniform(0, jitter), stop)  # noqa: S311 -- spreads machines over time, keeps no secret
        if watch:
            Watch(options, begin=begin, tell=tell, should_stop=stop).run()
            raise typer.Exit(128 + stop())
        if not has_waiting(options) and not settings.json:
            return
        report = run_replay(begin() if has_waiting(options) else options, should_stop=stop)
        if number := stop():
            report.exit_code = 128 + number
        tell(report)
    raise typer.Exit(report.exit_code)


def _options(settings: Settings, *, max_attempts: int, any_server: bool, dry_run: bool) -> ReplayOptions:
    from importlib.metadata import version

    from heal_cli.engine.replay import ReplayOptions

    return ReplayOptions(
        state_dir=settings.state_dir,
        conninfo=settings.conninfo or "",
        emergency_log=settings.emergency_log,
        max_attempts=max_attempts,
        any_server=any_server,
        dry_run=dry_run,
        version=version("heal-cli"),
    )


def _begin(options: ReplayOptions, settings: Settings) -> ReplayOptions:
    """The options, with heal's own server started where it is the one that is meant."""
    from heal_cli.cli.session import connection

    return options if options.dry_run else replace(options, conninfo=connection(settings))


def _tell(report: ReplayReport, *, any_server: bool, is_dry: bool, json: bool, quiet: bool) -> None:
    """One round of replay."""
    if json:
        say_json({**_document(report), "dry_run": is_dry, "exit": report.exit_code})
    elif not quiet and not report.found_nothing:
        say(_summary(report, is_dry=is_dry))
        for name, reason in report.aside:
            note(f"set aside {name}: {reason}; see: heal fallback show {name}")
        for line in report.notes:
            note(line)
        if report.elsewhere:
            moved = "" if any_server else ", or with --any-server if it has moved"
            note(f"bring those home with the --dsn that they were for{moved}")
    elif report.exit_code == DatabaseUnavailable.exit_code:
        note(report.notes[-1])


def _summary(report: ReplayReport, *, is_dry: bool) -> str:
    """`47 events and 3 batches restored, 0 left`."""
    if is_dry:
        waiting = (
            f"{counted(report.left_events, 'event')} and {counted(report.left, 'batch', 'batches')} wait"
        )
        return f"{waiting}, {counted(report.rows.spooled, 'row')}; {len(report.aside)} damaged"
    rows = report.rows
    others = {"rejected": rows.rejected, "duplicates": rows.duplicates, "already there": rows.already}
    told = [f"{counted(rows.loaded, 'row')} loaded", *(f"{n:,} {name}" for name, n in others.items() if n)]
    restored = f"{counted(report.events, 'event')} and {counted(report.batches, 'batch', 'batches')} restored"
    line = f"{restored}, {report.left + report.left_events} left"
    if report.batches:
        line += f" ({', '.join(told)})"
    if report.elsewhere:
        line += f"; {report.elsewhere} of them for another database"
    return clean(line)


def _document(report: ReplayReport) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "heal": 1,
        "events": report.events,
        "batches": report.batches,
        "rows": asdict(report.rows),
        "left": {"batches": report.left, "events": report.left_events, "elsewhere": report.elsewhere},
        "aside": [{"entry": name, "reason": reason} for name, reason in report.aside],
        "notes": report.notes,
    }
