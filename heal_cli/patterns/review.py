"""Trust in patterns: what people approve or revoke, and what trials promote or demote; each word is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg import sql

from heal_cli.patterns.learned import State
from heal_cli.patterns.rivals import Duel, compare
from heal_cli.patterns.store import DUELS, EVENTS, MATCHES, PATTERNS, TRIALS, Connection, may_change
from heal_cli.patterns.trials import Tally, tallies

EVEN: Final = 0.5
"""Share of failures that is surely passed before a pattern is demoted."""

_TRIAL_KEY: Final = (sql.Identifier("pattern"), sql.Identifier("shape"))
_MATCH_KEY: Final = (sql.Identifier("shape"), sql.Identifier("target"))
"""Columns that tell the trials of one run apart."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A change in how a pattern stands, with its reason."""

    pattern: str
    state: State
    reason: str


def states(conn: Connection) -> dict[str, State]:
    """Pattern -> how it stands; patterns that nobody decided about are not in it."""
    return {pattern: word.state for pattern, word in last_words(conn).items()}


def last_words(conn: Connection) -> dict[str, Verdict]:
    """Pattern -> the last verdict on it."""
    query = "select distinct on (pattern) pattern, state, reason from {} order by pattern, number desc"
    rows = conn.execute(sql.SQL(query).format(EVENTS)).fetchall()
    return {pattern: Verdict(pattern, State(state), reason) for pattern, state, reason in rows}


def decide(conn: Connection, verdicts: Iterable[Verdict], *, run: UUID | str | None = None) -> None:
    """Keep the verdicts; the words before them stay in the record.

    Args:
        run: Whose trials led to them; None for a person's word.
    """
    insert = sql.SQL("insert into {} (pattern, state, reason, run) values (%s, %s, %s, %s)").format(EVENTS)
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(insert, [(v.pattern, v.state, v.reason, run) for v in verdicts])


def review(conn: Connection, run: UUID | str, patterns: Collection[str]) -> tuple[Verdict, ...]:
    """Promote and demote by the trials and duels so far; a person's word is never changed.

    Args:
        patterns: Those that the run has tried.
    """
    counts, standing = tallies(conn), states(conn)
    found = {
        pattern: verdict
        for pattern in sorted(patterns)
        if (verdict := verdict_of(pattern, counts.get(pattern, Tally()), standing.get(pattern, State.OPEN)))
    }
    for verdict in _of_duels(_duels(conn, patterns), standing):
        found[verdict.pattern] = verdict
    verdicts = tuple(found.values())
    if verdicts:
        decide(conn, verdicts, run=run)
    return verdicts


def verdict_of(pattern: str, tally: Tally, state: State) -> Verdict | None:
    """What the trials of a pattern change in how it stands; None for nothing."""
    if state.is_a_persons:
        return None
    told = f"{tally.successes} of {tally.trials} trials"
    if tally.failure_bound > EVEN:
        reason = f"{told} succeeded; failures are surely more than half ({tally.failure_bound:.2f})"
        return Verdict(pattern, State.DEMOTED, reason) if state is not State.DEMOTED else None
    if tally.is_significant():
        reason = f"{told} succeeded, surely more than {tally.lower_bound:.2f} of all"
        return Verdict(pattern, State.PROMOTED, reason) if state is not State.PROMOTED else None
    if state is State.DEMOTED:
        return Verdict(
            pattern, State.OPEN, f"{told} succeeded; failures are not surely more than half any more"
        )
    if state is State.PROMOTED:
        return Verdict(pattern, State.OPEN, f"{told} succeeded, which is not significant any more")
    return None


def record_duels(conn: Connection, run: UUID | str, shape: str, duels: Iterable[Duel]) -> None:
    """Keep how rivals did on the same rows of one run."""
    insert = sql.SQL(
        "insert into {} (incumbent, rival, run, shape, incumbent_ok, rival_ok)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing"
    ).format(DUELS)
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(
            insert, [(d.incumbent, d.rival, run, shape, d.incumbent_ok, d.rival_ok) for d in duels]
        )


def reopen(conn: Connection, run: UUID | str, patterns: Collection[str], reason: str) -> tuple[Verdict, ...]:
    """Give demoted patterns another chance, since a person says them again; what was revoked stays so."""
    standing = states(conn)
    verdicts = tuple(
        Verdict(pattern, State.OPEN, reason)
        for pattern in sorted(patterns)
        if standing.get(pattern) is State.DEMOTED
    )
    decide(conn, verdicts, run=run)
    return verdicts


@dataclass(frozen=True, slots=True)
class Discredited:
    """What counted for patterns until a run was undone."""

    trials: tuple[tuple[str, str], ...]  # pattern and shape
    matches: tuple[tuple[str, str], ...]  # shape and target
    taught: tuple[tuple[str, str], ...]  # pattern and how it stood


def count_against(conn: Connection, run: UUID | str, reason: str) -> Discredited | None:
    """Turn a run's trials into failures and demote what it taught: it was undone. Without the right, nothing.

    A person may teach the same again: undoing a run need not mean that its `--map` was wrong.

    Returns:
        What had counted, for `count_again`; None where nothing may be changed.
    """
    if not may_change(conn):
        return None
    fail = sql.SQL("update {} set success = false where run = %s and success returning {}, {}")
    with conn.transaction():
        trials = conn.execute(fail.format(TRIALS, *_TRIAL_KEY), (run,)).fetchall()
        matches = conn.execute(fail.format(MATCHES, *_MATCH_KEY), (run,)).fetchall()
        taught = conn.execute(
            sql.SQL("select id from {} where definition ->> 'run' = %s order by id").format(PATTERNS),
            (str(run),),
        ).fetchall()
        standing = states(conn)
        decide(conn, [Verdict(id, State.DEMOTED, reason) for (id,) in taught], run=run)
    stood = tuple((id, standing.get(id, State.OPEN).value) for (id,) in taught)
    return Discredited(tuple(trials), tuple(matches), stood)


def count_again(conn: Connection, run: UUID | str, before: Discredited, reason: str) -> None:
    """Let a run count for patterns as it had: its undo was undone. Without the right, nothing.

    What was decided about a pattern since stays.
    """
    if not may_change(conn):
        return
    succeed = sql.SQL(
        "update {} set success = true where run = %s and ({}, {}) in (select * from unnest(%s::text[], %s::text[]))"
    )
    with conn.transaction():
        conn.execute(succeed.format(TRIALS, *_TRIAL_KEY), (run, *_columns(before.trials)))
        conn.execute(succeed.format(MATCHES, *_MATCH_KEY), (run, *_columns(before.matches)))
        words = last_words(conn)
        still = [
            (id, state) for id, state in before.taught if id in words and words[id].state is State.DEMOTED
        ]
        decide(conn, [Verdict(id, State(state), reason) for id, state in still], run=run)


def _columns(keys: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [first for first, _ in keys], [second for _, second in keys]


def _duels(conn: Connection, patterns: Collection[str]) -> list[Duel]:
    query = "select incumbent, rival, incumbent_ok, rival_ok from {} where incumbent = any (%s)"
    return [Duel(*row) for row in conn.execute(sql.SQL(query).format(DUELS), (list(patterns),)).fetchall()]


def _of_duels(duels: Iterable[Duel], standing: Mapping[str, State]) -> list[Verdict]:
    """The incumbent goes and the rival comes where the rival surely holds better on the same sources."""
    pairs: dict[tuple[str, str], list[Duel]] = {}
    for duel in duels:
        pairs.setdefault((duel.incumbent, duel.rival), []).append(duel)
    verdicts = []
    for (incumbent, rival), fought in sorted(pairs.items()):
        outcome = compare((duel.incumbent_ok, duel.rival_ok) for duel in fought)
        if not outcome.second_is_better or standing.get(incumbent, State.OPEN).is_out:
            continue
        for pattern, state in ((incumbent, State.DEMOTED), (rival, State.PROMOTED)):
            reason = f"{rival} held in {outcome.only_second} of {len(fought)} runs in which {incumbent} did not ({outcome.told})"
            if not standing.get(pattern, State.OPEN).is_a_persons:
                verdicts.append(Verdict(pattern, state, reason))
    return verdicts
