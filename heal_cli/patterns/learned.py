"""What runs have taught about patterns: trials in schema `heal` of the target database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import groupby
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg import errors, sql

from heal_cli.model import PatternTrial
from heal_cli.patterns.catalogue import Catalogue
from heal_cli.patterns.statistics import posterior_mean

Connection: TypeAlias = psycopg.Connection[Any]

SCHEMA: Final = "heal"
PATTERNS: Final = sql.Identifier(SCHEMA, "patterns")
TRIALS: Final = sql.Identifier(SCHEMA, "pattern_trials")

_LOCK: Final = 0x6865616C_70617474  # 'healpatt': two runs at once must not both create the tables
_LEARNED_PRIOR: Final = 0.5  # of a pattern that no catalogue vouches for


@dataclass(frozen=True, slots=True)
class Trial:
    """One use of a pattern in one run and shape, and whether its rows were loaded."""

    pattern: str
    shape: str  # of the source: see `shape_of`
    success: bool


def shape_of(columns: Iterable[str]) -> str:
    """Hash of a source's column names, whatever their order; hex, 32 digits."""
    text = "\x00".join(sorted(columns))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def ddl() -> str:
    """The SQL that makes schema and tables where they are missing; runs in any transaction."""
    folder = resources.files(__package__) / "sql"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return "\n".join(file.read_text("utf-8") for file in files)


def ensure(conn: Connection) -> bool:
    """True when trials can be recorded; the tables are made where missing, if the role may.

    The caller's transaction, if there is one, is left usable whatever the server says.
    """
    if _may_record(conn):
        return True
    try:
        with conn.transaction():
            conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            conn.execute(sql.SQL(ddl()))
    except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction):
        return False
    return _may_record(conn)


def confidences(conn: Connection, catalogue: Catalogue) -> Mapping[str, float]:
    """Pattern id -> posterior mean (0-1), for every pattern of the catalogue; the prior where no trial is known."""
    counts = _counts(conn) if _may_read(conn) else {}
    return {
        pattern.id: posterior_mean(pattern.confidence, *counts.get(pattern.id, (0, 0)))
        for pattern in catalogue
    }


def record_trials(
    conn: Connection, run: UUID | str, trials: Sequence[Trial], *, catalogue: Catalogue
) -> tuple[PatternTrial, ...]:
    """Store what came of the patterns in a run, and say how far each confidence moved.

    Doing it again with the same run and shapes changes nothing and answers the same; a pattern in several
    shapes is one entry. Needs `ensure(conn)` to have said True.

    Returns:
        One entry a pattern, by id; `success` when all of its trials were.
    """
    priors = {pattern.id: pattern.confidence for pattern in catalogue}
    ordered = sorted(set(trials), key=lambda trial: (trial.pattern, trial.shape))
    moved = []
    with conn.transaction():
        insert = sql.SQL(
            "insert into {} (pattern, run, shape, success) values (%s, %s, %s, %s) on conflict do nothing"
        ).format(TRIALS)
        with conn.cursor() as cursor:
            cursor.executemany(insert, [(t.pattern, run, t.shape, t.success) for t in ordered])
        after, before = _counts(conn), _counts(conn, without=run)
        for pattern, group in groupby(ordered, key=lambda trial: trial.pattern):
            prior = priors.get(pattern, _LEARNED_PRIOR)
            moved.append(
                PatternTrial(
                    pattern,
                    before=posterior_mean(prior, *before.get(pattern, (0, 0))),
                    after=posterior_mean(prior, *after[pattern]),
                    success=all(trial.success for trial in group),
                )
            )
    return tuple(moved)


def mark_failed(conn: Connection, run: UUID | str) -> None:
    """What a run had taught counts against its patterns from now on: it was undone. Without the right, nothing."""
    if not (_may_record(conn) and _has_rights(conn, "update")):
        return
    conn.execute(sql.SQL("update {} set success = false where run = %s").format(TRIALS), (run,))


def _counts(conn: Connection, *, without: UUID | str | None = None) -> dict[str, tuple[int, int]]:
    """Pattern -> (successes, trials), but for one run's."""
    query = sql.SQL(
        "select pattern, count(*) filter (where success), count(*) from {} "
        "where run is distinct from %s::uuid group by pattern"
    ).format(TRIALS)
    rows = conn.execute(query, (without,)).fetchall()
    return {pattern: (successes, total) for pattern, successes, total in rows}


def _may_read(conn: Connection) -> bool:
    return _has_rights(conn, "select")


def _may_record(conn: Connection) -> bool:
    return _has_rights(conn, "select") and _has_rights(conn, "insert")


def _has_rights(conn: Connection, right: str) -> bool:
    """True when the trials table is there and the role holds the right on it and on its schema."""
    query = (
        "select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, %s) "
        "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relname = 'pattern_trials'"
    )
    row = conn.execute(query, (right, SCHEMA)).fetchone()
    return bool(row and row[0])
