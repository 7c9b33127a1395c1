"""Promises of `heal patterns`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heal_cli.load_options import to_load_options
from heal_cli.settings import load_settings


def listed(heal: Any, *arguments: str) -> dict[str, Any]:
    """Patterns by id, as `list --json` has them."""
    document = json.loads(heal("patterns", "list", *arguments, "--json").out)
    return {pattern["id"]: pattern for pattern in document["patterns"]}


def test_list_shows_the_catalogue_and_filters_it(heal: Any) -> None:
    """All kinds, or one of them, or those with a word."""
    assert len(listed(heal)) >= 150
    assert set(listed(heal, "--kind", "mapping")) == {"user_name_variants", "timestamp_shortcuts"}
    assert "messages_sender_to_role" in heal("patterns", "list", "--word", "sender").out


def test_show_tells_all_about_one(heal: Any) -> None:
    """Names, scope, examples; a misspelt id is answered with the nearest."""
    assert "positive" in heal("patterns", "show", "default_status").out
    wrong = heal("patterns", "show", "default_state")
    assert (wrong.code, "'default_status'" in wrong.err) == (2, True)


def test_ones_own_pattern_is_added_used_and_removed(heal: Any) -> None:
    """`add SRC=DST` makes a pattern that loads read; `remove` forgets it."""
    assert heal("patterns", "add", "betr=amount", "-t", "orders").code == 0
    assert listed(heal)["own_orders_betr_to_amount"]["tables"] == ["orders"]
    settings = load_settings({}, table="orders")
    assert to_load_options(settings, [], "orders", conninfo="").catalogues
    assert heal("patterns", "remove", "own_orders_betr_to_amount").code == 0
    assert "own_orders_betr_to_amount" not in listed(heal)
    assert heal("patterns", "remove", "default_status").code == 2


def test_changes_are_told_as_documents(heal: Any) -> None:
    """`--json` of add, remove, disable and enable: what changed, and in which file."""
    mine = "own_orders_betr_to_amount"
    added = json.loads(heal("patterns", "add", "betr=amount", "-t", "orders", "--json").out)
    assert added["added"] == [mine]
    assert Path(added["path"]).name == "patterns.toml"
    assert json.loads(heal("patterns", "add", "betr=amount", "-t", "orders", "--json").out)["added"] == []
    for verb, enabled in (("disable", False), ("enable", True)):
        told = json.loads(heal("patterns", verb, mine, "--json").out)
        assert told == {"heal": 1, "pattern": mine, "enabled": enabled}
    told = json.loads(heal("patterns", "remove", mine, "--json").out)
    assert told == {"heal": 1, "removed": mine, "path": added["path"]}


def test_any_pattern_can_be_switched_off_and_on(heal: Any) -> None:
    """`disable` and `enable`; the catalogue that loads read leaves it out."""
    from heal_cli.patterns import load_catalogue

    heal("patterns", "disable", "default_created_at")
    assert listed(heal)["default_created_at"]["enabled"] is False
    options = to_load_options(load_settings({}, table="t"), [], "t", conninfo="")
    assert all(pattern.id != "default_created_at" for pattern in load_catalogue(options.catalogues))
    heal("patterns", "enable", "default_created_at")
    assert listed(heal)["default_created_at"]["enabled"] is True


def test_a_pattern_whose_examples_fail_is_not_kept(heal: Any) -> None:
    """`add FILE` runs the examples first."""
    Path("mine.toml").write_text(
        '[[pattern]]\nid = "bad"\nkind = "rename"\ndescription = "x"\nconfidence = 0.9\nsources = ["a"]\n'
        'targets = ["b"]\npositive = [{ table = "t", source = "a", target = "c" }]\n'
        'negative = [{ table = "t", source = "z", target = "b" }]\n'
    )
    refused = heal("patterns", "add", "mine.toml")
    assert (refused.code, "'bad'" in refused.err) == (2, True)
    assert "bad" not in listed(heal)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("latin.toml", "Pattern file 'latin.toml' is not UTF-8 (byte 1)"),
        ("none.toml", "Pattern file 'none.toml' cannot be read: No such file or directory"),
        ("words.toml", "words.toml: not TOML: "),
        ("nameless.toml", "nameless.toml: each pattern has to begin with"),
        ("=amount", "=amount names no two columns"),
    ],
)
def test_what_cannot_be_added_is_told(heal: Any, what: str, told: str) -> None:
    """A file that is no text or no TOML, one without ids, one that is not there, half a rename: a sentence each."""
    Path("latin.toml").write_bytes(b"a\xff")
    Path("words.toml").write_text("no patterns here")
    Path("nameless.toml").write_text('[[pattern]]\nkind = "rename"\n')
    refused = heal("patterns", "add", what)
    assert (refused.code, told in refused.err) == (2, True)


def test_test_runs_examples_and_looks_at_a_file(heal: Any) -> None:
    """How many hold; with a file, which of its columns the pattern names and how many values fit."""
    Path("chat.csv").write_text("from,text\nhuman,hi\ngpt,hello\nann@example.org,bye\n")
    result = heal("patterns", "test", "messages_from_to_role", "chat.csv")
    assert (result.code, result.out) == (0, "from: 2 of 3 values fit the pattern\n2 of 2 examples hold\n")


def test_a_kind_that_is_none_is_refused(heal: Any) -> None:
    """A slip in --kind is not an empty list."""
    result = heal("patterns", "list", "--kind", "renames")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "heal: --kind 'renames' is none.\n      Kinds are rename, default, conversion, mapping\n"
    )
