"""Sources to batches: any file as chunks of whole records, each record accounted for."""

from heal_cli.read.again import Shape, read_alone, shape_of
from heal_cli.read.bytes import open_stored
from heal_cli.read.empty import EmptyReader
from heal_cli.read.json_keyed import ONE_RECORD
from heal_cli.read.nested import NestedReader, inner_values, unnest
from heal_cli.read.prefix import Walk
from heal_cli.read.row_names import ROW_NUMBERS
from heal_cli.read.source import SourceReader, expand, open_source, reopen

__all__ = [
    "ONE_RECORD",
    "ROW_NUMBERS",
    "EmptyReader",
    "NestedReader",
    "Shape",
    "SourceReader",
    "Walk",
    "expand",
    "inner_values",
    "open_source",
    "open_stored",
    "read_alone",
    "reopen",
    "shape_of",
    "unnest",
]
