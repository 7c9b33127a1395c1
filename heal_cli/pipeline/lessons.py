"""What a run teaches: matches that loaded without faults, and proposals that the user overruled.

Only what rows have borne out that it was not derived from is ever stored. `--map` and a saved plan are
derived from no row; likeness is derived from the rows that matching looks at, so it needs values after them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import psycopg

from heal_cli.match import find_overruled
from heal_cli.match.names import parse
from heal_cli.model import ColumnPlan, Kind, PatternTrial, Tier
from heal_cli.patterns import (
    Lesson,
    MatchTrial,
    Teacher,
    Trial,
    failed_before,
    record_duels,
    record_match_trials,
    record_trials,
    reopen,
    review,
    shape_of,
    store_lessons,
)
from heal_cli.pipeline.outcome import Outcome
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun, State

TRIAL_FAILS_ABOVE: Final = 0.1
"""Share of rows rejected for a column, above which the pattern that placed it has failed."""


def learn(run: Run, sources: Sequence[SourceRun], outcome: Outcome) -> tuple[PatternTrial, ...]:
    """Note trials, lessons and duels in the database, and let the trials promote and demote."""
    if not run.can_learn or not outcome.rows.loaded:
        return ()
    try:
        return _learn(run, sources, outcome)
    except psycopg.errors.UntranslatableCharacter:
        run.notes.append("Learned nothing: the database's encoding lacks a character in the name of a column")
        return ()


def _learn(run: Run, sources: Sequence[SourceRun], outcome: Outcome) -> tuple[PatternTrial, ...]:
    conn = run.connection
    with conn.transaction():
        judged = [
            t for t in _judged(run, sources, outcome) if t.success or not failed_before(conn, t, run.id)
        ]
        tried = [*trials_of(sources, outcome), *judged]
        moved = record_trials(conn, run.id, tried, catalogue=run.catalogue) if tried else ()
        record_match_trials(conn, match_trials(run, sources, outcome))
        for source in sources:
            record_duels(conn, run.id, shape_of(source.reader.source.columns), source.witnesses.duels)
        taught = list(lessons(run, sources, outcome))
        said = {lesson.id for lesson in taught if lesson.teacher.is_person}
        reopen(conn, run.id, said, f"run {run.id} was told so again")
        if new := store_lessons(conn, run.id, taught):
            run.notes.append(
                f"Learned for the next load of this shape: {', '.join(new)} (heal patterns show, approve, revoke)"
            )
        for verdict in review(conn, run.id, {trial.pattern for trial in tried}):
            run.notes.append(f"Pattern {verdict.pattern} is {verdict.state} now: {verdict.reason}")
    return moved


def trials_of(sources: Sequence[SourceRun], outcome: Outcome) -> list[Trial]:
    """One trial for each pattern that placed a column, with what came of it."""
    worst = TRIAL_FAILS_ABOVE * outcome.rows.read
    used = {
        Trial(pattern, shape_of(source.reader.source.columns), outcome.faults[column.column.name] <= worst)
        for source in sources
        if not source.is_no_op
        for column in source.planned.plan.columns
        for pattern in (column.match.winner.pattern, *(f.pattern for f in column.match.fallbacks))
        if pattern is not None
    }
    return sorted(used, key=lambda trial: (trial.pattern, trial.shape))


def match_trials(run: Run, sources: Sequence[SourceRun], outcome: Outcome) -> Iterator[MatchTrial]:
    """One trial for each match that was no matter of course, with what came of it."""
    worst = TRIAL_FAILS_ABOVE * outcome.rows.read
    for source in sources:
        table, shape = source.planned.table.qualified, shape_of(source.reader.source.columns)
        for column in () if source.is_no_op else source.planned.plan.columns:
            match, features = column.match, column.match.winner.features
            if features is None:
                continue
            yield MatchTrial(
                str(run.id),
                shape,
                f"{table}.{match.target}",
                match.winner.tier,
                features,
                match.margin,
                match.winner.confidence,
                outcome.faults[match.target] <= worst,
            )


def lessons(run: Run, sources: Sequence[SourceRun], outcome: Outcome) -> Iterator[Lesson]:
    """Each match of a fully loaded source that no name and no pattern explains, if no row spoke against it."""
    if outcome.rows.rejected > TRIAL_FAILS_ABOVE * outcome.rows.read:
        return
    for source in sources:
        if source.state < State.LOADED or source.is_no_op:
            continue
        table, shape = source.planned.table, shape_of(source.reader.source.columns)
        for column in source.planned.plan.columns:
            teacher = _teacher(run, source, column)
            if teacher is None or outcome.faults[column.column.name] or not source.witnesses.bear_out(column):
                continue
            name = column.column.type.name
            yield Lesson(table.qualified, shape, column.source or "", column.column.name, name, teacher)


def _teacher(run: Run, source: SourceRun, column: ColumnPlan) -> Teacher | None:
    """Whose word a match rests on; None where its names or a pattern explain it, or where it is no rename."""
    winner = column.match.winner
    if winner.kind is not Kind.RENAME or winner.source is None:
        return None
    if parse(winner.source).key == parse(winner.target).key:
        return None
    if run.saved is not None:
        return Teacher.PLAN
    if (winner.source, winner.target) in run.options.match.renames:
        return Teacher.MAP
    if (winner.source, winner.target) in source.added:
        return Teacher.ADDED
    likely = {Tier.FUZZY: Teacher.LIKENESS, Tier.SEMANTIC: Teacher.LIKENESS, Tier.AI: Teacher.AI}
    return likely.get(winner.tier)


def _judged(run: Run, sources: Sequence[SourceRun], outcome: Outcome) -> Iterator[Trial]:
    """Trials of the patterns that `--map` or a saved plan went against, and of those that it says again."""
    for source in sources:
        columns = source.reader.source.columns
        said = _said(run, source)
        if not said or source.state < State.LOADED or source.is_no_op:
            continue
        table, shape = source.planned.table, shape_of(columns)
        known = run.knowledge.learned_for(table.qualified, columns)
        for each in known:
            if (each.source, each.target) in said:
                yield Trial(each.id, shape, success=not outcome.faults[each.target])
        against = find_overruled(said, columns, table, patterns=run.catalogue.patterns, learned=known)
        yield from (Trial(pattern, shape, success=False) for pattern in sorted(against))


def _said(run: Run, source: SourceRun) -> frozenset[tuple[str, str]]:
    """What the user placed, as (source column, target column)."""
    return frozenset(
        (candidate.source, candidate.target)
        for column in source.planned.plan.columns
        for candidate in (column.match.winner, *column.match.fallbacks)
        if candidate.source is not None
        and (run.saved is not None or (candidate.source, candidate.target) in run.options.match.renames)
    )
