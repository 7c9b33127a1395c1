"""What is certain about a match and no matter of degree: `--map`, equal names, names equal but for spelling."""

from __future__ import annotations

from typing import Final

from heal_cli.match.board import NORMALISED, Board, certain
from heal_cli.match.explicit import check_renames
from heal_cli.match.fallback import never_contradict
from heal_cli.match.made import cut_names, made_from
from heal_cli.match.names import Name
from heal_cli.match.position import by_position
from heal_cli.model import ROW

EXACT: Final = 1.0
POSITION: Final = 0.9
_FEWEST: Final = 3  # values under which a misfit is chance
CUT: Final = "PostgreSQL takes 63 bytes of the name"


def place_explicit(board: Board) -> None:
    """`--map`, and the columns made for sources that had none, stand above everything."""
    check_renames(board.options, tuple(board.sources), board.table)
    for source, target in board.options.renames:
        board.place(certain(source, target, EXACT, "named with --map"))
    for source, target in board.options.added:
        if target in board.writable:
            board.place(certain(source, target, EXACT, "made by --unknown-columns add"))


def place_by_position(board: Board) -> None:
    """The columns of a source without header, all of them or none."""
    sources = [name for name in board.sample.columns if name != ROW]
    columns = [column for column in board.table.columns if column.name in board.writable]
    reason = "by position: there is no header, and all values fit"
    for source, column in by_position(sources, columns, board.evidence):
        board.place(certain(source, column.name, POSITION, reason))


def place_named(board: Board) -> None:
    """Equal names."""
    for name in board.open_sources():
        if name in board.writable and name not in board.placed and not _would_break_key(board, name, name):
            board.place(certain(name, name, EXACT, "same name"))


def _would_break_key(board: Board, source: str, target: str) -> bool:
    """True for codes beside a key that the server counts up: not one of their rows could be loaded."""
    key = board.targets[target]
    if not key.numbers_itself or board.evidence.profile(source).count < _FEWEST:
        return False
    return board.evidence.fit(source, key.column)[0] == 0


def place_made(board: Board) -> None:
    """What `--create` made of these columns, and names that PostgreSQL has cut."""
    made = made_from([name for name in board.sample.columns if name != ROW], board.table)
    for source in board.open_sources():
        if source in made and made[source] in {t.column.name for t in board.open_targets()}:
            board.place(certain(source, made[source], NORMALISED, "the name that --create gives it"))
    for names in cut_names(board.open_sources(), {t.column.name for t in board.open_targets()}):
        first = certain(names.sources[0], names.target, NORMALISED, CUT)
        if names.is_certain:
            board.place(first)
            continue
        board.asked |= set(names.sources)
        board.refuse(first, None, "other names and columns begin with the same 63 bytes")


def place_normalised(board: Board) -> None:
    """Names equal but for case, separators and accents; two that contradict each other are a question."""
    for key in sorted({target.name.key for target in board.open_targets()} - {""}):
        targets = [target for target in board.open_targets() if target.name.key == key]
        sources = [name for name in board.open_sources().values() if name.key == key]
        pairs = [
            certain(source.raw, target.column.name, NORMALISED, "same name but for spelling")
            for target in targets
            for source in sorted(sources, key=lambda source: _fullest(board, source))
            if not _would_break_key(board, source.raw, target.column.name)
        ]
        if not pairs:
            continue
        first = pairs[0].source or ""
        agree = all(never_contradict(board.sample, first, s.raw) for s in sources if s.raw != first)
        if len(targets) == 1 and agree:
            board.place(pairs[0])
            continue
        board.asked |= {source.raw for source in sources}
        for target in targets:
            mine = [pair for pair in pairs if pair.target == target.column.name]
            rival = next(pair for pair in (*mine, *pairs) if pair != mine[0])
            board.refuse(mine[0], rival, f"{rival.source!r} as {rival.target!r} is as likely")


def _fullest(board: Board, source: Name) -> tuple[int, str]:
    return -board.evidence.profile(source.raw).filled, source.raw
