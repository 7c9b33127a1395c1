"""The plan of one source: what it says of itself, what the table wants, and what is known of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from heal_cli.heal import make_plan, open_columns, settle_columns
from heal_cli.match import Past
from heal_cli.model import Batch, KnownValues, Plan, TableSchema
from heal_cli.patterns import Knowledge
from heal_cli.pipeline.modes import as_written
from heal_cli.pipeline.run import Run
from heal_cli.read import SourceReader, shape_of


def plan_source(
    run: Run,
    reader: SourceReader,
    sample: Batch,
    table: TableSchema,
    *,
    knowledge: Knowledge,
    known: Mapping[str, KnownValues],
    added: tuple[tuple[str, str], ...] = (),
) -> Plan:
    """The plan by a source's first batch; what that leaves open is settled by all of the source.

    Args:
        known: Column -> what the table holds in it already.
        added: Source column and the column that was made for it.
    """
    plan = draft_plan(run, reader, sample, table, knowledge=knowledge, known=known, added=added)
    return settle(reader, plan, open_columns(plan))


def draft_plan(
    run: Run,
    reader: SourceReader,
    sample: Batch,
    table: TableSchema,
    *,
    knowledge: Knowledge,
    known: Mapping[str, KnownValues],
    added: tuple[tuple[str, str], ...] = (),
) -> Plan:
    """The plan by the sample alone; see `plan_source`."""
    options = run.plan_options()
    catalogue = knowledge.trusted(run.patterns)
    plan = make_plan(
        sample,
        as_written(table, run.options.write, run.options.match),
        catalogue,
        options=replace(options, match=replace(options.match, added=added)),
        past=Past(
            knowledge.confidence,
            known,
            knowledge.learned_for(table.qualified, reader.source.columns),
            knowledge.calibration.expected,
        ),
        nearness=run.nearness,
        is_nameless=is_nameless(run, reader),
    )
    if run.nearness is not None:
        run.nearness.close()
    return plan


def settle(reader: SourceReader, plan: Plan, columns: Sequence[str]) -> Plan:
    """The plan with an answer for columns that can be read in two ways, from all their values."""
    grammar = shape_of(reader.options).grammar
    has_commas = grammar is not None and grammar.delimiter == ";"
    read = None if reader.source.size is None else reader.column
    return settle_columns(plan, columns, read, has_commas=has_commas)


def is_nameless(run: Run, reader: SourceReader) -> bool:
    """Neither a header nor the user names the columns."""
    findings = reader.source.findings
    has_no_header = any(finding.what == "header" and finding.value == "no" for finding in findings)
    return has_no_header and not run.options.read.columns
