"""The rejects file: one JSON record per row that could not be loaded, on disk before its batch commits."""

from __future__ import annotations

import base64
from collections.abc import Container, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from heal_cli.durable import DurableFile, drop_lines, file_name
from heal_cli.errors import RecordError, UsageError
from heal_cli.model import ROW

RECORD: Final = pl.Schema(
    {
        "run": pl.String(),
        "batch": pl.Int64(),
        "attempt": pl.Int64(),
        "source": pl.String(),
        "row": pl.Int64(),
        "line": pl.Int64(),
        "offset": pl.Int64(),
        "reason": pl.String(),
        "sqlstate": pl.String(),
        "constraint": pl.String(),
        "column": pl.String(),
        "value": pl.String(),
        "attempts": pl.List(pl.String()),
        "raw": pl.String(),
        "raw_encoding": pl.String(),  # 'utf-8', or 'base64' where the bytes are no UTF-8
    }
)
"""A reject record as the file and `read_rejects` have it, keys in this order."""

ENDING: Final = "rejects"

_OF_ITS_BLOCK: Final = (b'{"rows":', b'{"row":')
"""How a line begins, now and in files of older versions, that belongs to the origin said above it (leftovers)."""


class RejectRecord(msgspec.Struct, frozen=True):
    """One line of a rejects file; see `RECORD`. The last two keys are there only after a retry."""

    run: str
    batch: int
    attempt: int
    source: str
    reason: str
    row: int | None = None
    line: int | None = None
    offset: int | None = None
    sqlstate: str | None = None
    constraint: str | None = None
    column: str | None = None
    value: str | None = None
    attempts: list[str] | None = None
    raw: str | None = None
    raw_encoding: str | None = None
    retries: int = 0  # how often it was tried again and failed
    settled: str | None = None  # the retry that loaded it: it is a reject no more

    @property
    def raw_bytes(self) -> bytes | None:
        """The record exactly as the source had it."""
        if self.raw is None:
            return None
        return base64.b64decode(self.raw) if self.raw_encoding == "base64" else self.raw.encode()


def rejects_path(state_dir: str, table: str, run: str) -> Path:
    """Where a run's rejects go unless `--rejects` says otherwise."""
    return Path(state_dir) / "rejects" / file_name(table, run, ENDING)


class RejectWriter:
    """Appends rejects, batch by batch, each batch durable when `write` returns.

    Args:
        path: Made at the first reject, mode 0600; see `rejects_path`.
        run: Id of the run that the records name.

    Raises:
        RecordError: Nothing could be written there.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._file = DurableFile(path, "rejects")
        self._run = run

    @property
    def path(self) -> Path:
        """Absolute path of the file, also while there is none yet."""
        return self._file.path

    def write(
        self, rejects: pl.DataFrame, locations: pl.DataFrame, *, source: str, batch: int, attempt: int
    ) -> None:
        """Put one batch's rejects on disk; call it before the batch commits, from any thread.

        Args:
            rejects: REJECTS.
            locations: LOCATIONS of at least the rows in `rejects`.

        Raises:
            RecordError: They are not on disk; the batch must not commit.
        """
        if rejects.is_empty():
            return
        placed = rejects.join(locations.unique(ROW), on=ROW, how="left", maintain_order="left")
        records = placed.rename({ROW: "row"}).with_columns(
            *_raw_text(placed["raw"]),
            run=pl.lit(self._run),
            batch=pl.lit(batch, pl.Int64),
            attempt=pl.lit(attempt, pl.Int64),
            source=pl.lit(source),
        )
        self._file.append(json_lines(records.select(RECORD.names())))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def json_lines(frame: pl.DataFrame) -> bytes:
    """One JSON object a row, nulls included."""
    buffer = BytesIO()
    frame.write_ndjson(buffer)
    return buffer.getvalue()


class _Origin(msgspec.Struct, frozen=True):
    """What a line of a rejects or leftovers file says about where it comes from."""

    run: str
    source: str
    batch: int
    attempt: int


def drop_uncommitted(
    path: Path,
    *,
    run: str,
    source: str,
    committed: Container[tuple[str, int, int]],
    last_batch: int | None = None,
) -> int:
    """How many lines were dropped: those of a run and source whose attempt never reached its commit.

    Call it only when every batch up to `last_batch` is committed, by whichever run: such lines are dead then.

    Args:
        path: A rejects or leftovers file; a missing one has nothing to drop.
        committed: (source, batch, attempt) that the ledger holds for the run.
        last_batch: Lines of later batches are left; None: of all batches of the source.

    Raises:
        RecordError: The file could not be rewritten; it is as it was.
    """
    decoder = msgspec.json.Decoder(_Origin)
    is_block_dead = False

    def is_dead(line: bytes) -> bool:
        nonlocal is_block_dead
        if line.startswith(_OF_ITS_BLOCK):
            return is_block_dead
        try:
            origin = decoder.decode(line)
        except msgspec.DecodeError:
            return False
        known = (origin.source, origin.batch, origin.attempt)
        is_settled = last_batch is None or origin.batch <= last_batch
        is_block_dead = is_settled and (origin.run, origin.source) == (run, source) and known not in committed
        return is_block_dead

    try:
        return drop_lines(path, is_dead)
    except OSError as exc:
        raise RecordError(
            f"{str(path)!r} still holds lines of attempts that were never committed: {exc.strerror}",
            hint="Make it writable and run the same command again",
        ) from exc


_LIST: Final = "See which there are with: heal rejects list"

_FIRST_LINES: Final = 100
"""Lines of which one at least is whole in a file of rejects: a crash tears one."""

_DECODER: Final = msgspec.json.Decoder(RejectRecord)


def decode_line(line: bytes) -> RejectRecord | None:
    """The record of a line; None for one that a crash tore."""
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError:
        return None


def encode_line(record: RejectRecord) -> bytes:
    """The line of a record, as `RejectWriter` writes it; keys of retries only where there was one."""
    said = {name: getattr(record, name) for name in RECORD.names()}
    if record.retries:
        said["retries"] = record.retries
    if record.settled:
        said["settled"] = record.settled
    return msgspec.json.encode(said) + b"\n"


def iter_rejects(path: Path) -> Iterator[RejectRecord]:
    """Every whole record of a rejects file in its order; a line that a crash tore is left out.

    Raises:
        RecordError: The file cannot be read.
    """
    try:
        with path.open("rb") as lines:
            for line in lines:
                record = decode_line(line)
                if record is not None:
                    yield record
    except OSError as exc:
        raise _unreadable(path, exc) from exc


def _unreadable(path: Path, error: OSError) -> RecordError:
    return RecordError(f"The rejects file {str(path)!r} cannot be read: {error.strerror}", hint=_LIST)


def require_rejects(path: Path) -> None:
    """Keep a file that holds something else from counting as one without rejects; a missing one is told elsewhere.

    Raises:
        UsageError: It holds something, and none of its first lines is a reject.
        RecordError: It cannot be read.
    """
    if not path.is_file() or not path.stat().st_size:
        return
    try:
        with path.open("rb") as lines:
            if any(decode_line(line) for line in islice(lines, _FIRST_LINES)):
                return
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    raise UsageError(f"{str(path)!r} is no rejects file", hint=_LIST)


def read_rejects(path: Path) -> pl.DataFrame:
    """The whole file as one frame of RECORD; a line that a crash tore is left out.

    Raises:
        RecordError: The file cannot be read.
    """
    rows = [[getattr(record, name) for name in RECORD.names()] for record in iter_rejects(path)]
    return pl.DataFrame(rows, schema=RECORD, orient="row")


def list_rejects(state_dir: str) -> list[Path]:
    """The rejects files in the state folder, newest run first; archived ones are not among them."""
    files = (Path(state_dir) / "rejects").glob(f"*.{ENDING}.jsonl")
    return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)


def _raw_text(raw: pl.Series) -> pl.DataFrame:
    """Columns `raw` and `raw_encoding`: the text where the bytes are UTF-8, else base64."""
    try:
        text = raw.cast(pl.String)
    except pl.exceptions.ComputeError:
        # polars has no lenient cast of bytes, and only rejects come this way.
        text = pl.Series("raw", [_decode(value) for value in raw], pl.String)
    frame = pl.DataFrame({"raw": raw, "text": text})
    encoding = pl.when(pl.col("raw").is_null()).then(None).when(pl.col("text").is_not_null())
    return frame.select(
        pl.coalesce("text", pl.col("raw").bin.encode("base64")).alias("raw"),
        encoding.then(pl.lit("utf-8")).otherwise(pl.lit("base64")).alias("raw_encoding"),
    )


def _decode(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None
