"""Promises of the connection strings: no secret is shown, and libpq can take them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from heal_cli.conninfo import mask, mask_text, normalize, warnings
from heal_cli.errors import UsageError


@pytest.mark.parametrize(
    ("conninfo", "masked"),
    [
        ("postgresql://u:hunter2@h:5432/db?sslmode=require", "postgresql://u:***@h:5432/db?sslmode=require"),
        ("postgresql://u:p@ss/w?x@h/db", "postgresql://u:***@h/db"),
        (
            "postgresql://u@h/db?password=hunter2&sslpassword=x",
            "postgresql://u@h/db?password=***&sslpassword=***",
        ),
        ("postgresql://h/db?pass%77ord=hunter2", "postgresql://h/db?pass%77ord=***"),
        ("postgresql+psycopg://u:hunter2@h", "postgresql+psycopg://u:***@h"),
        ("jdbc:postgresql://h/db?user=u&password=hunter2", "jdbc:postgresql://h/db?user=u&password=***"),
        ("host=h password=hunter2 dbname=x", "host=h password=*** dbname=x"),
        ("host=h password = 'it\\'s a secret' dbname=x", "host=h password=*** dbname=x"),
        ("host=h password=my secret", "host=h password=*** ***"),
        ("host=h password=http://secret", "host=h password=***"),
        ("password='unclosed secret", "password=***"),
        ("hunter2", "***"),
        ("postgresql://h/db", "postgresql://h/db"),
        ("service=prod", "service=prod"),
        ("", ""),
    ],
)
def test_mask(conninfo: str, masked: str) -> None:
    """Every form that holds a password shows none."""
    assert mask(conninfo) == masked


@settings(max_examples=50)
@given(password=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=4))
def test_no_password_survives(password: str) -> None:
    """Whatever libpq's own quoting makes of it, the password is gone."""
    masked = mask(make_conninfo(user="u", password="#" + password, host="h"))
    assert masked == "user=u password=*** host=h"


def test_messages_of_libpq_are_masked_piece_by_piece() -> None:
    """libpq quotes pieces of what it could not parse."""
    conninfo = "postgresql://u:hunt/er22@h/db"
    message = 'invalid integer value "hunt" for connection option "port"; er22 hunters'
    assert mask_text(message, conninfo) == (
        'invalid integer value "***" for connection option "port"; *** hunters'
    )


@pytest.mark.parametrize(
    ("given_", "normal"),
    [
        ("postgresql+psycopg://u@h/db", "postgresql://u@h/db"),
        ("postgres+asyncpg://u@h/db", "postgresql://u@h/db"),
        ("jdbc:postgresql://h/db?user=u", "postgresql://h/db?user=u"),
        ("jdbc:postgresql:db", "postgresql:///db"),
        (" postgres://h ", "postgres://h"),
        ("host=h password=http://x", "host=h password=http://x"),
        ("", ""),
    ],
)
def test_normalize(given_: str, normal: str) -> None:
    """Drivers' own prefixes go, all else stays."""
    assert normalize(given_) == normal


@pytest.mark.parametrize("text", ["mysql://u:hunter2@h/db", "hunter2", "sqlite:///x"])
def test_what_is_no_connection_string(text: str) -> None:
    """It is refused without being shown."""
    with pytest.raises(UsageError, match="is not a PostgreSQL connection string") as caught:
        normalize(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("conninfo", "count"),
    [
        ("postgresql://u:p@ss@h", 1),
        ("postgresql://u:1/ss@h/db", 1),
        ("postgresql://u:p@h", 0),
        ("postgresql://u@h:5432/db", 0),
        ("postgresql://h:5432/db", 0),
        ("postgresql://u:p@h/db?application_name=a@b", 0),
        ("host=a@b password=a@b", 0),
    ],
)
def test_marks_inside_a_password(conninfo: str, count: int) -> None:
    """Two '@' in a URI, or a '/' before one, are warned about: libpq would look for the host 'ss@h' or 'u'."""
    assert len(warnings(conninfo)) == count
