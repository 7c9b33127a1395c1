"""Names of sources that no file can have, or that this user may not look for."""

from __future__ import annotations

from pathlib import Path

import pytest

from heal_cli.errors import SourceError
from heal_cli.model import ReadOptions
from heal_cli.read import expand, open_source

LONG = "x" * 300


@pytest.mark.parametrize("name", [LONG, f"{LONG}/a.csv", f"a/{LONG}.zip/b.csv", f"*{LONG}"])
def test_a_name_too_long_for_a_file_is_that_of_none(name: str) -> None:
    """It is told as any other name that nothing has."""
    with pytest.raises(SourceError, match=r"There is no file|No file matches"):
        expand([name])


def test_a_long_address_is_told_as_one() -> None:
    """A signed address is longer than any file's name may be."""
    with pytest.raises(SourceError, match="is an address, and heal reads files"):
        expand([f"https://store.example/export.csv?signature={LONG}"])


def test_what_may_not_be_looked_for_is_told_when_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in a folder that this user may not enter is refused by its name."""
    path = tmp_path / "a.csv"

    def refuse(self: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    for look in ("stat", "open"):
        monkeypatch.setattr(Path, look, refuse)
    (name,) = expand([str(path)])
    with pytest.raises(SourceError) as caught:
        open_source(name, ReadOptions())
    assert caught.value.message == f"{name!r} cannot be opened: Permission denied"
