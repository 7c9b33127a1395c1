"""Root's server: run by an unprivileged user, with no permission changed anywhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest

from heal_cli import embedded
from heal_cli.embedded import binaries
from heal_cli.embedded.account import server_account
from heal_cli.errors import UsageError

from .conftest import answers, as_plain_user

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="what root may do only root can show"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]


def test_closed_parents_stay_closed(folder: Path) -> None:
    """Data below a folder that is closed to the server's user work there, and every mode stays as it was."""
    closed = folder / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0o700)
    before = [path.stat().st_mode for path in (closed, *closed.parents)]
    assert answers(embedded.start(closed / "pg"))
    assert (closed / "pg" / "data" / "PG_VERSION").exists()
    assert embedded.stop(closed / "pg")
    assert [path.stat().st_mode for path in (closed, *closed.parents)] == before


def test_server_is_not_root(home: Path) -> None:
    """The server and its data belong to the unprivileged user, the folder around them to root."""
    server = embedded.start(home)
    uid = server_account().uid
    assert uid != 0
    assert Path(f"/proc/{server.pid}").stat().st_uid == uid
    assert (home.stat().st_uid, (home / "data").stat().st_uid, server.socket_dir.stat().st_uid) == (
        0,
        uid,
        uid,
    )


def test_others_of_that_user_cannot_log_in(home: Path) -> None:
    """Another process of 'nobody' reaches the socket, but is not let in."""
    server = embedded.start(home)

    def knock() -> str:
        try:
            psycopg.connect(server.conninfo).close()
        except psycopg.OperationalError as error:
            return str(error)
        return "in"

    assert 'Peer authentication failed for user "postgres"' in as_plain_user(knock)


def test_closed_programs_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs in a closed folder are copied once, with their libraries, for reading only."""
    wheel = binaries.find_binaries().parents[1]
    closed = folder / "venv"
    closed.mkdir(parents=True)
    for tree in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(tree, closed / tree.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
    closed.chmod(0o700)
    monkeypatch.setattr(binaries, "shared_folder", lambda: folder / "shared")
    for _ in range(2):
        assert answers(embedded.start(folder / "pg", bin_dir=closed / wheel.name / "pginstall" / "bin"))
        embedded.stop(folder / "pg")
    (copy,) = (folder / "shared").iterdir()
    assert copy.name.startswith("binaries-18.")
    assert not any(path.stat().st_mode & 0o022 or path.stat().st_uid for path in copy.rglob("*"))


def test_folder_in_anothers_hands_is_refused(folder: Path) -> None:
    """Root uses no folder that another user could swap for one of his own."""
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(UsageError, match=f"Folder '{folder}' can be changed by other users"):
        embedded.start(folder / "pg")


def test_root_without_rights(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that may not step down is told what to do in its place."""
    embedded.stop(home)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("heal_cli.embedded.account.subprocess.run", refuse)
    with pytest.raises(UsageError, match="This root may not step down to user 'nobody'"):
        embedded.start(home)
