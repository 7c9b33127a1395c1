"""`heal`: messy files into PostgreSQL, healed, at COPY speed, with nothing lost.

    import heal_cli

    report = heal_cli.load("messages.jsonl", table="messages", dsn="postgresql:///chat")
    report.rows.loaded, report.rows.rejected, report.rejects_path

The functions mirror the commands: nothing is printed, nothing exits, no global state is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from heal_cli import errors

if TYPE_CHECKING:
    from heal_cli.match import Decision
    from heal_cli.model import Candidate, LoadOptions, LoadReport, Progress
    from heal_cli.record import PlanReport, RetryReport, UndoReport
    from heal_cli.settings import Settings

__all__ = [
    "ensemble_decision",
    "errors",
    "is_statistically_significant",
    "load",
    "plan",
    "retry",
    "undo",
]

Sources = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def load(
    source: Sources,
    *,
    table: str,
    dsn: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> LoadReport:
    """Load one or several sources into a table: `heal load` as a function.

    Args:
        source: A path, or several; patterns such as `chat/*.jsonl` are expanded.
        table: `table` or `schema.table`.
        dsn: libpq connection string or URI; without one, settings and environment decide as for the command.
        on_progress: Called after each batch, from any thread.
        options: Flags of `heal load` by their long names: `max_rejects="1%"`, `map=["sender=role"]`.

    Returns:
        What became of every row. Rejected rows are no error: see `rows.rejected` and `rejects_path`.

    Raises:
        errors.HealError: What ended the load; what was committed stays, and the same call goes on from there.
    """
    from heal_cli.engine import run_load

    return run_load(
        _options(_paths(source), table, dsn, options),
        on_progress=on_progress or (lambda progress: None),
        command="heal_cli.load",
    )


def plan(source: Sources, *, table: str, dsn: str | None = None, **options: Any) -> PlanReport:
    """What `load` would do, without writing anything: `heal plan` as a function.

    Returns:
        The plan with its evidence; `exit_code` is 6, and `notes` say why, where it does not cover the table.

    Raises:
        errors.HealError: The source or the table cannot be read.
    """
    from heal_cli.engine import run_plan

    return run_plan(_options(_paths(source), table, dsn, options))


def retry(
    rejects: str | os.PathLike[str],
    *,
    dsn: str | None = None,
    table: str = "",
    reasons: Iterable[str] = (),
    rows: Iterable[tuple[int, int]] = (),
    **options: Any,
) -> RetryReport:
    """Load the records of a rejects file again: `heal rejects retry` as a function.

    Args:
        table: Only where there is no ledger; `yes=True` goes on without one.
        reasons: Only these; without any, all but duplicates.
        rows: Only rows of these numbers, from and through.
        options: Flags of `heal rejects retry` by their long names: `date_order="DMY"`, `allow=["round"]`.

    Raises:
        errors.HealError: What ended the retry; what was committed stays, and the same call goes on from there.
    """
    from heal_cli.pipeline.retry import RetryOptions, retry_rejects

    asked = options.get("unknown_columns")
    load = _options((), table, dsn, options)
    return retry_rejects(
        RetryOptions(
            path=Path(rejects),
            load=load,
            reasons=frozenset(reasons),
            rows=tuple(rows),
            unknown_columns=asked,
            without_ledger=bool(options.get("yes")),
        ),
        command="heal_cli.retry",
    )


def undo(
    run: str, *, dsn: str | None = None, force_unchanged: bool = False, dry_run: bool = False, **options: Any
) -> UndoReport:
    """Take back what a run has loaded: `heal undo` as a function; nobody is asked.

    Args:
        run: Its id, or the beginning of it; of an undo, too.
        force_unchanged: Rows that changed since stay, in place of a refusal.
        options: Flags of `heal undo` by their long names: `timeout`, `state_dir`, `restore`.

    Raises:
        errors.HealError: Why it was refused; then nothing has happened.
    """
    if not isinstance(run, str):
        raise errors.UsageError(f"A run is named by a text, not {type(run).__name__!r}")
    from heal_cli.model import WriteOptions
    from heal_cli.pipeline.undo import UndoOptions
    from heal_cli.pipeline.undo import undo as undo_run

    load = _options((), "", dsn, {"timeout": 0, **options})
    write = WriteOptions(
        dry_run=dry_run,
        timeout_s=load.write.timeout_s,
        lock_timeout_s=load.write.lock_timeout_s,
        restore=load.write.restore,
    )
    return undo_run(
        UndoOptions(run, load.conninfo, load.state_dir, write, force_unchanged=force_unchanged),
        command="heal_cli.undo",
    )


def ensemble_decision(
    candidates: Iterable[Candidate],
    rows: Iterable[Mapping[str, Any]],
    *,
    strategy: Literal["weighted", "majority", "unanimous"] = "weighted",
    min_confidence: float = 0.7,
    min_margin: float = 0.1,
) -> Decision:
    """Which of several proposed fixes for a target column is taken, and the vote of every tier.

    Args:
        candidates: `heal_cli.model.Candidate`, of any tiers.
        rows: A mapping for each row, or a polars frame: a candidate counts by the share of rows with a value.
        strategy: Beyond confidence and margin, `majority` and `unanimous` ask that the tiers agree.

    Returns:
        The winner (None with a reason), the runner-up, the votes.
    """
    from heal_cli.match import ensemble_decision as decide

    return decide(candidates, rows, strategy=strategy, min_confidence=min_confidence, min_margin=min_margin)


def is_statistically_significant(
    pattern_id: str,
    min_sample_size: int = 30,
    confidence_level: float = 0.95,
    *,
    dsn: str | None = None,
) -> bool:
    """True when a pattern's trials in this database are many enough, and surely better than a coin.

    Sure is what the lower bound of the Wilson interval says; older trials count less. A pattern that nobody
    tried here is not significant.

    Args:
        pattern_id: Of the catalogue, your own, or learned.
        min_sample_size: Trials needed at least; one is a run and a shape of source.
        confidence_level: Of the interval, 0-1.
        dsn: libpq connection string or URI; without one, settings and environment decide as for `load`.

    Raises:
        errors.HealError: The database cannot be read.
    """
    from heal_cli.patterns import Tally, read_knowledge, require_open
    from heal_cli.settings import load_settings
    from heal_cli.write import connect

    settings = load_settings({"dsn": dsn} if dsn is not None else {})
    with connect(_conninfo(settings), application_name="heal") as connection:
        require_open(connection)
        tally = read_knowledge(connection).tallies.get(pattern_id, Tally())
    return tally.is_significant(min_sample_size, confidence_level)


def _options(paths: Sequence[str], table: str, dsn: str | None, options: dict[str, Any]) -> LoadOptions:
    """The engine's options, by the same settings as the command's; nothing is prompted for."""
    from heal_cli.load_options import to_load_options
    from heal_cli.settings import load_settings

    if not isinstance(table, str):
        raise errors.UsageError(f"A table is named by a text, not {type(table).__name__!r}")
    given = {name: value for name, value in {"dsn": dsn, **options}.items() if value is not None}
    settings = load_settings(given, table=table)
    return to_load_options(settings, paths, table, conninfo=_conninfo(settings))


def _paths(source: Sources) -> list[str]:
    """One path or several as texts; whatever else was given is refused by name."""
    is_several = not isinstance(source, str | bytes | os.PathLike | Mapping) and not hasattr(source, "read")
    paths: list[str] = []
    for each in source if is_several and isinstance(source, Iterable) else (source,):
        if not isinstance(each, str | os.PathLike):
            raise errors.UsageError(
                f"A source is a path, not {type(source).__name__!r}",
                hint="Write it to a file first; a polars frame with write_parquet()",
            )
        paths.append(os.fspath(each))
    if not paths:
        raise errors.UsageError("No source was given", hint="Name a file, or several")
    return paths


def _conninfo(settings: Settings) -> str:
    """The connection string of the settings; where they have none, that of heal's own server, started if need be."""
    if settings.conninfo is not None:
        return settings.conninfo
    from heal_cli.embedded import default_data_dir, start

    folder = Path(settings.data_dir) if settings.data_dir else default_data_dir()
    return start(folder, bin_dir=Path(settings.pg_bin) if settings.pg_bin else None).conninfo
