"""What two columns without names say together: the earlier and the later of two times, latitude and longitude."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Final

import polars as pl

from heal_cli.match.names import Name
from heal_cli.match.tiers import Target, rename
from heal_cli.match.values import TIMES, Evidence
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Candidate, Features, Tier

_SURE: Final = 0.96
"""Confidence of such pairs: a margin over what each column says alone."""

_FEWEST: Final = 3  # rows that have both values
_SORTABLE: Final = (
    r"^\d{4}-\d{2}-\d{2}$",
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$",
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z?$",
    r"^\d{2}:\d{2}(:\d{2})?$",
)
"""Ways to write times, in each of which the texts sort as they do."""

_DEGREES: Final = r"^-?\d{1,3}\.\d{3,}$"
_OF_DAY: Final = frozenset({"time", "timetz"})
_MOST_LATITUDE: Final = 90
_MOST_LONGITUDE: Final = 180


def by_two_together(
    sources: Sequence[Name], targets: Sequence[Target], sample: pl.DataFrame, evidence: Evidence
) -> Iterator[Candidate]:
    """Candidates for two columns whose names say nothing and two that nothing else could be meant by.

    Args:
        sources: All that are still open; targets likewise.
        sample: The source's rows.
    """
    nameless = [source for source in sources if source.is_opaque]
    if len(nameless) < 2:
        return
    yield from _by_order(nameless, targets, sample, evidence)
    yield from _by_degrees(nameless, targets, evidence)


def _by_order(
    sources: Sequence[Name], targets: Sequence[Target], sample: pl.DataFrame, evidence: Evidence
) -> Iterator[Candidate]:
    """The only two days and times, and the only two times of day: what began before it ended, in every row."""
    for bases in (_OF_DAY, frozenset(TIMES) - _OF_DAY):
        homes = [target for target in targets if target.column.type.base in bases]
        yield from _by_order_of(homes, sources, sample, evidence)


def _by_order_of(
    homes: Sequence[Target], sources: Sequence[Name], sample: pl.DataFrame, evidence: Evidence
) -> Iterator[Candidate]:
    early, late = [home for home in homes if _begins(home)], [home for home in homes if _ends(home)]
    if len(homes) != 2 or len(early) != 1 or len(late) != 1:
        return
    held = (source for source in sources if _has(source, evidence))
    times = [source for source in held if evidence.fit(source.raw, homes[0].column)[0] == 1]
    if len(times) != 2:
        return
    if not any(all(evidence.shape(source.raw, way) == 1 for source in times) for way in _SORTABLE):
        return
    for first, last in permutations(times):
        both = sample.select(a=first.raw, b=last.raw).cast(pl.String).drop_nulls()
        is_ordered = (both["a"] <= both["b"]).all() and (both["a"] < both["b"]).any()
        if is_ordered and both.height >= _FEWEST:
            told = f"of the only two times, {first.raw!r} is never later than {last.raw!r}"
            yield _candidate(first, early[0], told)
            yield _candidate(last, late[0], told)


def _begins(target: Target) -> bool:
    return bool(target.name.concepts & vocabulary().kinds["beginning"]) and not _ends(target)


def _ends(target: Target) -> bool:
    return bool(target.name.concepts & vocabulary().kinds["ending"])


def _by_degrees(
    sources: Sequence[Name], targets: Sequence[Target], evidence: Evidence
) -> Iterator[Candidate]:
    """The only two columns of degrees: the one that passes 90 is no latitude."""
    latitudes = [target for target in targets if "latitude" in target.name.concepts]
    longitudes = [target for target in targets if "longitude" in target.name.concepts]
    degrees = [s for s in sources if evidence.shape(s.raw, _DEGREES) == 1 and _has(s, evidence)]
    if len(latitudes) != 1 or len(longitudes) != 1 or len(degrees) != 2:
        return
    if latitudes[0].name.concepts - {"latitude"} != longitudes[0].name.concepts - {"longitude"}:
        return  # of two places
    reach = {source.raw: _reach(source, evidence) for source in degrees}
    low, high = sorted(degrees, key=lambda source: reach[source.raw])
    if reach[low.raw] <= _MOST_LATITUDE < reach[high.raw] <= _MOST_LONGITUDE:
        told = "of the only two columns of degrees, one passes 90"
        yield _candidate(low, latitudes[0], told)
        yield _candidate(high, longitudes[0], told)


def _reach(source: Name, evidence: Evidence) -> float:
    most = evidence.profile(source.raw).text.cast(pl.Float64).abs().max()
    return float(most) if isinstance(most, (int, float)) else 0.0


def _has(source: Name, evidence: Evidence) -> bool:
    return evidence.profile(source.raw).text.len() > 0


def _candidate(source: Name, target: Target, told: str) -> Candidate:
    features = Features(0.0, 1.0, _SURE)
    return rename(source, target, Tier.FUZZY, _SURE, (told,), features=features)
