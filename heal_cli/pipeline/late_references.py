"""At the end of a replay: rows of a run that were refused for a reference to their own table are tried again.

The run that spooled could not, since some of the rows that they refer to waited in the spool.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from heal_cli.model import LoadOptions, Rows, TableSchema
from heal_cli.patterns import load_catalogue, read_knowledge
from heal_cli.pipeline.away import REPLAY
from heal_cli.pipeline.home import Home
from heal_cli.pipeline.identity import new_run_id
from heal_cli.pipeline.outcome import REFERENCE
from heal_cli.pipeline.own_references import try_in_rounds
from heal_cli.pipeline.retry_file import Answers, RetryFile
from heal_cli.pipeline.retry_origin import Origin, Origins
from heal_cli.pipeline.retry_worker import RetryWorker
from heal_cli.record import RejectRecord
from heal_cli.schema import introspect_oid
from heal_cli.write import (
    RunNote,
    begin_run,
    end_failed_run,
    end_run,
    find_reject_batch,
    find_run,
    retried_among,
)

Refused = Mapping[tuple[int, int], Collection[int]]
"""(source, batch) -> rows that this replay has told as rejected."""


def retry_late_references(
    home: Home,
    run: str,
    *,
    state_dir: str,
    version: str,
    refused: Refused,
    should_stop: Callable[[], int],
) -> Rows:
    """What the rows of a replay change by: those loaded now, without their place among the rejected.

    Raises:
        HealError: What ended it; what was committed stays, and so do the other rejects.
    """
    known = find_run(home.connection, run)
    path = Path(known.rejects_path or "")
    table = introspect_oid(home.connection, known.table_oid)
    if table is None or not table.own_references or not path.is_file():
        return Rows()
    own = new_run_id()
    origins = _origins(home, path, state_dir)
    worker = RetryWorker(origins, own, has_ledger=True, counts_tries=False)
    is_noted = False

    def begin(origin: Origin) -> None:
        nonlocal is_noted
        if not is_noted:
            _note(home, own, table, path, worker.leftovers_path(origin.table), version)
        is_noted = True

    answers = Answers(
        origin=lambda of, name: origins.by_ledger_to_insert(of, name) if of == run else None,
        batch=lambda origin, record: find_reject_batch(
            home.connection, origin.number, record.batch, record.run
        ),
        wants=lambda record: record.run == run and _may_find_its_row(record, table),
        begin=begin,
        should_stop=should_stop,
    )
    try:
        file = RetryFile(path, worker, answers, run=own, has_ledger=True)
        try_in_rounds([file], worker, should_stop=should_stop)
        worker.finish()
    except BaseException as error:
        if is_noted:
            end_failed_run(home.books.kept, run=own, error=error)
        raise
    finally:
        worker.close()
    if is_noted:
        is_stopped = file.signal or should_stop()
        end_run(home.connection, run=own, state="stopped" if is_stopped else "done", report=None)
    return _changes(home, worker.outcome.rows.loaded, refused, run=own)


def _changes(home: Home, loaded: int, refused: Refused, *, run: str) -> Rows:
    """Rows that came in by this retry; those of them that the replay told as rejected are so no more."""
    told = sum(
        retried_among(home.connection, source, batch, run=run, rows=rows)
        for (source, batch), rows in refused.items()
    )
    return Rows(read=loaded - told, loaded=loaded, rejected=-told)


def _origins(home: Home, rejects: Path, state_dir: str) -> Origins:
    options = LoadOptions((), "", home.conninfo, state_dir)
    knowledge = read_knowledge(home.connection)
    catalogue = knowledge.trusted(load_catalogue(()))
    return Origins(lambda: home.connection, rejects, options, None, catalogue, datetime.now(UTC), knowledge)


def _may_find_its_row(record: RejectRecord, table: TableSchema) -> bool:
    """It was refused for a row of the table itself, which may be there by now."""
    is_own = record.reason == REFERENCE and record.constraint in table.own_references
    return is_own and record.settled is None and record.raw is not None and record.row is not None


def _note(home: Home, own: str, table: TableSchema, rejects: Path, leftovers: Path, version: str) -> None:
    """Let the ledger know of the run before its first row."""
    begin_run(
        home.connection,
        RunNote(
            run=own,
            command=REPLAY,
            version=version,
            table_oid=table.oid,
            table=table.qualified,
            schema_version=table.version,
            rejects_path=str(rejects),
            leftovers_path=str(leftovers),
        ),
    )
