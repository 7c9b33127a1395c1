"""Plan + batch -> healed rows, rejects and tallies; pure over frames."""

from heal_cli.heal.apply import heal_batch
from heal_cli.heal.flags_against import flags_against
from heal_cli.heal.late_keys import late_keys, place_late
from heal_cli.heal.plan import MATCH_ROWS, PlanOptions, make_plan, planned_sources
from heal_cli.heal.replan import replan
from heal_cli.heal.saved import NamedPlan, parse_plan, plan_text
from heal_cli.heal.second_look import newly_open, open_columns, revoked_readings, settle_columns
from heal_cli.heal.shadow import duels, holds, shadow_counts
from heal_cli.heal.values import as_text

__all__ = [
    "MATCH_ROWS",
    "NamedPlan",
    "PlanOptions",
    "as_text",
    "duels",
    "flags_against",
    "heal_batch",
    "holds",
    "late_keys",
    "make_plan",
    "newly_open",
    "open_columns",
    "parse_plan",
    "place_late",
    "plan_text",
    "planned_sources",
    "replan",
    "revoked_readings",
    "settle_columns",
    "shadow_counts",
]
