"""Words for people that depend on a number."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """'1 batch', '3 batches'; `many` where an s behind `one` is not enough."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
