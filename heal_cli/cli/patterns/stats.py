"""`heal patterns stats`: what came of the patterns in this database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heal_cli.cli.options import Config, Dsn, Json, StateDir
from heal_cli.cli.patterns.shared import database, learned_facts, new_grid, say_json, whole_catalogue
from heal_cli.cli.terminal import clean, console, note

if TYPE_CHECKING:
    from heal_cli.patterns import Catalogue, Knowledge


def stats(dsn: Dsn = None, state_dir: StateDir = None, config: Config = None, json: Json = None) -> None:
    """Show every pattern that was tried, learned or judged here: trials, confidence, and what is sure of it.

    'at least' is the lower end of the Wilson interval at 95 %, 'sure' stands for 30 trials that are better than a coin.
    """
    from heal_cli.patterns import read_knowledge

    catalogue, _ = whole_catalogue(state_dir, config)
    with database(dsn, config) as connection:
        documents = _documents(read_knowledge(connection), catalogue)
    if json:
        say_json({"patterns": documents})
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
    note(f"{len(documents)} patterns were tried, learned or judged in this database")


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
