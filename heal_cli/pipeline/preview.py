"""`heal plan`: what a load would do, found out without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final

import polars as pl

from heal_cli.errors import NoRecords, PlanError, SourceError
from heal_cli.heal import as_text, heal_batch
from heal_cli.model import ROW, Format, LoadOptions, Plan, Rows, Written
from heal_cli.pipeline.outcome import count
from heal_cli.pipeline.source import SourceRun
from heal_cli.read import EmptyReader, SourceReader, open_source
from heal_cli.record import PlanReport

EXAMPLES: Final = 3


def preview(source: SourceRun, *, notes: tuple[str, ...], seconds: float) -> PlanReport:
    """The plan of one source, tried on its first batch."""
    plan = source.planned.plan
    batch = source.sample
    healed = heal_batch(batch, plan)
    good = pl.concat(healed.parts, how="diagonal") if healed.parts else pl.DataFrame()
    loaded = good[ROW] if ROW in good.columns else pl.Series(ROW, dtype=pl.Int64)
    outcome = count(healed, Written(loaded, healed.rejects, healed.rejects.clear(), 0))
    samples = {
        column.column.name: _before_after(batch.frame, good, plan, column.column.name)
        for column in plan.columns
    }
    return PlanReport(
        plan=plan,
        sources=(source.reader.source,),
        sampled=Rows(
            read=batch.chunk.rows,
            loaded=outcome.rows.loaded,
            healed=outcome.rows.healed,
            rejected=outcome.rows.rejected,
        ),
        heals=outcome.tallies,
        reject_reasons=dict(outcome.reasons.most_common()),
        rejects=healed.rejects.head(EXAMPLES),
        samples=samples,
        notes=(*notes, *plan.notes, *_open_questions(plan)),
        exit_code=PlanError.exit_code if plan.gap else 0,
        seconds=seconds,
    )


def _open_questions(plan: Plan) -> Iterator[str]:
    """Why a load would not begin, or might not."""
    if plan.gap:
        yield plan.gap
    elif plan.unless_filled:
        yield f"{plan.unless_filled}; a load begins with a few rows that show whether a trigger fills it"


def first_with_records(
    locations: Sequence[str], options: LoadOptions, stdin: BinaryIO | None
) -> tuple[str, SourceReader, tuple[str, ...]]:
    """The first source with records, its reader, and a note for each one before it; else the first with columns.

    Raises:
        NoRecords: None has any, nor says what its columns are; the first one's.
    """
    empty: dict[str, NoRecords] = {}
    for location in locations:
        reader: SourceReader | None = None
        try:
            reader = open_source(location, options.read, stdin=stdin)
            reader.sample()
        except NoRecords as error:
            empty[location] = error
            if reader is not None:
                reader.close()
            continue
        return location, reader, _without_rows(empty)
    for location, nothing in empty.items():
        if nothing.columns:
            reader = EmptyReader(location, nothing.columns, Format(nothing.format))
            return location, reader, _without_rows(empty)
    raise next(iter(empty.values()))


def _without_rows(empty: Mapping[str, NoRecords]) -> tuple[str, ...]:
    return tuple(f"No rows: {error}" for error in empty.values())


def other_shapes(first: SourceRun, locations: Sequence[str]) -> tuple[str, ...]:
    """A note for each further source that cannot be read, or whose columns are not those of the first."""
    notes = []
    nested = {finding.value for finding in first.reader.source.findings if finding.what == "nested"}
    columns = frozenset(first.reader.source.columns) - nested
    for location in locations:
        try:
            reader = open_source(location, first.run.options.read)
        except SourceError as error:
            notes.append(str(error))
            continue
        try:
            if frozenset(reader.source.columns) != columns:
                notes.append(f"{location!r} has other columns than {first.name!r}; see its plan alone")
        finally:
            reader.close()
    return tuple(notes)


def _before_after(
    frame: pl.DataFrame, good: pl.DataFrame, plan: Plan, target: str
) -> tuple[tuple[str | None, str | None], ...]:
    """A few (source text, loaded text) of one target column, those that changed first."""
    source = next(column.source for column in plan.columns if column.column.name == target)
    if target not in good.columns:
        return ()
    after = good.select(ROW, after=as_text(good[target]))
    if source is None or source not in frame.columns:
        return tuple((None, value) for value in after["after"].head(EXAMPLES))
    pairs = (
        frame.select(ROW, before=as_text(frame[source]))
        .join(after, on=ROW)
        .unique(["before", "after"], keep="first", maintain_order=True)
        .sort(pl.col("before").eq_missing(pl.col("after")), pl.col("before").is_null(), maintain_order=True)
    )
    return tuple(pairs.select("before", "after").head(EXAMPLES).iter_rows())
