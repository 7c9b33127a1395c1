"""A model of language that says how near two phrases are: what the semantic tier of matching asks.

Nothing here is imported, and no model is opened, before a load that asks for it has columns left open.
"""

from heal_cli.semantic.opening import NearnessOnDemand, find_model

__all__ = ["NearnessOnDemand", "find_model"]
