"""Small private files: whole, or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from heal_cli.resilience import keep, recall


def test_the_last_one_counts(tmp_path: Path) -> None:
    """A document replaces the one before it; nothing else is left in the folder, which is private like the file."""
    path = tmp_path / "tables" / "a.json"
    for document in (b"first", b"second\nand more"):
        keep(path, document)
    assert recall(path) == b"second\nand more"
    assert list(path.parent.iterdir()) == [path]
    assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.parametrize("damage", [b"", b"docu", b"0\ndocument", b"document"])
def test_what_is_damaged_is_not_there(tmp_path: Path, damage: bytes) -> None:
    """A file that was cut or changed is none."""
    path = tmp_path / "a.json"
    keep(path, b"document")
    path.write_bytes(damage)
    assert recall(path) is None
    assert recall(tmp_path / "b.json") is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """What others may have laid is not read."""
    keep(tmp_path / "a.json", b"document")
    (tmp_path / "b.json").symlink_to(tmp_path / "a.json")
    assert recall(tmp_path / "b.json") is None
