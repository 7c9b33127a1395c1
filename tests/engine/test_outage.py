"""An outage of any kind, at any byte: nothing lost, nothing twice, all of it counted."""

from __future__ import annotations

import random
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from proxy import Proxy
from server_away import Outage

from heal_cli.engine import run_load
from heal_cli.errors import DatabaseUnavailable, SourceError
from heal_cli.model import WriteOptions

_RANDOM = random.Random(7)
CUTS = [_RANDOM.randrange(40_000, 500_000) for _ in range(3)]


@pytest.mark.parametrize(("after", "how"), [*zip(CUTS, ["end", "reset", "end"], strict=True)])
def test_a_cut_loses_no_row(outage: Outage, after: int, how: str) -> None:
    """The network ends after n bytes, in the middle of a COPY or of a COMMIT's answer; replay settles it."""
    outage.proxy.cut_after(after, how=how)
    report = outage.load()
    assert (report.exit_code, report.resume) == (5, "heal replay-fallback")
    assert report.rows.read == outage.rows
    outage.proxy.heal()
    assert outage.replay().exit_code == 3
    outage.check()
    assert outage.replay().found_nothing


def test_the_same_command_and_replay_are_one(outage: Outage) -> None:
    """A load that is run again brings the spooled rows in itself; replay then finds them settled."""
    outage.proxy.cut_in_copy()
    spooled = outage.load().rows.spooled
    outage.proxy.heal()
    assert outage.load().rows.spooled == 0
    report = outage.replay()
    assert report.rows.already >= spooled
    assert report.rows.loaded == 0
    outage.check()


@pytest.mark.parametrize("replays_first", [True, False])
@pytest.mark.parametrize(
    "cut", [lambda proxy: proxy.cut_after(30_000), Proxy.cut_in_copy], ids=["source", "batches"]
)
def test_rows_of_a_limited_load_that_wait_are_not_loaded_twice(
    outage: Outage, replays_first: bool, cut: Callable[[Proxy], None]
) -> None:
    """Replay before or after the load of all rows: the rows up to the limit are there once."""
    cut(outage.proxy)
    report = outage.load(limit=1_000)
    assert (report.rows.read, report.rows.spooled > 0) == (1_000, True)
    outage.proxy.heal()
    if replays_first:
        assert outage.replay().rows.already < 1_000
        assert outage.conn.execute(f"select count(*), max(n) from {outage.table}").fetchone()[1] == 1_000
    assert outage.load().rows.spooled == 0
    outage.replay()
    outage.check()


@pytest.mark.parametrize(
    ("meanwhile", "limited_to"),
    [
        (None, 1_000),
        ({"limit": 500}, 1_000),
        ({"limit": 2_000}, 2_000),
        ({"limit": 2_000, "max_rejects": "0"}, None),  # that one stopped early
    ],
)
def test_a_limited_load_that_comes_home_has_ended(outage: Outage, meanwhile: Any, limited_to: Any) -> None:
    """The ledger says how far it was to go, unless another run has asked for more since and was not done."""
    outage.proxy.cut_in_copy()
    assert outage.load(limit=1_000).rows.spooled
    outage.proxy.heal()
    if meanwhile:
        outage.load(**meanwhile)
    assert not any(entry.stored_bytes for entry in outage.spool.entries())
    assert outage.replay().left_events == 0
    query = f"select limited_to from heal.load_sources where table_oid = '{outage.table}'::regclass"
    assert outage.conn.execute(query).fetchall() == [(limited_to,)]


def test_a_frozen_server_is_given_up(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers nothing and closes nothing ends in the spool, not in waiting for ever."""
    monkeypatch.setattr("heal_cli.write.watch.GRACE_S", 0.1)
    conninfo = f"{outage.proxy.conninfo} connect_timeout=2"
    outage.options = type(outage.options)(**{
        **{name: getattr(outage.options, name) for name in outage.options.__slots__}, "conninfo": conninfo
    })  # fmt: skip
    outage.proxy.cut_in_copy(10**9)
    swallow_after(outage.proxy, 20_000)
    report = outage.load(write={"timeout_s": 0.5, "lock_timeout_s": 0.1})
    assert report.exit_code == 5
    outage.proxy.heal()
    outage.proxy.drop()
    outage.replay()
    outage.check()


def test_a_table_that_is_locked_is_waited_for(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Maintenance costs its table one try a round, and sets nothing aside, however many rounds it lasts."""
    impatient = partial(WriteOptions, lock_timeout_s=0.05)
    monkeypatch.setattr("heal_cli.pipeline.home.WriteOptions", impatient)
    outage.meet_outage()
    waiting = len(outage.spool.entries())
    with outage.conn.transaction():
        outage.conn.execute(f"lock table {outage.table} in access exclusive mode")
        report = outage.replay(max_attempts=1)
    assert (report.exit_code, report.aside, report.left, len(report.notes)) == (1, [], waiting, 1)
    assert "lock timeout" in report.notes[0]
    outage.replay()
    outage.check()


def swallow_after(proxy: Any, count: int) -> None:
    """The proxy goes silent after so many bytes."""
    import threading
    import time

    def watch() -> None:
        while proxy.bytes_left is not None and proxy.bytes_left > 10**9 - count:
            time.sleep(0.001)
        proxy.mode = "swallow"

    threading.Thread(target=watch, daemon=True).start()


def test_standard_input_lives_in_the_spool(outage: Outage) -> None:
    """Of a stream the spool is the only copy: every row comes home from it."""
    stream = BytesIO(outage.source.read_bytes())
    outage.proxy.cut_in_copy()
    report = outage.load(stdin=stream, sources=("-",))
    assert report.rows.read == outage.rows
    outage.source.unlink()
    outage.proxy.heal()
    outage.replay()
    outage.check()


def test_order_is_kept(outage: Outage) -> None:
    """With --ordered nothing overtakes what is spooled: the table equals an undisturbed one."""
    outage.proxy.cut_in_copy()
    outage.load(write={"ordered": True})
    outage.proxy.heal()
    outage.replay()
    rows = [row[0] for row in outage.conn.execute(f"select n from {outage.table} order by ctid")]
    assert rows == sorted(rows)
    outage.check()


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_server_that_was_never_there(outage: Outage, is_stream: bool) -> None:
    """With no table to plan for, the source is spooled as it is, and loaded once however often it is replayed."""
    outage.proxy.mode = "refuse"
    given = {"sources": ("-",), "stdin": BytesIO(outage.source.read_bytes())} if is_stream else {}
    report = outage.load(**given)
    assert (report.exit_code, report.rows.spooled) == (5, outage.rows)
    assert any(
        ("run again before" in note) == is_stream for note in report.notes if "once each, also if" in note
    )
    outage.proxy.heal()
    (entry,) = outage.spool.entries()
    kept = outage.folder / "kept"
    shutil.copytree(entry.path, kept)
    assert outage.replay().batches == 1
    outage.check()
    name = "-" if is_stream else str(outage.source)
    assert f'"source":"{name}"' in outage.rejects.read_text().splitlines()[0]
    shutil.copytree(kept, entry.path)  # as if replay had been killed before it removed the entry
    again = outage.replay()
    assert (again.batches, again.rows.loaded) == (1, 0)
    outage.check()


def _stream(outage: Outage) -> dict[str, Any]:
    return {"sources": ("-",), "stdin": BytesIO(outage.source.read_bytes())}


@pytest.mark.parametrize("limit", [None, 700])
@pytest.mark.parametrize("times", [1, 2])
def test_a_stream_that_is_run_again_by_hand_does_not_come_home_as_well(
    outage: Outage, times: int, limit: int | None
) -> None:
    """Its content tells that it is there; replay says so. A third one is another stream."""
    outage.proxy.mode = "refuse"
    for _ in range(times):
        outage.load(**_stream(outage), limit=limit)
    outage.proxy.heal()
    again = outage.load(**_stream(outage), limit=limit)
    home = outage.replay()
    assert (home.batches, home.rows.loaded, home.rows.already) == (times, 0, times * (limit or outage.rows))
    spooled = outage.reports[0]
    told = "1 row was" if limit == 1 else f"{limit or outage.rows:,} rows were"
    assert f"Of what run {spooled.run} spooled of '-', {told} in {outage.table} already" in home.notes
    assert outage.spool.entries() == []
    count = f"select count(*) from {outage.table}"
    assert outage.conn.execute(count).fetchone() == (again.rows.loaded,)
    assert outage.load(**_stream(outage), limit=limit).rows.read == (limit or outage.rows)


def test_a_stream_that_waits_is_gone_on_with_where_it_was_interrupted(outage: Outage) -> None:
    """Run again by hand it is stopped half-way; replay brings home the rest."""
    outage.proxy.mode = "refuse"
    outage.load(**_stream(outage))
    outage.proxy.heal()
    calls = iter([0] * 4)
    stopped = run_load(
        replace(outage.options, sources=("-",)),
        stdin=BytesIO(outage.source.read_bytes()),
        should_stop=lambda: next(calls, 2),
    )
    assert 0 < stopped.rows.read < outage.rows
    assert outage.replay().rows.already == stopped.rows.read
    outage.check()


def test_streams_before_an_outage_are_others(outage: Outage) -> None:
    """An equal one that was loaded earlier does not keep a spooled one away; nor does one that has begun alike."""
    outage.load(**_stream(outage))
    outage.proxy.mode = "refuse"
    outage.load(**_stream(outage))
    outage.proxy.heal()
    begin = b"".join(outage.source.read_bytes().splitlines(keepends=True)[:3])
    outage.load(sources=("-",), stdin=BytesIO(begin))
    assert outage.replay().rows.read == outage.rows


def test_what_was_never_reached_waits_for_its_server(outage: Outage) -> None:
    """A source that was spooled for one host and port does not go to another unless told."""
    outage.proxy.mode = "refuse"
    outage.load()
    outage.proxy.heal()
    from heal_cli.engine.replay import ReplayOptions, run_replay

    elsewhere = run_replay(ReplayOptions(outage.options.state_dir, outage.direct))
    assert (elsewhere.elsewhere, elsewhere.left, elsewhere.exit_code) == (1, 1, 0)
    run_replay(ReplayOptions(outage.options.state_dir, outage.direct, any_server=True))
    outage.check()


def test_a_full_spool_stops_reading(outage: Outage) -> None:
    """Past --spool-bytes reading stops, says so, and the same command goes on from there."""
    outage.proxy.cut_in_copy()
    report = outage.load(fallback=outage.bounded(1), write={"jobs": 1})
    assert report.exit_code == 5
    assert report.rows.read < outage.rows
    (note,) = (note for note in report.notes if "--spool-bytes" in note)
    assert f"after row {report.rows.read:,}, byte " in note
    outage.proxy.heal()
    outage.replay()
    outage.load()
    outage.check()


def test_a_stream_that_found_no_room_goes_on_where_it_broke_off(outage: Outage) -> None:
    """Of a stream that never met its server the spool holds the beginning; the same command then adds the rest alone."""
    outage.proxy.mode = "refuse"
    report = outage.load(**_stream(outage), fallback=outage.bounded(70_000))
    assert 0 < report.rows.spooled < outage.rows
    outage.proxy.heal()
    with pytest.raises(SourceError, match=f"begins with {report.rows.spooled:,} rows that are spooled"):
        outage.load(**_stream(outage))
    outage.load(sources=("-",), stdin=BytesIO(b"n,k,amount,note\n-1,-1,1,another stream\n"))
    outage.conn.execute(f"delete from {outage.table} where n = -1; delete from heal.load_batches")
    outage.replay()
    assert outage.load(**_stream(outage)).rows.already == report.rows.spooled
    outage.check()


@pytest.mark.parametrize("write", [{"atomic": True}, {"dry_run": True}])
def test_all_or_nothing_spools_nothing(outage: Outage, write: dict[str, bool]) -> None:
    """A run that is one transaction fails as a whole."""
    outage.proxy.cut_in_copy()
    with pytest.raises(DatabaseUnavailable):
        outage.load(write=write)
    assert outage.spool.entries() == []


def test_no_spool_fails(outage: Outage) -> None:
    """With --no-spool the load ends with the error, and the same command goes on."""
    from heal_cli.model import FallbackOptions

    outage.proxy.cut_in_copy()
    with pytest.raises(DatabaseUnavailable):
        outage.load(fallback=FallbackOptions(spool=False))
    outage.proxy.heal()
    outage.load()
    outage.check()


def test_a_server_that_restarted_is_no_outage(outage: Outage) -> None:
    """All connections are gone at once, and the server is back at once: the load goes on and ends as any other."""
    dropped = []

    def drop(progress: object) -> None:
        if not dropped:
            dropped.append(progress)
            outage.proxy.drop()

    report = run_load(outage.options, on_progress=drop)
    assert (report.exit_code, report.rows.spooled) == (3, 0)
    outage.check()
    assert run_load(outage.options).rows.already == outage.rows


def test_a_source_that_grew_while_it_waited(outage: Outage) -> None:
    """A file spooled whole and longer since is loaded after what it was: else its beginning would be there twice."""
    outage.proxy.mode = "refuse"
    outage.load()
    outage.proxy.heal()
    with outage.source.open("a") as file:
        file.write("2401,2401,1,row that came later\n")
    with pytest.raises(SourceError, match="has changed since 2,400 rows of it were spooled"):
        outage.load()
    outage.replay()
    assert outage.load().rows.loaded == 1
    outage.rows += 1
    outage.check()


def test_members_of_an_archive_wait_one_by_one(outage: Outage) -> None:
    """A zip archive of several files that meets no server is spooled file by file, and loaded once."""
    head, *lines = outage.source.read_text().splitlines(keepends=True)
    path = outage.folder / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.csv", "".join([head, *lines[:1000]]))
        archive.writestr("2.csv", "".join([head, *lines[1000:]]))
    outage.proxy.mode = "refuse"
    assert outage.load(sources=(str(path),)).rows.spooled == outage.rows
    outage.proxy.heal()
    assert outage.load(sources=(str(path),)).rows.read == outage.rows
    report = outage.replay()
    assert (report.batches, report.rows.loaded) == (2, 0)
