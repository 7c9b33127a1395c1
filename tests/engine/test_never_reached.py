"""A server that is away from the start of a run, and a table that this machine has loaded before."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from server_away import Outage

from heal_cli.errors import SourceError
from heal_cli.resilience import keep, recall


def load_another(outage: Outage, **given: Any) -> Any:
    """One load while the server is there, then one of another file while it is not."""
    before = outage.folder / "before.csv"
    before.write_text("n,k,amount,note\n0,-1,1.00,what was there before\n")
    outage.load(sources=(str(before),))
    outage.conn.execute(f"delete from {outage.table}")
    outage.proxy.mode = "refuse"
    report = outage.load(**given)
    outage.proxy.heal()
    return report


def remembered(outage: Outage) -> list[Path]:
    """The files of the tables that this machine has seen."""
    return sorted(Path(outage.options.state_dir).glob("fallback/tables/*"))


def test_a_table_seen_before_says_what_will_come_of_the_rows(outage: Outage) -> None:
    """The plan, and what it would reject, are told at once; every row comes home once."""
    report = load_another(outage)
    assert (report.exit_code, report.rows.spooled) == (5, outage.rows)
    assert {column.column.name for column in report.plan.columns} == {"n", "k", "amount", "note"}
    assert report.table == outage.table
    (note,) = [note for note in report.notes if note.startswith(f"By {outage.table} as it was on ")]
    assert "would be rejected: not_convertible" in note
    assert outage.replay().batches == 1
    books = outage.conn.execute(f"select count(*), count(distinct n) from {outage.table}").fetchone()
    assert books == (outage.rows - 12 - 24, outage.rows - 12 - 24)


def test_the_manifest_says_by_which_table(outage: Outage) -> None:
    """Plan and schema version stand beside the bytes, and replay says where the table has changed since."""
    from heal_cli.resilience import read_manifest

    report = load_another(outage)
    manifest = read_manifest(outage.spool.entries()[0])
    assert (manifest.plan, manifest.schema_version) == (report.plan, report.schema_version)
    outage.conn.execute(f"alter table {outage.table} add seen timestamptz default now()")
    (note,) = outage.replay().notes
    assert "has changed since" in note


def test_what_another_heal_remembered_is_not_read(outage: Outage) -> None:
    """It costs what could have been told, and no row."""
    outage.load()
    outage.conn.execute(f"truncate {outage.table}; truncate heal.load_sources cascade")
    outage.rejects.unlink()
    (path,) = remembered(outage)
    document = recall(path)
    assert document
    keep(path, document.replace(b'"version":1}', b'"version":2}'))
    outage.proxy.mode = "refuse"
    report = outage.load()
    outage.proxy.heal()
    assert (report.plan, report.rows.spooled) == (None, outage.rows)
    outage.replay()
    outage.check()


def test_a_plan_that_would_not_cover_is_told_and_nothing_refused(outage: Outage) -> None:
    """The table may have changed since it was seen: what it was cannot refuse a row."""
    outage.conn.execute(f"alter table {outage.table} add must integer not null default 1")
    before = outage.folder / "before.csv"
    before.write_text("n,k,amount,note,must\n0,-1,1.00,x,1\n")
    outage.conn.execute(f"alter table {outage.table} alter must drop default")
    outage.load(sources=(str(before),))
    outage.conn.execute(f"delete from {outage.table}")
    outage.conn.execute(f"alter table {outage.table} alter must set default 1")
    outage.proxy.mode = "refuse"
    report = outage.load()
    outage.proxy.heal()
    assert any("'must'" in note and note.startswith("By ") for note in report.notes)
    assert outage.replay().batches == 1
    assert outage.conn.execute(f"select count(distinct n) from {outage.table}").fetchone() == (
        outage.rows - 36,
    )


def test_private_and_without_secrets(outage: Outage) -> None:
    """One file for each server, database, user and table; for its owner only; no password in it."""
    from dataclasses import replace

    outage.options = replace(outage.options, conninfo=outage.proxy.conninfo + " password=hunter2")
    load_another(outage)
    (path,) = remembered(outage)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"hunter2" not in path.read_bytes()


def test_loaded_before_in_part(outage: Outage) -> None:
    """A file whose beginning is in the table already: of what is spooled only the rest is loaded."""
    lines = outage.source.read_text().splitlines(keepends=True)
    outage.source.write_text("".join(lines[:1001]))
    outage.load()
    outage.source.write_text("".join(lines))
    outage.proxy.mode = "refuse"
    report = outage.load()
    assert report.rows.spooled == outage.rows
    outage.proxy.heal()
    kept = outage.folder / "kept"
    (entry,) = outage.spool.entries()
    shutil.copytree(entry.path, kept)
    outage.replay()
    shutil.copytree(kept, entry.path)  # as if replay had been killed before it removed the entry
    assert outage.replay().rows.loaded == 0
    outage.check()


def test_grown_since(outage: Outage) -> None:
    """A file spooled by a remembered table waits like any other: longer, it is not taken for a new one."""
    load_another(outage)
    with outage.source.open("a") as file:
        file.write("2401,2401,1,row that came later\n")
    with pytest.raises(SourceError, match="has changed since"):
        outage.load()


def test_bytes_that_were_changed_are_set_aside(outage: Outage) -> None:
    """A source that was spooled whole is loaded as it was, or not at all."""
    load_another(outage)
    path = outage.spool.entries()[0].path / "stored"
    path.write_bytes(path.read_bytes().replace(b"row 7 of", b"row 8 of"))
    report = outage.replay()
    assert (report.exit_code, report.rows.loaded) == (1, 0)
    assert "checksum" in report.aside[0][1]
    assert outage.conn.execute(f"select count(*) from {outage.table}").fetchone() == (0,)
