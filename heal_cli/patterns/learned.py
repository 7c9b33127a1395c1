"""Learned patterns: a source column and its target, in one table and one shape, as an earlier run had them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from heal_cli.model import Kind
from heal_cli.patterns.store import PATTERNS, Connection
from heal_cli.patterns.trials import LEARNED_PRIOR, Tally

PREFIX: Final = "learned_"

APPROVED: Final = 0.9
"""Least confidence of a learned pattern that a person approved."""

_LONGEST_NAME: Final = 40  # of each part of an id, so that ids stay readable


class Teacher(StrEnum):
    """Whose word a learned pattern rests on."""

    MAP = "--map"
    PLAN = "a saved plan"
    ADDED = "--unknown-columns add"
    LIKENESS = "likeness"
    AI = "a model"

    @property
    def is_person(self) -> bool:
        """Somebody said so, rather than heal having guessed."""
        return self in (Teacher.MAP, Teacher.PLAN)


class State(StrEnum):
    """How a pattern stands, by the last word on it."""

    OPEN = "open"
    PROMOTED = "promoted"  # by its trials
    DEMOTED = "demoted"  # by its trials; proposed no more
    APPROVED = "approved"  # by a person
    REVOKED = "revoked"  # by a person; proposed no more

    @property
    def is_trusted(self) -> bool:
        """It may compete with what the catalogue says."""
        return self in (State.PROMOTED, State.APPROVED)

    @property
    def is_out(self) -> bool:
        """It is proposed no more."""
        return self in (State.DEMOTED, State.REVOKED)

    @property
    def is_a_persons(self) -> bool:
        """No trial changes it."""
        return self in (State.APPROVED, State.REVOKED)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a run has to teach, before it is stored."""

    table: str  # schema.name
    shape: str  # of the source: see `shape_of`
    source: str
    target: str
    type: str  # of the target, as format_type() spells it: another type is another column
    teacher: Teacher

    @property
    def id(self) -> str:
        """The id of the pattern that it becomes; the same lesson has the same id in every database."""
        facts = (self.table, self.shape, self.source, self.target, self.type)
        digest = hashlib.blake2b("\x00".join(facts).encode("utf-8", "surrogatepass"), digest_size=4)
        words = (self.table.rpartition(".")[2], self.source, "to", self.target)
        plain = (re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")[:_LONGEST_NAME] for word in words)
        return PREFIX + "_".join([*filter(None, plain), digest.hexdigest()])


@dataclass(frozen=True, slots=True)
class Learned:
    """A learned pattern as it stands now."""

    lesson: Lesson
    run: str  # that taught it
    taught_at: datetime
    tally: Tally = field(default_factory=Tally)
    state: State = State.OPEN

    @property
    def id(self) -> str:
        """Its name in reports."""
        return self.lesson.id

    @property
    def source(self) -> str:
        """Source column, to the letter."""
        return self.lesson.source

    @property
    def target(self) -> str:
        """Target column, to the letter."""
        return self.lesson.target

    @property
    def type(self) -> str:
        """Type that the target had."""
        return self.lesson.type

    @property
    def confidence(self) -> float:
        """What its trials, or a person's approval, make of the 0.5 that it began with."""
        earned = self.tally.confidence(LEARNED_PRIOR)
        return max(earned, APPROVED) if self.state is State.APPROVED else earned

    @property
    def is_trusted(self) -> bool:
        """It may compete with what the catalogue says."""
        return self.state.is_trusted

    @property
    def is_a_persons(self) -> bool:
        """A person's word stands behind it."""
        return self.lesson.teacher.is_person or self.state is State.APPROVED

    @property
    def history(self) -> tuple[str, ...]:
        """Who taught it when, and what came of it, for people."""
        taught = f"{self.lesson.teacher} taught it in run {self.run} on {self.taught_at:%Y-%m-%d}"
        tried = f"{self.tally.successes} of {self.tally.trials} runs since bore it out: {self.confidence:.2f}"
        if self.state is State.APPROVED:
            tried = f"approved: {self.confidence:.2f}"
        elif not self.tally.trials:
            tried = f"not tried since: {self.confidence:.2f}"
        return taught, tried


def in_scope(learned: Iterable[Learned], table: str, shape: str) -> tuple[Learned, ...]:
    """What was learned of this table from sources of this shape, but for what is proposed no more; by id."""
    found = (each for each in learned if (each.lesson.table, each.lesson.shape) == (table, shape))
    return tuple(sorted((each for each in found if not each.state.is_out), key=lambda each: each.id))


def store_lessons(conn: Connection, run: UUID | str, lessons: Sequence[Lesson]) -> tuple[str, ...]:
    """The ids of the lessons that are new; what is known already keeps its run and its trials."""
    insert = sql.SQL(
        "insert into {} (id, kind, confidence, definition, created_at) values (%s, %s, %s, %s, %s)"
        " on conflict (id) do nothing returning id"
    ).format(PATTERNS)
    now = datetime.now(UTC)
    new = []
    with conn.transaction():
        for lesson in sorted(set(lessons), key=lambda lesson: lesson.id):
            row = (lesson.id, Kind.RENAME, LEARNED_PRIOR, Jsonb(definition_of(lesson, run)), now)
            new += [id for (id,) in conn.execute(insert, row).fetchall()]
    return tuple(new)


def definition_of(lesson: Lesson, run: UUID | str) -> dict[str, str]:
    """A lesson and the run that taught it, as heal.patterns keeps them."""
    return {**asdict(lesson), "run": str(run)}


def read_learned(
    conn: Connection, counts: Mapping[str, Tally], states: Mapping[str, State]
) -> tuple[Learned, ...]:
    """Every learned pattern, by id, those that are proposed no more among them."""
    rows = conn.execute(
        sql.SQL("select id, definition, created_at from {} where starts_with(id, %s) order by id").format(
            PATTERNS
        ),
        (PREFIX,),
    ).fetchall()
    return tuple(
        replace(
            _learned(definition, created_at),
            tally=counts.get(id, Tally()),
            state=states.get(id, State.OPEN),
        )
        for id, definition, created_at in rows
    )


def _learned(definition: Mapping[str, Any], taught_at: datetime) -> Learned:
    facts = {key: definition[key] for key in ("table", "shape", "source", "target", "type")}
    lesson = Lesson(**facts, teacher=Teacher(definition["teacher"]))
    return Learned(lesson, run=definition["run"], taught_at=taught_at)
