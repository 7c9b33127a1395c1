"""Run ids sort as runs began."""

from __future__ import annotations

import time

import pytest

from heal_cli.pipeline.identity import new_run_id


def test_a_clock_that_was_set_back_changes_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run behind another one sorts behind it, whatever the clock says by then."""
    first = new_run_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000_000_000_000)
    assert new_run_id() < first < new_run_id(after=first)


def test_what_is_no_run_is_passed_over() -> None:
    """A folder of another name in the spool stops nobody."""
    assert len(new_run_id(after="backup")) == 36
