"""What was learned, as a file and back."""

from __future__ import annotations

import uuid

import pytest

from heal_cli.errors import UsageError
from heal_cli.model import Features, Tier
from heal_cli.patterns import (
    Lesson,
    MatchTrial,
    State,
    Teacher,
    Trial,
    Verdict,
    decide,
    ensure,
    export_patterns,
    import_patterns,
    load_catalogue,
    parse_patterns,
    record_match_trials,
    record_trials,
    store_lessons,
)

SENDER = "messages_sender_to_role"
LESSON = Lesson('public."odd\t"', "s", 'te"xt\\', "bödy\x7f", "text", Teacher.PLAN)

MATCH = MatchTrial(
    str(uuid.uuid4()), "s", 'public.t."a\tb"', Tier.FUZZY, Features(0.9, 1.0, 0.85), 0.2, 0.77, success=True
)


@pytest.fixture
def exported(heal) -> str:
    """A lesson with a trial and a verdict, a trial of the catalogue, and a match."""
    store_lessons(heal, uuid.uuid4(), [LESSON])
    trials = [Trial(LESSON.id, "s", success=True), Trial(SENDER, "s", success=False)]
    record_trials(heal, uuid.uuid4(), trials, catalogue=load_catalogue())
    decide(heal, [Verdict(LESSON.id, State.APPROVED, "seen\nby 'me'")])
    record_match_trials(heal, [MATCH])
    return export_patterns(heal)


def test_a_file_brings_everything_into_another_database(heal, exported: str) -> None:
    """Exported from there it is the same file; imported again it changes nothing."""
    heal.execute("drop schema heal cascade")
    assert ensure(heal)
    saved = parse_patterns(exported, "f")
    assert import_patterns(heal, saved, "f") == (1, 2, 1, 1)
    assert export_patterns(heal) == exported
    assert import_patterns(heal, saved, "f") == (0, 0, 0, 0)


def test_an_empty_database_is_an_empty_file(conn) -> None:
    """Also one without schema `heal`."""
    assert parse_patterns(export_patterns(conn), "f").pattern == ()


def test_an_edited_lesson_does_not_keep_its_trials(exported: str) -> None:
    """Its id is that of what it says."""
    with pytest.raises(UsageError, match="is not the id of what it says"):
        parse_patterns(exported.replace('type = "text"', 'type = "integer"'), "f")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("heal_patterns = 2", "Invalid enum value 2"),
        ("x", "not TOML"),
        ("heal_patterns = 1\n[[pattern]]\nid = 'a'\nstat = 'open'", "unknown field `stat`"),
    ],
)
def test_what_is_no_such_file_is_refused(text: str, told: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(UsageError, match=told):
        parse_patterns(text, "f")
