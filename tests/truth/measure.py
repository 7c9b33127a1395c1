"""How well matching and conversion do on the ground truth: `python tests/truth/measure.py [--all] [--semantic]`.

Counted are pairs of columns whose names differ: equal names are certain and would flatter the figures.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from corpus import SETS, TUNING, Pair, read_pairs

from heal_cli import convert
from heal_cli.heal.values import as_text
from heal_cli.match import Nearness, match_columns
from heal_cli.model import Matching, MatchOptions, PgType, ValueOptions
from heal_cli.patterns import Catalogue, load_catalogue
from heal_cli.semantic import find_model


@dataclass
class Score:
    """Pairs of columns, and cells of the typed answers."""

    found: int = 0
    wanted: int = 0
    wrong: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    cells: int = 0
    rejected: int = 0
    wrong_cells: tuple[str, ...] = ()
    asked: int = 0  # questions that name a source column
    asked_rightly: int = 0

    @property
    def precision(self) -> float:
        """Share of the matches that are right."""
        return self.found / max(1, self.found + len(self.wrong))

    @property
    def recall(self) -> float:
        """Share of the right matches that are found."""
        return self.found / max(1, self.wanted)

    def __add__(self, other: Score) -> Score:
        """Both together."""
        return Score(
            self.found + other.found,
            self.wanted + other.wanted,
            self.wrong + other.wrong,
            self.missed + other.missed,
            self.cells + other.cells,
            self.rejected + other.rejected,
            self.wrong_cells + other.wrong_cells,
            self.asked + other.asked,
            self.asked_rightly + other.asked_rightly,
        )


def fit(values: pl.Series, type: PgType) -> float:
    """Share of values that heal's own conversions take, by the better order of day and month."""
    return convert.best_fit(values, type, ValueOptions())


def matching(
    pair: Pair, catalogue: Catalogue, nearness: Nearness | None = None, **options: object
) -> Matching:
    """What heal decides about a pair, with or without a model of language."""
    asked = MatchOptions(**options)  # type: ignore[arg-type]
    return match_columns(
        pair.sample, pair.table, patterns=catalogue.patterns, options=asked, fit=fit, nearness=nearness
    )


def score(pair: Pair, catalogue: Catalogue, nearness: Nearness | None = None, **options: object) -> Score:
    """How one pair fares."""
    decided = matching(pair, catalogue, nearness, **options)
    direct = {m.winner.source: m for m in decided.matches if m.winner.source}
    taken = {(source, m.target) for source, m in direct.items() if source != m.target}
    right = {(source, target) for source, target in pair.gold.items() if source != target}
    wrong = tuple(
        f"{pair.name}: {source} -> {target} ({direct[source].winner.confidence:.2f}, {'; '.join(direct[source].winner.evidence)})"
        for source, target in sorted(taken - right)
    )
    missed = tuple(
        f"{pair.name}: {source} -> {target}{_question(decided, target)}"
        for source, target in sorted(right - taken)
    )
    asked = {(m.winner.source, m.target) for m in decided.refused if m.winner.source}
    questions = Score(asked=len(asked), asked_rightly=len(asked & right))
    return Score(len(taken & right), len(right), wrong, missed) + questions + cells(pair)


def total(pairs: Iterable[Pair], nearness: Nearness | None = None, **options: object) -> Score:
    """How all of them fare together."""
    catalogue = load_catalogue()
    return sum((score(pair, catalogue, nearness, **options) for pair in pairs), Score())


def _question(decided: Matching, target: str) -> str:
    """What was asked about a target that stayed open."""
    asked = next((m.winner for m in decided.refused if m.target == target), None)
    return f"  asked: {asked.source} ({asked.confidence:.2f}, {'; '.join(asked.evidence)})" if asked else ""


def cells(pair: Pair) -> Score:
    """The typed answers against what the conversions make of the right source's values."""
    sources = {target: source for source, target in pair.gold.items()}
    cells = rejected = 0
    wrong: list[str] = []
    for target, answers in pair.answers.items():
        values, type = pair.sample[sources[target]], pair.table.column(target).type
        format_ = convert.decide_format(values, type, ValueOptions())
        made = as_text(convert.convert(values, type, format_, allow=frozenset()).values)
        cells += len(answers)
        for before, after, answer in zip(values, made, answers, strict=True):
            rejected += after is None and answer is not None
            if after is not None and after != answer:
                wrong.append(f"{pair.name}: {target} {before!r} -> {after!r}, not {answer!r}")
    return Score(cells=cells, rejected=rejected, wrong_cells=tuple(wrong))


def main() -> None:
    """Print the figures of each set; with --all each miss of the set that is tuned on, with --semantic by the model, too."""
    nearness = find_model() if "--semantic" in sys.argv else None
    for folder in SETS:
        pairs = read_pairs(folder)
        sum_ = total(pairs, nearness)
        domains = Counter(pair.domain for pair in pairs)
        print(f"{folder}: {len(pairs)} pairs ({', '.join(f'{d} {n}' for d, n in sorted(domains.items()))})")
        print(f"  precision {sum_.precision:.3f}  recall {sum_.recall:.3f}  ", end="")
        print(f"right {sum_.found} of {sum_.wanted}  wrong {len(sum_.wrong)}  ", end="")
        print(f"questions right {sum_.asked_rightly} of {sum_.asked}")
        print(f"  cells {sum_.cells}  wrong {len(sum_.wrong_cells)}  rejected {sum_.rejected}")
        shown = (*sum_.wrong, *sum_.wrong_cells)
        if "--all" in sys.argv:
            shown += tuple(f"missed {line}" for line in sum_.missed)
        for line in shown if folder == TUNING or f"--{folder}" in sys.argv else ():
            print(f"    {line}")


if __name__ == "__main__":
    main()
