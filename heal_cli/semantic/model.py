"""A sentence model run by ONNX: phrases to vectors whose angle says how near their meanings are."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

_ERRORS_ONLY: Final = 3
_KEPT: Final = 4096  # phrases whose vectors are kept: those of two tables of a thousand columns


class SentenceModel:
    """all-MiniLM-L6-v2 or a model of its build: tokens in, a vector for each token out.

    Phrases go in one by one: the model's numbers are scaled by all that is in a batch, and what one column
    is called would move what another means.
    """

    def __init__(self, model: Path, tokenizer: Path) -> None:
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1  # phrases are too short to share
        settings.log_severity_level = _ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._unknown = self._tokenizer.token_to_id("[UNK]")
        self._vector = lru_cache(maxsize=_KEPT)(self._embed)

    def nearness(self, one: str, other: str) -> float:
        """Cosine of two phrases, negative ones as 0; 0 where the model has to spell out a word of them."""
        mine, others = self._vector(one), self._vector(other)
        if mine is None or others is None:
            return 0.0
        return round(max(0.0, float(mine @ others)), 4)

    def _embed(self, phrase: str) -> NDArray[np.float32] | None:
        """The unit vector of a phrase; None where it has a word that the model only knows in pieces."""
        encoded = self._tokenizer.encode(phrase)
        words = [word for word in encoded.word_ids if word is not None]
        if not words or len(set(words)) < len(words) or self._unknown in encoded.ids:
            return None
        ids = np.array([encoded.ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (tokens,) = self._session.run(None, feed)
        mean: NDArray[np.float32] = np.asarray(tokens)[0].mean(axis=0)
        return mean / np.float32(np.linalg.norm(mean))
