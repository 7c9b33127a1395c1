"""`heal rejects list`: the files that a run left behind."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from heal_cli.cli.options import Config, Json, StateDir
from heal_cli.cli.rejects.find import name_parts, state_dir_of
from heal_cli.cli.terminal import clean, note, say, say_json, styled
from heal_cli.clock import local_time

_INDENT: Final = " " * 18  # under the run's id


@dataclass
class _File:
    """A rejects file and what is in it."""

    path: Path
    reasons: Counter[str] = field(default_factory=Counter)
    settled: int = 0  # loaded by a retry since


def list_(state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """List the rejects files, newest first."""
    from heal_cli.record import list_rejects

    folder = state_dir_of(state_dir, config)
    found = [_read(path) for path in list_rejects(folder)]
    if json:
        files = [
            {
                "path": str(file.path),
                "rows": file.reasons.total(),
                "reasons": file.reasons,
                "settled": file.settled,
            }
            for file in found
        ]
        say_json({"rejects": files})
        return
    if not found:
        note("there are no rejects")
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for file in found:
        say(_lines(file, width))
    note(f"the files are in {str(found[0].path.parent)!r}; what to do about them: heal rejects explain RUN")


def _read(path: Path) -> _File:
    from heal_cli.record import iter_rejects

    file = _File(path)
    for record in iter_rejects(path):
        if record.settled is None:
            file.reasons[record.reason] += 1
        else:
            file.settled += 1
    return file


def _lines(file: _File, width: int | None) -> str:
    """When, which run, how many rows; then the reasons, wrapped for a terminal and whole for a pipe."""
    from heal_cli.cli.load_report import counts

    when = local_time(datetime.fromtimestamp(file.path.stat().st_mtime, UTC))
    table, run = name_parts(file.path)
    rows = file.reasons.total()
    head = (
        f"{when:%Y-%m-%d %H:%M}  {styled(clean(run), bold=True)}  {rows:,} {'row' if rows == 1 else 'rows'}"
    )
    what = [clean(table)] if table else []
    what += [counts(file.reasons)] if file.reasons else []
    what += [f"{file.settled:,} loaded since"] if file.settled else []
    said = " · ".join(what)
    if width is None:
        return f"{head}\n{_INDENT}{said}"
    wrapped = textwrap.fill(
        said,
        max(width, 40),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{head}\n{wrapped}"
