"""What `heal load` and `heal plan` do before they part: settings, connection, engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heal_cli.cli.terminal import note

if TYPE_CHECKING:
    from heal_cli.cli.load_flags import LoadFlags
    from heal_cli.model import LoadOptions
    from heal_cli.settings import Settings

# Of malloc.h, and mallopt(3).
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3

# The largest block that mallopt takes for this, and as much as the batches of two workers have at once.
_LARGEST_KEPT: Final = 1 << 25
_MOST_KEPT: Final = 1 << 27


def read_settings(flags: LoadFlags, table: str) -> Settings:
    """All settings of this invocation; what looks odd about them goes to stderr."""
    from heal_cli.settings import load_settings

    settings = load_settings(flags.given(), table=table, config=flags.config)
    for warning in settings.warnings:
        note(f"warning: {warning}")
    return settings


def build_options(settings: Settings, sources: Sequence[str], table: str) -> LoadOptions:
    """The engine's options, with a connection string whatever the settings say."""
    _prepare_polars(settings)
    keep_freed_memory()
    from heal_cli.load_options import to_load_options

    return to_load_options(settings, sources, table, conninfo=connection(settings))


def _prepare_polars(settings: Settings) -> None:
    """Threads and memory of polars, which reads both once, when it is first imported.

    It gets the cores that the workers leave over: they are the parallelism, and its own threads beside two of
    them cost 5 %. Its allocator keeps freed memory for 10 s: handing it back between batches to fault it in
    again cost up to 15 % of all processor time (both measured).
    """
    changes_rows = settings.mode != "insert" or settings.on_conflict == "update"
    is_single = settings.ordered or settings.atomic or settings.dry_run or changes_rows
    workers = 1 if is_single else settings.jobs
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000")


def keep_freed_memory() -> None:
    """Have the C library keep what a batch frees for the next one, as polars' allocator does.

    By itself glibc hands blocks of this size back, and faults them in again: 4 % of all processor time
    (measured). Other C libraries have no such switch.
    """
    import ctypes  # what only shows help does without

    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        library.mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)


def connection(settings: Settings) -> str:
    """The connection string of the settings; where they have none, that of heal's own server, started if need be.

    Raises:
        UsageError: There is no connection and no embedded server either.
        DatabaseUnavailable: The embedded server does not start.
    """
    if settings.conninfo is not None:
        return settings.conninfo
    from heal_cli.embedded import default_data_dir, start

    folder = Path(settings.data_dir) if settings.data_dir else default_data_dir()
    server = start(folder, bin_dir=Path(settings.pg_bin) if settings.pg_bin else None)
    if not settings.quiet:
        began = "started" if server.is_new else "uses"
        note(
            f"no connection was given: {began} heal's own PostgreSQL in {str(folder)!r} (heal db stop ends it)"
        )
    return server.conninfo
