"""What heal knows beforehand and what it learns: the catalogue as data, lessons and trials in the database."""

from heal_cli.patterns.calibration import NAMES, Calibration, MatchTrial, calibrate
from heal_cli.patterns.catalogue import MIN_CONFIDENCE, Catalogue, Example, Pattern, Scope
from heal_cli.patterns.exchange import export_patterns, import_patterns, parse_patterns
from heal_cli.patterns.knowledge import Knowledge, read_knowledge
from heal_cli.patterns.learned import PREFIX, Learned, Lesson, State, Teacher, store_lessons
from heal_cli.patterns.load import load_catalogue, read_patterns_file
from heal_cli.patterns.match_trials import record_match_trials
from heal_cli.patterns.own import own_path, read_own, rename_entry, write_own
from heal_cli.patterns.review import (
    Discredited,
    Verdict,
    count_again,
    count_against,
    decide,
    record_duels,
    reopen,
    review,
)
from heal_cli.patterns.rivals import Comparison, Duel, compare, compare_counts, compare_trials
from heal_cli.patterns.statistics import is_significant, posterior_mean, wilson_lower_bound
from heal_cli.patterns.store import TABLES, Connection, ensure, may_record, require_open
from heal_cli.patterns.trials import (
    LEARNED_PRIOR,
    Tally,
    Trial,
    failed_before,
    record_trials,
    shape_of,
)

__all__ = [
    "LEARNED_PRIOR",
    "MIN_CONFIDENCE",
    "NAMES",
    "PREFIX",
    "TABLES",
    "Calibration",
    "Catalogue",
    "Comparison",
    "Connection",
    "Discredited",
    "Duel",
    "Example",
    "Knowledge",
    "Learned",
    "Lesson",
    "MatchTrial",
    "Pattern",
    "Scope",
    "State",
    "Tally",
    "Teacher",
    "Trial",
    "Verdict",
    "calibrate",
    "compare",
    "compare_counts",
    "compare_trials",
    "count_again",
    "count_against",
    "decide",
    "ensure",
    "export_patterns",
    "failed_before",
    "import_patterns",
    "is_significant",
    "load_catalogue",
    "may_record",
    "own_path",
    "parse_patterns",
    "posterior_mean",
    "read_knowledge",
    "read_own",
    "read_patterns_file",
    "record_duels",
    "record_match_trials",
    "record_trials",
    "rename_entry",
    "reopen",
    "require_open",
    "review",
    "shape_of",
    "store_lessons",
    "wilson_lower_bound",
    "write_own",
]
