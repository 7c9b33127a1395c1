"""A parsed batch as Parquet files and back.

Spooled is the batch as it was parsed, with the plan in the manifest, and not the healed values:
healing is pure, so both together give the same values at any later time, while a table that has changed
meanwhile, or a pattern learned since, needs what the source said. Healed values would have to be
spooled beside it and would double the disk that an outage takes. Every record's exact bytes, line and
offset travel along, so that a reject found at replay is as good as one found at once; where the
server's table was never seen, they are the raw copy of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from io import BytesIO
from typing import Final

import polars as pl

from heal_cli.errors import SpoolError
from heal_cli.model import LOCATIONS, REJECTS, ROW, Batch, Chunk
from heal_cli.resilience.manifest import Manifest

ROWS: Final = "rows.parquet"  # ROW + source columns
PLACES: Final = "places.parquet"  # LOCATIONS of all records, broken ones included
BROKEN: Final = "broken.parquet"  # REJECTS
MASKS: Final = "masks.parquet"  # Boolean columns, see Manifest.absent and .quoted

Locate = Callable[[pl.Series], pl.DataFrame]


def pack(manifest: Manifest, batch: Batch, *, with_places: bool) -> tuple[Manifest, dict[str, bytes]]:
    """The files of a batch, and the manifest with what they mean.

    Args:
        with_places: False where the rows themselves say what a reject's `raw` is (Parquet).
    """
    files = {ROWS: _encode(batch.frame)}
    if with_places:
        files[PLACES] = _encode(batch.locate(pl.concat([batch.frame[ROW], batch.broken[ROW]]).sort()))
    if batch.broken.height:
        files[BROKEN] = _encode(batch.broken)
    masks = [*batch.absent.values(), *batch.quoted.values()]
    if masks:
        files[MASKS] = _encode(pl.DataFrame({str(place): mask for place, mask in enumerate(masks)}))
    return (
        replace(
            manifest,
            chunk=plain_chunk(batch.chunk),
            records=batch.frame.height + batch.broken.height,
            kinds=dict(batch.kinds),
            absent=tuple(batch.absent),
            quoted=tuple(batch.quoted),
        ),
        files,
    )


def unpack(
    manifest: Manifest, files: Mapping[str, bytes], *, locate: Callable[[pl.DataFrame], Locate]
) -> Batch:
    """The batch as it was parsed.

    Args:
        locate: Makes the batch's `locate` out of its frame, for sources whose places are not spooled.

    Raises:
        SpoolError: A file is missing or no longer what the manifest means.
    """
    chunk = manifest.chunk
    if chunk is None or ROWS not in files:
        raise SpoolError(f"Spool entry {manifest.entry!r} holds no batch")
    frame = _decode(files[ROWS])
    broken = _decode(files[BROKEN]).match_to_schema(REJECTS) if BROKEN in files else REJECTS.to_frame()
    if frame.height + broken.height != manifest.records:
        found = frame.height + broken.height
        raise SpoolError(
            f"Spool entry {manifest.entry!r} holds {found} records in place of {manifest.records}"
        )
    masks = _decode(files[MASKS]).get_columns() if MASKS in files else []
    return Batch(
        chunk=replace(chunk, rows=manifest.records),
        frame=frame,
        broken=broken,
        locate=_lookup(_decode(files[PLACES])) if PLACES in files else locate(frame),
        absent=dict(zip(manifest.absent, masks, strict=False)),
        quoted=dict(zip(manifest.quoted, masks[len(manifest.absent) :], strict=True)),
        kinds=manifest.kinds,
    )


def plain_chunk(chunk: Chunk) -> Chunk:
    """The chunk without its bytes and without what its reader's own kind of chunk adds."""
    values = {name.name: getattr(chunk, name.name) for name in fields(Chunk)}
    return Chunk(**{**values, "data": None})


def _lookup(places: pl.DataFrame) -> Locate:
    def locate(rows: pl.Series) -> pl.DataFrame:
        return (
            pl.DataFrame({ROW: rows})
            .join(places, on=ROW, how="left", maintain_order="left")
            .match_to_schema(LOCATIONS)
        )

    return locate


def _encode(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    # lz4 is the quickest to write; the disk is needed for the length of an outage only.
    frame.write_parquet(buffer, compression="lz4", statistics=False)
    return buffer.getvalue()


def _decode(data: bytes) -> pl.DataFrame:
    return pl.read_parquet(BytesIO(data))
