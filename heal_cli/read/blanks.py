"""Records with blanks between a quote and the delimiter, `"a" ,"b"`, as records without them."""

from __future__ import annotations

import re

import polars as pl

from heal_cli.read.fields import Grammar
from heal_cli.read.plain_quotes import Plain, is_plain


def without_blanks(texts: pl.Series, grammar: Grammar) -> Plain:
    """Records with quotes beside their delimiters; it is sure where all others open, close or are doubled.

    Every quoted cell then is told from the first quote to the next that is not doubled, so there is one reading.
    """
    if not (grammar.quote and is_plain(grammar)) or grammar.is_long or grammar.delimiter == " ":
        return Plain(texts, pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True))
    quoted, d = grammar.quoted_pattern, re.escape(grammar.delimiter)
    cell = f"(?: *{quoted} *|[^{re.escape(grammar.quote)}{d}]*)"
    is_sure = texts.str.contains(f"^{cell}(?:{d}{cell})*$").fill_null(False)
    return Plain(texts.str.replace_all(f" *({quoted}) *", "${1}"), is_sure)
