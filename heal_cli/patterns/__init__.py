"""What heal knows beforehand and what it learns: the catalogue as data, and trials in the database."""

from heal_cli.patterns.catalogue import MIN_CONFIDENCE, Catalogue, Example, Pattern, Scope
from heal_cli.patterns.learned import Trial, confidences, ddl, ensure, mark_failed, record_trials, shape_of
from heal_cli.patterns.load import load_catalogue
from heal_cli.patterns.own import own_path, read_own, rename_entry, write_own
from heal_cli.patterns.statistics import is_significant, posterior_mean, wilson_lower_bound

__all__ = [
    "MIN_CONFIDENCE",
    "Catalogue",
    "Example",
    "Pattern",
    "Scope",
    "Trial",
    "confidences",
    "ddl",
    "ensure",
    "is_significant",
    "load_catalogue",
    "mark_failed",
    "own_path",
    "posterior_mean",
    "read_own",
    "record_trials",
    "rename_entry",
    "shape_of",
    "wilson_lower_bound",
    "write_own",
]
