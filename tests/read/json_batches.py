"""JSON texts as batches, for the tests of what becomes of them."""

from __future__ import annotations

import io
import json

from heal_cli.errors import SourceError
from heal_cli.model import ROW, Batch, ReadOptions
from heal_cli.read import SourceReader, open_source
from heal_cli.read.bytes import ByteStream
from heal_cli.read.json import JsonReader


def open_bytes(data: bytes, batch_bytes: int = 2**24, json_path: str | None = None) -> JsonReader:
    """A reader of these bytes."""
    stream = ByteStream("-", stdin=io.BytesIO(data))
    return JsonReader(stream, "-", ReadOptions(batch_bytes=batch_bytes, json_path=json_path), None)


def open_document(document: object, **options: object) -> SourceReader:
    """A reader of that document, or of those bytes."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return open_source("-", ReadOptions(**options), stdin=io.BytesIO(data))  # type: ignore[arg-type]


def batches(data: bytes, batch_bytes: int = 2**24, json_path: str | None = None) -> list[Batch]:
    """All batches, in order."""
    reader = open_bytes(data, batch_bytes, json_path)
    return [reader.parse(chunk) for chunk in reader.chunks()]


def one(data: bytes) -> Batch:
    """The only batch."""
    (batch,) = batches(data)
    return batch


def rows(batch: Batch) -> list[dict[str, object]]:
    """Rows without the keys they lack."""
    frame = batch.frame.to_dicts()
    return [
        {name: value for name, value in row.items() if name not in batch.absent or not batch.absent[name][i]}
        for i, row in enumerate(frame)
    ]


def check_conserved(data: bytes, options: ReadOptions) -> None:
    """No traceback, every number once, exact bytes, chunks that add up."""
    numbers: list[int] = []
    try:
        reader = open_source("-", options, stdin=io.BytesIO(data))
        for chunk in reader.chunks():
            batch = reader.parse(chunk)
            assert chunk.rows == batch.frame.height + batch.broken.height
            every = batch.frame[ROW].append(batch.broken[ROW]).sort()
            for _, line, offset, raw in batch.locate(every).iter_rows():
                assert data[offset : offset + len(raw)] == raw
                assert line == 1 + data.count(b"\n", 0, offset)
            numbers += every.to_list()
    except SourceError:
        pass
    assert numbers == list(range(1, len(numbers) + 1))
