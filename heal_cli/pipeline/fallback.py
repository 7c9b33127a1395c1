"""What a run does with rows and events that the database does not take: they are kept, with all it takes to bring them home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, BinaryIO, Final

from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from heal_cli.clock import local_time
from heal_cli.errors import CircuitOpen, DatabaseUnavailable, SourceError, SpoolError
from heal_cli.model import Batch, Chunk, Format, LoadOptions, Plan, Source, TableSchema
from heal_cli.pipeline.spooled_whole import goes_on_from, has_changed, is_same_whole
from heal_cli.pipeline.storing import Look, store
from heal_cli.read import SourceReader
from heal_cli.resilience import (
    Breaker,
    EmergencyLog,
    Event,
    Manifest,
    Spool,
    SpooledSource,
    TargetId,
    emergency_path,
    read_manifest,
)
from heal_cli.wording import counted

_IN_FLIGHT = 3
"""Batches beside those of the workers that may be in memory: one cut, one queued, one just read."""

_GROWTH = 4
"""A spooled batch is at most this many times its source: texts, exact bytes, places."""


BEHIND: Final = "Rows before these are spooled, and they have to go in first"
"""Why rows are spooled that the server would take."""


class Fallback:
    """The breaker, the spool and the emergency log of one run; nothing is made before it is needed."""

    def __init__(
        self, options: LoadOptions, *, run: str, command: str, rejects_path: str, leftovers_path: str
    ) -> None:
        self._options = options
        self._run = run
        self._command = command
        self._paths = (rejects_path, leftovers_path)
        self._places: dict[str, int] = {}
        self.spooled: dict[str, list[int]] = {}
        """Source -> its batches that were spooled."""
        self.why: str | None = None
        """What was first in the way, in a sentence without secrets."""

    @cached_property
    def breaker(self) -> Breaker:
        """Of the target database."""
        return database_breaker(self._options.conninfo, self._options.state_dir)

    @cached_property
    def spool(self) -> Spool:
        """Of the state folder, with room set aside for what is in flight when the disk fills up."""
        options = self._options
        in_flight = options.write.connections + _IN_FLIGHT
        return Spool(
            options.state_dir,
            max_bytes=options.fallback.spool_bytes,
            reserve_bytes=in_flight * _GROWTH * options.read.batch_bytes,
        )

    @cached_property
    def log(self) -> EmergencyLog:
        """Where events go that the database cannot take."""
        return EmergencyLog(emergency_path(self._options.state_dir, self._options.fallback.emergency_log))

    @property
    def is_full(self) -> bool:
        """Nothing more should be read."""
        return "spool" in self.__dict__ and self.spool.full is not None

    def close(self) -> None:
        """Give back what was set aside."""
        if "spool" in self.__dict__:
            self.spool.close()
        if "log" in self.__dict__:
            self.log.close()

    def note_away(self, away: DatabaseUnavailable) -> None:
        """Keep others from what has just failed, and the reason for the report."""
        if isinstance(away, CircuitOpen):
            self.why = self.why or away.message
            return
        self.breaker.open()
        self.why = self.why or f"The database is away: {away.message}"

    def keep_batch(
        self, source: Source, number: int, batch: Batch, plan: Plan, *, attempt: int, rows: int
    ) -> None:
        """Spool one parsed batch of a source that the ledger knows.

        Args:
            number: The source's in the ledger.
            attempt: The last that was made at it.
            rows: How many of its rows are not settled.

        Raises:
            SpoolError: It is not on disk.
        """
        table = plan.table
        manifest = replace(
            self._manifest(source, f"{batch.chunk.index:08}", self.target(table)),
            source=SpooledSource(
                source.name,
                source.format,
                source.columns,
                number,
                {finding.what: finding.value for finding in source.findings},
            ),
            plan=plan,
            schema_version=table.version,
            attempt=attempt,
            rows=rows,
        )
        # The rows of a Parquet file are their own raw form, and making text of each is slow.
        self.spool.put(manifest, batch, with_places=source.format is not Format.PARQUET)
        self.spooled.setdefault(source.name, []).append(batch.chunk.index)

    def keep_source(self, source: Source, stored: Iterable[bytes], look: Look) -> int:
        """Spool a whole source as it is stored: the server was never reached, so nobody knows which rows are new.

        Args:
            look: Makes a plan of the stored source for people; replay makes its own.

        Returns:
            Its records.

        Raises:
            SpoolError: It is not on disk.
        """
        server, database = server_of(self._options.conninfo)
        target = TargetId(self._options.table, database, server=server)
        manifest = replace(self._manifest(source, "source", target), kind="source")

        def fill(file: BinaryIO) -> Manifest:
            rows, plan, is_whole = store(self.spool, source, stored, file, self._options, look)
            version = plan.table.version if plan else None
            return replace(manifest, rows=rows, plan=plan, schema_version=version, is_cut=not is_whole)

        entry = self.spool.put_source(manifest.entry, fill)
        self.spooled.setdefault(source.name, [])
        return read_manifest(entry).rows

    def require_home(self, reader: SourceReader) -> None:
        """Refuse a source that is not what was spooled of it: neither would know the other's rows.

        Raises:
            SourceError: What it was, or its beginning, waits for replay.
        """
        source = reader.source
        if self._options.source_name is not None:
            return  # replay itself brings them home, first to last
        place = server_of(self._options.conninfo)
        for entry in self.spool.entries():
            if not entry.stored_bytes:
                continue
            with suppress(SpoolError):  # a damaged one is replay's to tell
                manifest = read_manifest(entry)
                target, source_id = manifest.target, manifest.options.source_id
                is_ours = (target.server, target.database) == place and source_id == self._options.source_id
                is_table = bare_name(target.table) == bare_name(self._options.table)
                is_rest = is_table and manifest.is_cut and not self._options.again
                if is_ours and is_rest and goes_on_from(reader, entry):
                    raise SourceError(
                        f"{source.name!r} begins with {counted(manifest.rows, 'row that is spooled, and waits', 'rows that are spooled, and wait')}",
                        hint=f"Bring them home first: heal replay-fallback; or: heal fallback discard {entry.name}",
                    )
                if is_ours and has_changed(source, entry, manifest):
                    raise SourceError(
                        f"{source.name!r} has changed since {counted(manifest.rows, 'row of it was spooled and waits', 'rows of it were spooled and wait')}",
                        hint=f"Bring them home first: heal replay-fallback; or: heal fallback discard {entry.name}",
                    )

    def furthest(self, number: int) -> Chunk | None:
        """The last batch that waits of a source, by the ledger's number; None where none does."""
        if self._options.source_name is not None:
            return None  # replay itself brings them home, first to last
        chunks = []
        for entry in self.spool.entries():
            with suppress(SpoolError):  # a damaged one is replay's to tell
                manifest = read_manifest(entry)
                is_there = (manifest.target.server, manifest.target.database) == server_of(
                    self._options.conninfo
                )
                if is_there and manifest.source.number == number and manifest.chunk is not None:
                    chunks.append(manifest.chunk)
        return max(chunks, key=lambda chunk: chunk.stop, default=None)

    def require_order(self, source: Source, number: int) -> None:
        """Keep rows from overtaking changes of their table that wait, and changes from overtaking any rows.

        A source may go on where it was itself cut short.

        Args:
            number: The source's in the ledger.

        Raises:
            CircuitOpen: It has to be spooled behind them.
        """
        if self._options.source_name is not None or not self._waiting:
            return  # replay itself brings them home, first to last
        first = self._waiting[0]
        if first.source.number == number or is_same_whole(first, source, self._options):
            return
        rows = sum(manifest.rows for manifest in self._waiting)
        what = "Changes" if first.options.write.changes_rows else "Rows"
        raise CircuitOpen(
            f"{what} of {first.target.table} wait since {local_time(first.made_at):%Y-%m-%d %H:%M}"
            f" ({counted(rows, 'row')}), and they have to go in first",
            hint=f"Bring them home: heal replay-fallback; or: heal fallback discard {first.run}",
        )

    @cached_property
    def _waiting(self) -> list[Manifest]:
        """What other runs spooled that this run's rows must not overtake, first to last."""
        found = []
        for entry in self.spool.entries():
            with suppress(SpoolError):  # a damaged one is replay's to tell
                manifest = read_manifest(entry)
                if manifest.run != self._run and self._must_follow(manifest):
                    found.append(manifest)
        return found

    def _must_follow(self, earlier: Manifest) -> bool:
        """It is for this run's table, as far as names tell where nobody asked the server, and one of both changes rows."""
        target = earlier.target
        is_table = bare_name(target.table) == bare_name(self._options.table)
        is_there = (target.server, target.database) == server_of(self._options.conninfo)
        changes = earlier.options.write.changes_rows or self._options.write.changes_rows
        return is_table and is_there and changes

    def note(self, kind: str, table: TableSchema, details: Mapping[str, Any]) -> None:
        """Keep an event for the database of this table.

        Raises:
            RecordError: It is not on disk.
        """
        self.log.write(Event(kind, self._run, self.target(table), details))

    def target(self, table: TableSchema) -> TargetId:
        """The table as replay has to find it."""
        server, _ = server_of(self._options.conninfo)
        return TargetId(table.qualified, table.database, table.system_id, table.oid, server)

    def _manifest(self, source: Source, part: str, target: TargetId) -> Manifest:
        place = self._places.setdefault(source.name, len(self._places) + 1)
        rejects_path, leftovers_path = self._paths
        return Manifest(
            entry=f"{self._run}.{place:04}.{part}",
            kind="batch",
            run=self._run,
            made_at=datetime.now(UTC),
            command=self._command,
            source=SpooledSource(source.name, source.format, source.columns),
            target=target,
            options=replace(self._options, conninfo=""),
            rows=0,
            rejects_path=rejects_path,
            leftovers_path=leftovers_path,
        )


def database_breaker(conninfo: str, state_dir: str) -> Breaker:
    """That of one database, for all processes with this state folder; data faults never open it."""
    server, database = server_of(conninfo)
    return Breaker(
        "database",
        f"{server}/{database}",
        state_dir,
        is_fault=lambda error: isinstance(error, DatabaseUnavailable),
    )


def bare_name(table: str) -> str:
    """The name of a table without its schema and quotes."""
    return table.rpartition(".")[2].strip('"')


def server_of(conninfo: str) -> tuple[str, str]:
    """'host:port' and the database that a connection string means, PG* variables counted in; never a secret."""
    defaults = {
        option.keyword.decode(): option.val.decode()
        for option in pq.Conninfo.get_defaults()
        if option.val is not None
    }
    given = {**defaults, **{key: str(value) for key, value in conninfo_to_dict(conninfo).items()}}
    host = given.get("host") or given.get("hostaddr") or given.get("service") or "local"
    return f"{host}:{given.get('port', '')}", given.get("dbname") or given.get("user") or ""
