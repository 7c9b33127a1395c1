"""All that a database knows about patterns, in one reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from heal_cli.patterns.calibration import Calibration, calibrate
from heal_cli.patterns.catalogue import Catalogue
from heal_cli.patterns.learned import Learned, State, in_scope, read_learned
from heal_cli.patterns.match_trials import read_match_trials
from heal_cli.patterns.review import states
from heal_cli.patterns.store import Connection, may_read
from heal_cli.patterns.trials import Tally, shape_of, tallies


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What earlier runs and people taught; empty where there is no schema `heal` or the role may not read it."""

    tallies: Mapping[str, Tally] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    learned: tuple[Learned, ...] = ()
    calibration: Calibration = field(default_factory=Calibration)

    def confidence(self, pattern_id: str, prior: float) -> float:
        """Posterior mean (0-1) of a pattern; its prior where it was never tried."""
        tally = self.tallies.get(pattern_id)
        return prior if tally is None else tally.confidence(prior)

    def trusted(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue without what was revoked or demoted here."""
        out = {pattern for pattern, state in self.states.items() if state.is_out}
        return Catalogue(lambda: tuple(pattern for pattern in catalogue if pattern.id not in out))

    def learned_for(self, table: str, columns: Iterable[str]) -> tuple[Learned, ...]:
        """What was learned of this table (schema.name) from sources with these columns."""
        return in_scope(self.learned, table, shape_of(columns))


def read_knowledge(conn: Connection) -> Knowledge:
    """What the database knows."""
    if not may_read(conn):
        return Knowledge()
    counts, standing = tallies(conn), states(conn)
    calibration = calibrate(read_match_trials(conn))
    return Knowledge(counts, standing, read_learned(conn, counts, standing), calibration)
