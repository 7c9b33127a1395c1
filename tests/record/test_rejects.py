"""Promises of the rejects file: nothing lost, nothing shown to others, nothing half written."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heal_cli.errors import RecordError
from heal_cli.model import LOCATIONS, REJECTS, ROW
from heal_cli.record import RejectWriter, iter_rejects, list_rejects, read_rejects, rejects_path
from heal_cli.record.rejects import RECORD


def _rejects(*rows: int, value: str = "abc") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                ROW: row,
                "reason": "not_convertible",
                "column": "amount",
                "value": value,
                "attempts": ["integer"],
            }
            for row in rows
        ],
        schema=REJECTS,
    )


def _locations(raws: dict[int, bytes | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [{ROW: row, "line": row + 1, "offset": row * 10, "raw": raw} for row, raw in raws.items()],
        schema=LOCATIONS,
    )


def _write(path: Path, raws: dict[int, bytes | None], *, batch: int = 0) -> None:
    writer = RejectWriter(path, "run-1")
    writer.write(_rejects(*raws), _locations(raws), source="a.csv", batch=batch, attempt=1)
    writer.close()


def test_the_record_is_that_of_the_design(tmp_path: Path) -> None:
    """One JSON object a line, all keys, in order."""
    _write(tmp_path / "r.jsonl", {23: b'{"id": "abc"}\n'})
    (line,) = (tmp_path / "r.jsonl").read_text().splitlines()
    assert line == (
        '{"run":"run-1","batch":0,"attempt":1,"source":"a.csv","row":23,"line":24,"offset":230,'
        '"reason":"not_convertible","sqlstate":null,"constraint":null,"column":"amount","value":"abc",'
        '"attempts":["integer"],"raw":"{\\"id\\": \\"abc\\"}\\n","raw_encoding":"utf-8"}'
    )
    assert list(json.loads(line)) == RECORD.names()


@settings(max_examples=50)
@given(
    raws=st.lists(
        st.one_of(st.none(), st.binary(max_size=30), st.text(max_size=20).map(str.encode)), min_size=1
    )
)
def test_raw_bytes_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, raws: list[bytes | None]
) -> None:
    """Whatever the bytes are: UTF-8, binary, NUL, none."""
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    _write(path, dict(enumerate(raws, 1)))
    assert [record.raw_bytes for record in iter_rejects(path)] == raws
    assert [record.row for record in iter_rejects(path)] == list(range(1, len(raws) + 1))


def test_reading_back_is_the_same_frame(tmp_path: Path) -> None:
    """`read_rejects` has the declared schema, also of an empty file."""
    _write(tmp_path / "r.jsonl", {1: b"a", 2: b"\xff"})
    found = read_rejects(tmp_path / "r.jsonl")
    assert (found.schema, found["raw_encoding"].to_list()) == (RECORD, ["utf-8", "base64"])
    (tmp_path / "empty.jsonl").touch()
    assert read_rejects(tmp_path / "empty.jsonl").schema == RECORD


def test_a_torn_line_is_left_out_and_never_continued(tmp_path: Path) -> None:
    """After a crash in mid-write the next record starts a line of its own."""
    path = tmp_path / "r.jsonl"
    _write(path, {1: b"a"})
    with path.open("ab") as torn:
        torn.write(b'{"run":"run-1","batch":1,"att')
    _write(path, {2: b"b"}, batch=2)
    assert [record.batch for record in iter_rejects(path)] == [0, 2]
    assert read_rejects(path).height == 2


def test_there_is_no_file_before_the_first_reject(tmp_path: Path) -> None:
    """A clean run leaves nothing behind but its folder."""
    writer = RejectWriter(tmp_path / "new" / "r.jsonl", "run-1")
    writer.write(REJECTS.to_frame(), LOCATIONS.to_frame(), source="a", batch=0, attempt=1)
    assert not writer.path.exists()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_file_is_private(tmp_path: Path) -> None:
    """Mode 0600, whatever the umask, also when the file was there with another mode."""
    path = tmp_path / "r.jsonl"
    path.touch(mode=0o644)
    before = os.umask(0)
    try:
        _write(path, {1: b"a"})
        _write(tmp_path / "s.jsonl", {1: b"a"})
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("r.jsonl", "s.jsonl")] == [
        0o600,
        0o600,
    ]


def test_a_link_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    """No link is written through."""
    target = tmp_path / "victim"
    target.touch()
    link = tmp_path / "r.jsonl"
    link.symlink_to(target)
    with pytest.raises(RecordError) as caught:
        _write(link, {1: b"a"})
    assert str(caught.value) == (
        f"Rejects are not written to {str(link)!r}: the file is a link. Give the path without the link"
    )
    assert target.read_bytes() == b""


def test_a_link_in_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    """Where others can write they may have laid the link; in a folder of ours it is ours."""
    (tmp_path / "real").mkdir()
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    for folder in (tmp_path, shared):
        (folder / "link").symlink_to(tmp_path / "real")
    _write(tmp_path / "link" / "r.jsonl", {1: b"a"})
    with pytest.raises(RecordError) as caught:
        RejectWriter(shared / "link" / "r.jsonl", "run-1")
    assert str(caught.value) == (
        f"Rejects are not written to {str(shared / 'link' / 'r.jsonl')!r}: 'link' is a link in a folder that others"
        " can write to. Give the path without the link"
    )


@pytest.mark.parametrize("place", ["fifo", "folder", "/dev/null"])
def test_what_is_no_file_is_refused(tmp_path: Path, place: str) -> None:
    """Rejects that nobody keeps are no rejects."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RecordError):
        _write(tmp_path / place, {1: b"a"})


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    """The message has the path and the way out, before the run begins."""
    (tmp_path / "state").touch()
    with pytest.raises(RecordError) as caught:
        RejectWriter(tmp_path / "state" / "rejects" / "r.jsonl", "run-1")
    assert str(caught.value) == (
        f"Rejects cannot be written to {str(tmp_path / 'state' / 'rejects' / 'r.jsonl')!r}: Not a directory."
        " Name another place with --rejects or --state-dir"
    )


def test_a_full_disk_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch must not commit, the file stays as it was, and a later try goes on."""
    path = tmp_path / "r.jsonl"
    _write(path, {1: b"a"})
    before = path.read_bytes()
    write = os.write

    def fill(file: int, data: Any) -> int:
        if len(data) > 10:
            return write(file, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fill)
        with pytest.raises(RecordError) as caught:
            _write(path, {2: b"a" * 15})
    assert str(caught.value) == (
        f"Rejects cannot be written to {str(path)!r}: No space left on device."
        " Free some space or name another place, then run the same command again"
    )
    assert path.read_bytes() == before
    _write(path, {3: b"c"})
    assert [record.row for record in iter_rejects(path)] == [1, 3]


def test_a_real_full_disk() -> None:
    """/dev/full is refused as no file, so nothing is ever thought to be kept there."""
    with pytest.raises(RecordError, match="is not a regular file"):
        _write(Path("/dev/full"), {1: b"a"})


def test_two_threads_write_whole_batches(tmp_path: Path) -> None:
    """Batches of several writers never mix."""
    writer = RejectWriter(tmp_path / "r.jsonl", "run-1")

    def write(batch: int) -> None:
        for attempt in range(10):
            rows = range(1, 51)
            locations = _locations(dict.fromkeys(rows, b"x" * 100))
            writer.write(_rejects(*rows), locations, source="a", batch=batch, attempt=attempt)

    threads = [threading.Thread(target=write, args=(batch,)) for batch in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_rejects(writer.path)
    assert found.height == 4 * 10 * 50
    assert found.select(pl.struct("batch", "attempt").rle_id().max()).item() == 39


def test_rejects_without_a_location(tmp_path: Path) -> None:
    """A source without raw bytes still gives a record."""
    writer = RejectWriter(tmp_path / "r.jsonl", "run-1")
    writer.write(_rejects(5), LOCATIONS.to_frame(), source="a.parquet", batch=0, attempt=1)
    (record,) = iter_rejects(writer.path)
    assert (record.row, record.line, record.raw, record.raw_encoding) == (5, None, None, None)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("public.messages", "public.messages.r1.rejects.jsonl"),
        ('s."we/ird"', "s.%22we%2Fird%22.r1.rejects.jsonl"),
        ("../../etc/passwd", "%2F..%2Fetc%2Fpasswd.r1.rejects.jsonl"),
        ("größe", "größe.r1.rejects.jsonl"),
        ("", "_.r1.rejects.jsonl"),
        ("x" * 300, "x" * 160 + ".r1.rejects.jsonl"),
    ],
)
def test_names(table: str, name: str) -> None:
    """A table's name never leaves the folder, and is never too long."""
    assert rejects_path("/state", table, "r1") == Path("/state/rejects") / name


def test_the_list_is_newest_first(tmp_path: Path) -> None:
    """Only rejects files count."""
    for age, run in ((30, "old"), (10, "new")):
        path = rejects_path(str(tmp_path), "t", run)
        _write(path, {1: b"a"})
        os.utime(path, (time.time() - age,) * 2)
    (tmp_path / "rejects" / "notes.txt").touch()
    assert [path.name for path in list_rejects(str(tmp_path))] == [
        "t.new.rejects.jsonl",
        "t.old.rejects.jsonl",
    ]


def test_a_batch_of_many_rejects_is_quick(tmp_path: Path) -> None:
    """20,000 records take about 0.1 s; the limit leaves room for a busy machine."""
    rows = range(1, 20_001)
    rejects, locations = _rejects(*rows), _locations(dict.fromkeys(rows, b"x" * 150))
    writer = RejectWriter(tmp_path / "r.jsonl", "run-1")
    began = time.perf_counter()
    writer.write(rejects, locations, source="a", batch=0, attempt=1)
    assert time.perf_counter() - began < 1.5
