"""Arrays of any family: elements are converted as values of their own, the array travels as a literal.

The elements of all cells are laid end to end and go through their family at once; only cells with nesting,
quotes or escapes are taken apart in Python.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert import extended_json
from heal_cli.convert.array_delimited import RULE as DELIMITED
from heal_cli.convert.array_delimited import as_lists, choose_mark
from heal_cli.convert.array_plain import read_plain, tell_nothing
from heal_cli.convert.array_text import literal_of, parse_array, quoted_elements
from heal_cli.convert.constant import constant
from heal_cli.convert.families import family_of
from heal_cli.convert.json_layouts import SCALAR
from heal_cli.convert.residue import Attempt, Healer, Refusal, heal_residue, mask_of, spread
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

_PLAIN: Final = r'^\{[^{}"\\\s,]+(?:,[^{}"\\\s,]+)*\}$'
"""A literal of one dimension without quotes or blanks."""

_PLAIN_JSON: Final = rf"^\[\s*{SCALAR}(?:\s*,\s*{SCALAR})*\s*\]$"
"""A list of scalars without escapes."""

_JSON_ITEM: Final = r'"[^"]*"|[^\[\],\s"]+'


class _Laid(NamedTuple):
    """The elements of many cells end to end."""

    elements: pl.DataFrame  # cell (UInt32), value
    nested: dict[int, tuple[int, ...]]  # shape of the cells with more than one dimension
    empty: pl.Series  # cells (UInt32) without elements
    rules: dict[int, str]  # heal of the cells whose spelling was none


def wire(type: PgType) -> pl.DataType:
    """Text: an array literal."""
    return pl.String()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """The format of the elements, decided from all of them."""
    element = _element(type)
    mark = choose_mark(values, element, options, base)
    if tell_nothing(values, element, replace(base, list_mark=mark)):
        values = values.clear()
    spelt, _ = as_lists(values, mark)
    laid = _lay_texts(spelt, element).elements["value"].drop_nulls()
    texts, _ = extended_json.unwrap(laid, element)
    return replace(family_of(element).decide(texts, element, options, base), list_mark=mark)


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """PostgreSQL literals, JSON lists and Python lists as literals with every element converted."""

    def heal(texts: pl.Series) -> Attempt:
        plain = read_plain(texts, _element(type), format)
        left = plain.values.is_null().arg_true()
        if not len(left):
            return plain
        rest = spread(take_apart(texts[left]), left, len(texts))
        values = pl.select(pl.coalesce(plain.values, rest.values)).to_series()
        return Attempt(values, (*plain.heals, *rest.heals), rest.refused)

    def take_apart(texts: pl.Series) -> Attempt:
        spelt, is_list = as_lists(texts, format.list_mark)
        made = _convert(_lay_texts(spelt, _element(type)), len(texts), _element(type), format, allow)
        return made._replace(heals=(*made.heals, HealMask(DELIMITED, is_list)))

    typed = constant(None, len(values), pl.String)
    attempt = "array: {a,b} or [a, b], nested ones with rows of one length"
    if format.list_mark is None and values.str.contains(",", literal=True).any():
        attempt += "; a list with commas between its elements with --allow comma_list"
    return heal_residue(values, typed, (Healer(attempt, heal),), nulls=format.nulls)


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Lists of a typed source as literals with every element converted; what is no list fails."""

    def heal(cells: pl.Series) -> Attempt:
        if not isinstance(cells.dtype, pl.List | pl.Array):
            return Attempt(constant(None, len(cells), pl.String))
        return _convert(_lay_lists(cells), len(cells), _element(type), format, allow)

    typed = constant(None, len(values), pl.String)
    return heal_residue(values, typed, (Healer(f"{values.dtype} as {type.name}", heal),))


def _element(type: PgType) -> PgType:
    assert type.element is not None
    return type.element


def _lay_texts(texts: pl.Series, element: PgType) -> _Laid:
    holds_json = element.base in ("json", "jsonb")
    frame = texts.alias("text").to_frame().with_row_index("cell")
    literal = pl.col("text").str.contains(_PLAIN)
    json = pl.lit(False) if holds_json else pl.col("text").str.contains(_PLAIN_JSON)
    split = pl.col("text").str.slice(1, pl.col("text").str.len_chars() - 2).str.split(",")
    plain = frame.filter(literal).select("cell", split.alias("value")).explode("value")
    plain = plain.with_columns(pl.when(pl.col("value").str.to_uppercase() != "NULL").then("value"))
    listed = (
        frame.filter(json)
        .select("cell", pl.col("text").str.extract_all(_JSON_ITEM).alias("value"))
        .explode("value")
    )
    item = pl.col("value")
    listed = listed.with_columns(
        pl.when(item.str.starts_with('"'))
        .then(item.str.slice(1, item.str.len_chars() - 2))
        .when(item != "null")
        .then(item)
    )
    rest = _lay_cells(frame.filter(~literal & ~json), holds_json)
    return rest._replace(elements=pl.concat([plain, listed, rest.elements]))


def _lay_cells(frame: pl.DataFrame, keep_json: bool) -> _Laid:
    """Cells that no pattern can take apart, one by one."""
    parsed = [(cell, parse_array(text, keep_json=keep_json)) for cell, text in frame.iter_rows()]
    good = [(cell, elements) for cell, elements in parsed if elements is not None]
    elements = pl.DataFrame(
        {
            "cell": [cell for cell, found in good for _ in found.values],
            "value": [value for _, found in good for value in found.values],
        },
        schema={"cell": pl.UInt32, "value": pl.String},
    )
    return _Laid(
        elements,
        {cell: found.shape for cell, found in good if len(found.shape) > 1},
        pl.Series([cell for cell, found in good if not found.shape], dtype=pl.UInt32),
        {cell: found.rule for cell, found in good if found.rule},
    )


def _lay_lists(cells: pl.Series) -> _Laid:
    cells = cells.alias("value")
    if isinstance(cells.dtype, pl.Array):
        cells = cells.arr.to_list()
    frame = cells.to_frame().with_row_index("cell")
    nested: dict[int, tuple[int, ...]] = {}
    length = pl.col("value").list.len()
    empty = frame.filter(length == 0)["cell"]
    frame = frame.filter(length > 0)
    while isinstance(frame["value"].dtype, pl.List):
        frame, nested = _unnest(frame, nested)
    return _Laid(frame, {cell: shape for cell, shape in nested.items() if len(shape) > 1}, empty, {})


def _unnest(
    frame: pl.DataFrame, shapes: dict[int, tuple[int, ...]]
) -> tuple[pl.DataFrame, dict[int, tuple[int, ...]]]:
    """One level less; cells whose rows differ in length, or are empty or null, leave the frame and so fail."""
    lengths = pl.col("value").list.len()
    rows = frame.group_by("cell", maintain_order=True).agg(
        lengths.min().alias("low"), lengths.max().alias("high"), pl.col("value").null_count().alias("nulls")
    )
    even = rows.filter((pl.col("low") == pl.col("high")) & (pl.col("low") > 0) & (pl.col("nulls") == 0))
    grown = {cell: (*shapes.get(cell, ()), length) for cell, length in even.select("cell", "low").iter_rows()}
    kept = frame.join(even.select("cell"), on="cell", how="semi", maintain_order="left")
    return kept.explode("value"), grown


def _convert(
    laid: _Laid, height: int, element: PgType, format: ColumnFormat, allow: frozenset[str]
) -> Attempt:
    """The laid out cells as literals; a cell with an element that fails has none."""
    values = laid.elements["value"]
    family = family_of(element)
    is_wrapped = None
    if values.dtype == pl.String:
        values, is_wrapped = extended_json.unwrap(values, element)
    # NULL is spelled in an array; a token such as 'n/a' is an element like any other.
    plain = replace(format, nulls=())
    convert = family.to_typed if values.dtype == pl.String else family.from_typed
    if values.dtype == pl.Null:
        made = Converted(pl.Series([None] * len(values), dtype=family.wire(element)))
    else:
        made = convert(values, element, plain, allow)
    cells = laid.elements["cell"]
    texts = _assemble(laid, quoted_elements(as_text(made.values)), height)
    refused: list[Refusal] = []
    for fault in made.faults:
        bad = mask_of(height, cells.filter(fault.mask))
        texts = texts.zip_with(~bad, constant(None, height, pl.String))
        refused.append(Refusal(fault.reason, bad, f"element: {'; '.join(fault.attempts)}"))
    heals = [
        HealMask(heal.rule, mask_of(height, cells.filter(heal.mask)), heal.lossy, heal.assumption)
        for heal in made.heals
    ]
    if is_wrapped is not None:
        heals.append(HealMask(extended_json.RULE, mask_of(height, cells.filter(is_wrapped))))
    for rule in sorted(set(laid.rules.values())):
        with_rule = [cell for cell, name in laid.rules.items() if name == rule]
        heals.append(HealMask(rule, mask_of(height, pl.Series(with_rule, dtype=pl.UInt32))))
    return Attempt(texts, tuple(heals), tuple(refused))


def _assemble(laid: _Laid, quoted: pl.Series, height: int) -> pl.Series:
    frame = pl.DataFrame({"cell": laid.elements["cell"], "text": quoted})
    whole = constant(None, height, pl.String)
    if len(laid.empty):
        whole = whole.scatter(laid.empty, "{}")
    flat = frame.filter(~pl.col("cell").is_in(list(laid.nested))) if laid.nested else frame
    # lists that are joined afterwards, at a quarter of the price of joining them group by group
    joined = (
        flat.group_by("cell", maintain_order=True).agg("text").with_columns(pl.col("text").list.join(","))
    )
    if joined.height:
        whole = whole.scatter(joined["cell"], "{" + joined["text"] + "}")
    if laid.nested:
        deep = frame.filter(pl.col("cell").is_in(list(laid.nested))).group_by("cell").agg("text")
        literals = [literal_of(texts, laid.nested[cell]) for cell, texts in deep.iter_rows()]
        whole = whole.scatter(deep["cell"], pl.Series(literals, dtype=pl.String))
    return whole


def as_text(values: pl.Series) -> pl.Series:
    """Wire values in the spelling that PostgreSQL reads for sure."""
    if values.dtype == pl.String:
        return values
    if isinstance(values.dtype, pl.Datetime):
        zone = "+00" if values.dtype.time_zone else ""
        return values.dt.strftime(f"%Y-%m-%d %H:%M:%S%.6f{zone}")
    if values.dtype == pl.Time:
        return values.dt.strftime("%H:%M:%S%.6f")
    return values.cast(pl.String)
