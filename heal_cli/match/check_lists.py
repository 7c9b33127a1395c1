"""The texts that a CHECK allows a column."""

from __future__ import annotations

import re
from typing import Final

from heal_cli.model import TableSchema

_CHECK_LIST: Final = re.compile(r"=\s*ANY\s*\(+\s*ARRAY\[(?P<items>.*?)\]", re.DOTALL)
_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'")


def check_lists(table: TableSchema) -> dict[str, tuple[str, ...]]:
    """Column -> the texts a CHECK allows it, for `CHECK (role IN ('user', 'assistant'))`."""
    lists: dict[str, tuple[str, ...]] = {}
    for constraint in table.constraints:
        found = _CHECK_LIST.search(constraint.expression or "") if constraint.kind == "c" else None
        if found and len(constraint.columns) == 1:
            labels = tuple(item.replace("''", "'") for item in _LITERAL.findall(found["items"]))
            if labels:
                lists[constraint.columns[0]] = labels
    return lists
