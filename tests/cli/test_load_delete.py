"""Modes that take rows out of a table ask, or are told --yes."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("mode", ["delete", "replace"])
def test_off_a_terminal_it_needs_yes(heal: Any, engine: Any, mode: str) -> None:
    """Nobody is asked, and the engine hears of it only with --yes or --dry-run."""
    command = ("load", "a.csv", "-t", "m", "-d", "dbname=x", "-q", "--mode", mode)
    refused = heal(*command)
    assert refused.code == 2
    assert "Say --yes" in refused.err
    assert engine.options is None
    heal(*command, "--yes")
    assert engine.options.write.mode == mode
