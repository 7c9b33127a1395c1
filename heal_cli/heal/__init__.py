"""Plan + batch -> healed rows, rejects and tallies; pure over frames."""

from heal_cli.heal.apply import heal_batch
from heal_cli.heal.plan import PlanOptions, make_plan

__all__ = ["PlanOptions", "heal_batch", "make_plan"]
