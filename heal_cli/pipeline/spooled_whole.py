"""What waits in the spool as a whole source, compared with the source that comes now."""

from __future__ import annotations

from heal_cli.errors import SourceError
from heal_cli.model import LoadOptions, Source
from heal_cli.read import SourceReader, open_source, open_stored
from heal_cli.resilience import STORED, Entry, Manifest, is_stored_in


def is_same_whole(entry: Manifest, source: Source, options: LoadOptions) -> bool:
    """What was spooled whole is this source: one that has changed since was refused before."""
    is_named = source.size is not None or options.source_id is not None
    is_namesake = (entry.source.name, entry.options.source_id) == (source.name, options.source_id)
    return entry.kind == "source" and is_named and is_namesake


def goes_on_from(reader: SourceReader, entry: Entry) -> bool:
    """The source is a stream whose first batch is that of what was spooled."""
    if reader.source.size is not None:
        return False
    try:
        spooled = open_source(str(entry.path / STORED), reader.options)
    except SourceError:
        return False  # a damaged one, or one of another kind
    try:
        return spooled.sample().chunk.digest == reader.sample().chunk.digest
    finally:
        spooled.close()


def has_changed(source: Source, entry: Entry, manifest: Manifest) -> bool:
    """The source goes by the same name as what was spooled, or begins with it, and is not the same."""
    is_namesake = manifest.source.name == source.name
    if source.size is None:  # of a stream only its id says that it is the same
        return is_namesake and manifest.options.source_id is not None
    with open_stored(source.name) as read:
        begins_alike = is_stored_in(entry, manifest, read)
        is_same = begins_alike and not read(1)
    return (begins_alike or is_namesake) and not is_same
