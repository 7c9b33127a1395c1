"""Which folders are used, and which are refused."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from heal_cli import embedded
from heal_cli.embedded import folders
from heal_cli.embedded.folders import default_data_dir, prepare_base, read_text, tree_size
from heal_cli.errors import DatabaseUnavailable, UsageError

from .conftest import as_plain_user


def test_default_of_a_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user's server lives in the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_dir() == platformdirs.user_data_path("heal") / "postgres"


def test_default_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's server lives where the user that runs it gets to, not in root's home."""
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data_dir() == platformdirs.site_state_path("heal") / "postgres"


def test_default_without_a_writable_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that cannot be written is no obstacle."""
    monkeypatch.setenv("XDG_DATA_HOME", "/proc/nothing")
    monkeypatch.setattr(folders, "_can_be_made", lambda _: False)
    assert default_data_dir() == Path(f"/var/tmp/heal-{os.geteuid()}")


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("place", "can_be_made"),
    [("/proc/x/y", False), ("/nonexistent/share", False), ("/tmp/heal-nobody-made-this/b", True)],
)
def test_where_a_folder_can_be_made(place: str, can_be_made: bool) -> None:
    """What counts is the nearest folder that is there."""
    assert as_plain_user(lambda: str(folders._can_be_made(Path(place)))) == str(can_be_made)


def test_made_folder_is_closed(folder: Path) -> None:
    """The folder we make is closed to others; root's can be passed through but not listed."""
    prepare_base(folder)
    assert folder.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)


def test_found_folder_keeps_its_mode(folder: Path) -> None:
    """A folder that was there keeps its permissions."""
    folder.mkdir()
    folder.chmod(0o705)
    prepare_base(folder)
    assert folder.stat().st_mode & 0o777 == 0o705


def test_open_folder_is_refused(folder: Path) -> None:
    """A folder in which others can change things is refused."""
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(UsageError, match="can be changed by other users") as caught:
        prepare_base(folder)
    assert caught.value.hint == "Name another folder with --data-dir"


def test_data_folder_itself_is_refused(folder: Path) -> None:
    """A PostgreSQL data folder of somebody else's making is not taken for ours."""
    folder.mkdir()
    (folder / "PG_VERSION").write_text("15\n")
    with pytest.raises(UsageError, match="is a PostgreSQL data folder itself"):
        embedded.start(folder)


def test_foreign_data_are_refused(folder: Path) -> None:
    """A subfolder 'data' that holds something else stays untouched."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "report.txt").write_text("mine")
    for path in (folder, folder / "data"):
        path.chmod(0o711)
    with pytest.raises(UsageError):
        embedded.start(folder)
    assert (folder / "data" / "report.txt").read_text() == "mine"


@pytest.mark.parametrize("place", ["/etc/passwd", "/etc/passwd/x", "/proc/x"])
def test_impossible_folder(place: str) -> None:
    """A folder that cannot be made is an error that says why."""
    with pytest.raises(
        DatabaseUnavailable, match=f"Folder '{place}' for the embedded PostgreSQL cannot be made: "
    ):
        prepare_base(Path(place))


def test_read_text_follows_no_links(tmp_path: Path) -> None:
    """Links are not followed and pipes not waited for."""
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    assert [read_text(tmp_path / name) for name in ("file", "link", "pipe", "none")] == [
        "text",
        None,
        None,
        None,
    ]


def test_tree_size(tmp_path: Path) -> None:
    """All files below count, the folders themselves do not."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"x" * 1000)
    (tmp_path / "d").write_bytes(b"x" * 24)
    assert tree_size(tmp_path) == 1024
