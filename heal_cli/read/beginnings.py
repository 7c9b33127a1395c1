"""What lines begin with, told from a batch's bytes without a text for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from heal_cli.read.fields import Grammar
from heal_cli.read.octets import behind, count

_LF: Final = 0x0A
_CR: Final = 0x0D

# Digits, signs and quotes are below it, letters above.
_COLON: Final = ord(":")

# Bytes of a line by which one that begins like an aside is told from others, each a look at the whole batch.
_LOOK: Final = 4


@dataclass(frozen=True)
class Beginnings:
    """Where the lines of some bytes begin, and with what.

    Args:
        starts: Boolean: a line begins there.
        first: The byte that is there, one for each line.
    """

    octets: pl.Series
    starts: pl.Series
    first: pl.Series

    @classmethod
    def of(cls, octets: pl.Series, is_end: pl.Series) -> Beginnings:
        """Of all lines, the last with or without its LF; `is_end` says where one is."""
        starts = is_end.shift(1, fill_value=True)
        return cls(octets, starts, octets.filter(starts))

    @property
    def lines(self) -> int:
        """How many there are."""
        return len(self.first)

    def count(self, octet: int) -> int:
        """Lines that begin with it."""
        return count(self.first == octet)

    def have(self, octet: int) -> bool:
        """Some line begins with it."""
        return self.count(octet) > 0

    @property
    def have_words(self) -> bool:
        """Some line is, as texts are ordered, beyond all that numbers begin with."""
        if count(self.first > _COLON):
            return True
        return self.have(_COLON) and bool(((self.first == _COLON) & (self._after(1) > _CR)).any())

    def may_be_aside(self, grammar: Grammar) -> bool:
        """Some line begins as an aside does, as far as its first bytes tell."""
        return any(self._have(sign[:_LOOK]) for sign in grammar.aside_signs)

    def _have(self, sign: bytes) -> bool:
        marked = self.first == sign[0]
        for place in range(1, len(sign)):
            if not marked.any():
                return False
            marked &= self._after(place) == sign[place]
        return bool(marked.any())

    def _after(self, steps: int) -> pl.Series:
        """The bytes so many places behind the first of each line, which may be those of the next."""
        if steps not in self._seen:
            self._seen[steps] = behind(self.octets, self.starts, steps, end=_LF)
        return self._seen[steps]

    @cached_property
    def _seen(self) -> dict[int, pl.Series]:
        return {}
