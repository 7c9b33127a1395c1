"""What the ledger makes of a source: one that was begun, one that grew, one that is there, or a new one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import msgspec

from heal_cli.errors import HealError, SourceError, UsageError
from heal_cli.heal import flags_against
from heal_cli.model import Plan, ReadOptions, Spans, TableSchema, row_count, without
from heal_cli.pipeline.known import Known, known_sources
from heal_cli.pipeline.run import Run
from heal_cli.read import SourceReader, reopen
from heal_cli.read.dialect import decode_dialect
from heal_cli.wording import counted
from heal_cli.write import (
    ClaimedSource,
    NewSource,
    add_source,
    earlier_sources,
    join_source,
    newest_source,
    read_source,
    settled_rows,
)
from heal_cli.write.connection import transaction

STDIN: Final = "-"

_LOOKS: Final = 50
"""Times that other runs may begin sources between a look at the ledger and a note in it."""


class Claim(NamedTuple):
    """A source and what the ledger knows of it."""

    reader: SourceReader  # reads it as the run did that began it
    claimed: ClaimedSource | None  # None without a ledger
    notes: tuple[str, ...] = ()  # that it is read otherwise than it would be, or that a row went on


def claim(run: Run, name: str, table: TableSchema, reader: SourceReader) -> Claim:
    """The ledger's entry for this content: an earlier one to go on with, or a new one.

    Two runs that come with the same content at once get the same entry.

    Raises:
        SourceError: A run that still works on it began it when it was shorter; or an earlier load of it ended
            inside a quoted cell; or rows wait of one that went on otherwise.
        UsageError: It goes on by a plan that the flags say otherwise than.
    """
    if not run.reads_ledger:
        return Claim(reader, None)
    own = reader.options
    for _ in range(_LOOKS):
        newest = newest_source(run.connection, table.oid)
        earlier = earlier_sources(run.connection, table.oid, _source_id(run))
        reader, found = known_sources(reader, earlier)
        void = [each for each in found if _is_void(each, own)]
        _require_whole(run, reader, found, void)
        known = [each for each in found if each not in void]
        same = _same(run, name, reader, known)
        if same is not None:
            before, reading = None, same.reading
            claimed = _join(run, name, same, table)
        else:
            before, settled = _before(run, name, known)
            # A tail is read as what came before it was, or its rows would have other numbers.
            reading = replace(before.reading, batch_bytes=own.batch_bytes) if before else own
            reader = _read_by(reader, reading)
            new = NewSource(
                table_oid=table.oid,
                source_id=_source_id(run),
                name=name,
                size=reader.source.size,
                reading=msgspec.json.encode(reading).decode(),
                first=reader.sample().chunk,
                schema_version=table.version,
                run=run.id,
                generation=_generation(known, before),
                before=before.earlier if before else None,
                in_place_of=tuple(each.earlier for each in void),
                settled_before=settled,
            )
            claimed = _add(run, new, newest)
        if claimed is not None:
            run.note_begun(claimed.source)
            notes = [_told(run, name, own, reading), _cut_row(name, before)]
            return Claim(_read_by(reader, reading), claimed, tuple(filter(None, notes)))
    raise SourceError(
        f"{name!r} could not be noted in the ledger: other runs keep beginning sources of {table.qualified}",
        hint="Run the same command again",
    )


def _is_void(known: Known, own: ReadOptions) -> bool:
    """It was begun to be read in another way, and nobody has loaded anything by that or is about to."""
    earlier = known.earlier
    is_begun = not (known.has_ended or earlier.pieces or earlier.inherits or earlier.loading_run)
    return is_begun and known.reading != replace(own, batch_bytes=known.reading.batch_bytes)


def _require_whole(run: Run, reader: SourceReader, found: list[Known], void: list[Known]) -> None:
    """Keep rows that wait from being taken for rows of a source that only begins as theirs did.

    Raises:
        SourceError: Some wait that are not in this one, or of which nobody can tell.
    """
    name, is_pipe = reader.source.name, reader.stream is not None and not reader.stream.is_seekable
    for each in (each for each in found if not each.is_finished):
        far = run.fallback.furthest(each.earlier.source)
        if far is None or (is_pipe and each not in void):
            continue  # the batches of a stream are compared when they come, if they are cut alike
        spooled = replace(each.earlier, stop=far.stop, digest=far.digest)
        if is_pipe or not (far.stop <= each.earlier.stop or known_sources(reader, [spooled])[1]):
            raise SourceError(
                f"Rows wait of a source that began as {name!r} does"
                + (", and was read otherwise" if is_pipe else " and went on otherwise"),
                hint="Bring them home first: heal replay-fallback;"
                f" or: heal fallback discard {each.earlier.run}",
            )


def _join(run: Run, name: str, same: Known, table: TableSchema) -> ClaimedSource | None:
    source, check = same.earlier.source, partial(_refuse_other_flags, run, name, table)
    if run.has_ledger:
        return join_source(
            run.connection, source, run=run.id, name=name, check=check, limit=run.options.limit
        )
    with transaction(run.connection) as cursor:
        claimed = read_source(cursor, source)
    if claimed is None:
        return None
    check(claimed)
    # A dry run cannot ask the ledger batch by batch what is left of each.
    return replace(claimed, settled_before=settled_rows(run.connection, same.earlier))


def _refuse_other_flags(run: Run, name: str, table: TableSchema, claimed: ClaimedSource) -> None:
    """Keep the rest of a source from being read otherwise than the flags say, since it goes by the plan it has.

    Raises:
        UsageError: They say something that the plan does not.
    """
    is_kept = claimed.plan and claimed.batches and claimed.schema_version == table.version
    if not is_kept or claimed.finished_at is not None or run.saved is not None:
        return
    plan = msgspec.json.decode(claimed.plan or "", type=Plan)
    pairs = {
        (candidate.source, column.column.name)
        for column in plan.columns
        for candidate in (column.match.winner, *column.match.fallbacks)
    }
    flags = flags_against(plan.values, pairs, run.options.values, run.options.match.renames)
    if flags:
        told = ", ".join(flags)
        raise UsageError(
            f"{name!r} goes on by the plan of run {claimed.begun_by}, which began it: {told} would change nothing",
            hint=f"Take that back with heal undo {claimed.begun_by} and load it anew, or go on without {told}"
            " and give it to heal rejects retry",
        )


def _add(run: Run, new: NewSource, newest: int) -> ClaimedSource | None:
    if run.has_ledger:
        return add_source(run.connection, new, newest=newest)
    return ClaimedSource(0, None, new.schema_version, run.id, None, {}, new.settled_before, None, is_new=True)


def _same(run: Run, name: str, reader: SourceReader, known: list[Known]) -> Known | None:
    """The entry for exactly this content that says most of it; under `--again` one that a run left unfinished."""
    size = reader.source.size
    begun = [each for each in known if not each.is_finished and size in (None, each.earlier.size)]
    left = [each for each in begun if not each.has_ended]
    there = [each for each in known if each.is_finished and each.is_all]
    return next((each for each in [*left, *there, *begun] if _counts(run, name, each)), None)


def _before(run: Run, name: str, known: list[Known]) -> tuple[Known | None, Spans]:
    """The entry that holds most of this source, and the rows of it that are settled."""
    if _is_again(run, name):
        known = [each for each in known[:1] if each.earlier.rows is None and _counts(run, name, each)]
    settled = [_settled(run, each) for each in known]
    most = max(range(len(known)), key=lambda place: row_count(settled[place]), default=None)
    if most is None:
        return None, ()
    before = known[most]
    if before.is_open and settled[most]:
        raise _cut_off(name, row_count(settled[most]))
    if before.earlier.loading_run is not None and not before.is_finished:
        raise SourceError(
            f"{name!r} has grown since run {before.earlier.loading_run} began it, which still works on it",
            hint="Run the same command again when that one has ended",
        )
    return before, settled[most]


def _settled(run: Run, known: Known) -> Spans:
    """Rows of a source that an earlier one settled; a last one that was cut off there is another one here."""
    rows = settled_rows(run.connection, known.earlier)
    last = known.earlier.last_row
    return without(rows, ((last, last),)) if known.is_cut and last is not None else rows


def _generation(known: list[Known], before: Known | None) -> int:
    if before is not None:
        return before.earlier.generation
    return 1 + max((each.earlier.generation for each in known), default=-1)


def _counts(run: Run, name: str, known: Known) -> bool:
    """What is loaded of an earlier source is loaded of this one."""
    if not known.has_ended or not _is_again(run, name):
        return True
    # A stream that waited in the spool, and that was run again meanwhile. Ids of runs rise with time.
    spooled_by = None if run.options.again else run.options.spooled_by
    return spooled_by is not None and known.earlier.run > spooled_by


def _is_again(run: Run, name: str) -> bool:
    """A finished load of the same content does not count."""
    # Two streams may well begin alike, or be alike: only a name makes a finished one the same.
    return run.options.again or (name == STDIN and run.options.source_id is None)


def _source_id(run: Run) -> str | None:
    """What the user calls the source; each mode's use of it is one of its own."""
    options = run.options
    if options.write.mode == "replace":
        # What another run put there may be gone again by now: only this one's own sources are known to be there.
        return f"to replace by {run.id}"
    if options.write.mode == "insert":
        return options.source_id
    return f"{options.source_id or ''} to {options.write.mode}".strip()


def _read_by(reader: SourceReader, reading: ReadOptions) -> SourceReader:
    return reader if reader.options == reading else reopen(reader, reading)


def _told(run: Run, name: str, own: ReadOptions, reading: ReadOptions) -> str | None:
    """That the flags, or a fresh look, would read it otherwise than the rows that are there were read."""
    if _manner(own) == _manner(reading):
        return None
    # Under --again only a load that was left unfinished goes on.
    when = "once that is finished, " if run.options.again else ""
    return (
        f"{name!r} is read as it was when it was begun ({_described(reading)}), not as it would be now"
        f" ({_described(own)}), or its rows would have other numbers; {when}--again reads it anew"
    )


def _cut_row(name: str, before: Known | None) -> str | None:
    """That the last row which was there before has another end now."""
    if before is None or not before.is_cut or before.earlier.last_row is None:
        return None
    if (before.earlier.limited_to or before.earlier.last_row) < before.earlier.last_row:
        return None  # nobody asked for it
    return (
        f"{name!r} ended in the middle of row {before.earlier.last_row} when it was loaded before; that row is loaded"
        " again as it is now, and what was made of its beginning stays in the table or the rejects"
    )


def _manner(reading: ReadOptions) -> tuple[object, ...]:
    """What decides where records begin and what their cells are called."""
    if reading.dialect is None:
        return reading.format, reading.encoding
    dialect = decode_dialect(reading.dialect)
    grammar = dialect.grammar
    rules = (grammar.delimiter, grammar.quote, grammar.escape, grammar.terminator)
    return reading.format, reading.encoding, *rules, dialect.columns, dialect.body


def _described(reading: ReadOptions) -> str:
    if reading.dialect is None:
        return f"{reading.format}, {reading.encoding}"
    dialect = decode_dialect(reading.dialect)
    return (
        f"{reading.encoding}, delimiter {dialect.grammar.delimiter!r}, quote {dialect.grammar.quote!r},"
        f" records from line {dialect.body_line}"
    )


def _cut_off(name: str, rows: int) -> HealError:
    return SourceError(
        f"{name!r} begins with {counted(rows, 'row that was', 'rows that were')} loaded before, but the last of them was cut off inside a"
        " quoted cell, so nobody can tell which rows are new",
        hint="Look for them in the table and in the rejects, then load it all with --again",
    )
