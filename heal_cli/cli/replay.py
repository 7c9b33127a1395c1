"""`heal replay-fallback`: what was spooled while the database was away, brought home."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from heal_cli.cli.options import (
    OUTPUT,
    Config,
    DataDir,
    Dsn,
    EmergencyLogPath,
    Json,
    PgBin,
    StateDir,
)
from heal_cli.cli.signals import stop_on_signal
from heal_cli.cli.terminal import clean, counted, note, say, say_json
from heal_cli.errors import DatabaseUnavailable, ReplayIsRunning

if TYPE_CHECKING:
    from heal_cli.engine.replay import ReplayOptions, ReplayReport
    from heal_cli.settings import Settings

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 2.0
"""Between two looks of --watch: a server that is back is noticed within 5 s, the look itself included."""

_TICK_S: Final = 0.2


def replay_fallback(
    dsn: Dsn = None,
    state_dir: StateDir = None,
    emergency_log: EmergencyLogPath = None,
    max_attempts: Annotated[
        int, typer.Option("--max-attempts", min=1, metavar="N", help="Tries before a batch is set aside.")
    ] = 5,
    any_server: Annotated[
        bool,
        typer.Option("--any-server", help="Also what was spooled for a server under another host or port."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and bring home whatever comes to wait.")
    ] = False,
    jitter: Annotated[
        float, typer.Option("--jitter", min=0, metavar="SECONDS", help="Wait up to so long first (cron).")
    ] = 0.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and count what waits; write nothing.")
    ] = False,
    data_dir: DataDir = None,
    pg_bin: PgBin = None,
    config: Config = None,
    json: Json = None,
    quiet: Annotated[
        bool | None, typer.Option("--quiet", "-q", help="Only errors.", rich_help_panel=OUTPUT)
    ] = None,
) -> None:
    """Bring home rows and events that were kept while the database was away, each exactly once.

    \b
    heal replay-fallback                       # silent when nothing waits: made for cron
    */5 * * * * heal replay-fallback --jitter 30
    heal replay-fallback --watch
    """
    from heal_cli.settings import load_settings

    flags = {
        "dsn": dsn, "state_dir": state_dir, "emergency_log": emergency_log, "data_dir": data_dir,
        "pg_bin": pg_bin, "json": json, "quiet": quiet,
    }  # fmt: skip
    settings = load_settings(flags, config=config)
    from heal_cli.engine.replay import has_waiting

    options = _options(settings, max_attempts=max_attempts, any_server=any_server, dry_run=dry_run)
    begin = partial(_begin, options, settings)
    with stop_on_signal() as stop:
        _sleep(random.uniform(0, jitter), stop)  # noqa: S311 -- spreads machines over time, keeps no secret
        if watch:
            _watch(options, begin, stop, quiet=bool(settings.quiet), json=settings.json)
            return
        if not has_waiting(options) and not settings.json:
            return
        code = _round(begin() if has_waiting(options) else options, stop, settings.json, settings.quiet)
    raise typer.Exit(code)


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


def _round(options: ReplayOptions, stop: Callable[[], int], json: bool, quiet: bool) -> int:
    """One replay, told; its exit code."""
    from heal_cli.engine.replay import run_replay

    report = run_replay(options, should_stop=stop)
    number = stop()
    code = 128 + number if number else report.exit_code
    if json:
        say_json({**_document(report), "dry_run": options.dry_run, "exit": code})
    elif not quiet and not report.found_nothing:
        say(_summary(report, is_dry=options.dry_run))
        for name, reason in report.aside:
            note(f"set aside {name}: {reason}; see: heal fallback show {name}")
        for line in report.notes:
            note(line)
        if report.elsewhere:
            note("bring those home with the --dsn that they were for, or with --any-server if it has moved")
    elif report.exit_code == DatabaseUnavailable.exit_code:
        note(report.notes[-1])
    return code


def _watch(
    options: ReplayOptions,
    begin: Callable[[], ReplayOptions],
    stop: Callable[[], int],
    *,
    quiet: bool,
    json: bool,
) -> None:
    """Replay whenever something waits; back off while it cannot be brought home."""
    from heal_cli.engine.replay import has_waiting

    wait_s = _FIRST_WAIT_S
    while not stop():
        code = 0
        if has_waiting(options):
            try:
                code = _round(begin(), stop, json, quiet or wait_s > _FIRST_WAIT_S)
            except (DatabaseUnavailable, ReplayIsRunning) as error:
                code = error.exit_code
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S) if code else _FIRST_WAIT_S
        _sleep(wait_s * random.uniform(0.7, 1.0), stop)  # noqa: S311
    raise typer.Exit(128 + stop())


def _sleep(seconds: float, stop: Callable[[], int]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stop():
        time.sleep(min(left, _TICK_S))


def _summary(report: ReplayReport, *, is_dry: bool) -> str:
    """`47 events and 3 batches restored, 0 left`."""
    if is_dry:
        waiting = (
            f"{counted(report.left_events, 'event')} and {counted(report.left, 'batch', 'batches')} wait"
        )
        return f"{waiting}, {report.rows.spooled:,} rows; {len(report.aside)} damaged"
    rows = report.rows
    others = {"rejected": rows.rejected, "duplicates": rows.duplicates, "already there": rows.already}
    told = [f"{rows.loaded:,} rows loaded", *(f"{n:,} {name}" for name, n in others.items() if n)]
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
