"""The catalogue is data, and every key of it is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from heal_cli.errors import UsageError
from heal_cli.model import Kind
from heal_cli.patterns import load_catalogue

GOOD = """\
[[pattern]]
id = "shop_sku_to_article"
kind = "rename"
description = "Articles of the shop"
confidence = 0.9
sources = ["sku"]
targets = ["article"]
positive = [{ table = "goods", source = "sku", target = "article", values = ["A-1"] }]
negative = [{ table = "goods", source = "sku", target = "name", values = ["A-1"] }]
"""


WELL_KNOWN = (
    *(f"messages_{word}_to_content" for word in ("message", "text", "body", "msg", "code")),
    *(f"messages_{word}_to_role" for word in ("sender", "from", "author", "speaker")),
    "messages_thread_to_conversation",
    *(f"default_{name}" for name in ("created_at", "updated_at", "id", "status", "metadata")),
    *("text_to_number", "object_to_json", "uuid_form", "user_name_variants", "timestamp_shortcuts"),
)


def test_the_well_known_twenty_are_there() -> None:
    """Ten renames, five defaults, three conversions, two mappings; `sender` to `role` at 0.95."""
    catalogue = load_catalogue()
    assert {pattern.id for pattern in catalogue}.issuperset(WELL_KNOWN)
    assert catalogue.get("messages_sender_to_role").confidence == 0.95


def test_the_catalogue_is_broad() -> None:
    """At least 150 patterns, all four kinds among them."""
    catalogue = load_catalogue()
    assert len(catalogue) >= 150
    assert all(len(catalogue.of_kind(kind)) >= 2 for kind in Kind)


def test_ones_own_patterns_join_the_catalogue(tmp_path: Path) -> None:
    """A file of the user adds to what ships with heal."""
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    catalogue = load_catalogue([str(path)])
    assert len(catalogue) == len(load_catalogue()) + 1
    assert catalogue.get("shop_sku_to_article").origin == str(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "rename"', 'kind = "renames"', "key 'kind' has to be one of rename, default, conversion, mapping, not 'renames'"),
        ("confidence = 0.9", "confidence = 0.99", "key 'confidence' has to lie in 0.60-0.98, not 0.99"),
        ("confidence = 0.9", "confidence = true", "key 'confidence' has to be a number, not True"),
        ("confidence = 0.9", 'shape = "("\nconfidence = 0.9', "key 'shape' is not a regular expression: '('"),
        ("confidence = 0.9", 'value = "x"\nconfidence = 0.9', "key 'value' means nothing for a rename"),
        ('sources = ["sku"]', "", "key 'sources' is missing, a rename needs it"),
        ('sources = ["sku"]', 'sources = "sku"', "key 'sources' has to be a list of texts, not 'sku'"),
        ('description = "Articles of the shop"', "", "key 'description' is missing"),
        ("negative = [{", "negatives = [{", "unknown key 'negatives'. Did you mean 'negative'"),
        ("negative = [{ table", "negative = []\n# [{ table", "key 'negative' has to list at least one example, as {source = 'a', target = 'b', ...}"),
        ('values = ["A-1"] }]\nnegative', 'value = ["A-1"] }]\nnegative', "unknown key 'value'. Did you mean 'values'"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_named_with_its_file(old: str, new: str, message: str, tmp_path: Path) -> None:
    """File, pattern, key and what is wrong with it."""
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(UsageError) as caught:
        load_catalogue([str(path)])
    where, _, what = str(caught.value).partition(": pattern 'shop_sku_to_article'")
    assert where == str(path)
    assert what.removeprefix(", positive example 1").removeprefix(": ") == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[pattern]", "not TOML: unclosed array table, expected `]` at line 1 column 11"),
        ("[patterns]", "unknown key 'patterns'. Did you mean 'pattern'"),
        ("pattern = 3", "key 'pattern' has to be a list of tables, each under [[pattern]]"),
        (
            "[[pattern]]\n",
            "pattern number 1: key 'id' has to be words of a-z and 0-9 joined by single underscores",
        ),
        (GOOD + GOOD, "pattern 'shop_sku_to_article' is already defined in {path}. Give it another id"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """Syntax, unknown tables, nameless and doubled patterns."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_catalogue([str(path)])
    assert str(caught.value) == f"{path}: {message.format(path=path)}"


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    """A missing file and one that is not text."""
    with pytest.raises(
        UsageError, match=r"Pattern file '.*none.toml' cannot be read: No such file or directory"
    ):
        load_catalogue([str(tmp_path / "none.toml")])
    (tmp_path / "bad.toml").write_bytes(b"ab\xff")
    with pytest.raises(UsageError, match=r"Pattern file '.*bad.toml' is not UTF-8 \(byte 2\)"):
        load_catalogue([str(tmp_path / "bad.toml")])


def test_an_unknown_id_names_the_nearest() -> None:
    """A slip in an id is easy to mend."""
    with pytest.raises(UsageError) as caught:
        load_catalogue().get("message_sender_to_role")
    assert caught.value.message == "There is no pattern 'message_sender_to_role'"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Nearest are 'messages_sender_to_role'")
