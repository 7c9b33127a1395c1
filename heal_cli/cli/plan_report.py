"""The plan as a person reads it: each column's way with its reasons, then what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from heal_cli.cli.command import shell_word
from heal_cli.cli.load_report import counts, home
from heal_cli.cli.terminal import clean, quoted
from heal_cli.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

    from heal_cli.model import ColumnMatch, ColumnPlan, Constraint, Finding, Source
    from heal_cli.record import PlanReport

_TIER_STYLE: Final = {
    "exact": "green",
    "pattern": "cyan",
    "learned": "cyan",
    "fuzzy": "yellow",
    "semantic": "yellow",
    "ai": "magenta",
}
_MOST_EVIDENCE: Final = 2
_MOST_SAMPLES: Final = 2
_MOST_REJECTS: Final = 3
_MOST_CONSTRAINTS: Final = 5


def show_plan(report: PlanReport, console: Console, *, command: str) -> None:
    """Print the plan: sources, mapping, conversions, what has no place, what would come of it.

    Args:
        command: What loads by this plan.
    """
    for source in report.sources:
        console.print(_source_line(source, report.plan.table.qualified))
    if report.plan.columns:
        console.print(_mapping(report))
    conversions = _conversions(report)
    if conversions.row_count:
        console.print(conversions)
    for label, text, style in _remarks(report, command):
        console.print(Text.assemble((f"{label:<11}", "dim"), (text, style)), soft_wrap=True)


def _source_line(source: Source, table: str) -> Text:
    found = [f"{f.what} {clean(f.value)}" for f in source.findings if f.value and not f.lines]
    facts = " · ".join([source.format.value, *found])
    return Text.assemble((clean(source.name), "bold"), " → ", (clean(table), "bold"), (f"  {facts}", "dim"))


def _grid(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _mapping(report: PlanReport) -> Table:
    has_votes = any(len(column.match.votes) > 1 for column in report.plan.columns)
    has_rivals = any(column.match.runner_up for column in report.plan.columns)
    table = _grid(
        "source",
        "target",
        "by",
        "sure",
        "evidence",
        *(["votes"] if has_votes else []),
        *(["runner-up"] if has_rivals else []),
    )
    table.columns[3].justify = "right"
    for column in report.plan.columns:
        table.add_row(
            *_mapping_row(column),
            *([_votes(column)] if has_votes else []),
            *([_rival(column)] if has_rivals else []),
        )
    return table


def _votes(column: ColumnPlan) -> Text:
    """What each tier says, where it is not one tier alone."""
    votes = column.match.votes
    if len(votes) < 2:
        return Text("")
    told = [
        f"{vote.tier.value} {vote.confidence:.2f}"
        + (f" for {clean(vote.source or 'default')}" if vote.source != column.source else "")
        for vote in votes
    ]
    return Text(" · ".join(told), "dim")


def _rival(column: ColumnPlan) -> Text:
    rival = column.match.runner_up
    return Text(f"{clean(rival.source or 'default')} {rival.confidence:.2f}" if rival else "", "dim")


def _mapping_row(column: ColumnPlan) -> list[Text]:
    winner = column.match.winner
    source = (
        Text(clean(winner.source)) if winner.source else Text(f"(default {clean(winner.value or '')})", "dim")
    )
    for fallback in column.match.fallbacks:
        source.append(f", else {clean(fallback.source or '')}", "dim")
    # The pattern stands in its own column.
    evidence = [reason for reason in winner.evidence if not (winner.pattern and winner.pattern in reason)]
    by = Text(winner.tier.value, _TIER_STYLE[winner.tier.value])
    if winner.pattern:
        by.append(f" {clean(winner.pattern)}", "dim")
    return [
        source,
        Text(clean(column.column.name)),
        by,
        Text(f"{winner.confidence:.2f}"),
        Text("; ".join(map(clean, evidence[:_MOST_EVIDENCE])), "dim"),
    ]


def _conversions(report: PlanReport) -> Table:
    """The columns whose values change on the way, with a few before and after."""
    table = _grid("column", "conversion", "before → after")
    for column in report.plan.columns:
        samples = report.samples.get(column.column.name, ())
        changed = [(before, after) for before, after in samples if before != after]
        if changed:
            shown = Text("\n").join(_sample(*pair) for pair in changed[:_MOST_SAMPLES])
            table.add_row(Text(clean(column.column.name)), Text(clean(column.conversion), "dim"), shown)
    return table


def _sample(before: str | None, after: str | None) -> Text:
    return Text.assemble(quoted(before), (" → ", "dim"), (quoted(after), "green"))


def _remarks(report: PlanReport, command: str) -> list[tuple[str, str, str]]:
    """(label, text, style) of everything under the tables."""
    plan = report.plan
    remarks = [
        ("no records", _passed_over(finding), "")
        for source in report.sources
        for finding in source.findings
        if finding.lines
    ]
    if plan.unmatched_source:
        names = ", ".join(map(clean, plan.unmatched_source))
        remarks.append(("no target", f"{names}  ({home(plan)})", "yellow"))
    for name in plan.unmatched_target:
        column = plan.table.column(name)
        if column.is_required:
            remarks.append(
                ("missing", f"{clean(name)} is NOT NULL without a default, and nothing fills it", "red")
            )
    unfilled = [name for name in plan.unmatched_target if not plan.table.column(name).is_required]
    if unfilled:
        remarks.append(("no source", f"{', '.join(map(clean, unfilled))}  (default or NULL)", ""))
    remarks += [("question", _question(match), "yellow") for match in plan.refused]
    asked = [(column.column.name, column.format.question) for column in plan.columns]
    remarks += [("question", clean(f"{name}: {question}"), "yellow") for name, question in asked if question]
    remarks.append(("outcome", _outcome(report), "bold"))
    remarks += [("reject", line, "") for line in _reject_examples(report)]
    tried_later = [constraint for constraint in plan.table.constraints if constraint.kind != "n"]
    if tried_later and report.exit_code == 0:
        remarks.append(("untried", _untried(tried_later), ""))
    remarks += [("suggestion", clean(suggestion), "") for suggestion in report.suggestions]
    remarks += [("note", clean(note), "") for note in report.notes]
    if report.exit_code == 0:
        remarks.append(("next", clean(command), "green"))
    return remarks


def _passed_over(finding: Finding) -> str:
    """Lines that are no records, their text, and the flag that says otherwise."""
    flag = f"  ({finding.flag})" if finding.flag else ""
    return f"{finding.what} in {clean(finding.value)}, {clean(finding.evidence)}{flag}"


def _question(match: ColumnMatch) -> str:
    winner, rival = match.winner, match.runner_up
    source, target = clean(winner.source or "default"), clean(match.target)
    against = f" and {clean(rival.source or 'default')} ({rival.confidence:.2f})" if rival else ""
    answer = "--map " + shell_word(f"{winner.source or 'default'}={match.target}")
    return f"is {target} filled from {source} ({winner.confidence:.2f}){against}? Accept it with {answer}"


def _outcome(report: PlanReport) -> str:
    rows = report.sampled
    if report.exit_code == 6:
        return "the plan does not cover the table; nothing would be loaded"
    text = f"of {counted(rows.read, 'row')} looked at, {rows.loaded:,} would load ({rows.healed:,} healed)"
    return (
        f"{text} and {rows.rejected:,} be rejected: {counts(report.reject_reasons)}"
        if rows.rejected
        else text
    )


def _untried(constraints: list[Constraint]) -> str:
    """What may reject rows that a plan says would load: it asks the server nothing about single rows."""
    names = [clean(constraint.name) for constraint in constraints]
    more = f" and {len(names) - _MOST_CONSTRAINTS} more" if len(names) > _MOST_CONSTRAINTS else ""
    return f"{', '.join(names[:_MOST_CONSTRAINTS])}{more}  (heal load --dry-run tries them)"


def _reject_examples(report: PlanReport) -> list[str]:
    return [_reject_example(row) for row in report.rejects.head(_MOST_REJECTS).iter_rows(named=True)]


def _reject_example(reject: dict[str, Any]) -> str:
    """Where, which value, why; of a record that is none, what is wrong with it."""
    row, reason = f"row {reject['__row']:,}", clean(reject["reason"])
    if reject["column"] is None:
        why = "; ".join(reject["attempts"] or ())
        return f"{row}: {reason}  {clean(why)}".rstrip()
    return f"{row}: {clean(reject['column'])} {quoted(reject['value'])}  {reason}"
