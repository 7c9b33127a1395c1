"""Rows that wait, and a source that begins as theirs did: neither is taken for the other."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

import pytest
from server_away import Outage

from heal_cli.errors import SourceError
from heal_cli.model import LoadReport
from heal_cli.pipeline import BatchWorker

READINGS = [{}, {"columns": ("n", "k", "amount", "note"), "skip_rows": 1}]
"""As the second try reads it, and otherwise."""


@pytest.fixture
def spool_all(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., LoadReport]:
    """Load, and lose the server between the claim and the first batch."""
    real = BatchWorker.process

    def away(*given: Any) -> Any:
        outage.proxy.mode = "refuse"
        outage.proxy.drop()
        return real(*given)

    def load(**given: Any) -> LoadReport:
        with monkeypatch.context() as patch:
            patch.setattr(BatchWorker, "process", away)
            report = outage.load(**given)
        outage.proxy.heal()
        assert report.rows.spooled == outage.rows
        return report

    return load


def change_the_end(outage: Outage, more: str) -> None:
    """Other rows behind the first batches."""
    text = outage.source.read_text()
    half = len(text) // 2
    outage.source.write_text(text[:half] + text[half:].replace("row", "ROW") + more)


def pipe_of(data: bytes) -> BinaryIO:
    """A stream that cannot be read twice."""
    read, write = os.pipe()

    def fill() -> None:
        with os.fdopen(write, "wb") as end:
            end.write(data)

    threading.Thread(target=fill, daemon=True).start()
    return os.fdopen(read, "rb")


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("more", ["", "9001,9001,1.25,new\n"])
def test_a_file_that_has_changed_since(
    outage: Outage, spool_all: Callable[..., LoadReport], reading: Any, more: str
) -> None:
    """Previously it took the place of what waited, which replay then counted as loaded and threw away."""
    spool_all(read=replace(outage.options.read, **reading))
    change_the_end(outage, more)
    with pytest.raises(SourceError, match="Rows wait of a source that began as") as refused:
        outage.load()
    assert "heal replay-fallback" in str(refused.value.hint)
    assert outage.replay().left == 0
    outage.check()


def test_a_stream_that_is_read_otherwise(outage: Outage, spool_all: Callable[..., LoadReport]) -> None:
    """Nobody can tell whether it holds what waits: that comes home first."""
    text = outage.source.read_bytes()
    other = replace(outage.options.read, **READINGS[1])
    with pipe_of(text) as stream:
        spool_all(read=other, sources=("-",), stdin=stream)
    with pipe_of(text) as stream, pytest.raises(SourceError, match="and was read otherwise"):
        outage.load(sources=("-",), stdin=stream)
    assert outage.replay().left == 0
    outage.check()


@pytest.mark.parametrize("more", ["", "9001,9001,1.25,new\n"])
def test_the_same_file_is_read_otherwise(
    outage: Outage, spool_all: Callable[..., LoadReport], more: str
) -> None:
    """Every row that waits is in it, grown or not: it loads, and replay finds all there."""
    spool_all(read=replace(outage.options.read, **READINGS[1]))
    with outage.source.open("a") as file:
        file.write(more)
    outage.load()
    home = outage.replay()
    assert (home.left, home.rows.already) == (0, outage.rows)
    outage.rows += len(more.splitlines())
    counted = outage.conn.execute(f"select count(distinct note), count(*) from {outage.table}").fetchone()
    assert counted is not None
    assert counted[0] == counted[1]
