"""What the ledger keeps of names that others gave, in a database of any encoding."""

from __future__ import annotations

import base64
import json
from typing import Final

import psycopg

_HOLDS_ALL: Final = frozenset({"UTF8", "SQL_ASCII"})


def to_stored(connection: psycopg.Connection, document: str) -> str:
    """The document, or a JSON string of ASCII that `from_stored` reads where the database may lack a character.

    Unicode escapes would not do: the server unescapes them when it looks into a document.
    """
    if _holds(connection, document):
        return document
    return json.dumps(base64.b64encode(document.encode()).decode())


def from_stored(stored: str) -> str:
    """The document again."""
    return base64.b64decode(json.loads(stored)).decode() if stored.startswith('"') else stored


def to_readable(connection: psycopg.Connection, text: str) -> str:
    """The text for people, with escapes where the database may lack a character."""
    return text if _holds(connection, text) else text.encode("ascii", "backslashreplace").decode()


def _holds(connection: psycopg.Connection, text: str) -> bool:
    return text.isascii() or connection.info.parameter_status("server_encoding") in _HOLDS_ALL
