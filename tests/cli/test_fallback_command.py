"""Promises of `heal fallback`: it tells what waits, gives it away whole, and destroys only when told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from heal_cli.model import Format, LoadOptions, ReadOptions, WriteOptions
from heal_cli.read import open_source
from heal_cli.resilience import Breaker, Manifest, Spool, SpooledSource, TargetId, Tries, hold_lock


@pytest.fixture
def make_manifest() -> Callable[..., Manifest]:
    """A manifest of one batch; `given` are other values."""
    return partial(
        Manifest,
        entry="run1.0001.00000000",
        kind="batch",
        run="run1",
        made_at=datetime(2026, 1, 2, tzinfo=UTC),
        command="heal load a.csv -t t",
        source=SpooledSource("a.csv", Format.CSV, ("id", "note"), 7),
        target=TargetId("public.t", "db", "7312", 16384),
        options=LoadOptions(("a.csv",), "t", "", "state"),
        rows=2,
        rejects_path="r.jsonl",
        leftovers_path="l.jsonl",
    )


@pytest.fixture
def spool(tmp_path: Path, make_manifest: Callable[..., Manifest]) -> Spool:
    """A spool with one batch of two rows, the second with a control character."""
    (tmp_path / "a.csv").write_text("id,note\n1,one\n2,\x1b[31mred\n")
    reader = open_source("a.csv", ReadOptions())
    made = Spool(str(tmp_path / "state"))
    made.put(make_manifest(), reader.sample())
    reader.close()
    return made


def test_status_counts_what_waits(heal: Any, spool: Spool) -> None:
    """Batches, rows and events, for people and as a document."""
    assert heal("fallback", "status").out.startswith("1 batch (2 rows, ")
    document = json.loads(heal("fallback", "status", "--json").out)
    (entry,) = document["entries"]
    assert (entry["rows"], entry["table"], document["events"]) == (2, "public.t", 0)


def test_show_escapes_what_a_terminal_would_act_on(heal: Any, spool: Spool) -> None:
    """The rows are shown, control characters spelled out."""
    out = heal("fallback", "show", "run1").out
    assert "1 | 1 | one" in out
    assert "\\x1b[31mred" in out


def test_show_has_a_document_too(heal: Any, spool: Spool) -> None:
    """Every entry with its manifest in one versioned document, damaged ones included."""
    (found,) = spool.entries()
    document = json.loads(heal("fallback", "show", "--json").out)
    assert (document["heal"], len(document["entries"])) == (1, 1)
    entry = document["entries"][0]
    assert (entry["entry"], entry["tries"], entry["manifest"]["rows"]) == (found.name, 0, 2)


def test_export_gives_the_rows_as_csv(heal: Any, spool: Spool, tmp_path: Path) -> None:
    """The file has the source's columns and all its rows, for its owner only."""
    path = Path(heal("fallback", "export", "--to", "out").out.strip())
    assert path.read_text() == "id,note\n1,one\n2,\x1b[31mred\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(spool.entries()) == 1


def test_export_gives_broken_records_too(
    heal: Any, tmp_path: Path, make_manifest: Callable[..., Manifest]
) -> None:
    """Nothing that waits is missing from what export writes: a record that is no row is there byte for byte."""
    (tmp_path / "a.csv").write_bytes(b'id,note\n1,one\n2,two,three,four\n3,"th""ree"\n')
    reader = open_source("a.csv", ReadOptions())
    Spool(str(tmp_path / "state")).put(make_manifest(rows=3), reader.sample())
    reader.close()
    rows, broken = json.loads(heal("fallback", "export", "--to", "out", "--json").out)["files"]
    assert Path(rows).read_text() == 'id,note\n1,one\n3,"th""ree"\n'
    assert Path(broken).read_bytes() == b"2,two,three,four\n"
    assert Path(broken).stat().st_mode & 0o777 == 0o600


def test_a_damaged_entry_costs_the_others_nothing(
    heal: Any, spool: Spool, make_manifest: Callable[..., Manifest]
) -> None:
    """Show and export tell of it, and go on with the next; export says by its exit code that something is missing."""
    (damaged,) = spool.entries()
    reader = open_source("a.csv", ReadOptions())
    spool.put(make_manifest(entry="run1.0001.00000001"), reader.sample())
    reader.close()
    rows = damaged.path / "rows.parquet"
    rows.write_bytes(rows.read_bytes()[:-1])
    reason = f"{str(rows)!r} is not what was written: its checksum differs"
    shown = heal("fallback", "show")
    assert f"{damaged.name} is damaged: {reason}" in " ".join(shown.err.split())
    assert (shown.code, shown.out.count("| one")) == (0, 1)
    exported = heal("fallback", "export", "--to", "out", "--json")
    document = json.loads(exported.out)
    assert (exported.code, len(document["files"])) == (1, 1)
    assert document["damaged"] == [{"entry": damaged.name, "reason": reason}]


def test_a_folder_that_takes_no_export(heal: Any, spool: Spool) -> None:
    """A file in its place is no defect of heal: message and hint."""
    result = heal("fallback", "export", "--to", "a.csv")
    assert (result.code, result.err.split("\n")[0]) == (
        1,
        "heal: Entries cannot be exported to 'a.csv': File exists.",
    )


def test_retry_puts_back_what_was_set_aside(heal: Any, spool: Spool) -> None:
    """As if it had never been tried; nothing else is touched."""
    assert heal("fallback", "retry").code == 2
    (entry,) = spool.entries()
    entry.note(Tries(tries=5, reason="poison", begun=5))
    spool.set_aside(entry)
    assert json.loads(heal("fallback", "retry", "run1", "--json").out)["entries"] == [entry.name]
    assert [found.tries for found in spool.entries()] == [Tries()]
    assert spool.set_aside_entries() == []


def test_retry_of_changes_wants_to_be_told(
    heal: Any, tmp_path: Path, make_manifest: Callable[..., Manifest]
) -> None:
    """Later changes may be in the table, and these would go over them."""
    (tmp_path / "a.csv").write_text("id,note\n1,one\n")
    reader = open_source("a.csv", ReadOptions())
    spool = Spool(str(tmp_path / "state"))
    changes = LoadOptions(("a.csv",), "t", "", "state", write=WriteOptions(mode="update"))
    spool.set_aside(spool.put(make_manifest(options=changes), reader.sample()))
    reader.close()
    refused = heal("fallback", "retry")
    assert (refused.code, spool.entries()) == (2, [])
    assert "would go in after later ones" in refused.err
    assert heal("fallback", "retry", "--yes").code == 0
    assert len(spool.entries()) == 1


def test_discard_wants_to_be_told(heal: Any, spool: Spool) -> None:
    """Without --yes nothing is thrown away; with it the entry is gone."""
    refused = heal("fallback", "discard", "run1")
    assert (refused.code, len(spool.entries())) == (2, 1)
    assert "1 entry with 2 rows would be lost for good" in refused.err
    assert heal("fallback", "discard", "run1", "--yes").out == "threw away 1 entry with 2 rows\n"
    assert spool.entries() == []


def test_replay_without_a_server_says_5(heal: Any, spool: Spool) -> None:
    """What waits stays, and cron gets one line."""
    result = heal("replay-fallback", "--dsn", "postgresql://127.0.0.1:1/db")
    assert result.code == 5
    assert "0 events and 0 batches restored, 1 left" in result.out
    assert len(spool.entries()) == 1


def test_breakers_of_whatever_failed_are_told(heal: Any, spool: Spool, tmp_path: Path) -> None:
    """A model or a storage that is away shows in status and doctor as the database does."""
    for name in ("model", "object storage"):
        Breaker(name, "one", str(tmp_path / "state"), is_fault=lambda error: True).open()
    status, doctor = (
        heal("fallback", "status").out,
        heal("doctor", "--dsn", "postgresql://127.0.0.1:1/db").out,
    )
    for name in ("model", "object storage"):
        assert f"breaker {name}: open, last opened 20" in status
        assert f"the {name} failed at 20" in doctor


def test_doctor_tells_what_waits(heal: Any, spool: Spool) -> None:
    """Whoever looks for what is wrong here learns of the spool."""
    out = heal("doctor", "--dsn", "postgresql://127.0.0.1:1/db").out
    assert "1 batch waiting for the database" in out
    assert "heal replay-fallback" in out


def test_discard_waits_for_a_replay(heal: Any, spool: Spool, tmp_path: Path) -> None:
    """What another process is bringing home is not thrown away under its hands."""
    with hold_lock(str(tmp_path / "state")):
        assert heal("fallback", "discard", "run1", "--yes").code == 75
    assert len(spool.entries()) == 1


def test_discard_knows_what_a_replay_took_before_it(
    heal: Any, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that came home while discard was on its way to the lock is none of what it throws away."""

    @contextmanager
    def late(state_dir: str) -> Iterator[None]:
        spool.remove(spool.entries()[0])
        with hold_lock(state_dir):
            yield

    monkeypatch.setattr("heal_cli.resilience.hold_lock", late)
    assert heal("fallback", "discard", "--all", "--yes").out == "threw away 0 entries with 0 rows\n"


def test_a_folder_that_cannot_be_used_is_told(heal: Any, spool: Spool) -> None:
    """A read-only disk or a foreign file in the way is no defect of heal: message and hint."""
    (spool.folder.parent / "lock").mkdir()
    done = heal("fallback", "discard", "run1", "--yes")
    assert done.code == 1
    assert "cannot be worked on: Is a directory" in done.err
