"""The leftovers file: source values that had no column, on disk before their batch commits."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl

from heal_cli.durable import DurableFile, file_name
from heal_cli.model import ROW
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
        """Put one batch's leftovers on disk: a line that says where they are from, then the rows that hold something.

        `{"run", "source", "batch", "attempt"}`, then `{"rows": [first, last], "values": {column: value}}` for
        rows in a row whose leftovers are the same. What is said once keeps the file a fraction of the source's size.

        Args:
            leftovers: ROW and source columns that JSON can hold.

        Raises:
            RecordError: They are not on disk; the batch must not commit.
        """
        columns = [name for name in leftovers.columns if name != ROW]
        if not columns or (kept := leftovers.filter(_holds_something(columns))).is_empty():
            return
        origin = {"run": self._run, "source": source, "batch": batch, "attempt": attempt}
        rows = json_lines(_stretches(kept, columns))
        self._file.append(msgspec.json.encode(origin) + b"\n" + rows)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _holds_something(columns: list[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(columns).is_not_null())


def _stretches(kept: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """`rows`, first and last, and `values` of rows in a row that hold the same texts."""
    differs = [
        pl.col(name).ne_missing(pl.col(name).shift()) if kept[name].dtype == pl.String else pl.lit(True)
        for name in columns  # what is no text may be equal and yet written in two ways: 0.0 and -0.0
    ]
    begins = kept.select(pl.any_horizontal(pl.col(ROW).diff().ne_missing(1), *differs)).to_series()
    stretches = kept.filter(begins).with_columns(last=kept[ROW].filter(begins.shift(-1, fill_value=True)))
    return stretches.select(rows=pl.concat_list(ROW, "last"), values=pl.struct(columns))
