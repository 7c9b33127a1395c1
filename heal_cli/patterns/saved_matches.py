"""Matches on record as lines of an exported file, and back: a calibration is fitted to them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from psycopg import sql

from heal_cli.model import Tier
from heal_cli.patterns.store import MATCHES, Connection

_COLUMNS: Final = sql.SQL(
    "run, shape, target, tier, name, type_fit, value_fit, margin, confidence, success, recorded_at"
)


class SavedMatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One match in one run and shape: what it looked like beforehand, and whether its rows were loaded."""

    run: UUID
    shape: str
    target: str
    tier: Tier
    name: float
    type_fit: float
    value_fit: float
    margin: float
    confidence: float
    success: bool
    at: datetime

    @property
    def line(self) -> str:
        """The match as an inline table of TOML."""
        facts = msgspec.structs.asdict(self)
        return f"{{ {', '.join(f'{key} = {_value(value)}' for key, value in facts.items())} }}"


def read_saved_matches(conn: Connection) -> list[SavedMatch]:
    """All matches on record, oldest first."""
    query = sql.SQL("select {} from {} order by recorded_at, run, shape, target").format(_COLUMNS, MATCHES)
    return [
        SavedMatch(run, shape, target, Tier(tier), *seen)
        for run, shape, target, tier, *seen in conn.execute(query).fetchall()
    ]


def add_saved_matches(conn: Connection, matches: tuple[SavedMatch, ...]) -> int:
    """How many of them the database did not have; one of the same run, shape and target stays as it is."""
    places = sql.SQL(", ").join([sql.Placeholder()] * len(SavedMatch.__struct_fields__))
    query = sql.SQL("insert into {} ({}) values ({}) on conflict do nothing")
    with conn.cursor() as cursor:
        cursor.executemany(
            query.format(MATCHES, _COLUMNS, places), [msgspec.structs.astuple(match) for match in matches]
        )
        return max(0, cursor.rowcount)


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    plain = value if isinstance(value, bool | float) else str(value)
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
