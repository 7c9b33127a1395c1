"""The settings as the engine takes them."""

from __future__ import annotations

from collections.abc import Sequence

from heal_cli.model import (
    FallbackOptions,
    Format,
    LoadOptions,
    MatchOptions,
    ReadOptions,
    ValueOptions,
    WriteOptions,
)
from heal_cli.settings import Settings


def to_load_options(settings: Settings, sources: Sequence[str], table: str, *, conninfo: str) -> LoadOptions:
    """The settings as the engine takes them.

    Args:
        conninfo: `settings.conninfo`, or the embedded server's where that is None.
    """
    return LoadOptions(
        sources=tuple(sources),
        table=table,
        conninfo=conninfo,
        state_dir=settings.state_dir,
        read=_read_options(settings),
        values=_value_options(settings),
        match=_match_options(settings),
        write=_write_options(settings),
        fallback=FallbackOptions(
            spool=settings.spool,
            spool_bytes=settings.spool_bytes,
            emergency_log=settings.emergency_log,
        ),
        unknown_columns=settings.unknown_columns,
        create=settings.create,
        ddl=settings.ddl,
        # A table is not replaced by a part of its rows unless that is allowed.
        max_rejects=settings.max_rejects or ("0" if settings.mode == "replace" else None),
        rejects_path=settings.rejects,
        limit=settings.limit,
        again=settings.again,
        source_id=settings.source_id,
        catalogues=_pattern_files(settings),
        plan=settings.plan,
    )


def _pattern_files(settings: Settings) -> tuple[str, ...]:
    """The file that `heal patterns` keeps, where there is one, and those that the settings name."""
    from heal_cli.patterns.own import own_path

    own = own_path(settings.state_dir)
    return (*((str(own),) if own.exists() else ()), *settings.patterns)


def _read_options(settings: Settings) -> ReadOptions:
    return ReadOptions(
        format=Format(settings.format) if settings.format else None,
        delimiter=settings.delimiter,
        quote=settings.quote,
        escape=settings.escape,
        encoding=settings.encoding,
        header=settings.header,
        skip_rows=settings.skip_rows,
        footer=settings.footer,
        comment=settings.comment,
        columns=settings.columns,
        json_path=settings.json_path,
        batch_bytes=settings.batch_bytes,
    )


def _value_options(settings: Settings) -> ValueOptions:
    return ValueOptions(
        nulls=settings.null,
        date_order=settings.date_order,
        decimal=settings.decimal,
        timezone=settings.timezone,
        percent=settings.percent,
        allow=frozenset(settings.allow),
    )


def _match_options(settings: Settings) -> MatchOptions:
    return MatchOptions(
        renames=settings.map,
        strategy=settings.strategy,
        min_confidence=settings.min_confidence,
        min_margin=settings.min_margin,
        override_identity=settings.override_identity,
        semantic=settings.semantic,
    )


def _write_options(settings: Settings) -> WriteOptions:
    return WriteOptions(
        jobs=settings.jobs,
        ordered=settings.ordered,
        atomic=settings.atomic,
        dry_run=settings.dry_run,
        mode=settings.mode,
        max_change=settings.max_change,
        restore=settings.restore,
        on_conflict=settings.on_conflict,
        key=settings.key,
        timeout_s=settings.timeout,
        lock_timeout_s=settings.lock_timeout,
        retry_s=settings.retry,
    )
