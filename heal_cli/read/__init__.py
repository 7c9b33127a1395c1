"""Sources to batches: any file as chunks of whole records, each record accounted for."""

from heal_cli.read.prefix import Walk
from heal_cli.read.source import SourceReader, expand, open_source, reopen

__all__ = ["SourceReader", "Walk", "expand", "open_source", "reopen"]
