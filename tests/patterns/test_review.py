"""What trials, duels and people make of a pattern."""

from __future__ import annotations

import uuid

import pytest

from heal_cli.patterns import (
    Discredited,
    Duel,
    Lesson,
    State,
    Tally,
    Teacher,
    Trial,
    Verdict,
    count_again,
    count_against,
    decide,
    load_catalogue,
    read_knowledge,
    record_duels,
    record_trials,
    review,
    store_lessons,
)
from heal_cli.patterns.review import verdict_of

CATALOGUE = load_catalogue()
SENDER = "messages_sender_to_role"
LESSON = Lesson("public.notes", "s", "txt", "body", "text", Teacher.MAP)


def tried(heal, successes: int, failures: int, pattern: str = SENDER) -> None:
    """That many runs."""
    for number in range(successes + failures):
        trials = [Trial(pattern, "s", success=number < successes)]
        record_trials(heal, uuid.uuid4(), trials, catalogue=CATALOGUE)


@pytest.mark.parametrize(
    ("successes", "trials", "state", "expected"),
    [
        (29, 29, State.OPEN, None),  # not many enough
        (30, 30, State.OPEN, State.PROMOTED),
        (19, 30, State.OPEN, None),  # lower bound under a half
        (30, 30, State.DEMOTED, State.PROMOTED),
        (0, 3, State.OPEN, None),
        (0, 4, State.OPEN, State.DEMOTED),
        (1, 1, State.DEMOTED, State.OPEN),
        (5, 30, State.PROMOTED, State.DEMOTED),
        (16, 30, State.PROMOTED, State.OPEN),
        (0, 40, State.APPROVED, None),  # a person's word
        (40, 40, State.REVOKED, None),
    ],
)
def test_trials_promote_and_demote(successes: int, trials: int, state: State, expected: State | None) -> None:
    """By the Wilson bound, at 30 trials up and at four failures down; both ways, and never against a person."""
    verdict = verdict_of("p", Tally(successes, trials, successes, trials), state)
    assert (verdict.state if verdict else None) == expected


def test_a_demoted_pattern_is_proposed_no_more(heal) -> None:
    """The catalogue of this database is without it, and the reason is on record."""
    tried(heal, 0, 4)
    (verdict,) = review(heal, uuid.uuid4(), {SENDER})
    assert verdict.reason.startswith("0 of 4 trials succeeded")
    knowledge = read_knowledge(heal)
    assert SENDER not in {pattern.id for pattern in knowledge.trusted(CATALOGUE)}
    assert not review(heal, uuid.uuid4(), {SENDER})


def test_approval_brings_it_back_and_both_words_are_kept(heal) -> None:
    """Nothing is overwritten."""
    tried(heal, 0, 4)
    review(heal, uuid.uuid4(), {SENDER})
    decide(heal, [Verdict(SENDER, State.APPROVED, "we know better")])
    assert SENDER in {pattern.id for pattern in read_knowledge(heal).trusted(CATALOGUE)}
    assert not review(heal, uuid.uuid4(), {SENDER})
    states = heal.execute("select state from heal.pattern_events order by number").fetchall()
    assert states == [("demoted",), ("approved",)]


def test_a_rival_that_holds_where_the_incumbent_fails_takes_its_place(heal) -> None:
    """After six runs on the same rows, by McNemar's test; the rival never wrote a row."""
    for number in range(6):
        assert not review(heal, uuid.uuid4(), {"a"}), number
        record_duels(heal, uuid.uuid4(), "s", [Duel("a", "b", incumbent_ok=False, rival_ok=True)])
    verdicts = {verdict.pattern: verdict.state for verdict in review(heal, uuid.uuid4(), {"a"})}
    assert verdicts == {"a": State.DEMOTED, "b": State.PROMOTED}


def test_an_undone_run_counts_against_what_it_used_and_taught(heal) -> None:
    """Its trials turn into failures, its lessons are proposed no more, until the undo is undone."""
    run = uuid.uuid4()
    record_trials(heal, run, [Trial(SENDER, "s", success=True)], catalogue=CATALOGUE)
    store_lessons(heal, run, [LESSON])
    before = count_against(heal, run, "undone")
    assert before == Discredited(((SENDER, "s"),), (), ((LESSON.id, "open"),))
    knowledge = read_knowledge(heal)
    assert knowledge.tallies[SENDER].successes == 0
    assert knowledge.learned[0].state is State.DEMOTED
    count_again(heal, run, before, "back")
    knowledge = read_knowledge(heal)
    assert knowledge.tallies[SENDER].successes == 1
    assert knowledge.learned[0].state is State.OPEN


def test_old_trials_fade(heal) -> None:
    """After 180 days a trial counts half, and the prior comes back."""
    tried(heal, 0, 1)
    fresh = read_knowledge(heal).confidence(SENDER, 0.95)
    heal.execute("update heal.pattern_trials set recorded_at = now() - interval '180 days'")
    faded = read_knowledge(heal).confidence(SENDER, 0.95)
    assert (fresh, faded) == (pytest.approx(0.95 * 4 / 5), pytest.approx(0.95 * 4 / 4.5))


def test_a_lesson_is_known_by_all_that_it_says() -> None:
    """Another shape, table or type is another pattern."""
    ids = {
        Lesson(table, shape, "txt", "body", type_, Teacher.MAP).id
        for table in ("public.a", "other.a")
        for shape in ("s", "t")
        for type_ in ("text", "integer")
    }
    assert len(ids) == 8


def test_a_lesson_learned_again_keeps_its_first_run(heal) -> None:
    """It starts at 0.5."""
    run = uuid.uuid4()
    assert store_lessons(heal, run, [LESSON]) == (LESSON.id,)
    assert store_lessons(heal, uuid.uuid4(), [LESSON]) == ()
    (learned,) = read_knowledge(heal).learned
    assert (learned.run, learned.confidence) == (str(run), 0.5)
