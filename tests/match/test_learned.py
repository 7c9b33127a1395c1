"""The learned tier: it helps where nothing else speaks, and yields where something does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl
import pytest

from heal_cli.match import Past, find_overruled, match_columns
from heal_cli.model import ColumnMatch, MatchOptions, TableSchema, Tier
from heal_cli.patterns import load_catalogue

from .conftest import fit

PATTERNS = load_catalogue().patterns
TEXTS = ["a b", "c d", "e f"]


@dataclass(frozen=True)
class Taught:
    """A learned pattern."""

    source: str
    target: str
    confidence: float = 0.5
    type: str = "text"
    is_trusted: bool = False
    is_a_persons: bool = True

    @property
    def id(self) -> str:
        """Its name."""
        return f"learned_{self.source}_to_{self.target}"

    @property
    def history(self) -> tuple[str, ...]:
        """Who taught it."""
        return ("--map taught it in run 7",)


@pytest.fixture
def matched():
    """The match or question of the column `target`, and whether it was taken."""

    def run(
        table: TableSchema, sample: dict[str, list[str | None]], *learned: Taught, target: str
    ) -> tuple[ColumnMatch | None, bool]:
        frame = pl.DataFrame(sample, schema=dict.fromkeys(sample, pl.String))
        made = match_columns(
            frame, table, patterns=PATTERNS, options=MatchOptions(), fit=fit, past=Past(learned=learned)
        )
        taken = next((match for match in made.matches if match.target == target), None)
        asked = next((match for match in made.refused if match.target == target), None)
        return taken or asked, taken is not None

    return run


def test_borne_out_without_a_rival_it_reaches_the_threshold(make_table, matched) -> None:
    """0.5 becomes 0.7, with the run that taught it in the evidence."""
    table = make_table("notes", "id int8", "body text")
    match, is_taken = matched(table, {"zwurk": TEXTS}, Taught("zwurk", "body"), target="body")
    assert is_taken
    assert (match.winner.tier, match.winner.confidence) == (Tier.LEARNED, 0.7)
    assert match.winner.evidence[0] == "--map taught it in run 7"
    assert match.winner.evidence[-1] == "all values bear it out, and nothing rivals it"


@pytest.mark.parametrize(
    ("values", "learned"),
    [
        (["1", "2", "x"], Taught("zwurk", "n", type="int4")),  # not fully borne out
        ([None, None], Taught("zwurk", "n", type="int4")),  # nothing to try it on
        (["1", "2"], Taught("zwurk", "n", type="int8")),  # the column had another type
        (["1", "2"], Taught("zwurk", "n", 0.4, type="int4")),  # it failed before
        (["1", "2"], Taught("ZWURK", "n", type="int4")),  # another name
        (["1", "2"], Taught("zwurk", "gone", type="int4")),  # no such column any more
    ],
)
def test_without_that_it_is_not_taken(make_table, matched, values, learned: Taught) -> None:
    """A wrong match is worse than none."""
    table = make_table("notes", "body text", "n int4")
    assert not matched(table, {"zwurk": values}, learned, target="n")[1]


@pytest.mark.parametrize("confidence", [0.5, 0.7, 0.95])
def test_a_poisoned_history_does_not_win_against_a_pattern(make_table, matched, confidence: float) -> None:
    """One wrong --map, borne out ever since by texts that fit any text, does not keep `sender` from `role`."""
    table = make_table("messages", "id int8", "role text", "content text")
    sample = {"sender": ["user", "assistant", "user"], "zwurk": TEXTS}
    match, is_taken = matched(table, sample, Taught("zwurk", "role", confidence), target="role")
    assert is_taken
    assert (match.winner.source, match.winner.tier) == ("sender", Tier.PATTERN)


@pytest.mark.parametrize("source", ["role", "Role", "roles"])
def test_nor_against_a_name(make_table, matched, source: str) -> None:
    """Equal names, other spellings and plurals stand above."""
    table = make_table("messages", "id int8", "role text")
    learned = Taught("zwurk", "role", 0.95, is_trusted=True)
    match, is_taken = matched(table, {source: ["user", "bot", "bot"], "zwurk": TEXTS}, learned, target="role")
    assert not is_taken or match.winner.source == source
    assert is_taken or source == "roles"


def test_nor_takes_it_a_source_that_has_its_own_place(make_table, matched) -> None:
    """The source column's own name counts, too."""
    table = make_table("messages", "note text", "content text")
    assert (
        matched(table, {"note": TEXTS}, Taught("note", "content", 0.95), target="note")[0].winner.source
        == "note"
    )
    assert not matched(table, {"note": TEXTS}, Taught("note", "content", 0.95), target="content")[1]


def test_a_persons_word_against_likeness_is_a_question(make_table, matched) -> None:
    """Neither what was said once nor what looks alike is taken until one of them is sure."""
    table = make_table("orders", "id int8", "unit_price numeric")
    sample = {"unit_prise": ["1", "2", "3"], "zwurk": ["4", "5", "6"]}
    likely, is_likely_taken = matched(table, sample, target="unit_price")
    assert (likely.winner.source, is_likely_taken) == ("unit_prise", True)
    said = Taught("zwurk", "unit_price", type="numeric")
    assert not matched(table, sample, said, target="unit_price")[1]
    earned, is_earned = matched(table, sample, replace(said, confidence=0.75), target="unit_price")
    assert (earned.winner.source, is_earned) == ("zwurk", True)


def test_what_heal_guessed_itself_holds_no_likeness_back(make_table, matched) -> None:
    """Only a person's word does."""
    table = make_table("orders", "id int8", "unit_price numeric")
    sample = {"unit_prise": ["1", "2", "3"], "zwurk": ["4", "5", "6"]}
    guessed = Taught("zwurk", "unit_price", type="numeric", is_a_persons=False)
    assert matched(table, sample, guessed, target="unit_price")[0].winner.source == "unit_prise"


def test_two_words_that_contradict_each_other_are_a_question(make_table, matched) -> None:
    """Rivals of one tier."""
    table = make_table("notes", "id int8", "body text")
    both = (Taught("zwurk", "body"), Taught("qlfg", "body"))
    assert not matched(table, {"zwurk": TEXTS, "qlfg": TEXTS}, *both, target="body")[1]


def test_the_user_overrules_patterns_and_what_was_learned(make_table) -> None:
    """Those that would have placed a column of --map otherwise; a namesake was never in question."""
    table = make_table("messages", "id int8", "role text", "content text")
    said = {("zwurk", "role")}
    learned = (Taught("zwurk", "content"), Taught("zwurk", "role"), Taught("other", "content"))
    found = find_overruled(said, ["id", "sender", "zwurk"], table, patterns=PATTERNS, learned=learned)
    assert "messages_sender_to_role" in found
    assert "learned_zwurk_to_content" in found
    assert not found & {"learned_zwurk_to_role", "learned_other_to_content"}
    same = find_overruled({("id", "id")}, ["id", "sender"], table, patterns=PATTERNS, learned=())
    assert not same
