"""One event of the emergency log brought home: exactly once, however often it is tried."""

from __future__ import annotations

import msgspec
import psycopg

from heal_cli.patterns import Trial, ensure, load_catalogue, record_trials
from heal_cli.pipeline.dead_lines import drop_dead_lines
from heal_cli.pipeline.home import Home
from heal_cli.resilience import Event
from heal_cli.write import (
    FailedTransaction,
    are_complete,
    end_run,
    finish_source,
    note_limited,
    record_failed,
    restore_event,
)


def restore_one_event(home: Home, event: Event, *, is_home: bool) -> bool:
    """Put one event where it belongs; False where it has to wait for batches.

    Args:
        is_home: No batch of the event's run waits or is set aside; what is not whole then is so for good, or was
            loaded as a part of a longer source.

    Raises:
        psycopg.Error: The server did not take it; no part of it is there.
    """
    connection = home.connection
    details = event.details
    limited_to = details.get("limited_to")
    is_whole = event.kind == "source" and are_complete(
        connection, details["source"], details["batches"], limit=limited_to
    )
    if event.kind == "source" and not is_whole and not is_home:
        return False
    with connection.transaction():
        is_new = restore_event(
            connection,
            event=event.id,
            kind=event.kind,
            run=event.run,
            at=event.at,
            details=msgspec.json.encode(details).decode(),
        )
        if is_whole:
            _finish(connection, event)
        elif event.kind == "audit" and is_new:
            record_failed(connection, event.run, [msgspec.convert(details, FailedTransaction)])
        elif event.kind == "run":
            end_run(
                connection,
                run=event.run,
                state="done" if is_home else "spooled",
                report=details["report"],
            )
    if is_whole:
        last_batch = details["last_batch"] if limited_to is not None else None
        drop_dead_lines(connection, details["source"], last_batch=last_batch)
    elif event.kind == "trial" and ensure(connection):
        trial = Trial(details["pattern"], details["shape"], details["success"])
        record_trials(connection, event.run, [trial], catalogue=load_catalogue(()))
    return True


def _finish(connection: psycopg.Connection, event: Event) -> None:
    details = event.details
    source = details["source"]
    if details.get("limited_to") is not None:
        note_limited(connection, source, rows=details["limited_to"], run=event.run)
    else:
        stop, digest, rows = details["stop"], details["digest"], details["rows"]
        finish_source(connection, source, stop=stop, digest=digest, rows=rows)
