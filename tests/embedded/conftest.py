"""Folders for servers of one's own, and other processes that start them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from heal_cli import embedded
from heal_cli.embedded import Server

NOBODY = 65534

_START = """
import sys
from pathlib import Path
from heal_cli import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.pid, int(server.is_new))
"""


def answers(server: Server) -> bool:
    """The server runs a query."""
    with psycopg.connect(server.conninfo) as conn:
        return conn.execute("select 1").fetchone() == (1,)


def start_elsewhere(folder: Path) -> subprocess.Popen[str]:
    """Another process that starts the server of that folder and prints its pid and whether it is new."""
    command = [sys.executable, "-c", _START, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def as_plain_user(action: Callable[[], str]) -> str:
    """What `action` returns in a child that is no root: 'nobody' for root, else the user we are."""
    if os.geteuid() != 0:
        return action()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            answer = action()
        except BaseException as error:
            answer = repr(error)
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def _own_folder() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp(prefix="heal-t-", dir="/tmp"))
    parent.chmod(0o711)
    yield parent / "pg"
    for lock in parent.rglob("alive.lock"):
        if lock.stat().st_uid == os.geteuid():
            embedded.stop(lock.parent)
    shutil.rmtree(parent)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a server of this test may live; stopped and removed afterwards."""
    yield from _own_folder()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The folder of a server that the tests of a module share, made once; each test starts it."""
    for folder in _own_folder():
        embedded.start(folder)
        yield folder
