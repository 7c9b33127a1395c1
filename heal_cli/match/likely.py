"""What is likely: one assignment over all open pairs, after which each still has to stand out from its rivals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from heal_cli.match.alike import Alike
from heal_cli.match.board import Board
from heal_cli.match.by_likeness import by_likeness
from heal_cli.match.cells import Cells, Pair, surest_first
from heal_cli.match.elimination import by_elimination
from heal_cli.match.ensemble import Decision
from heal_cli.match.fallback import never_contradict
from heal_cli.match.learned import Recall
from heal_cli.match.likeness import FLOOR
from heal_cli.match.names import Name
from heal_cli.match.only_one import by_being_the_only_one
from heal_cli.match.own_key import by_own_key
from heal_cli.match.regret import Regrets
from heal_cli.match.standing_out import by_standing_out
from heal_cli.match.tiers import Target, are_one_in_singular
from heal_cli.match.together import by_two_together
from heal_cli.match.values import MIN_FIT
from heal_cli.model import Candidate, Kind, Tier

_OUTDONE: Final = 0.85
"""What is left of a likeness, or of what tables usually call so, where source or target has a namesake."""

_LIKELY: Final = 0.6
"""Confidence from which another column is as good as waiting for a source."""

_YIELDED: Final = 0.5
"""What is left of a candidate for a key that counts itself up, where another column is likely for its source."""


def place_assigned(board: Board) -> None:
    """All other pairs at once: the best assignment, then threshold and margin for each pair."""
    if not (board.open_sources() and board.open_targets()):
        return
    alike = Alike(board.open_said(), board.around)
    cells = _cells(board, alike)
    pairs = cells.assignment(board.options.min_confidence)
    regrets = Regrets(cells, board.options.min_confidence)
    while True:
        decisions = {pair: _decide(board, pair, cells, pairs, regrets) for pair in pairs}
        standing = [
            pair
            for pair in pairs
            if _takes(decisions[pair], pair) and not _experience(board, decisions[pair])
        ]
        if len(standing) == len(pairs):
            break
        pairs = standing
    for pair in pairs:
        board.place(cells.best(pair), decisions[pair].runner_up, decisions[pair].votes)
    _place_remaining(board, cells, alike)
    _ask(board, cells, pairs, regrets)


def _place_remaining(board: Board, cells: Cells, alike: Alike) -> None:
    """What the others have left one to one, where nobody taught otherwise and no other question is nearly as likely."""
    sources, targets = board.open_sources(), board.open_targets()
    names = {target.column.name for target in targets}
    eliminated = list(by_elimination(board.open_said(), targets, cells, alike, board.evidence))
    standing = list(by_standing_out(board.open_said(), targets, cells, alike, board.evidence))
    for candidate in [*eliminated, *_only_ones(board), *standing]:
        pair = (candidate.source or "", candidate.target)
        if pair[0] not in board.open_sources() or pair[1] not in names or pair[1] in board.placed:
            continue
        rivals = [other for other in cells.rivals(pair) if other[0] in sources and other[1] in names]
        others = [one for rival in (pair, *rivals) if rival in cells for one in cells.candidates(rival)]
        decision = board.vote([candidate, *others])
        is_taught = any(one.tier is Tier.LEARNED for one in others)
        if decision.winner == candidate and not is_taught and not _experience(board, decision):
            board.place(candidate, decision.runner_up, decision.votes)


def _only_ones(board: Board) -> list[Candidate]:
    """Candidates for what is open on both sides and the only one of its kind."""
    if not (board.open_sources() and board.open_targets()):
        return []
    names, targets = list(board.said.values()), list(board.targets.values())
    placed = {match.winner.source: match.target for match in board.placed.values() if match.winner.source}
    return list(by_being_the_only_one(names, targets, placed, board.around, board.evidence))


def _cells(board: Board, alike: Alike) -> Cells:
    """Candidates of all tiers for every open pair that has any worth a question."""
    wanted = board.options.min_confidence
    sources, targets = board.open_said(), board.open_targets()
    board.evidence.foresee(need for target in targets for need in _needs(target, alike))
    found: dict[Pair, list[Candidate]] = {}
    namesakes: set[Pair] = set()
    for target in targets:
        for source in _to_be_asked(board, sources, target, alike):
            candidates = [
                *board.known_candidates(source, target),
                *by_likeness(source, target, alike, board.evidence, min_confidence=wanted),
            ]
            if source.meant and source.meant == target.name.meant:
                namesakes.add((source.raw, target.column.name))
            worthy = [candidate for candidate in candidates if candidate.confidence >= FLOOR]
            if worthy:
                found[source.raw, target.column.name] = worthy
    _favour(namesakes, found, wanted)
    for candidate in by_own_key(sources, targets, board.around, board.evidence):
        found.setdefault((candidate.source or "", candidate.target), []).append(candidate)
    _yield_keys([target for target in targets if target.numbers_itself], found)
    by_name = {target.column.name: target for target in targets}
    for candidate in by_two_together(sources, targets, board.sample, board.evidence):
        found.setdefault((candidate.source or "", candidate.target), []).append(candidate)
    Recall(board.past.learned, frozenset(board.open_sources()), by_name).add_to(found, board.evidence)
    return Cells(found)


def _to_be_asked(board: Board, sources: list[Name], target: Target, alike: Alike) -> list[Name]:
    """The sources of which some tier may have something to say beside a target."""
    near = {raw for name in target.names for raw in alike.to(name)}
    return [
        source
        for source in sources
        if source.raw in near
        or source.says_little
        or board.around.is_lettered
        or board.by_names.of(source, target.name)
        or are_one_in_singular(source, target.name)
    ]


def _needs(target: Target, alike: Alike) -> Iterator[tuple[str, str]]:
    """Source column and kind of word that its values have to bear out, for all that are like the target."""
    for name in target.names:
        for raw, found in alike.to(name).items():
            yield from ((raw, kind) for kind, _ in found.needs)


def _favour(namesakes: set[Pair], found: dict[Pair, list[Candidate]], wanted: float) -> None:
    """Takes from other pairs of a column whose name means the same as its own partner's, all of it."""
    sure = {
        pair for pair in namesakes if max((c.confidence for c in found.get(pair, ())), default=0.0) >= wanted
    }
    sources, targets = {source for source, _ in sure}, {target for _, target in sure}
    for pair, candidates in found.items():
        if pair not in namesakes and (pair[0] in sources or pair[1] in targets):
            found[pair] = [_outdone(candidate) for candidate in candidates]


def _yield_keys(keys: list[Target], found: dict[Pair, list[Candidate]]) -> None:
    """Takes from a key that the server counts up what another column is likely to wait for: `order_id`, beside `broker_order_id`."""
    names = {key.column.name for key in keys}
    wanted = {
        source
        for (source, target), candidates in found.items()
        if target not in names and max(c.confidence for c in candidates) >= _LIKELY
    }
    for pair in [pair for pair in found if pair[1] in names and pair[0] in wanted]:
        found[pair] = [replace(c, confidence=round(c.confidence * _YIELDED, 4)) for c in found[pair]]


def _outdone(candidate: Candidate) -> Candidate:
    is_usual = candidate.tier is Tier.PATTERN and candidate.kind is Kind.RENAME
    if candidate.tier is not Tier.FUZZY and not is_usual:
        return candidate
    return replace(candidate, confidence=round(candidate.confidence * _OUTDONE, 4))


def _decide(board: Board, pair: Pair, cells: Cells, pairs: list[Pair], regrets: Regrets) -> Decision:
    """The vote on a pair among its own candidates and those of its rivals in row and column."""
    rivals = [
        other for other in cells.rivals(pair) if not _is_settled(board, other, pair, cells, pairs, regrets)
    ]
    candidates = [candidate for one in (pair, *rivals) for candidate in cells.candidates(one)]
    return board.vote(candidates)


def _is_settled(
    board: Board, rival: Pair, pair: Pair, cells: Cells, pairs: list[Pair], regrets: Regrets
) -> bool:
    """True when a rival is none.

    Its values do not fit, all others would be clearly worse off with it, or it may stand in for the pair's source.
    """
    own, other = cells.best(pair).confidence, cells.best(rival).confidence
    is_near = own - board.options.min_margin < other < board.options.min_confidence <= own
    if is_near and not _fits(board, rival):
        return True
    holder = next((other for other in pairs if other[1] == rival[1]), None)
    is_held = holder is not None and cells.best(holder).confidence >= cells.best(rival).confidence
    if is_held and regrets.of(rival, pairs) >= board.options.min_margin:
        return True
    stands_in = rival[1] == pair[1] and cells.best(rival).tier is not Tier.FUZZY
    return stands_in and never_contradict(board.sample, pair[0], rival[0])


def _fits(board: Board, pair: Pair) -> bool:
    """False where the column takes few of the values: names so little alike were compared without asking."""
    return board.evidence.fit(pair[0], board.targets[pair[1]].column)[0] >= MIN_FIT


def _experience(board: Board, decision: Decision) -> str:
    """What earlier matches say against a winner; empty when they do not."""
    winner, rival = decision.winner, decision.runner_up
    if winner is None:
        return ""
    return board.experience(winner, winner.confidence - rival.confidence if rival else 1.0)


def _ask(board: Board, cells: Cells, pairs: list[Pair], regrets: Regrets) -> None:
    """A question for each target column that stays open although it has a candidate."""
    sources = board.open_sources()
    for target in board.open_targets():
        waiting = [pair for pair in cells.of_target(target.column.name) if pair[0] in sources]
        if not waiting:
            continue
        pair = min(waiting, key=lambda pair: surest_first(cells.best(pair)))
        decision = _decide(board, pair, cells, pairs, regrets)
        surer = f"{pair[0]!r} is surer as {decision.best.target!r}" if decision.best else ""
        reason = decision.reason or _experience(board, decision) or surer
        rival = decision.best if decision.runner_up in cells.candidates(pair) else decision.runner_up
        board.refuse(cells.best(pair), rival, reason, decision.votes)


def _takes(decision: Decision, pair: Pair) -> bool:
    winner = decision.winner
    return winner is not None and (winner.source, winner.target) == pair
