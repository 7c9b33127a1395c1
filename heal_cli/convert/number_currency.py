"""Which currency the amounts of a column are in: one, or else their signs are no dress but a question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import polars as pl

from heal_cli.convert import number_grammar as grammar
from heal_cli.convert.constant import constant
from heal_cli.convert.number_text import plain_ascii
from heal_cli.model import ColumnFormat

MIXED: Final = "mixed_currencies"
"""What `--allow` calls the loss of signs that tell amounts apart."""

ANY: Final = "any"
"""Stands for the currencies of a column whose signs may be dropped whatever they are."""

_SAME: Final = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "RS": "INR", "₽": "RUB",
    "₩": "KRW", "₺": "TRY", "₴": "UAH", "₪": "ILS", "R$": "BRL", "ZŁ": "PLN", "KČ": "CZK", "FR": "CHF", "CA$": "CAD",
    "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "NT$": "TWD", "MX$": "MXN",
    "฿": "THB", "₫": "VND", "₱": "PHP",
}  # fmt: skip


_EXPONENT: Final = "[0-9][eE][+-]?[0-9]+"

_NO_SIGN: Final = "0123456789.,'_ ()+%-"


def currencies(amounts: pl.Series) -> tuple[str, ...]:
    """The currencies that stand in amounts of money, by their code where they have one, each once."""
    return tuple(_named(_signs(amounts).unique()).unique().sort()) if len(amounts) else ()


def ask(named: Iterable[str]) -> str:
    """The question of a column that holds amounts in these currencies."""
    names = sorted(named)
    holds = f"{names[0]} and amounts without a sign" if len(names) == 1 else ", ".join(names)
    return f"Which currency is meant? The column holds {holds}; drop the signs with --allow {MIXED}"


def symbols(format: ColumnFormat, allow: frozenset[str]) -> str:
    """The signs that may be taken off without a look at what they are."""
    if _may_drop_all(format, allow):
        return grammar.SYMBOLS
    return "".join(sign for sign in grammar.SYMBOLS if format.currencies == (_SAME.get(sign, sign),))


def others(
    texts: pl.Series, amounts: pl.Series, format: ColumnFormat, allow: frozenset[str]
) -> tuple[pl.Series, str]:
    """Where an amount is not in the column's one currency, and the question that asks.

    Args:
        amounts: Where `texts` are dressed numbers with a currency.
    """
    mask = constant(False, len(texts), pl.Boolean)
    if _may_drop_all(format, allow) or not amounts.any():
        return mask, ""
    places = amounts.arg_true()
    if len(format.currencies) == 1:
        ours = texts[places].str.contains(_spellings(format.currencies[0]))
        places = places.filter(~ours)
    found = _named(_signs(texts[places]))
    strange = ~found.is_in(format.currencies) if len(format.currencies) == 1 else found.is_not_null()
    if not strange.any():
        return mask, ""
    question = ask({*format.currencies, *found.filter(strange)})
    return mask.scatter(places.filter(strange), True), question


def _spellings(currency: str) -> str:
    """A regular expression for amounts that are certainly in that currency: a third of the price of its name."""
    spelt = sorted({currency, *(sign for sign, name in _SAME.items() if name == currency)})
    return rf"(?i)(?:^|[^\p{{L}}])(?:{'|'.join(map(re.escape, spelt))})(?:$|[^\p{{L}}])"


def _may_drop_all(format: ColumnFormat, allow: frozenset[str]) -> bool:
    return MIXED in allow or format.currencies == (ANY,)


def _signs(amounts: pl.Series) -> pl.Series:
    """The amounts without the digits and marks at their ends: often all but the sign, at a tenth of the price."""
    ascii, _ = plain_ascii(amounts)
    if ascii.str.contains(_EXPONENT).any():
        ascii = ascii.str.replace(_EXPONENT, "")
    return ascii.str.strip_chars(_NO_SIGN)


def _named(signs: pl.Series) -> pl.Series:
    bare = signs.str.replace_all(f"[{re.escape(_NO_SIGN)}]", "")
    return bare.str.to_uppercase().replace(_SAME)
