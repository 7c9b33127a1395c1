"""Users without a home, and clocks that no zone has."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from heal_cli.cli.crash import keep_traceback
from heal_cli.clock import local_time
from heal_cli.embedded.folders import default_data_dir
from heal_cli.errors import UsageError
from heal_cli.settings import load_settings


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user by number alone, as a container has it."""

    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    for name in ("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "HEAL_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_a_folder_has_to_be_named() -> None:
    """Previously rejects went to a folder called '~', or a traceback to the terminal."""
    with pytest.raises(UsageError) as caught:
        load_settings({})
    assert str(caught.value) == (
        "User 54321 has no home folder in which rejects could be kept. Set HOME, or name a folder with --state-dir"
    )
    assert load_settings({"state_dir": "/srv/heal"}).state_dir == "/srv/heal"


@pytest.mark.usefixtures("homeless")
def test_without_a_home_the_server_and_a_defect_find_their_way() -> None:
    """The server goes to /var/tmp; a traceback that nobody can keep is told as such."""
    assert str(default_data_dir()) == "/var/tmp/heal-54321"
    told = keep_traceback(ValueError("x"), [])
    assert told.startswith("Please report it: ValueError; the traceback could not be kept: User 54321 has no")


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """This process in another time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "wanted"),
    [("UTC", "12:00"), ("Asia/Kathmandu", "17:45"), ("XYZ+24", "12:00"), ("Mars/Phobos", "12:00")],
    indirect=["zone"],
)
@pytest.mark.usefixtures("zone")
def test_moments_are_shown_by_the_local_clock(wanted: str) -> None:
    """Offsets of a whole day, which POSIX allows, too. Previously those were a defect."""
    assert f"{local_time(datetime(2026, 1, 2, 12, tzinfo=UTC)):%H:%M}" == wanted
