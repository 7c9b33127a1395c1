"""Promises of the spool: an entry is there whole or not at all, and damage is always seen."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from heal_cli.errors import SpoolError
from heal_cli.model import ROW, Batch, ReadOptions
from heal_cli.read import open_source
from heal_cli.resilience import Manifest, Spool, Tries, check_stored, read_batch, read_manifest

Make = Callable[..., Manifest]


def no_places(frame: pl.DataFrame) -> Any:
    """For batches whose places are spooled: nobody asks."""
    raise AssertionError


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool."""
    return Spool(str(tmp_path / "state"))


def test_a_batch_comes_back_as_it_was(spool: Spool, batch: Batch, manifest: Make) -> None:
    """Frame, broken records and the exact bytes of each record survive the disk."""
    entry = spool.put(manifest(), batch)
    again = read_batch(entry, read_manifest(entry), locate=no_places)
    rows = pl.Series(ROW, [3, 1, 2])
    assert_frame_equal(again.frame, batch.frame)
    assert_frame_equal(again.broken, batch.broken)
    assert_frame_equal(again.locate(rows), batch.locate(rows))
    assert again.chunk.digest == batch.chunk.digest
    assert again.chunk.data is None


def test_json_masks_come_back(spool: Spool, tmp_path: Path, manifest: Make) -> None:
    """Absent keys, quoted scalars and kinds of a JSON batch survive."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1, "b": "null"}\n{"a": "x"}\n')
    reader = open_source(str(path), ReadOptions())
    batch = reader.sample()
    reader.close()
    entry = spool.put(manifest(), batch)
    again = read_batch(entry, read_manifest(entry), locate=no_places)
    assert dict(again.kinds) == dict(batch.kinds)
    for masks, kept in ((batch.absent, again.absent), (batch.quoted, again.quoted)):
        assert {name: mask.to_list() for name, mask in masks.items()} == {
            name: mask.to_list() for name, mask in kept.items()
        }


def test_everything_is_private(spool: Spool, batch: Batch, manifest: Make) -> None:
    """Folders are 0700 and files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        entry = spool.put(manifest(), batch)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in entry.path.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(entry.path.stat().st_mode) == stat.S_IMODE(spool.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["rows.parquet", "places.parquet", "broken.parquet", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_damage_is_seen(spool: Spool, batch: Batch, manifest: Make, name: str, damage: str) -> None:
    """A flipped bit, a cut or missing file is an error that names the file, never other rows."""
    entry = spool.put(manifest(), batch)
    path = entry.path / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"flip": bytes(data), "cut": data[:-9], "empty": b""}[damage])
    with pytest.raises(SpoolError, match=name):
        read_batch(entry, read_manifest(entry), locate=no_places)


def test_entries_are_in_the_order_of_reading(spool: Spool, batch: Batch, manifest: Make) -> None:
    """Run, source, batch: replay brings rows home as they were read."""
    names = ["b.0001.00000000", "a.0002.00000000", "a.0001.00000010", "a.0001.00000009"]
    for name in names:
        spool.put(manifest(name), batch)
    assert [entry.name for entry in spool.entries()] == sorted(names)


def test_a_full_disk_uses_the_reserve(
    tmp_path: Path, batch: Batch, manifest: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch in flight finds the room that was set aside, and the spool says that it is full."""
    spool = Spool(str(tmp_path), reserve_bytes=1 << 20)
    spool.put(manifest("a"), batch)
    reserve = next(spool.folder.glob(".reserve-*"))
    write = os.write

    def full(file: int, data: Any) -> int:
        if reserve.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(os, "write", full)
    assert spool.full is None
    spool.put(manifest("b"), batch)
    assert spool.full is not None
    assert [entry.name for entry in spool.entries()] == ["a", "b"]


def test_a_failure_leaves_nothing(
    spool: Spool, batch: Batch, manifest: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not even the reserve helps, the error says so and no half entry stays."""

    def full(file: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SpoolError, match="No space left on device"):
        spool.put(manifest(), batch)
    assert list(spool.folder.iterdir()) == []


def test_the_bound_is_said(tmp_path: Path, batch: Batch, manifest: Make) -> None:
    """Past --spool-bytes what is in flight is kept and reading has to stop."""
    spool = Spool(str(tmp_path), max_bytes=1)
    spool.put(manifest("a"), batch)
    assert spool.full is None
    later = Spool(str(tmp_path), max_bytes=1)
    later.put(manifest("b"), batch)
    assert later.full == "the spool holds all that --spool-bytes allows"
    assert len(later.entries()) == 2


def test_a_whole_source_is_kept_and_checked(spool: Spool, manifest: Make) -> None:
    """The bytes of a source are kept as they are; a changed byte is seen."""
    made = manifest(kind="source")
    entry = spool.put_source(made.entry, lambda file: replace(made, rows=file.write(b"id\n1\n")))
    kept = read_manifest(entry)
    assert kept.rows == 5
    path = check_stored(entry, kept)
    assert path.read_bytes() == b"id\n1\n"
    path.write_bytes(b"id\n2\n")
    with pytest.raises(SpoolError, match="checksum"):
        check_stored(entry, kept)


def test_no_secret_in_a_manifest(spool: Spool, batch: Batch, manifest: Make) -> None:
    """The manifest is a JSON document; its options carry no connection string."""
    entry = spool.put(manifest(), batch)
    document = json.loads((entry.path / "manifest.json").read_text())
    assert document["manifest"]["options"]["conninfo"] == ""


def test_tries_and_aside(spool: Spool, batch: Batch, manifest: Make) -> None:
    """What was tried is remembered; set aside and put back, an entry begins anew."""
    entry = spool.put(manifest(), batch)
    entry.note(Tries(3, "no"))
    aside = spool.set_aside(entry)
    assert (spool.entries(), aside.tries) == ([], Tries(3, "no"))
    assert spool.put_back(aside).tries == Tries()


def test_sweep_keeps_what_is_being_written(spool: Spool, batch: Batch, manifest: Make) -> None:
    """Entries on their way out go; a young one on its way in stays."""
    spool.put(manifest(), batch)
    for name in (".gone-x", ".tmp-y"):
        (spool.folder / name).mkdir()
    spool.sweep()
    assert sorted(path.name for path in spool.folder.iterdir()) == [".tmp-y", "run1.0001.00000000"]
