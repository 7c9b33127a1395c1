"""The frames that rows travel in."""

from __future__ import annotations

from typing import Final

import polars as pl

ROW: Final = "__row"
"""Name of the row-number column in every frame that carries rows (Int64, 1-based, header not counted)."""

REJECTS: Final = pl.Schema(
    {
        ROW: pl.Int64(),
        "reason": pl.String(),  # stable code, e.g. 'not_convertible', 'unique_violation'
        "sqlstate": pl.String(),
        "constraint": pl.String(),
        "column": pl.String(),  # target column where known, else the source column
        "value": pl.String(),  # what the source said
        "attempts": pl.List(pl.String()),  # what was tried and why each failed
    }
)
"""One rejected row and its reason; a stage that splits rows returns such a frame beside the good ones."""

LOCATIONS: Final = pl.Schema({ROW: pl.Int64(), "line": pl.Int64(), "offset": pl.Int64(), "raw": pl.Binary()})
"""Where rows stand in their source: 1-based line, byte offset in the decompressed bytes, exact bytes.

`line` and `offset` are null for sources that have none (Parquet)."""
