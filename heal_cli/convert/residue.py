"""Strict cast on all, then heal only the cells that failed, and scatter back.

A family casts the whole column at once. The cells that came out null although the source was not are the
residue: only these go through the slower healers, so a clean column costs one cast and one null count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert import nulls as null_tokens
from heal_cli.convert.constant import constant
from heal_cli.model import Converted, Fault, HealMask

NOT_CONVERTIBLE: Final = "not_convertible"

_FEWEST: Final = 1000  # open cells from which it pays to look for texts that repeat
_REPEATS: Final = 4
"""Cells of each text from which reading each text once pays for finding it again."""


class Refusal(NamedTuple):
    """Cells that a healer understood and must not convert; no later healer sees them."""

    reason: str  # stable code: 'out_of_range', 'would_round', ...
    mask: pl.Series  # Boolean over the cells the healer was given
    attempt: str = ""  # for people: what was tried and why it failed


class Attempt(NamedTuple):
    """What one healer made of the cells that were still open; everything has their height."""

    values: pl.Series  # in the wire dtype; null where this healer has no answer
    heals: tuple[HealMask, ...] = ()
    refused: tuple[Refusal, ...] = ()


class Healer(NamedTuple):
    """One way to read cells that the strict cast could not."""

    attempt: str  # for people, in the reject: 'number with currency, percent or thousands marks'
    heal: Callable[[pl.Series], Attempt]  # texts, no nulls, no null tokens


def open_cells(values: pl.Series, typed: pl.Series) -> pl.Series:
    """Positions (UInt32) of the cells that are null in `typed` although `values` has something there."""
    if values.null_count() == typed.null_count():
        return pl.Series(dtype=pl.UInt32)
    if not values.null_count() and typed.null_count() == len(typed):
        return pl.int_range(len(typed), dtype=pl.UInt32, eager=True)
    return (typed.is_null() & values.is_not_null() if values.has_nulls() else typed.is_null()).arg_true()


def mask_of(height: int, positions: pl.Series) -> pl.Series:
    """A Boolean mask of that height, true at the positions."""
    mask = constant(False, height, pl.Boolean)
    return mask.scatter(positions, True) if len(positions) else mask


def blank(values: pl.Series, mask: pl.Series) -> pl.Series:
    """The values, null where the mask is true."""
    return values.zip_with(~mask, nothing(values, values.dtype).values)


def nothing(cells: pl.Series, dtype: pl.DataType) -> Attempt:
    """No answer for any of the cells."""
    return Attempt(constant(None, len(cells), dtype).alias(cells.name))


def spread(made: Attempt, positions: pl.Series, height: int) -> Attempt:
    """An attempt at the cells of these positions as one at all cells."""
    if len(positions) == height:
        return made
    values = constant(None, height, made.values.dtype).scatter(positions, made.values)

    refused = tuple(
        Refusal(refusal.reason, mask_of(height, positions.filter(refusal.mask)), refusal.attempt)
        for refusal in made.refused
    )
    return Attempt(values, tuple(spread_heals(made.heals, positions, height)), refused)


def spread_heals(heals: Sequence[HealMask], positions: pl.Series, height: int) -> Iterator[HealMask]:
    """Heals of the cells of these positions as heals of the column."""
    for heal in heals:
        whole = mask_of(height, positions.filter(heal.mask))
        yield HealMask(heal.rule, whole, heal.lossy, heal.assumption)


def heal_residue(
    values: pl.Series,
    typed: pl.Series,
    healers: Sequence[Healer],
    *,
    nulls: tuple[str, ...] = (),
    heals: tuple[HealMask, ...] = (),
) -> Converted:
    """`typed`, with the cells that it lacks healed where a healer can.

    Args:
        values: The source column as text.
        typed: Its strict cast: null wherever that failed, or must not stand.
        healers: Tried in this order; each sees only the cells that the ones before it left open.
        nulls: Tokens that mean NULL here (`ColumnFormat.nulls`); taken out before any healer runs.
        heals: What the strict cast itself has already healed.
    """
    positions = open_cells(values, typed)
    if not len(positions):
        return Converted(typed.alias(values.name), _of_use(heals))
    work = _Residue(values, typed, positions)
    if work.has_repeats():
        work.take_distinct(healers, nulls)
    else:
        work.take_all(healers, nulls)
    return work.result(heals)


def refuse_all(
    values: pl.Series, dtype: pl.DataType, attempt: str, reason: str = NOT_CONVERTIBLE
) -> Converted:
    """No cell of the column converts; nulls stay null."""
    nothing = pl.Series(values.name, [None], dtype=dtype).new_from_index(0, len(values))
    failed = values.is_not_null()
    return Converted(nothing, (), (Fault(reason, failed, (attempt,)),) if failed.any() else ())


def _of_use(heals: Sequence[HealMask]) -> tuple[HealMask, ...]:
    return tuple(heal for heal in heals if heal.mask.any())


class _Residue:
    """The column in work: what is typed so far, and the cells that are still open."""

    def __init__(self, values: pl.Series, typed: pl.Series, positions: pl.Series) -> None:
        self._name = values.name
        self._typed = typed.clone()  # scatter writes in place
        self._positions = positions
        self._texts = values if len(positions) == len(values) else values[positions]
        self._heals: dict[tuple[str, bool, bool], pl.Series] = {}
        self._faults: list[Fault] = []
        self._attempts: list[str] = []

    def take_nulls(self, tokens: tuple[str, ...]) -> None:
        is_token = null_tokens.is_token(self._texts, tokens)
        if is_token.any():
            self._mark(HealMask(null_tokens.RULE, is_token))
            self._keep(~is_token)

    def take(self, healer: Healer) -> None:
        if not len(self._positions):
            return
        made = healer.heal(self._texts)
        if made.refused or made.values.null_count() < len(made.values):
            self._take(made)
        if healer.attempt:
            self._attempts.append(healer.attempt)

    def _take(self, made: Attempt) -> None:
        done = made.values.is_not_null()
        for heal in made.heals:
            self._mark(heal, done)
        self._put(made.values, done)
        for refusal in made.refused:
            self._refuse(refusal, done)
            done = done | refusal.mask
        self._keep(~done)

    def has_repeats(self) -> bool:
        """Whether the open cells hold few texts again and again."""
        texts = self._texts
        if texts.dtype != pl.String or len(texts) < _FEWEST:
            return False
        (distinct,) = texts.to_frame("text").select(pl.col("text").approx_n_unique()).row(0)
        return bool(distinct * _REPEATS <= len(texts))

    def take_all(self, healers: Sequence[Healer], tokens: tuple[str, ...]) -> None:
        self.take_nulls(tokens)
        for healer in healers:
            self.take(healer)

    def take_distinct(self, healers: Sequence[Healer], tokens: tuple[str, ...]) -> None:
        """All healers on each text once: what becomes of a cell depends on its text alone."""
        texts = self._texts.unique(maintain_order=True)  # the first of many faults are told one by one
        once = _Residue(
            texts, nothing(texts, self._typed.dtype).values, texts.to_frame().with_row_index()["index"]
        )
        once.take_all(healers, tokens)
        made = once.result(())
        marks: list[HealMask | Fault] = [*made.heals, *made.faults]
        masks = {str(place): each.mask for place, each in enumerate(marks)}
        answers = pl.DataFrame({"text": texts, "value": made.values, **masks})
        asked = self._texts.alias("text").to_frame()
        found = asked.join(answers, on="text", how="left", maintain_order="left")
        for place, heal in enumerate(made.heals):
            self._mark(replace(heal, mask=found[str(place)]))
        for place, fault in enumerate(made.faults, start=len(made.heals)):
            self._faults.append(fault._replace(mask=self._whole(found[str(place)])))
        self._put(found["value"], found["value"].is_not_null())
        self._keep(constant(False, len(found), pl.Boolean))

    def result(self, heals: Sequence[HealMask]) -> Converted:
        for heal in heals:
            self._add((heal.rule, heal.lossy, heal.assumption), heal.mask)
        marked = tuple(
            HealMask(rule, mask, lossy, assumption) for (rule, lossy, assumption), mask in self._heals.items()
        )
        if len(self._positions):
            still_open = mask_of(len(self._typed), self._positions)
            self._faults.append(Fault(NOT_CONVERTIBLE, still_open, tuple(self._attempts)))
        return Converted(self._typed.alias(self._name), _of_use(marked), tuple(self._faults))

    def _put(self, values: pl.Series, done: pl.Series) -> None:
        if len(self._positions) == len(self._typed):
            self._typed = values.clone()
        elif done.any():
            self._typed = self._typed.scatter(self._positions.filter(done), values.filter(done))

    def _mark(self, heal: HealMask, done: pl.Series | None = None) -> None:
        mask = heal.mask if done is None else heal.mask & done
        if not mask.any():
            return
        self._add((heal.rule, heal.lossy, heal.assumption), self._whole(mask))

    def _add(self, key: tuple[str, bool, bool], mask: pl.Series) -> None:
        self._heals[key] = self._heals[key] | mask if key in self._heals else mask

    def _refuse(self, refusal: Refusal, done: pl.Series) -> None:
        """A fault of its own: the healers before this one had no answer for these cells either."""
        mask = refusal.mask & ~done
        if mask.any():
            attempts = (*self._attempts, refusal.attempt) if refusal.attempt else tuple(self._attempts)
            self._faults.append(Fault(refusal.reason, self._whole(mask), attempts))

    def _keep(self, keep: pl.Series) -> None:
        if not keep.all():
            self._positions = self._positions.filter(keep)
            self._texts = self._texts.filter(keep)

    def _whole(self, mask: pl.Series) -> pl.Series:
        """A mask over the open cells as one over the column."""
        if len(mask) == len(self._typed):
            return mask
        return mask_of(len(self._typed), self._positions.filter(mask))
