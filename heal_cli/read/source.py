"""Sources by name: which files were meant, and the reader that fits each one's content."""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import polars as pl

from heal_cli.errors import NoRecords, SourceError
from heal_cli.model import Batch, Chunk, Format, ReadOptions, Source
from heal_cli.read.bytes import STDIN, ByteStream, is_there, is_zip, split_member
from heal_cli.read.declared import find_declared
from heal_cli.read.zip_files import zip_members


class SourceReader(Protocol):
    """A source being read: chunks come off it one by one, and any thread may parse them."""

    @property
    def source(self) -> Source:
        """What was found out about it."""
        ...

    @property
    def options(self) -> ReadOptions:
        """How it is read: all that was found out is told, so that these options read it the same way again."""
        ...

    @property
    def stream(self) -> ByteStream | None:
        """The bytes that it reads from front to back; None for one that is read by its end."""
        ...

    def sample(self) -> Batch:
        """The first chunk, parsed, for the plan; `chunks` still yields it."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order, cut at record boundaries. One thread calls this, once."""
        ...

    def parse(self, chunk: Chunk) -> Batch:
        """The rows of a chunk. Pure: several threads may call it at once."""
        ...

    def column(self, name: str) -> Iterator[pl.Series]:
        """One source column over the whole source, chunk by chunk: a second look.

        Raises:
            SourceError: The source is a stream.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


# --------------------------------------------------------------------------- opening

_FOREIGN: Final = {
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"SQLite format 3\0": "an SQLite database",
    b"%PDF-": "a PDF document",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PGDMP": "a pg_dump archive",
    b"\x7fELF": "a program",
    b"\x1f\x8b": "a gzip archive inside of another archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive inside of another archive",
    b"PK\3\4": "a zip archive inside of another archive",
    b"<!DOCTYPE html": "an HTML page",
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"<?xml": "an XML document",
}
_DUMPS: Final = {
    b"--\n-- PostgreSQL database dump": "pg_dump's COPY blocks can be read, which it writes without --inserts",
    b"-- MySQL dump": "What mysqldump --tab writes can be read",
    b"-- MariaDB dump": "What mysqldump --tab writes can be read",
}
_PARQUET: Final = b"PAR1"
_ARROW_FILE: Final = b"ARROW1"
_ARROW_STREAM: Final = (
    b"\xff\xff\xff\xff"  # then the length of the schema, which is no character in any encoding
)
_FORMATS: Final = ", ".join(Format)
_FORMAT_HINT: Final = "If it is one of them all the same, say which with --format"

# First characters of JSON: an object, or an array of what arrays hold. `[id],[name]` is CSV.
_JSON: Final = re.compile(
    rb"(?:[\s\x1e]|//[^\n]*\n|/\*.*?\*/)*"  # comments and record separators go before
    rb'(?:\{\s*(?:["\'}]|//|/\*)|\[\s*(?:[\[\]{}"0-9-]|//|/\*|true|false|null))',
    re.DOTALL,
)

# Bytes no text has many of: control characters except those that serve as white space or delimiters.
_FEW_JUNK: Final = 4  # a NUL in a small file costs its row, not the file
_JUNK: Final = re.compile(rb"[\x00\x02-\x08\x0e-\x1a\x7f]")


_CURLS: Final = frozenset({"http", "https", "ftp", "ftps"})


def open_source(location: str, options: ReadOptions, *, stdin: BinaryIO | None = None) -> SourceReader:
    """A reader for one source, its format told by its content unless `options` say it.

    Args:
        location: A path, or '-' for `stdin`.

    Raises:
        SourceError: Missing, a directory, empty, no readable format, or damaged from the start.
        UsageError: A flag that cannot be what was meant.
    """
    if location != STDIN:
        _check_exists(location)
        if options.format is Format.PARQUET or (options.format is None and _begins(location, _PARQUET)):
            return _open_parquet(location, options)
        if options.format in {Format.ARROW, None} and _begins(location, _ARROW_FILE):
            return _open_arrow_file(location, options)
    elif stdin is None:
        raise SourceError("'-' means standard input, and there is none")
    stream = ByteStream(location, stdin=stdin if location == STDIN else None, encoding=options.encoding)
    try:
        return _open_stream(stream, location, options)
    except BaseException:
        stream.close()
        raise


def reopen(reader: SourceReader, options: ReadOptions) -> SourceReader:
    """The same source from its beginning, read by other options; of a stream, before `chunks` was called.

    The reader that is given is not to be used any more.
    """
    name, stream = reader.source.name, reader.stream
    if stream is None or stream.is_seekable:
        reader.close()
        return open_source(name, options)
    stream.rewind()
    return _open_stream(stream, name, options)


def _open_stream(stream: ByteStream, name: str, options: ReadOptions) -> SourceReader:
    head = stream.peek()
    if not head:
        stream.read(1)  # an archive that is damaged from the start says so here
        raise NoRecords(f"{name!r} is empty", hint="Give the file that has the records")
    kind = options.format or _tell_format(head, name, stream)
    if kind is Format.PARQUET or head.startswith(_ARROW_FILE):
        raise _not_from_stream(name, "Parquet" if kind is Format.PARQUET else "an Arrow IPC file")
    if kind is Format.ARROW:
        from heal_cli.read.arrow import ArrowStreamReader

        return ArrowStreamReader(stream, name, options, stream.size)
    if kind is Format.CSV:
        from heal_cli.read.csv import CsvReader

        return CsvReader(stream, name, options, stream.size)
    from heal_cli.read.json import JsonReader

    return JsonReader(stream, name, options, stream.size)


def _open_parquet(name: str, options: ReadOptions) -> SourceReader:
    from heal_cli.read.parquet import ParquetReader

    return ParquetReader(Path(name), name, options)


def _open_arrow_file(name: str, options: ReadOptions) -> SourceReader:
    from heal_cli.read.arrow import ArrowFileReader

    return ArrowFileReader(Path(name), name, options)


def _not_from_stream(name: str, what: str) -> SourceError:
    return SourceError(
        f"{name!r} is {what} inside a stream or an archive, and such a file is read by its end first",
        hint="Save it to a file and load that",
    )


def _tell_format(head: bytes, name: str, stream: ByteStream) -> Format:
    if head.startswith(_PARQUET):
        return Format.PARQUET
    if head.startswith((_ARROW_FILE, _ARROW_STREAM)):
        return Format.ARROW
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise SourceError(
                f"{name!r} is {what}, which is none of the formats {_FORMATS}", hint=_FORMAT_HINT
            )
    for magic, hint in _DUMPS.items():
        if head.startswith(magic) and find_declared(head, None) is None:
            raise SourceError(f"{name!r} is an SQL dump without data that can be read", hint=hint)
    if _is_junk(head, stream):
        raise SourceError(
            f"{name!r} holds binary data, which is none of the formats {_FORMATS}; it begins with {head[:8]!r}",
            hint=_FORMAT_HINT,
        )
    return Format.JSON if _JSON.match(head) else Format.CSV


def _is_junk(head: bytes, stream: ByteStream) -> bool:
    sample = head[: 2**16]
    if len(_JUNK.findall(sample)) > 0.05 * len(sample) + _FEW_JUNK:
        return True
    # What is left of bytes that are neither UTF-8 nor anything else: text has few of them.
    invalid = len(sample.decode(errors="replace").encode()) - len(sample)
    return stream.is_utf8 and invalid > 0.5 * len(sample)


def _begins(path: str, magic: bytes) -> bool:
    """The file begins so; only regular ones are opened for a look, since a pipe would lose its bytes."""
    try:
        if not Path(path).is_file():
            return False
        with Path(path).open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError as exc:
        raise SourceError(f"{path!r} cannot be opened: {exc.strerror}") from exc


# --------------------------------------------------------------------------- names


def expand(locations: Sequence[str]) -> tuple[str, ...]:
    """The sources that were meant, patterns filled in, each once, in the order given.

    A file that exists under a name is meant by it, also where the name is a pattern (`a[1].csv`). A zip archive of
    several files stands for them, each a source named `archive.zip/file`.

    Raises:
        SourceError: Nothing matches, and nearest names are shown; or a name is not UTF-8.
    """
    found: dict[str, None] = {}
    for location in locations:
        if location == STDIN or is_there(split_member(location)[0]):
            found |= dict.fromkeys(_unzipped(location))
            continue
        matches = sorted(filter(os.path.isfile, glob.glob(location, recursive=True)))  # noqa: PTH207 -- Path.glob takes no absolute pattern
        if not matches:
            raise _missing(location)
        found |= dict.fromkeys(name for match in matches for name in _unzipped(match))
    for name in found:
        _check_encodes(name)
    return tuple(found)


def _check_encodes(name: str) -> None:
    """The ledger keeps names as text, and Linux lets a name be any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"The name {name!r} is not UTF-8, so no ledger or report could show it",
            hint="Rename the file, or give its content as standard input: heal load - ... < FILE",
        ) from error


def _unzipped(location: str) -> tuple[str, ...]:
    """The source itself, or the members of the archive that it is."""
    path = Path(location)
    if location == STDIN or not is_zip(path):
        return (location,)
    members = zip_members(path, location)
    if len(members) < 2 or "[Content_Types].xml" in members:
        return (location,)
    return tuple(f"{location}/{member}" for member in members)


def _check_exists(location: str) -> None:
    if not is_there(split_member(location)[0]):
        raise _missing(location)


def _missing(location: str) -> SourceError:
    if scheme := re.match(r"([a-z][a-z0-9+.-]+)://", location):
        way = f"curl -fsS {shlex.quote(location)} | heal load - --table TABLE"
        hint = way if scheme[1] in _CURLS else "Fetch it first"
        return SourceError(f"{location!r} is an address, and heal reads files", hint=hint)
    folder = Path(location).parent
    if glob.has_magic(location):
        return SourceError(f"No file matches {location!r}", hint=_nearest(location))
    if not is_there(folder):
        return SourceError(f"There is no file {location!r}, nor the folder {str(folder)!r}")
    return SourceError(f"There is no file {location!r}", hint=_nearest(location))


def _nearest(location: str) -> str | None:
    path = Path(location)
    try:
        names = [entry.name for entry in os.scandir(path.parent) if entry.is_file()]
    except OSError:
        return None
    by_folded = {name.casefold(): name for name in names}
    near = get_close_matches(path.name.casefold(), by_folded, n=3, cutoff=0.6)
    if not near:
        return None
    return "Nearest: " + ", ".join(repr(str(path.parent / by_folded[name])) for name in near)
