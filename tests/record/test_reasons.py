"""Every reason that heal can give is explained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import heal_cli
from heal_cli.record import EXPLANATIONS

FAULTS = {"Fault", "_Fault", "Refusal", "refuse"}
"""Calls whose first argument is a reason."""

TABLES = {"REASONS", "_EXPLANATIONS"}
"""Mappings with reasons as keys, or, by SQLSTATE, as values."""

CONSTANTS = {"IGNORED", "SUPERSEDED", "NOT_CONVERTIBLE"}
"""Names of reasons."""

CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def reasons() -> Iterator[str]:
    """Every reason code in the source of heal."""
    for path in Path(heal_cli.__file__).parent.rglob("*.py"):
        if path.name != "reasons.py":
            yield from filter(CODE.fullmatch, _reasons_of(ast.parse(path.read_text())))


def _reasons_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name), args=[first, *_]) if name in FAULTS:
                yield from _texts(first)
            case ast.Call(func=ast.Name("_rejects"), args=[_, reason, *_]):
                yield from _texts(reason)
            case ast.keyword("reason", value):
                yield from _texts(value)
            case ast.AnnAssign(ast.Name(name), _, ast.Dict(keys, values)) if name in TABLES:
                for key, value in zip(keys, values, strict=True):
                    # A name stands for an SQLSTATE, too.
                    is_sqlstate = isinstance(key, ast.Name) or (
                        isinstance(key, ast.Constant) and re.fullmatch(r"[0-9A-Z]{5}", str(key.value))
                    )
                    yield from _texts(value if is_sqlstate else key)
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), value=value) if (
                name in CONSTANTS
            ):
                yield from _texts(value)
            case ast.Dict(keys, values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "reason":
                        yield from _texts(value)
            case ast.Return(ast.Call(ast.Attribute(ast.Name("REASONS"), "get"), [_, other])):
                yield from _texts(other)
            case ast.Return(ast.Tuple([*_, ast.Constant(str() as text)])) if text.endswith("_quote"):
                yield text


def _texts(node: ast.AST | None) -> Iterator[str]:
    if node is None:
        return
    for part in ast.walk(node):
        is_text = isinstance(part, ast.Constant) and isinstance(part.value, str)
        if is_text and part.value != "reason":  # the column's own name in expressions
            yield part.value


FOUND = frozenset(reasons())


def test_the_search_finds_them() -> None:
    """The search is no use if it finds nothing: some of each room."""
    found = FOUND
    assert {"unclosed_quote", "too_few_fields", "invalid_json", "duplicate_key"} <= found
    assert {"ambiguous", "would_round", "dst_gap", "not_json", "not_convertible"} <= found
    assert {"unknown_column", "not_null_violation", "foreign_key_violation"} <= found
    assert {"refused_by_server", "trigger_skipped", "duplicate_superseded", "check_violation"} <= found


@pytest.mark.parametrize("reason", sorted(FOUND))
def test_every_reason_is_explained(reason: str) -> None:
    """A new reason needs an entry in record/reasons.py: what happened, and what mends it."""
    assert reason in EXPLANATIONS


@pytest.mark.parametrize("reason", sorted(EXPLANATIONS))
def test_an_explanation_is_whole(reason: str) -> None:
    """A sentence, and placeholders that are known."""
    explanation = EXPLANATIONS[reason]
    assert re.fullmatch(r"[A-Z].*\.|.*done\.", explanation.what)
    for fix in explanation.fixes:
        names = re.findall(r"\{(\w+)\}", f"{fix.when} {fix.sql} {fix.flags}")
        assert set(names) <= {"table", "column", "constraint", "value", "literal"}
        assert fix.is_retried or not (fix.sql or fix.flags)


@pytest.mark.parametrize("reason", EXPLANATIONS)
def test_no_way_out_loads_a_row_twice(reason: str) -> None:
    """A changed file is another source. Previously it was said to be loaded again, with the rows that are there."""
    for fix in EXPLANATIONS[reason].fixes:
        if not fix.is_retried and "load" in fix.when:
            assert re.search("of its own|undo the run|--again|--mode", fix.when), fix.when
