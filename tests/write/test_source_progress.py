"""What runs on one source share: its plan."""

from __future__ import annotations

from heal_cli.write import end_run, keep_plan

from .conftest import new_chunk, new_run, source_of


def test_runs_at_once_use_one_plan(conn, table) -> None:
    """The second of two running runs gets the first one's plan, though nothing is committed by it yet."""
    first, second = new_run(conn, table), new_run(conn, table)
    source = source_of(conn, table, new_chunk(), first)
    conn.execute("insert into heal.load_run_sources values (%s, %s, 'a.csv')", (second, source))
    conn.execute("update heal.load_runs set state = 'running' where run = %s", (first,))
    assert keep_plan(conn, source, '{"plan": 1}', "v1", first) == '{"plan": 1}'
    assert keep_plan(conn, source, '{"plan": 2}', "v1", second) == '{"plan": 1}'
    assert keep_plan(conn, source, '{"plan": 3}', "v2", second) == '{"plan": 3}'
    assert keep_plan(conn, source, '{"plan": 4}', "v2", first) == '{"plan": 3}'


def test_a_plan_that_nothing_was_loaded_by_gives_way(conn, table) -> None:
    """Who stopped before the first row, to name columns otherwise, gets what was asked for."""
    first, second = new_run(conn, table), new_run(conn, table)
    source = source_of(conn, table, new_chunk(), first)
    keep_plan(conn, source, '{"plan": 1}', "v1", first)
    end_run(conn, run=first, state="failed", report=None)
    assert keep_plan(conn, source, '{"plan": 2}', "v1", second) == '{"plan": 2}'
