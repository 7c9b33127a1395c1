"""What a sample's values say for or against a target column, whatever the names are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import polars as pl

from heal_cli.match.check_lists import check_lists
from heal_cli.match.names import Name
from heal_cli.match.profile import Profile, Profiles
from heal_cli.match.ranges import DATES, NUMBERS, near_share
from heal_cli.match.shapes import LOOKS, NAMELESS, NUMERIC, OBJECT, SHAPE_OF_TYPE, SHAPES, TIME
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Column, KnownValues, PgType, TableSchema

Fit: TypeAlias = Callable[[pl.Series, PgType], float]
"""Share (0-1) of non-null values that convert to the type; `convert` supplies it."""

MIN_FIT: Final = 0.9
"""Share of values that has to convert before likeness of names counts for anything."""

_FEWEST: Final = 2  # common values that say what a column holds
_MET: Final = 0.5  # share of values met again, from which they speak for the pair
_MANY: Final = 10  # values of which one at least should be met in a column of few
TEXT_FACTOR: Final = 0.85  # any value fits text, so the name alone has to be better
_KEY_FACTOR: Final = 0.95  # any text fits a key of texts, but not every column has a value but once
_FEW: Final = 3  # values, of which one misfit may be a slip; fewer look like nothing by chance
_AGAINST: Final = 0.5
_FAR: Final = 0.8  # loses to a rival that is near, and still lets a sure name stand alone
_MOSTLY: Final = 0.9
_UNIQUE: Final = 0.9  # share of distinct values below which a column is no key, a few duplicates aside
_NULLABLE: Final = 0.7

TIMES: Final = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")
TEXTS: Final = ("text", "varchar", "bpchar", "citext")
KEY_TYPES: Final = ("int2", "int4", "int8", "uuid")
_ASKED: Final[Mapping[str, str]] = {
    **{kind: regex for kind, (regex, _) in LOOKS.items()},
    "naming": NAMELESS,
    "saying": NUMERIC,
    "reference": r"\s",
    "measure": r"^\d+$",
}
"""Kind of a word left out of a name -> what is looked for in the values, for or against it."""

_TELLING: Final = frozenset((*NUMBERS, *TIMES, "bool", "uuid", "json", "jsonb"))
"""Types that most values of other kinds do not fit; all others take nearly any text."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the values say: a factor on the confidence (0-1), the share that fits, reasons for people."""

    factor: float
    fit: float
    reasons: tuple[str, ...]

    @property
    def is_evidence(self) -> bool:
        """True when there are values and they fit."""
        return self.fit >= MIN_FIT and bool(self.reasons)


class Evidence:
    """Answers about a sample's values; each question is asked of `fit` once."""

    def __init__(
        self,
        sample: pl.DataFrame,
        table: TableSchema,
        fit: Fit,
        known: Mapping[str, KnownValues] | None = None,
    ) -> None:
        self._fit = fit
        self._known = known or {}
        self._profiles = Profiles(sample)
        self._fits: dict[tuple[str, PgType], float] = {}
        self._shares: dict[tuple[str, str], float] = {}
        self._lists = check_lists(table)
        self._keys = frozenset(
            constraint.columns[0]
            for constraint in table.constraints
            if constraint.kind in "pu" and len(constraint.columns) == 1 and constraint.predicate is None
        )

    def profile(self, source: str) -> Profile:
        """The thinned values of a source column."""
        return self._profiles.of(source)

    def fit(self, source: str, column: Column) -> tuple[float, tuple[str, ...]]:
        """Share of values that the column would take, with the reasons; 1 and none without values."""
        profile = self.profile(source)
        if not profile.count:
            return 1.0, ()
        share = self._type_fit(source, column.type)
        reasons = [f"{_of(share, profile.count)} values are {column.type.name}"]
        labels = self._lists.get(column.name)
        if labels and profile.text.len():
            listed = _share(profile.text.str.to_lowercase().is_in([label.lower() for label in labels]))
            reasons.append(f"{_of(listed, profile.count)} values are among {_spoken(labels)}")
            share = min(share, listed)
        return share, tuple(reasons)

    def is_one_slip(self, source: str, column: Column) -> bool:
        """True where the column tells values apart, and all but one of a few fit: too few for shares to say much."""
        count = self.profile(source).count
        misfits = round((1 - self.fit(source, column)[0]) * count)
        is_telling = column.type.base in _TELLING or bool(self.labels(column))
        return is_telling and misfits == 1 and _FEW <= count < _MANY

    def judge(self, source: str, column: Column, name: Name) -> Verdict:
        """What the values say to a likeness of names.

        Args:
            name: The target's name, taken apart: `email` in it says what its values look like.
        """
        fit, reasons = self.fit(source, column)
        if not reasons:
            return Verdict(0.0, fit, ())
        profile = self.profile(source)
        telling = column.type.base in _TELLING or bool(column.type.labels) or column.name in self._lists
        factor = 1.0 if telling else TEXT_FACTOR
        shaped, shape_reasons = self._judge_shape(source, name)
        if shaped is not None and not telling:
            factor = 1.0 if shaped >= _MOSTLY else TEXT_FACTOR * _AGAINST
            reasons += shape_reasons
        met = self._judge_known(source, column)
        if met is not None:
            factor = factor * met.factor if met.factor < 1.0 else 1.0 if not telling else factor
            reasons += met.reasons
        if column.name in self._keys and profile.distinct < _UNIQUE:
            factor *= _AGAINST
            reasons += (
                f"only {_of(profile.distinct, profile.count)} values are distinct, the column is a key",
            )
        elif column.name in self._keys and profile.distinct == 1 and self._are_keys(source):
            factor = max(factor, _KEY_FACTOR)
        if column.is_required and profile.filled * 2 < profile.rows:
            factor *= _NULLABLE
            reasons += (f"only {profile.filled} of {profile.rows} rows have a value, the column is NOT NULL",)
        return Verdict(factor, fit, reasons)

    def _are_keys(self, source: str) -> bool:
        """True for several values without blanks and signs of numbers: `SO-1041`, not `12.50`."""
        return self.profile(source).count >= _FEW and self.shape(source, r"^[^\s.,]+$") == 1.0

    def _judge_known(self, source: str, column: Column) -> Verdict | None:
        """What the values that the table has already say: the same words speak for a text, strange ones against it."""
        known, profile = self._known.get(column.name), self.profile(source)
        if known is not None and column.type.base in (*NUMBERS, *DATES):
            return self._judge_range(source, column, known)
        if known is None or len(known.common) < _FEWEST or column.type.base not in TEXTS or not profile.count:
            return None
        share = self.known_share(source, column)
        reasons = (f"{_of(share, profile.count)} values stand in the table already",)
        if share >= _MET:
            return Verdict(1.0, 1.0, reasons)
        strange = share == 0 and known.is_complete and profile.count >= _MANY
        return Verdict(_AGAINST, 1.0, reasons) if strange else None

    def _judge_range(self, source: str, column: Column, known: KnownValues) -> Verdict | None:
        """What the range of the column's values says: many values far outside of it speak against the pair."""
        profile = self.profile(source)
        share = near_share(profile.text, known, column.type.base)
        if share is None or column.name in self._keys:
            return None
        span = f"{known.low} to {known.high}"
        if share >= _MOSTLY:
            return Verdict(
                1.0, 1.0, (f"{_of(share, profile.count)} values lie near {span}, as the table's do",)
            )
        if share == 0 and profile.count >= _MANY:
            return Verdict(_FAR, 1.0, (f"no value lies near {span}, where the table's do",))
        return None

    def known_share(self, source: str, column: Column) -> float:
        """Share of the values that are among the commonest of the column; 0 where none are known."""
        known, text = self._known.get(column.name), self.profile(source).text
        return _share(text.is_in(list(known.common))) if known is not None and text.len() else 0.0

    def foresee(self, asked: Iterable[tuple[str, str]]) -> None:
        """Answers many questions at once, which one by one would cost several times as much.

        Args:
            asked: Source column and kind of word that `contradiction` will be asked about.
        """
        sources: dict[str, set[str]] = {}
        for source, kind in asked:
            if kind in _ASKED and self.profile(source).text.len():
                sources.setdefault(_ASKED[kind], set()).add(source)
        for regex, names in sources.items():
            texts = [self.profile(name).text for name in names]
            found, start = pl.concat(texts).str.contains(regex), 0
            for name, text in zip(names, texts, strict=True):
                self._shares[name, regex] = _share(found.slice(start, text.len()))
                start += text.len()

    def contradiction(self, source: str, column: Column, kind: str) -> str:
        """Why the values speak against a word of that kind being left out of a name; empty when they do not.

        Args:
            kind: A concept of LOOKS, 'reference' (keys have no blanks), 'naming' and 'saying' (words are no numbers),
                'counting' and 'unit' (both are numbers), 'measure' (keys measure nothing).
        """
        if not self.profile(source).text.len():
            return ""
        is_number = column.type.base in NUMBERS
        if kind in LOOKS:
            return (
                "" if self.shape(source, _ASKED[kind]) >= _MOSTLY else f"the values are no {LOOKS[kind][1]}"
            )
        if kind == "reference" and self.shape(source, _ASKED[kind]) > 1 - _MOSTLY:
            return "values with blanks are no keys"
        if kind in ("naming", "saying") and (is_number or self.shape(source, _ASKED[kind]) > 1 - _MOSTLY):
            return "numbers, paths and addresses are no names"
        if kind == "measure" and self.shape(source, _ASKED[kind]) == 1 == self.profile(source).distinct:
            return "whole numbers that never repeat may be keys"
        if kind == "unit" and column.type.base in TEXTS:
            return "what has a unit is no text"
        return "counts are numbers" if kind == "counting" and not is_number else ""

    def holds_objects(self, source: str, column: Column) -> bool:
        """True where all values are JSON objects and the column is text: one of their keys may be meant, not the whole."""
        profile = self.profile(source)
        if column.type.base not in TEXTS or not profile.count:
            return False
        if profile.values.dtype == pl.Struct or not profile.text.len():
            return profile.values.dtype == pl.Struct
        return profile.text[0].startswith("{") and self.shape(source, OBJECT) == 1.0

    def shape(self, source: str, regex: str) -> float:
        """Share of values that match the regular expression; 1 without values."""
        if (source, regex) not in self._shares:
            text = self.profile(source).text
            self._shares[source, regex] = _share(text.str.contains(regex)) if text.len() else 1.0
        return self._shares[source, regex]

    def labels(self, column: Column) -> tuple[str, ...]:
        """The texts that an enum or a CHECK allows a column; empty where there is no such list."""
        return self._lists.get(column.name) or column.type.labels

    def is_key(self, column: Column) -> bool:
        """True for a column that is a key or unique by itself."""
        return column.name in self._keys

    def accepts(self, text: str, column: Column) -> bool:
        """True when the column would take this one text: by type, enum labels and CHECK list."""
        labels = self.labels(column)
        return text in labels if labels else self._fit(pl.Series([text]), column.type) == 1.0

    def _type_fit(self, source: str, type: PgType) -> float:
        key = (source, type)
        if key not in self._fits:
            shape = SHAPE_OF_TYPE.get(type.base)  # they travel as text, which fits anything
            self._fits[key] = (
                self.shape(source, LOOKS[shape][0]) if shape else self._fit(self.profile(source).values, type)
            )
        return self._fits[key]

    def strangeness(self, source: str, column: Column, name: Name) -> str:
        """Why values cannot be the texts that a target's name says they are; empty where some look so."""
        if column.type.base not in TEXTS or self.profile(source).text.len() < _FEW:
            return ""
        concept = name.last_of(SHAPES)
        if concept is not None:
            regex, spoken = SHAPES[concept]
            return f"no value looks like {spoken}" if self.shape(source, regex) == 0 else ""
        is_name = bool(name.words) and name.words[-1].concept in _called()
        return "all values are times" if is_name and self.shape(source, TIME) == 1 else ""

    def _judge_shape(self, source: str, name: Name) -> tuple[float | None, tuple[str, ...]]:
        """Share of values with the look that the target's name calls for; None when it calls for none."""
        concept = name.last_of(LOOKS)
        profile = self.profile(source)
        if concept is None or not profile.text.len():
            return None, ()
        regex, spoken = LOOKS[concept]
        share = self.shape(source, regex)
        if concept not in SHAPES and share < _MOSTLY:
            return None, ()
        return share, (f"{_of(share, profile.count)} values look like {spoken}",)


def _called() -> frozenset[str]:
    """The last words of names for what is called so: people, places, companies, titles."""
    kinds = vocabulary().kinds
    return kinds["naming"] | kinds["person"] | kinds["addressed"] - {"zip", "phone", "house number"}


def _share(mask: pl.Series) -> float:
    mean = mask.mean()
    return float(mean) if isinstance(mean, (int, float)) else 0.0


def _of(share: float, count: int) -> str:
    """`97 of 100`; never `100 of 100` for a share below 1."""
    hits = round(share * count)
    return f"{min(hits, count - 1) if share < 1 else hits} of {count}"


def _spoken(labels: tuple[str, ...], most: int = 4) -> str:
    listed = ", ".join(repr(label) for label in labels[:most])
    return f"{listed} and {len(labels) - most} more" if len(labels) > most else listed
