"""Words that people cut off with a dot or misspell are read by the words that they stand for."""

from __future__ import annotations

import pytest

from heal_cli.match.names import parse
from heal_cli.match.spelling import begun_so, spelled_like

CODES = ["M-07", "M-08", "M-11"]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Masch.-Nr.", "machine_no varchar(8)"),
        ("Lief.-Nr.", "supplier_no varchar(8)"),
        ("Organistion", "company text"),
    ],
)
def test_a_word_cut_off_or_misspelt_is_read(make_table, match, source, target) -> None:
    """The target has the word that it stands for."""
    found = match({source: CODES}, make_table("t", target))
    assert [(m.winner.source, m.target) for m in found.matches] == [(source, target.split()[0])]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Masch Nr", "operator_no varchar(8)"),
        ("Masch.-Nr.", "meter_no varchar(8)"),
        ("Masch.-Nr.", "operator_no varchar(8)"),
        ("Vers.-Nr.", "shipping_no varchar(8)"),
        ("Gew.", "profit text"),
        ("Aptitude", "altitude text"),
        ("Statute", "status text"),
        ("Form", "from_code text"),
    ],
)
def test_a_word_stands_for_none_that_does_not_begin_so(make_table, match, source, target) -> None:
    """Without a dot nothing is cut off, few letters begin too many words, and real neighbours are no slips."""
    assert not match({source: CODES}, make_table("t", target)).matches


def test_only_what_a_dot_ends_is_cut_off() -> None:
    """A dot between a table and its column cuts nothing off."""
    assert parse("Masch.-Nr.").cut == {"masch", "nr"}
    assert parse("customer.name").cut == frozenset()
    assert parse("Leads gen.").cut == {"gen"}


def test_meanings_of_what_is_cut_off_and_misspelt() -> None:
    """Each word of the vocabulary that begins so, or is a letter away from an unknown one."""
    assert "machine" in begun_so("masch")
    assert begun_so("ma") == ()
    assert spelled_like("organistion") == ("company",)
    assert spelled_like("organisation") == ()
    assert spelled_like("fraem") == ()


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("Child's name", ("child", "name")),
        ("Receipt Y/N", ("receipt", "yn")),
        ("Aktiv (ja/nein)", ("aktiv", "yn")),
        ("status/no", ("status", "no")),
    ],
)
def test_marks_of_owners_and_questions_are_no_words(raw, plain) -> None:
    """`Y/N` behind a name says what its values are, and an `s` whose it is."""
    assert parse(raw).plain == plain
