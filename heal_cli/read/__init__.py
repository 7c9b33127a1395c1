"""Sources to batches: any file as chunks of whole records, each record accounted for."""

from heal_cli.read.nested import unnest
from heal_cli.read.prefix import prefixes
from heal_cli.read.source import SourceReader, expand, open_source

__all__ = ["SourceReader", "expand", "open_source", "prefixes", "unnest"]
