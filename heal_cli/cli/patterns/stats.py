"""`heal patterns stats`: what came of the patterns in this database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heal_cli.cli.options import Config, Dsn, Json, StateDir
from heal_cli.cli.patterns.shared import database, learned_facts, new_grid, whole_catalogue
from heal_cli.cli.terminal import clean, console, note, say_json
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.patterns import Calibration, Catalogue, Knowledge


def stats(dsn: Dsn = None, state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """Show what came of the patterns in this database.

    Of each that was tried, learned or judged here: trials, confidence, and what is sure of it.

    'at least' is the lower end of the Wilson interval at 95 %, 'sure' stands for 30 trials that are better than a coin.
    The last line says how far earlier matches predict new ones, and whether that is used.
    """
    from heal_cli.patterns import read_knowledge

    catalogue, _ = whole_catalogue(state_dir, config)
    with database(dsn, config) as connection:
        knowledge = read_knowledge(connection)
    documents = _documents(knowledge, catalogue)
    if json:
        say_json({"patterns": documents, "calibration": _calibration(knowledge.calibration)})
        return
    from rich.text import Text

    grid = new_grid("pattern", "says", "confidence", "trials", "at least", "state")
    for each in documents:
        says = f"{each['source']} → {each['target']} in {each['table']}" if "source" in each else ""
        moved = f"{each['prior']:.2f} → {each['confidence']:.2f}"
        trials = f"{each['successes']} of {each['trials']}"
        state = f"{each['state']}{', sure' if each['significant'] else ''}"
        cells = (each["id"], says, moved, trials, f"{each['at_least']:.2f}", state)
        grid.add_row(*(Text(clean(cell)) for cell in cells))
    if documents:
        console().print(grid)
    note(
        f"{counted(len(documents), 'pattern was', 'patterns were')} tried, learned or judged in this database"
    )
    note(_told(knowledge.calibration))


def _calibration(calibration: Calibration) -> dict[str, Any]:
    """The calibration as JSON; errors are mean squares on held-back trials, null while there are none."""
    from heal_cli.patterns import NAMES

    return {
        "trials": calibration.trials,
        "failures": calibration.failures,
        "is_used": calibration.is_used,
        "reason": calibration.reason,
        "error": calibration.error,
        "prior_error": calibration.prior_error,
        "weights": {name: round(weight, 4) for name, weight in zip(NAMES, calibration.weights, strict=False)},
    }


def _told(calibration: Calibration) -> str:
    """The calibration in a line."""
    used = "used" if calibration.is_used else "not used"
    errors = ""
    if calibration.error is not None and calibration.prior_error is not None:
        errors = f" (error {calibration.error:.3f} against {calibration.prior_error:.3f})"
    return (
        f"Calibration: {calibration.trials} matches on record, {calibration.failures} of them failed; "
        f"{used}: {calibration.reason}{errors}"
    )


def _documents(knowledge: Knowledge, catalogue: Catalogue) -> list[dict[str, Any]]:
    """One for each pattern that the database knows anything about, by id."""
    from heal_cli.patterns import LEARNED_PRIOR, State, Tally

    learned = {each.id: each for each in knowledge.learned}
    priors = {pattern.id: pattern.confidence for pattern in catalogue}
    documents = []
    for id in sorted({*learned, *knowledge.tallies, *knowledge.states}):
        tally = knowledge.tallies.get(id, Tally())
        prior = priors.get(id, LEARNED_PRIOR)
        facts = {
            "id": id,
            "state": knowledge.states.get(id, State.OPEN),
            "confidence": round(tally.confidence(prior), 4),
            "successes": tally.successes,
            "trials": tally.trials,
        }
        documents.append(
            {
                **facts,
                **(learned_facts(learned[id]) if id in learned else {}),
                "prior": prior,
                "at_least": round(tally.lower_bound, 4),
                "significant": tally.is_significant(),
            }
        )
    return documents
