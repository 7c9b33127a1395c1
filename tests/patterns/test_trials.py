"""Trials in the target database, and rights on its tables."""

from __future__ import annotations

import threading
import uuid

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from heal_cli.model import PatternTrial
from heal_cli.patterns import Trial, ensure, load_catalogue, read_knowledge, record_trials, shape_of

CATALOGUE = load_catalogue()
SENDER = "messages_sender_to_role"
CODE = "messages_code_to_content"


@pytest.fixture
def plain_role(conninfo):
    """Conninfo of a role that may create nothing."""
    name = f"plain_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(conninfo, autocommit=True) as admin:
        admin.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
        yield make_conninfo(conninfo, user=name)
        admin.execute("drop schema if exists heal cascade")
        admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def trial(pattern: str = SENDER, shape: str = "s", success: bool = True) -> Trial:
    """A trial, a success unless it says otherwise."""
    return Trial(pattern, shape, success)


def confidence(conn: psycopg.Connection) -> float:
    """How far the pattern is trusted whose prior is 0.95."""
    return read_knowledge(conn).confidence(SENDER, CATALOGUE.get(SENDER).confidence)


def test_without_trials_the_prior_holds(conn) -> None:
    """No table is no error."""
    assert confidence(conn) == 0.95


def test_one_success_moves_95_to_96(heal) -> None:
    """The move is reported and holds for the next run."""
    moved = record_trials(heal, uuid.uuid4(), [trial()], catalogue=CATALOGUE)
    assert moved == (PatternTrial(SENDER, before=0.95, after=pytest.approx(0.96), success=True),)
    assert confidence(heal) == pytest.approx(0.96)


def test_a_failure_counts_against(heal) -> None:
    """0.95 x 4 over 5."""
    (moved,) = record_trials(heal, uuid.uuid4(), [trial(success=False)], catalogue=CATALOGUE)
    assert (moved.after, moved.success) == (pytest.approx(0.76), False)


def test_recording_a_run_again_changes_nothing(heal) -> None:
    """One trial a pattern, run and shape: a resumed run does not count twice."""
    run = uuid.uuid4()
    first = record_trials(heal, run, [trial(), trial()], catalogue=CATALOGUE)
    assert record_trials(heal, str(run), [trial()], catalogue=CATALOGUE) == first
    assert confidence(heal) == pytest.approx(0.96)


def test_two_shapes_of_one_run_are_two_trials(heal) -> None:
    """They are one entry in the report, a success only together."""
    trials = [trial(shape="a"), trial(shape="b", success=False), trial(CODE)]
    moved = record_trials(heal, uuid.uuid4(), trials, catalogue=CATALOGUE)
    assert [(one.pattern, one.success) for one in moved] == [(CODE, True), (SENDER, False)]
    assert moved[1].after == pytest.approx((0.95 * 4 + 1) / 6)


def test_a_pattern_outside_the_catalogue_starts_even(heal) -> None:
    """0.5 is what a learned pattern has before its first trial."""
    (moved,) = record_trials(heal, uuid.uuid4(), [trial("learned_x")], catalogue=CATALOGUE)
    assert (moved.before, moved.after) == (0.5, pytest.approx(0.6))


def test_nothing_tried_records_nothing(heal) -> None:
    """An empty list is fine."""
    assert record_trials(heal, uuid.uuid4(), [], catalogue=CATALOGUE) == ()


def test_the_callers_transaction_decides(heal) -> None:
    """Inside a transaction that is rolled back, nothing stays."""
    with heal.transaction(force_rollback=True):
        record_trials(heal, uuid.uuid4(), [trial()], catalogue=CATALOGUE)
    assert confidence(heal) == 0.95


def test_a_role_that_may_create_nothing_is_told_so(plain_role) -> None:
    """`ensure` says False, reading still works, and the transaction goes on."""
    with psycopg.connect(plain_role) as conn:
        assert not ensure(conn)
        assert confidence(conn) == 0.95
        assert conn.execute("select 1").fetchone() == (1,)


def test_a_role_with_rights_on_the_tables_needs_no_more(heal, plain_role) -> None:
    """Made by one role, used by another."""
    role = sql.Identifier(psycopg.conninfo.conninfo_to_dict(plain_role)["user"])
    heal.execute(sql.SQL("grant usage on schema heal to {}").format(role))
    heal.execute(sql.SQL("grant select on all tables in schema heal to {}").format(role))
    with psycopg.connect(plain_role, autocommit=True) as conn:
        assert not ensure(conn)
        heal.execute(sql.SQL("grant insert on all tables in schema heal to {}").format(role))
        assert ensure(conn)
        assert record_trials(conn, uuid.uuid4(), [trial()], catalogue=CATALOGUE)[0].success


def test_a_read_only_transaction_is_told_so(conn) -> None:
    """A standby or a read-only session records nothing."""
    conn.execute("set default_transaction_read_only = on")
    assert not ensure(conn)


def test_eight_runs_at_once_make_the_tables_once(conninfo) -> None:
    """The lock keeps `create if not exists` from failing under a race."""
    results: list[bool] = []

    def run() -> None:
        with psycopg.connect(conninfo, autocommit=True) as conn:
            results.append(ensure(conn))
            record_trials(conn, uuid.uuid4(), [trial()], catalogue=CATALOGUE)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(conninfo, autocommit=True) as conn:
        assert confidence(conn) == pytest.approx((0.95 * 4 + 8) / 12)
        conn.execute("drop schema heal cascade")
    assert results == [True] * 8


def test_a_shape_is_its_set_of_columns() -> None:
    """The order does not matter, the names do."""
    assert shape_of(["a", "b"]) == shape_of(["b", "a"]) != shape_of(["ab"])
