"""What stands beside spooled rows: everything a later process needs to bring them home, and no secret."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import msgspec

from heal_cli.errors import SpoolError
from heal_cli.model import Chunk, Format, LoadOptions, Plan

VERSION: Final = 1
"""Of the manifest; a newer one than this is left to the heal that wrote it."""


@dataclass(frozen=True, slots=True)
class TargetId:
    """Which table of which server the rows are for; replay refuses any other."""

    table: str  # 'schema.table'; as typed where the server was never reached
    database: str
    system_id: str | None = None  # None: the server was never reached, `server` has to do
    oid: int | None = None
    server: str | None = None  # 'host:port' as asked for


@dataclass(frozen=True, slots=True)
class SpooledSource:
    """The source the rows are of, and what is known of it in the ledger."""

    name: str
    format: Format
    columns: tuple[str, ...]
    number: int | None = None  # the ledger's; None: it was never claimed there
    findings: Mapping[str, str] = field(default_factory=dict)  # dialect: what was found -> value


@dataclass(frozen=True, slots=True)
class Manifest:
    """One entry of the spool.

    A `batch` holds the records of one chunk. A `source` holds a whole source as it is stored, spooled
    before the server was ever reached: only the ledger can tell which of its rows are new.
    """

    entry: str
    kind: Literal["batch", "source"]
    run: str
    made_at: datetime
    command: str
    source: SpooledSource
    target: TargetId
    options: LoadOptions  # without the connection string
    rows: int  # that count as spooled
    rejects_path: str
    leftovers_path: str
    chunk: Chunk | None = None  # of a batch, as it was cut; without its bytes
    records: int = 0  # of the chunk that are spooled: others may be settled, or beyond --limit
    plan: Plan | None = None
    schema_version: str | None = None
    attempt: int = 0  # the last one that the run made at the batch
    kinds: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()  # source columns with a mask in masks.parquet, in this order ...
    quoted: tuple[str, ...] = ()  # ... and after them these
    files: Mapping[str, str] = field(default_factory=dict)  # name -> SHA-256
    is_cut: bool = False  # a stream of which the spool had room for the beginning alone
    version: int = VERSION


class _Sealed(msgspec.Struct):
    """The manifest as its file has it: with a hash, so that a damaged one is known."""

    manifest: msgspec.Raw
    sha256: str


def seal(manifest: Manifest) -> bytes:
    """The manifest as a JSON document that says its own hash."""
    text = msgspec.json.encode(manifest)
    return msgspec.json.encode(_Sealed(msgspec.Raw(text), hashlib.sha256(text).hexdigest())) + b"\n"


def unseal(data: bytes, place: str) -> Manifest:
    """The manifest of a file.

    Args:
        place: The file, for messages.

    Raises:
        SpoolError: It is not what was written, or a newer heal wrote it.
    """
    try:
        sealed = msgspec.json.decode(data, type=_Sealed)
        text = bytes(sealed.manifest)
    except msgspec.MsgspecError as error:
        raise SpoolError(f"{place!r} is damaged: {error}") from error
    if hashlib.sha256(text).hexdigest() != sealed.sha256:
        raise SpoolError(f"{place!r} is not what was written: its checksum differs")
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise SpoolError(
            f"{place!r} was written by another version of heal: {error}", hint="Replay it with that version"
        ) from error
