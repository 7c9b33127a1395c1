"""Flags that say otherwise than a plan which is followed all the same."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import fields
from typing import Final

from heal_cli.model import ValueOptions

_FLAGS: Final = {"nulls": "null"}
"""Fields of `ValueOptions` that are called otherwise than their flags."""


def flags_against(
    planned: ValueOptions,
    pairs: Container[tuple[str | None, str]],
    values: ValueOptions,
    renames: Sequence[tuple[str, str]],
) -> list[str]:
    """Names of the flags that were given and change nothing; what was not given says nothing.

    Args:
        planned: What the plan was made with.
        pairs: Source and target of its columns.
        values: What is said about values now.
        renames: What is said about columns now.
    """
    default = ValueOptions()
    flags = ["--map"] if any(pair not in pairs for pair in renames) else []
    for field in fields(ValueOptions):
        said, unsaid, followed = (_meant(getattr(each, field.name)) for each in (values, default, planned))
        if said not in (unsaid, followed):
            flags.append(f"--{_FLAGS.get(field.name, field.name).replace('_', '-')}")
    return flags


def _meant(said: object) -> object:
    """Tokens mean the same in any order."""
    return frozenset(said) if isinstance(said, tuple) else said
