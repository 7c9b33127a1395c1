"""Which decimal mark a column uses, and what its percents mean: from all values it is given, or a question."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import polars as pl

from heal_cli.convert import number_currency, number_text
from heal_cli.convert import number_grammar as grammar
from heal_cli.convert.number_target import Target, settle
from heal_cli.model import ColumnFormat

_DECIMAL_FLAG: Final = "--decimal"
_ANSWERS: Final = f"{_DECIMAL_FLAG} . or {_DECIMAL_FLAG} ,"

_POINT_OR_GROUP: Final = r"^\s*[+-]?[1-9][0-9]{0,2}\.[0-9]{3}\s*$"

_PERCENTS: Final = f"[{''.join(sign for sign, ascii in grammar.ASCII_OF.items() if ascii == '%')}%]"

_THREE: Final = 3
"""Digits between thousands marks. Types with as many fractional digits expect 1.234; types with fewer do not, and
hardly any amount of money has three, whatever its type."""

_POINTED: Final = pl.col("point") & pl.col("marked")


def asks_decimal(format: ColumnFormat) -> bool:
    """Whether the column's decimal mark is an open question, so that only what fits one reading is read."""
    return format.decimal is None and format.question is not None and _DECIMAL_FLAG in format.question


def asks_values(texts: pl.Series, base: ColumnFormat) -> bool:
    """Whether what the column's numbers are worth bears on its format, and not only how they are written."""
    return base.percent is None and texts.str.contains(_PERCENTS).any()


def decide(
    values: pl.Series, target: Target, base: ColumnFormat, allow: frozenset[str] = frozenset()
) -> ColumnFormat:
    """`base` with the decimal mark, the scale of percents, the currency and the questions that stay open.

    Args:
        values: Texts, no nulls and no null tokens.
        allow: With 'mixed_currencies', signs of several currencies may be dropped from one column.
    """
    if number_currency.MIXED in allow:
        base = replace(base, currencies=(number_currency.ANY,))
    is_plain = values.str.contains(grammar.PLAIN)
    if is_plain.all():
        return base if base.decimal else _from_points(values, None, target, base, allow)
    plain = values.filter(is_plain)
    dressed = values.filter(~is_plain & values.str.contains(r"\p{Nd}"))
    if not len(dressed):
        return base if base.decimal else _from_points(plain, None, target, base, allow)
    parts = number_text.take_apart(dressed)
    money = dressed.filter(parts["ok"] & parts["currency"])
    parts = parts.filter("ok")
    made = base if base.decimal else _mark(plain, parts, target, base)
    if made.decimal is None and made.question is None:
        made = _from_points(plain, parts, target, base, allow)
    percent, percent_question = base.percent, None
    if percent is None:
        percent, percent_question = _percent(plain, parts, target, made)
    currencies = base.currencies or number_currency.currencies(money)
    currency_question = number_currency.ask(currencies) if len(currencies) > 1 else None
    questions = [asked for asked in (made.question, percent_question, currency_question) if asked]
    return replace(made, percent=percent, currencies=currencies, question="; ".join(questions) or None)


def _mark(plain: pl.Series, parts: pl.DataFrame, target: Target, base: ColumnFormat) -> ColumnFormat:
    """`base` with the mark that values speak for, or the question that they raise; as it is where they say nothing."""
    points = plain.filter(plain.str.contains(".", literal=True))
    proving = points.filter(_proving(points))
    by_point, by_comma, either_point, either_comma = _examples(parts)
    by_point = next(iter(proving.head(1)), by_point)
    either_point = next(iter(points.head(1)), either_point)
    if by_comma and by_point:
        return replace(base, question=_decimal_question(by_comma, by_point))
    if by_comma or by_point:
        return replace(base, decimal="," if by_comma else ".")
    if not either_comma:
        return base
    if target.kind == "integer" and not either_point:
        return replace(base, decimal=".", unproven=True)  # a whole number has no use for a decimal comma
    return replace(base, question=_decimal_question(either_comma, *filter(None, [either_point])))


def _examples(parts: pl.DataFrame) -> tuple[str | None, ...]:
    """The first number that fits the decimal point alone, the comma alone, and both with a point or with a comma."""
    point, comma, number = pl.col("point"), pl.col("comma"), pl.col("number")
    has_comma = number.str.contains(",", literal=True)
    found = parts.select(
        number.filter(where).first().alias(name)
        for name, where in {
            "by_point": point & ~comma & pl.col("marked"),
            "by_comma": comma & ~point,
            "either_point": comma & point & pl.col("marked") & ~has_comma,
            "either_comma": comma & point & has_comma,
        }.items()
    )
    return found.row(0)


def _from_points(
    plain: pl.Series,
    parts: pl.DataFrame | None,
    target: Target,
    base: ColumnFormat,
    allow: frozenset[str],
) -> ColumnFormat:
    """Points alone: PostgreSQL's own decimal mark, but a question where thousands are as likely."""
    points = plain.filter(plain.str.contains(".", literal=True))
    if not (len(points) or (parts is not None and _first(parts, _POINTED))):
        return base
    if _proving(points).any():
        return replace(base, decimal=".")
    is_coarse = target.scale is not None and target.scale < _THREE and "round" not in allow
    doubtful = points.head(1).to_list() if is_coarse else []
    if parts is not None and target.scale != _THREE:
        doubtful += _first(parts, _POINTED & ~pl.col("percent"))
    if not doubtful:
        return replace(base, decimal=".", unproven=True)
    asked = f"Does the point of {doubtful[0]!r} part thousands or is it the decimal mark?"
    return replace(base, question=f"{asked} Answer with {_ANSWERS}")


def ask_points(format: ColumnFormat) -> ColumnFormat:
    """The format of an unproven column as an open question, where its file speaks for decimal commas."""
    question = (
        "Does the mark in numbers such as 1.234 or 1,234 part thousands or is it the decimal mark? Others of this"
        f" file have decimal commas or semicolons between them. Answer with {_ANSWERS}"
    )
    questions = "; ".join(filter(None, (question, format.question)))
    return replace(format, decimal=None, unproven=False, question=questions)


def _proving(plain: pl.Series) -> pl.Series:
    """Where a plain number's point cannot be a thousands mark."""
    return plain.str.contains(".", literal=True) & ~plain.str.contains(_POINT_OR_GROUP)


def _first(parts: pl.DataFrame, where: pl.Expr) -> list[str]:
    return parts.filter(where)["number"].head(1).to_list()


def _decimal_question(*examples: str) -> str:
    return f"Is the decimal mark of {' and '.join(map(repr, examples))} a comma or a point? Answer with {_ANSWERS}"


def _percent(
    plain: pl.Series, parts: pl.DataFrame, target: Target, format: ColumnFormat
) -> tuple[Literal["fraction", "number"] | None, str | None]:
    cells = parts.filter("percent")
    if not cells.height:
        return None, None
    comma = pl.lit(format.decimal == ",")
    number, fraction = (_fit(cells, comma, shift, target) for shift in (0, -2))
    if number != fraction:
        return ("number" if number else "fraction"), None
    decided = _beside(plain) if number else None
    if decided is not None:
        return decided, None
    asked = f"Does {cells['number'][0] + '%'!r} mean the number before the sign or its hundredth?"
    return None, f"{asked} Answer with --percent number or --percent fraction"


def _fit(cells: pl.DataFrame, comma: pl.Expr, shift: int, target: Target) -> bool:
    """Whether all percents fit the target exactly, read as numbers (shift 0) or as fractions (shift -2)."""
    return not settle(number_text.spell_out(cells, comma, shift), target, frozenset()).values.has_nulls()


def _beside(plain: pl.Series) -> Literal["fraction", "number"] | None:
    """What the bare numbers of the same column say: all within one are fractions, none within one are percents."""
    sizes = plain.cast(pl.Float64, strict=False).abs().drop_nulls()
    telling = sizes.filter((sizes != 0) & (sizes != 1))
    if not len(telling):
        return None
    if (telling < 1).all():
        return "fraction"
    return "number" if (telling > 1).all() else None
