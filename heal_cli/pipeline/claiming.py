"""Which content of the ledger a source is: one that was begun, one that grew, one that is there, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from heal_cli.errors import SourceError
from heal_cli.model import Format, ReadOptions, TableSchema
from heal_cli.pipeline.run import Run
from heal_cli.read import SourceReader, open_source, prefixes
from heal_cli.write import ClaimedSource, DoneBatch, EarlierSource, claim_source, earlier_sources

STDIN: Final = "-"


def claim(
    run: Run, name: str, table: TableSchema, reader: SourceReader
) -> tuple[SourceReader, ClaimedSource | None]:
    """The ledger's entry for this content, and a reader that cuts it as the run did that began it.

    Returns:
        `reader` itself unless an unfinished run cut its batches in another size; None without a ledger.
    """
    if not run.has_ledger:
        return reader, None
    options = run.options
    # Two streams may well begin alike, or be alike: only a name makes a finished one the same.
    is_nameless = name == STDIN and options.source_id is None
    again = options.again or is_nameless
    read, rows_before = options.read, 0
    if (
        reader.source.size is not None
        and reader.source.format not in {Format.PARQUET, Format.ARROW}
        and not again
    ):
        earlier = earlier_sources(run.connection, table.oid, _source_id(run))
        known = _known_beginnings(name, read, earlier, is_csv=reader.source.format is Format.CSV)
        begun = [e for e in known if e.stop is None]
        if begun and begun[0].batch_bytes != read.batch_bytes:
            read = replace(read, batch_bytes=begun[0].batch_bytes)
            reader.close()
            reader = open_source(name, read)
        rows_before = max((e.rows or 0 for e in known), default=0)
    return reader, claim_source(
        run.connection,
        reader.sample().chunk,
        run=run.id,
        table_oid=table.oid,
        name=name,
        batch_bytes=read.batch_bytes,
        schema_version=table.version,
        again=again,
        source_id=_source_id(run),
        rows_before=rows_before,
        is_same=lambda batches: _begins_with(name, reader, read, batches),
    )


def _source_id(run: Run) -> str | None:
    """What the user calls the source; a part of it that `--limit` loads is a source of its own."""
    options = run.options
    if options.limit is None:
        return options.source_id
    return f"{options.source_id or ''} first {options.limit} rows".strip()


def _known_beginnings(
    name: str, options: ReadOptions, earlier: list[EarlierSource], *, is_csv: bool
) -> list[EarlierSource]:
    """Those that this file begins with: finished ones whole, begun ones with their first batch.

    Raises:
        SourceError: A finished one ends inside a quoted cell of this file.
    """
    ends = {e: (e.first_stop, e.first_digest) if e.stop is None else (e.stop, e.digest) for e in earlier}
    begins = prefixes(name, options, {stop for stop, _ in ends.values()})
    known = [e for e, (stop, digest) in ends.items() if stop in begins and begins[stop].digest == digest]
    for e in known:
        if e.stop is not None and is_csv and not begins[e.stop].is_closed:
            raise SourceError(
                f"{name!r} begins with {e.rows} rows that were loaded before, but the last of them was cut off inside a"
                " quoted cell, so nobody can tell which rows are new",
                hint="Look for them in the table and in the rejects, then load it all with --again",
            )
    return known


def _begins_with(
    name: str, reader: SourceReader, options: ReadOptions, batches: Mapping[int, DoneBatch]
) -> bool:
    """The batches of an earlier load are, byte for byte, batches of this source."""
    if set(batches) <= {0} or reader.source.size is None:
        return True  # the first batch was compared; a stream shows the rest only once
    again = open_source(name, options)
    try:
        last = max(batches)
        for chunk in again.chunks():
            if chunk.index in batches and batches[chunk.index].digest != chunk.digest:
                return False
            if chunk.index == last:
                return True
        return False
    finally:
        again.close()
