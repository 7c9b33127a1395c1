"""Batches as the readers make them, and manifests for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from heal_cli.model import Batch, Format, LoadOptions, ReadOptions
from heal_cli.read import open_source
from heal_cli.resilience import Manifest, SpooledSource, TargetId

CSV = b'id,note\n1,one\n2,"two\nlines"\n3\n'


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """Three records, the last of them broken."""
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    reader = open_source(str(path), ReadOptions())
    batch = reader.sample()
    reader.close()
    return batch


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Manifest]:
    """A manifest of three rows of a.csv."""

    def make(entry: str = "run1.0001.00000000", **given: object) -> Manifest:
        values = {
            "entry": entry,
            "kind": "batch",
            "run": "run1",
            "made_at": datetime(2026, 1, 2, tzinfo=UTC),
            "command": "heal load a.csv -t t",
            "source": SpooledSource("a.csv", Format.CSV, ("id", "note"), 7),
            "target": TargetId("public.t", "db", "7312", 16384),
            "options": LoadOptions(("a.csv",), "t", "", str(tmp_path)),
            "rows": 3,
            "rejects_path": "r.jsonl",
            "leftovers_path": "l.jsonl",
        }
        return Manifest(**{**values, **given})  # type: ignore[arg-type]

    return make
