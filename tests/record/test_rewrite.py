"""A rejects file that is made anew: nothing that others write to it meanwhile is lost."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from heal_cli.errors import RecordError
from heal_cli.record import Rewrite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three lines."""
    file = tmp_path / "r.jsonl"
    file.write_bytes(b"a\nb\nc\n")
    return file


def _in_capitals(path: Path) -> None:
    with Rewrite(path) as rewrite:
        for line in rewrite.lines():
            rewrite.write([line], [line.upper()])


def test_a_full_disk_leaves_the_file_as_it_was(path: Path) -> None:
    """What cannot be written is said once, and nothing of it stays."""
    path.write_bytes((b"a" * 99 + b"\n") * 1_000)
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(RecordError, match="is as it was before the retry"):
            _in_capitals(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert path.stat().st_size == 100_000
    assert [found.name for found in path.parent.iterdir()] == ["r.jsonl"]


def test_lines_that_change(path: Path) -> None:
    """Some lines are written otherwise, the rest as they were, and the file's name never stands for less."""
    with Rewrite(path) as rewrite:
        for line in rewrite.lines():
            rewrite.write([line], [line.upper()] if line == b"b\n" else [line])
        assert path.read_bytes() == b"a\nb\nc\n"
        assert rewrite.finish()
    assert path.read_bytes() == b"a\nB\nc\n"
    assert [found.name for found in path.parent.iterdir()] == ["r.jsonl"]


def test_what_is_appended_meanwhile_stays(path: Path) -> None:
    """Another process may add lines before the new file takes the old one's place; a torn one is kept, too."""
    with Rewrite(path) as rewrite:
        lines = rewrite.lines()
        rewrite.write([next(lines)], [b"A\n"])
        with path.open("ab") as other:
            other.write(b"d\n{torn")
        assert rewrite.finish()
    assert path.read_bytes() == b"A\nb\nc\nd\n{torn"


def test_a_file_that_was_replaced_is_left_alone(path: Path) -> None:
    """Where another process put a new file in place, that one stands."""
    with Rewrite(path) as rewrite:
        rewrite.write([next(rewrite.lines())], [b"A\n"])
        (path.parent / "new").write_bytes(b"other\n")
        (path.parent / "new").replace(path)
        assert not rewrite.finish()
    assert path.read_bytes() == b"other\n"


def test_an_exception_leaves_no_trace(path: Path) -> None:
    """Without `finish` the old file stays and the new one is gone."""
    rewrite = Rewrite(path)
    rewrite.write([next(rewrite.lines())], [b"A\n"])
    rewrite.__exit__(KeyError, KeyError(), None)
    assert path.read_bytes() == b"a\nb\nc\n"
    assert [found.name for found in path.parent.iterdir()] == ["r.jsonl"]


def test_a_link_is_followed_to_its_file(path: Path) -> None:
    """The file that a link leads to is made anew, not the link."""
    link = path.parent / "link"
    link.symlink_to(path)
    with Rewrite(link) as rewrite:
        rewrite.write([next(rewrite.lines())], [b"A\n"])
        assert rewrite.finish()
    assert link.is_symlink()
    assert path.read_bytes() == b"A\nb\nc\n"


def test_a_missing_file(tmp_path: Path) -> None:
    """It is said with what to do."""
    with pytest.raises(RecordError, match="There is no rejects file"):
        Rewrite(tmp_path / "none")


def test_what_a_killed_process_left_is_removed(path: Path) -> None:
    """The file of a retry that was killed goes with the next one; that of one still at work stays."""
    abandoned = path.parent / f".{path.name}.abcd1234"
    abandoned.write_bytes(b"a\n")
    others = path.parent / f".{path.name}.backup"
    others.write_bytes(b"mine\n")
    with Rewrite(path) as first:
        assert not abandoned.exists()
        assert others.exists()
        first.write([next(first.lines())], [b"B\n"])
        with Rewrite(path) as second:
            second.write([next(second.lines())], [b"A\n"])
            assert second.finish()
        assert not first.finish()
    assert path.read_bytes() == b"A\nb\nc\n"
    assert sorted(found.name for found in path.parent.iterdir()) == sorted([others.name, path.name])
