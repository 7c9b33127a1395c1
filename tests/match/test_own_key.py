"""The key that a file numbers its rows by goes where the table keeps the key of elsewhere."""

from __future__ import annotations

import pytest

CODES = ["wa-1", "wa-2", "wa-3"]
TABLE = ("id int8 serial key", "body text")


def placed(found) -> dict[str | None, str]:
    """Source -> target."""
    return {match.winner.source: match.target for match in found.matches}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("conv_id", "external_id text"),
        ("conversationId", "source_id text"),
        ("uuid", "external_ref text"),
        ("Conversation No.", "source_conversation_id text"),
    ],
)
def test_the_key_of_a_row_is_the_external_one(make_table, match, source, target) -> None:
    """A table that numbers its own rows keeps the number that they had before in another column."""
    found = match({source: CODES}, make_table("conversations", *TABLE, target))
    assert placed(found) == {source: target.split()[0]}


@pytest.mark.parametrize(
    ("sources", "targets"),
    [
        ({"conv_id": ["wa-1", "wa-1", "wa-2"]}, ["external_id text"]),
        ({"contact_id": CODES}, ["external_id text"]),
        ({"conv_id": CODES}, ["external_account_id text"]),
        ({"conv_id": CODES, "uuid": ["a1", "a2", "a3"]}, ["external_id text"]),
        ({"conv_id": CODES}, ["external_id text", "source_id text"]),
        ({"conv_id": CODES}, ["external_id int8"]),
        ({"conversation": CODES}, ["external_id text"]),
        ({"uuid": CODES}, ["source_code text"]),
        ({"uuid": CODES}, ["source_id text", "target_id text"]),
    ],
)
def test_what_may_be_the_key_of_something_else_is_left_open(make_table, match, sources, targets) -> None:
    """A key that comes twice, of another thing, or one of two is no key of these rows."""
    assert placed(match(sources, make_table("conversations", *TABLE, *targets))) == {}
