"""bool: true and false as PostgreSQL reads them, and the yes/no words of a column."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

import polars as pl

from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, heal_residue, refuse_all
from heal_cli.model import ColumnFormat, Converted, Fault, HealMask, PgType, ValueOptions

RULE: Final = "boolean_word"

TRUE: Final = ("true", "t")
FALSE: Final = ("false", "f")

SERVER_TRUE: Final = ("y", "yes", "on", "1", "tr", "tru", "ye")
SERVER_FALSE: Final = ("n", "no", "off", "0", "fa", "fal", "fals", "of")
"""What PostgreSQL's boolin also takes (manual, 8.6): unique prefixes too."""

PAIRS: Final = (
    ("ja", "nein"), ("ja", "nee"), ("oui", "non"), ("si", "no"), ("sí", "no"), ("sì", "no"), ("sim", "não"),
    ("sim", "nao"), ("wahr", "falsch"), ("richtig", "falsch"), ("vrai", "faux"), ("verdadero", "falso"),
    ("verdadeiro", "falso"), ("vero", "falso"), ("waar", "onwaar"), ("tak", "nie"), ("да", "нет"), ("是", "否"),
    ("1.0", "0.0"), ("✓", "✗"), ("✔", "✘"),
)  # fmt: skip
"""Words that mean true or false wherever they stand."""

LETTERS: Final = (("j", "n"), ("o", "n"), ("s", "n"), ("v", "f"), ("w", "f"), ("v", "n"))
"""Single letters: only where the column holds no other word than the two."""

OPPOSITES: Final = (
    ("active", "inactive"), ("enabled", "disabled"), ("enable", "disable"), ("pass", "fail"), ("passed", "failed"),
    ("success", "failure"), ("succeeded", "failed"), ("ok", "nok"), ("ok", "error"), ("present", "absent"),
    ("valid", "invalid"), ("checked", "unchecked"), ("accepted", "rejected"), ("approved", "rejected"),
    ("allowed", "denied"), ("allow", "deny"), ("paid", "unpaid"), ("read", "unread"), ("verified", "unverified"),
    ("subscribed", "unsubscribed"), ("available", "unavailable"), ("complete", "incomplete"), ("positive", "negative"),
    ("always", "never"), ("aktiv", "inaktiv"), ("actif", "inactif"), ("activo", "inactivo"), ("ativo", "inativo"),
    ("attivo", "inattivo"), ("actief", "inactief"), ("-1", "0"),
)  # fmt: skip
"""Two words of which the first says yes: only where the column holds both and no other."""

NEGATIONS: Final = frozenset(
    spelt
    for word in (
        "not", "no", "non", "nicht", "kein", "keine", "ohne", "without", "pas", "sans", "sin", "sem", "senza", "não", "nao",
        "niet", "geen", "zonder",
    )
    for spelt in (word + " ", word + "-", word + "_")
) | {"un", "in", "non", "dis", "nicht", "niet"}  # fmt: skip
"""What makes the opposite of a word that stands behind it."""

_SHORTEST_STEM: Final = 4  # letters of the word that is negated: `come` and `income` are longer than chance

_ATTEMPT: Final = "boolean: true/false, yes/no, on/off, 1/0 or the column's own two words"

ALONE: Final = ("x", "checked")
"""A tick in a column that has no other word; its blanks stay NULL."""


def wire(type: PgType) -> pl.DataType:
    """Boolean."""
    return pl.Boolean()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base` with the words that mean true and false in this column."""
    words = frozenset(_folded(values.unique()).to_list())
    pairs = [pair for pair in PAIRS if words.intersection(pair)]
    letters = [pair for pair in LETTERS if words and words <= set(pair) and pair[0] in words]
    if len(letters) == 1:
        pairs += letters
    pairs += [pair for pair in OPPOSITES if words == frozenset(pair)]
    pairs += _negated(words)
    if len(words) == 1 and words <= set(ALONE):
        pairs += [(word, word) for word in words]
    trues = tuple(dict.fromkeys(true for true, _ in pairs))
    falses = tuple(dict.fromkeys(false for _, false in pairs if false not in trues))
    return replace(base, true_words=trues, false_words=falses)


def _negated(words: frozenset[str]) -> list[tuple[str, str]]:
    """The column's only two words, where one is the other with a no in front: `insured`, `not insured`."""
    if len(words) != 2:
        return []
    short, long = sorted(words, key=len)
    no = long.removesuffix(short)
    is_no = no != long and len(short) >= _SHORTEST_STEM and no in NEGATIONS
    return [(short, long)] if is_no else []


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """true/false and t/f at once; the words, in any case, as a named heal."""
    exact = _either(values, TRUE, FALSE)
    if exact.null_count() == values.null_count():
        return Converted(exact.alias(values.name))
    typed = exact.zip_with(exact.is_not_null(), _either(values, *_vocabulary(format)))
    healer = Healer(_ATTEMPT, lambda texts: _words(texts, format))
    heal = HealMask(RULE, exact.is_null() & typed.is_not_null())
    return heal_residue(values, typed, (healer,), nulls=format.nulls, heals=(heal,))


def _vocabulary(format: ColumnFormat) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return SERVER_TRUE + format.true_words, SERVER_FALSE + format.false_words


def _either(values: pl.Series, trues: tuple[str, ...], falses: tuple[str, ...]) -> pl.Series:
    return values.alias("text").to_frame().select(_reading(trues, falses)).to_series().alias(values.name)


@cache
def _reading(trues: tuple[str, ...], falses: tuple[str, ...]) -> pl.Expr:
    text = pl.col("text")
    is_true, is_false = (text.is_in(_cased(words)) for words in (trues, falses))
    return pl.when(is_true).then(True).when(is_false).then(False)


def _cased(words: tuple[str, ...]) -> list[str]:
    """The words as people type them: yes, Yes, YES."""
    return [spelt for word in words for spelt in (word, word.capitalize(), word.upper())]


def _words(texts: pl.Series, format: ColumnFormat) -> Attempt:
    folded = _folded(texts)
    exact = _either(folded, TRUE, FALSE)
    values = exact.zip_with(exact.is_not_null(), _either(folded, *_vocabulary(format)))
    return Attempt(values, (HealMask(RULE, exact.is_null()),))


def _folded(texts: pl.Series) -> pl.Series:
    return texts.str.strip_chars().str.to_lowercase()


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Booleans as they are; numbers that are 0 or 1 as a named heal."""
    if values.dtype == pl.Boolean:
        return Converted(values)
    if not values.dtype.is_numeric():
        return refuse_all(values, pl.Boolean(), f"{values.dtype} is no boolean")
    made = (values == 1).zip_with((values == 0) | (values == 1), pl.Series([None], dtype=pl.Boolean))
    failed = made.is_null() & values.is_not_null()
    heals = (HealMask(RULE, made.is_not_null()),) if made.is_not_null().any() else ()
    faults = (Fault(NOT_CONVERTIBLE, failed, ("number: neither 0 nor 1",)),) if failed.any() else ()
    return Converted(made, heals, faults)
