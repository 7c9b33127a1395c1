"""Python's own spelling of lists and dicts, as `repr` writes it, into a syntax tree."""

from __future__ import annotations

import ast
import re
from typing import Final

_LONGEST: Final = 1_000_000  # characters; Python's parser takes a hundred times the text in memory

_ESCAPE: Final = r"""\\(?:[\\'"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00[0-9a-fA-F]{6})"""
_NUMBER: Final = r"(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?"
# Python joins texts that stand side by side: the numpy array ['a' 'b'] is no ['ab'], nor is 'it''s' SQL's "its".
_ALONE: Final = r"""(?!\s*['"])"""
_LITERAL: Final = re.compile(
    rf"""(?:\s*(?:(?:'(?:[^'\\\n]|{_ESCAPE})*'|"(?:[^"\\\n]|{_ESCAPE})*"){_ALONE}|-?{_NUMBER}(?![0-9A-Za-z_.])|"""
    r"(?:True|False|None)(?![0-9A-Za-z_])|[{}\[\]:,]))++\s*"
)
"""All tokens that may stand there: without others the parser has nothing to warn about on the user's terminal."""


def parse_literal(text: str) -> ast.expr | None:
    """The tree of a literal made of lists, dicts, sets, text, numbers, True, False and None; None for all else."""
    text = text.strip()
    if len(text) > _LONGEST or not _LITERAL.fullmatch(text):
        return None
    try:
        return ast.parse(text, mode="eval").body
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def written_as(text: str, node: ast.expr) -> str | None:
    """How a node of the tree is written in its text, which begins without blanks."""
    if node.end_lineno != 1:
        return ast.get_source_segment(text, node)
    # of a text of one line the library would take a copy in pieces, for each of its nodes
    return text.encode()[node.col_offset : node.end_col_offset].decode()
