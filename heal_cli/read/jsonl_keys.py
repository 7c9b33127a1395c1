"""Keys of JSON objects as column names, and the bounds that keep a hostile file small."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from heal_cli.model import ROW

MAX_COLUMNS: Final = 1600
"""PostgreSQL's limit for a table; no row can need more."""

MAX_KEY_CHARS: Final = 1024
"""A name has at most 63 bytes in PostgreSQL; the room above is for keys that go into a jsonb column."""

MAX_DEPTH: Final = 100
"""Arrays and objects inside each other; PostgreSQL's own bound hangs on its stack, about 6,000."""

_RESERVED: Final = re.compile(rf"{re.escape(ROW)}_*|\*_*|\^.*\$_*", re.DOTALL)
"""Names that mean something else here: heal's row number, and polars' patterns (`*`, `^a.*$`), which even
methods of a series of that name fall for (polars 2.1)."""
_STARTS: Final = {ROW[0], "*", "^"}


class Fault(NamedTuple):
    """Why a record is none."""

    reason: str
    message: str
    column: str | None = None
    value: str | None = None


def column_name(key: str) -> str:
    """The key itself; one that means something else gets an underscore more, and so do those like it."""
    return f"{key}_" if key[:1] in _STARTS and _RESERVED.fullmatch(key) else key


def key_fault(keys: Collection[str]) -> Fault | None:
    """What makes these keys unfit as columns, if anything."""
    if len(keys) > MAX_COLUMNS:
        return Fault("too_many_columns", f"the object has {len(keys):,} keys, more than {MAX_COLUMNS:,}")
    for key in keys:
        if len(key) > MAX_KEY_CHARS:
            start = f"{key[:40]!r}..."
            return Fault(
                "key_too_long", f"the key {start} has {len(key):,} characters, more than {MAX_KEY_CHARS:,}"
            )
        if "\0" in key:
            return Fault("nul_byte", f"the key {key!r} holds a NUL, which PostgreSQL cannot store")
    return None
