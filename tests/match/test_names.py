"""Column names are taken apart."""

from __future__ import annotations

import pytest

from heal_cli.match.concepts import singular
from heal_cli.match.names import split


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("createdAt", ("created", "at")),
        ("HTTPServerID", ("http", "server", "id")),
        ("  Größe (cm) ", ("grosse", "cm")),
        ("Ærø", ("aero",)),
        ("ｆｕｌｌ　ｗｉｄｔｈ", ("full", "width")),  # noqa: RUF001
        ("address2", ("address", "2")),
        ("Order #", ("order", "number")),
        ("名前", ("名前",)),
        ("--", ()),
    ],
)
def test_a_name_is_cut_into_plain_words(raw: str, words: tuple[str, ...]) -> None:
    """Case, accents, separators, camel case and width are gone; words and numbers stay."""
    assert split(raw) == words


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("prices", "price"),
        ("cities", "city"),
        ("boxes", "box"),
        ("status", "status"),
        ("news", "news"),
        ("gas", "gas"),
    ],
)
def test_plurals_become_singular_and_lookalikes_stay(word: str, one: str) -> None:
    """`status` is no plural of `statu`."""
    assert singular(word) == one
