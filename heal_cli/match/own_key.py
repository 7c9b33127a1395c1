"""The key that a file numbers its own rows by, where the table has one of its own: `conv_id` is the `external_id` of `conversations`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from heal_cli.match.names import Name
from heal_cli.match.remainder import Context, is_of_table
from heal_cli.match.tiers import Target, rename
from heal_cli.match.values import Evidence
from heal_cli.model import Candidate, Features, Tier

OWN_KEY: Final = 0.80
"""Confidence of such a pair: the words of the name are the table's, and no row has the key of another."""

_FEWEST: Final = 3  # values under which it is chance that none comes twice
_ELSEWHERE: Final = frozenset({"external", "source", "upstream", "remote", "foreign"})
_NOT_OF_ORIGIN: Final = frozenset({"id", "key", "reference"})
"""What tells a key of elsewhere behind `source` alone: a lead's `source_code` says where it came from."""

_OTHER_END: Final = frozenset({"target", "destination", "to"})
"""Where the table has one of these, too, its `source_id` is where something begins."""

_ALONE: Final = frozenset({"id", "uuid", "key"})
"""What a key is called that needs no more words; a lone number or code may be anything's."""


def by_own_key(
    sources: Sequence[Name], targets: Sequence[Target], around: Context, evidence: Evidence
) -> Iterator[Candidate]:
    """The candidate for the one source column that numbers its rows, and the one target that says where its key comes from.

    Args:
        sources: All that are still open; targets likewise.
    """
    homes = [
        target for target in targets if _is_from_elsewhere(target, around) and not _is_an_end(target, targets)
    ]
    keys = [source for source in sources if _numbers_rows(source, around, evidence)]
    if len(homes) == len(keys) == 1 and evidence.fit(keys[0].raw, homes[0].column)[0] == 1:
        told = "the key of its rows, where the table has a column for the key elsewhere"
        features = Features(0.0, 1.0, OWN_KEY)
        yield rename(keys[0], homes[0], Tier.FUZZY, OWN_KEY, (told,), features=features)


def _is_from_elsewhere(target: Target, around: Context) -> bool:
    """True for `external_id`, and `source_order_ref` in `orders`; not for `source_account_id`."""
    words = target.name.words
    if len(words) < 2 or words[0].concept not in _ELSEWHERE or not words[-1].is_reference:
        return False
    told = [word for word in words[1:] if not word.is_reference]
    if not told and words[0].concept == "source" and words[-1].concept not in _NOT_OF_ORIGIN:
        return False
    return not told or is_of_table(told, around)


def _is_an_end(target: Target, targets: Sequence[Target]) -> bool:
    """True for the `source_id` of an edge, which has a `target_id`, too."""
    rest = target.name.plain[1:]
    others = (other.name for other in targets if other.name.plain[1:] == rest)
    return any(other.words[0].concept in _OTHER_END for other in others if other.words)


def _numbers_rows(source: Name, around: Context, evidence: Evidence) -> bool:
    """True for `id` and, in `orders`, `order_no`, where no value comes twice."""
    told = [word for word in source.words if not word.is_reference]
    is_key = is_of_table(told, around) if told else source.concepts <= _ALONE
    if not is_key or len(told) == len(source.words):
        return False
    profile = evidence.profile(source.raw)
    return profile.count >= _FEWEST and profile.distinct == 1
