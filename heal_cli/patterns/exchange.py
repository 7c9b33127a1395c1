"""All that was learned as a TOML file that people review in git, and back."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from heal_cli.errors import UsageError
from heal_cli.model import Kind
from heal_cli.patterns.knowledge import read_knowledge
from heal_cli.patterns.learned import Learned, Lesson, State, Teacher, definition_of
from heal_cli.patterns.review import Verdict, decide, last_words, states
from heal_cli.patterns.saved_matches import SavedMatch, add_saved_matches, read_saved_matches
from heal_cli.patterns.store import PATTERNS, TRIALS, Connection
from heal_cli.patterns.trials import LEARNED_PRIOR

_HEAD: Final = """\
# What heal learned, for review. Bring it into another database with: heal patterns import THIS-FILE
heal_patterns = 1
"""


class SavedTrial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One use of a pattern."""

    run: UUID
    shape: str
    success: bool
    at: datetime


class SavedLesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a pattern a learned one."""

    table: str
    shape: str
    source: str
    target: str
    type: str
    teacher: Teacher
    run: UUID
    taught_at: datetime

    @property
    def lesson(self) -> Lesson:
        """The lesson without its history."""
        return Lesson(self.table, self.shape, self.source, self.target, self.type, self.teacher)


class SavedPattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pattern of the catalogue, or a learned one, with what came of it."""

    id: str
    state: State = State.OPEN
    reason: str = ""
    learned: SavedLesson | None = None
    trials: tuple[SavedTrial, ...] = ()


class SavedPatterns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exported file."""

    heal_patterns: Literal[1]
    matches: tuple[SavedMatch, ...] = ()
    pattern: tuple[SavedPattern, ...] = ()


class Imported(NamedTuple):
    """What a file brought that the database did not have."""

    patterns: int
    trials: int
    states: int
    matches: int


def export_patterns(conn: Connection) -> str:
    """Every pattern that was tried, taught or judged, and the matches on record, as TOML.

    The same knowledge is the same text.
    """
    knowledge = read_knowledge(conn)
    learned = {each.id: each for each in knowledge.learned}
    words = last_words(conn) if knowledge.states else {}
    trials: dict[str, list[SavedTrial]] = {}
    if knowledge.tallies:
        query = "select pattern, run, shape, success, recorded_at from {} order by pattern, recorded_at, run, shape"
        for pattern, *facts in conn.execute(sql.SQL(query).format(TRIALS)).fetchall():
            trials.setdefault(pattern, []).append(SavedTrial(*facts))
    ids = sorted({*learned, *words, *trials})
    matches = read_saved_matches(conn) if knowledge.calibration.trials else []
    lines = ["matches = [", *(f"  {match.line}," for match in matches), "]\n"] if matches else []
    return "\n".join(
        [_HEAD, *lines, *(_block(id, learned.get(id), words.get(id), trials.get(id, [])) for id in ids)]
    )


def parse_patterns(text: str, name: str) -> SavedPatterns:
    """An exported file's text, checked.

    Raises:
        UsageError: It is no TOML or no such file, or a learned pattern was edited and kept its id.
    """
    try:
        saved = msgspec.convert(tomllib.loads(text), SavedPatterns)
    except tomllib.TOMLDecodeError as exc:
        raise UsageError(f"Patterns {name!r} are not TOML: {exc}") from exc
    except msgspec.ValidationError as exc:
        raise UsageError(f"Patterns {name!r}: {exc}", hint="heal patterns export writes such a file") from exc
    for pattern in saved.pattern:
        if pattern.learned is not None and pattern.learned.lesson.id != pattern.id:
            raise UsageError(
                f"Patterns {name!r}: {pattern.id!r} is not the id of what it says",
                hint=f"Its id is {pattern.learned.lesson.id!r}; trials of another lesson do not count for it",
            )
    return saved


def import_patterns(conn: Connection, saved: SavedPatterns, name: str) -> Imported:
    """Add what the database does not have; where both know how a pattern stands, the file has the last word.

    Doing it again changes nothing. Needs `ensure(conn)` to have said True.
    """
    patterns = sql.SQL(
        "insert into {} (id, kind, confidence, definition, created_at) values (%s, %s, %s, %s, %s)"
        " on conflict do nothing"
    ).format(PATTERNS)
    trials = sql.SQL(
        "insert into {} (pattern, run, shape, success, recorded_at) values (%s, %s, %s, %s, %s)"
        " on conflict do nothing"
    ).format(TRIALS)
    taught = [(p.id, p.learned) for p in saved.pattern if p.learned is not None]
    with conn.transaction():
        new = _insert(
            conn,
            patterns,
            [
                (id, Kind.RENAME, LEARNED_PRIOR, Jsonb(definition_of(each.lesson, each.run)), each.taught_at)
                for id, each in taught
            ],
        )
        tried = _insert(
            conn, trials, [(p.id, t.run, t.shape, t.success, t.at) for p in saved.pattern for t in p.trials]
        )
        standing = states(conn)
        verdicts = [
            Verdict(p.id, p.state, p.reason or f"imported from {name}")
            for p in saved.pattern
            if p.state is not standing.get(p.id, State.OPEN) and p.state is not State.OPEN
        ]
        decide(conn, verdicts)
        matches = add_saved_matches(conn, saved.matches)
    return Imported(new, tried, len(verdicts), matches)


def _insert(conn: Connection, query: sql.Composed, rows: Sequence[tuple[Any, ...]]) -> int:
    """How many of the rows were new."""
    with conn.cursor() as cursor:
        cursor.executemany(query, rows)
        return max(0, cursor.rowcount)


def _block(id: str, learned: Learned | None, word: Verdict | None, trials: Sequence[SavedTrial]) -> str:
    lines = ["[[pattern]]", f"id = {_value(id)}"]
    if word is not None:
        lines += [f"state = {_value(word.state)}", f"reason = {_value(word.reason)}"]
    if trials:
        lines += ["trials = [", *(f"  {_trial(trial)}," for trial in trials), "]"]
    if learned is not None:
        facts = {**definition_of(learned.lesson, learned.run), "taught_at": learned.taught_at}
        lines += ["[pattern.learned]", *(f"{key} = {_value(value)}" for key, value in facts.items())]
    return "\n".join(lines) + "\n"


def _trial(trial: SavedTrial) -> str:
    facts = msgspec.structs.asdict(trial)
    return f"{{ {', '.join(f'{key} = {_value(value)}' for key, value in facts.items())} }}"


def _value(value: Any) -> str:
    """A TOML value; JSON's strings and Booleans are TOML's too, but for one control character."""
    if isinstance(value, datetime):
        return value.isoformat()
    plain = value if isinstance(value, bool) else str(value)
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
