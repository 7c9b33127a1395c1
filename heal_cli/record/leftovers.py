"""The leftovers file: source values that had no column, on disk before their batch commits."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from heal_cli.model import ROW
from heal_cli.record.durable import DurableFile, file_name
from heal_cli.record.rejects import json_lines


def leftovers_path(state_dir: str, table: str, run: str) -> Path:
    """Where a run's leftovers go."""
    return Path(state_dir) / "leftovers" / file_name(table, run, "leftovers")


class LeftoverWriter:
    """Appends leftovers, batch by batch, each batch durable when `write` returns.

    Raises:
        RecordError: Nothing could be written there.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._file = DurableFile(path, "leftovers")
        self._run = run

    @property
    def path(self) -> Path:
        """Absolute path of the file, also while there is none yet."""
        return self._file.path

    def write(self, leftovers: pl.DataFrame, *, source: str, batch: int, attempt: int) -> None:
        """Put one batch's leftovers on disk as `{"run", "batch", "attempt", "source", "row", "values"}`.

        Args:
            leftovers: ROW and source columns as text; rows that hold nothing are left out.

        Raises:
            RecordError: They are not on disk; the batch must not commit.
        """
        columns = [name for name in leftovers.columns if name != ROW]
        kept = (
            leftovers.filter(pl.any_horizontal(pl.col(columns).is_not_null()))
            if columns
            else leftovers.clear()
        )
        if kept.is_empty():
            return
        records = kept.select(
            pl.lit(self._run).alias("run"),
            pl.lit(batch, pl.Int64).alias("batch"),
            pl.lit(attempt, pl.Int64).alias("attempt"),
            pl.lit(source).alias("source"),
            pl.col(ROW).alias("row"),
            pl.struct(columns).alias("values"),
        )
        self._file.append(json_lines(records))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
