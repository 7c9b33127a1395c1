"""Where batches run: this machine's threads."""

from heal_cli.engine.load import run_load, run_plan

__all__ = ["run_load", "run_plan"]
