"""`heal replay-fallback`: what waits in spool and emergency log, brought home first to last."""

from __future__ import annotations

from collections.abc import Callable

from heal_cli.engine.round import ReplayOptions, ReplayReport, Round
from heal_cli.errors import DatabaseUnavailable, SpoolError
from heal_cli.model import Rows
from heal_cli.pipeline.home import Home
from heal_cli.resilience import Spool, check_stored, hold_lock, read_batch, read_manifest

__all__ = ["ReplayOptions", "ReplayReport", "has_waiting", "run_replay", "waiting_now"]

_DONE, _FAILED, _WITH_REJECTS = 0, 1, 3


def has_waiting(options: ReplayOptions) -> bool:
    """Something may be there to bring home; no connection is made for the answer."""
    return bool(Spool(options.state_dir).entries()) or any(True for _ in options.log.events())


def waiting_now(options: ReplayOptions) -> tuple[object, ...]:
    """What waits, to be compared with what waits later; empty where nothing does."""
    if not has_waiting(options):
        return ()
    return *(entry.name for entry in Spool(options.state_dir).entries()), options.log.size


def run_replay(options: ReplayOptions, *, should_stop: Callable[[], int] = lambda: 0) -> ReplayReport:
    """Bring home what waits, batches first to last, then events.

    An entry leaves the disk only when the server has all of it; one that fails `max_attempts` times, or is
    damaged, is set aside with its reason.

    Raises:
        ReplayIsRunning: Another process is at it.
        ConnectionRefused: Login, database or TLS refused.
        RecordError: Rejects could not be made durable; nothing was lost.
    """
    report = ReplayReport()
    with hold_lock(options.state_dir):
        spool = Spool(options.state_dir)
        spool.sweep()
        if has_waiting(options):
            if options.dry_run:
                return _preview(options, spool)
            try:
                home = Home.open(options.conninfo, is_any_server=options.any_server)
                try:
                    Round(options, spool, home, report).run(should_stop)
                finally:
                    home.books.close()
            except DatabaseUnavailable as error:
                report.notes.append(str(error))
                report.exit_code = error.exit_code
        report.left = len(spool.entries())
        report.left_events = sum(1 for _ in options.log.events())
    if report.exit_code == _DONE and (report.aside or report.left > report.elsewhere):
        report.exit_code = _FAILED
    elif report.exit_code == _DONE and report.rows.rejected:
        report.exit_code = _WITH_REJECTS
    return report


def _preview(options: ReplayOptions, spool: Spool) -> ReplayReport:
    """What a round would find: every entry is read and checked, nothing is written."""
    report = ReplayReport()
    for entry in spool.entries():
        report.left += 1
        try:
            manifest = read_manifest(entry)
            if manifest.kind == "source":
                check_stored(entry, manifest)
            else:
                read_batch(entry, manifest, locate=lambda frame: lambda rows: frame)
            report.rows += Rows(spooled=manifest.rows)
        except SpoolError as error:
            report.aside.append((entry.name, str(error)))
    report.left_events = sum(1 for _ in options.log.events())
    return report
