"""Promises of a source of a run that its workers share."""

from __future__ import annotations

import pytest

from heal_cli.errors import PlanError
from heal_cli.model import LoadOptions
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun
from heal_cli.read import open_source
from heal_cli.schema import introspect


def test_no_worker_goes_by_a_plan_that_does_not_cover_the_table(retrying) -> None:
    """A table that changed so ends the load: a batch in another thread must not become rejects by that plan."""
    retrying.conn.execute("create table t (id int primary key)")
    path = retrying.folder / "a.csv"
    path.write_text("id\n1\n")
    run = Run(LoadOptions((str(path),), "t", retrying.dsn, str(retrying.folder)), command="", version="")
    reader = open_source(str(path), run.options.read)
    try:
        table = introspect(run.connection, "t")
        run.begin(table)
        source = SourceRun(run, str(path), table, reader)
        retrying.conn.execute("alter table t add must int not null")
        stale = source.planned
        with pytest.raises(PlanError, match="is NOT NULL"):
            source.replan(stale)
        assert source.planned is stale
    finally:
        reader.close()
        run.close()
