"""Column names are taken apart."""

from __future__ import annotations

import pytest

from heal_cli.match.concepts import singular
from heal_cli.match.names import parse, split


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("createdAt", ("created", "at")),
        ("HTTPServerID", ("http", "server", "id")),
        ("CPUs", ("cpus",)),
        ("sourceIPsSeen", ("source", "ips", "seen")),
        ("  Größe (cm) ", ("grosse", "cm")),
        ("Ærø", ("aero",)),
        ("ｆｕｌｌ　ｗｉｄｔｈ", ("full", "width")),  # noqa: RUF001
        ("address2", ("address", "2")),
        ("Order #", ("order", "number")),
        ("名前", ("名前",)),
        ("--", ()),
        ("@lat", ("lat",)),
        ("Rate @ 5", ("rate", "at", "5")),
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


@pytest.mark.parametrize(
    ("raw", "concepts"),
    [
        ("Heures travaillées", ["hour", "worked"]),
        ("CacheCacheStatus", ["cache", "status"]),
        ("Memo/Description", ["description"]),
        ("Revenue (EUR)", ["revenue"]),
        ("MATNR", ["material", "number"]),
        ("Verzegeld op", ["sealed", "on"]),
        ("Sigillata il", ["sealed", "on"]),
        ("Verwijderd door", ["deleted", "by"]),
        ("Gültig von", ["valid", "start"]),
        ("Cod. op.", ["code", "operation"]),
    ],
)
def test_a_name_means_what_its_words_mean(raw: str, concepts: list[str]) -> None:
    """Phrases are found as they are written; a word said twice counts once, a currency in brackets not at all."""
    assert [word.concept for word in parse(raw).words] == concepts
