"""Values inside of objects as columns of their own, where the target table has a column for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from heal_cli.model import ROW, Batch, Chunk, Finding, ReadOptions, Source
from heal_cli.model.column_names import bare, is_typed, lone_path, path_of, unwrapped, wrapper_of
from heal_cli.read.bytes import ByteStream
from heal_cli.read.json_objects import objects_of, rejects_of
from heal_cli.read.jsonl_keys import Fault
from heal_cli.read.source import SourceReader

_MAX_DEPTH: Final = 4
_SAMPLE: Final = 1000  # objects of the first batch whose keys are looked at
_MOST_KEYS: Final = 200  # of objects in a column; more are data, and no names


OBJECT: Final = r'^\{\s*["}/,]'
"""How an object begins, and one that can be mended; a dict of Python and an id in braces do not."""


class _Values(NamedTuple):
    """One nested key in all rows."""

    values: pl.Series
    is_absent: pl.Series
    kind: str | None = None  # as in `Batch.kinds`; None for typed values
    quoted: pl.Series | None = None


class _Fields(NamedTuple):
    """The keys of objects."""

    columns: Mapping[str, _Values]
    faults: dict[int, Fault]  # 1-based place -> why the object there cannot be taken apart


class _Found(NamedTuple):
    values: _Values
    faults: dict[int, Fault]


class Inner(NamedTuple):
    """Values inside of objects, of the first records."""

    columns: pl.DataFrame  # as tall as these records are many
    paths: Mapping[str, tuple[str, ...]]  # name of such a column -> the keys that lead to its values


def inner_values(
    batch: Batch, targets: Collection[str], *, rows: int, besides: Collection[str] = ()
) -> Inner:
    """All that stands inside of objects in the first rows and might be a column of its own.

    Left out is what is called in its wrapping as something else is: nobody could tell which is meant.

    Args:
        besides: Columns that are taken as they are.
    """
    found: dict[str, tuple[tuple[str, ...], pl.Series]] = {}
    columns = batch.frame.columns[1:]
    wrapping = _Wrapping.of(columns, targets)
    for name in columns:
        below = list(_leaves(batch.frame[name].head(rows), (name,))) if name not in besides else []
        if len(below) <= _MOST_KEYS:
            found |= {wrapping.name(path): (path, values) for path, values in below}
    called = Counter(map(_key, [*columns, *map(bare, found)]))
    sure = {
        name: path
        for name, (path, _) in found.items()
        if called[_key(bare(name))] == 1 and path == path_of(name)
    }
    return Inner(pl.DataFrame([found[name][1].alias(name) for name in sure]), sure)


def _leaves(values: pl.Series, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], pl.Series]]:
    """The values below these that have none below them."""
    fields = _fields(values).columns if len(path) < _MAX_DEPTH and _may_hold_objects(values) else {}
    if not fields and len(path) > 1:
        yield path, values
    for name, inner in fields.items():
        yield from _leaves(inner.values, (*path, name))


def _may_hold_objects(values: pl.Series) -> bool:
    return values.dtype != pl.String or bool(values.str.contains(OBJECT).any())


class _Wrapping(NamedTuple):
    """The key that all values of the records stand below."""

    key: str | None
    is_lone: bool  # it is the only one, whatever it is called

    @classmethod
    def of(cls, columns: Sequence[str], targets: Collection[str]) -> _Wrapping:
        """That of records with these columns, unless a target is called by a lone one, alone or before more."""
        known = wrapper_of(columns)
        columns = [name for name in columns if not name.startswith(".")]
        keys = map(_key, targets)
        if known is not None or len(columns) != 1 or any(key.startswith(_key(columns[0])) for key in keys):
            return cls(known, is_lone=False)
        return cls(columns[0], is_lone=True)

    def name(self, path: tuple[str, ...]) -> str:
        """What a value is called as a column."""
        return lone_path(path) if self.is_lone else ".".join(path)

    def key_of(self, path: tuple[str, ...]) -> str:
        """The same inside of the wrapping, without case and separators."""
        return _key(unwrapped(self.name(path)) if path[0] == self.key else "".join(path))


def unnest(reader: SourceReader, targets: Collection[str]) -> SourceReader:
    """The reader, with a column `user.name` for each target that is called so and has none of its own.

    Where an export has wrapped its records, `_source.name` is called `name`.

    The object itself stays a column: what no target takes of it is not lost.
    """
    batch = reader.sample()
    columns = batch.frame.columns[1:]
    keys = {_key(target) for target in targets}
    wanted = keys - {_key(name) for name in batch.frame.columns}
    wrapping = _Wrapping.of(columns, targets)
    found = Counter[str]()
    paths: dict[str, tuple[str, ...]] = {}
    for name in columns:
        for path in _paths(batch.frame[name].head(_SAMPLE), (name,), wanted, wrapping):
            found[wrapping.key_of(path)] += 1
            paths[wrapping.name(path)] = path
    paths = {name: path for name, path in paths.items() if found[wrapping.key_of(path)] == 1}
    return NestedReader(reader, paths) if paths else reader


def _key(name: str) -> str:
    """A name without case and separators."""
    return re.sub(r"[\W_]", "", name).casefold()


def _paths(
    values: pl.Series, path: tuple[str, ...], wanted: Collection[str], wrapping: _Wrapping
) -> Iterator[tuple[str, ...]]:
    """Paths below these values that read like a wanted name."""
    is_wrapped = path[0] == wrapping.key
    start = "" if is_wrapped and len(path) == 1 else wrapping.key_of(path)
    if len(path) >= _MAX_DEPTH or not any(
        name.startswith(start) and (is_wrapped or name != start) for name in wanted
    ):
        return
    for name, inner in _fields(values).columns.items():
        below = (*path, name)
        key = wrapping.key_of(below)
        deeper = list(_paths(inner.values, below, wanted, wrapping))
        if key in wanted and all(wrapping.key_of(path) != key for path in deeper):
            yield below
        yield from deeper


def _fields(values: pl.Series) -> _Fields:
    """The keys of objects, each with its values in all rows."""
    if isinstance(values.dtype, pl.Struct):
        typed = {
            field.name: _Values(values.struct.field(field.name), values.is_null())
            for field in values.dtype.fields
        }
        return _Fields(typed, {})
    if values.dtype != pl.String or not values.str.starts_with("{").any():
        return _Fields({}, {})
    found, faults = objects_of(values)
    rows = pl.int_range(1, values.len() + 1, dtype=pl.Int64, eager=True).alias(ROW).to_frame()
    whole = rows.join(found.frame, on=ROW, how="left", maintain_order="left")
    columns = {
        name: _Values(
            whole[name],
            ~_spread(rows, found.frame[ROW], ~found.absent[name] if name in found.absent else None),
            found.kinds.get(name),
            _spread(rows, found.frame[ROW], found.quoted[name]) if name in found.quoted else None,
        )
        for name in found.frame.columns[1:]
    }
    return _Fields(columns, faults)


def _spread(rows: pl.DataFrame, some: pl.Series, mask: pl.Series | None) -> pl.Series:
    """A mask over some rows as one over all, false where there was none."""
    here = some if mask is None else some.filter(mask)
    return rows[ROW].is_in(here.implode())


def _value(values: pl.Series, path: tuple[str, ...]) -> _Found:
    """The values at a path below these."""
    columns, faults = _fields(values)
    found = columns.get(path[0])
    if found is None:
        nothing = pl.repeat(None, values.len(), dtype=pl.String, eager=True)
        everywhere = pl.repeat(value=True, n=values.len(), dtype=pl.Boolean, eager=True)
        return _Found(_Values(nothing, everywhere), faults)
    if len(path) == 1:
        return _Found(found, faults)
    below = _value(found.values, path[1:])
    return _Found(below.values, faults | below.faults)


class NestedReader:
    """A reader whose batches have some nested values as columns; see `SourceReader`.

    Args:
        paths: Column name -> the keys that lead to its values, the source column's first.
    """

    def __init__(self, reader: SourceReader, paths: Mapping[str, tuple[str, ...]]) -> None:
        self._reader = reader
        self._paths = paths
        self._sample: Batch | None = take_out(reader.sample(), paths)

    @property
    def source(self) -> Source:
        """What was found out about it."""
        source = self._reader.source
        found = tuple(Finding("nested", name, None, "a column of the table takes it") for name in self._paths)
        return replace(source, columns=(*source.columns, *self._paths), findings=(*source.findings, *found))

    @property
    def options(self) -> ReadOptions:
        """How it is read."""
        return self._reader.options

    @property
    def stream(self) -> ByteStream | None:
        """The bytes that it reads from front to back."""
        return self._reader.stream

    def sample(self) -> Batch:
        """The first chunk, parsed."""
        assert self._sample is not None
        return self._sample

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order."""
        return self._reader.chunks()

    def parse(self, chunk: Chunk) -> Batch:
        """The rows of a chunk; several threads may call it at once."""
        return take_out(self._reader.parse(chunk), self._paths)

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column over the whole source, chunk by chunk."""
        path = self._paths.get(name)
        if path is None:
            yield from self._reader.column(name)
            return
        for values in self._reader.column(path[0]):
            yield _value(values, path[1:]).values.values.alias(name)

    def close(self) -> None:
        """Let go of the file and of its first chunk."""
        self._sample = None
        self._reader.close()


def take_out(batch: Batch, paths: Mapping[str, tuple[str, ...]]) -> Batch:
    """The batch with the values at some paths as columns of their own.

    Args:
        paths: Column name -> the keys that lead to its values, the source column's first.
    """
    frame, absent = batch.frame, dict(batch.absent)
    quoted, kinds = dict(batch.quoted), dict(batch.kinds)
    faults: dict[int, Fault] = {}
    for name, path in paths.items():
        if path[0] not in frame.columns:
            continue
        found, broken = _value(batch.frame[path[0]], path[1:])
        if is_typed(name):
            broken = broken | _of_other_type(batch.frame[path[0]], path[1:-1], found)
        faults |= {place: fault._replace(column=name) for place, fault in broken.items()}
        frame = frame.with_columns(found.values.alias(name))
        if found.is_absent.any():
            absent[name] = found.is_absent
        if found.kind is not None:
            kinds[name] = found.kind
        if found.quoted is not None:
            quoted[name] = found.quoted
    whole = replace(batch, frame=frame, absent=absent, quoted=quoted, kinds=kinds)
    return _without(whole, faults) if faults else whole


def _of_other_type(values: pl.Series, path: tuple[str, ...], found: _Values) -> dict[int, Fault]:
    """1-based place of each object that has its value under the key of another type -> why it is refused."""
    whole = _value(values, path).values.values
    if whole.dtype != pl.String:
        return {}
    is_null = whole.is_null() | whole.str.contains(r'^\{\s*"NULL"\s*:')
    other = (found.is_absent & ~is_null).arg_true()
    message = "the value has another type than those of the first rows"
    return {place + 1: Fault("other_type", message, value=whole[place]) for place in other}


def _without(batch: Batch, faults: Mapping[int, Fault]) -> Batch:
    """The batch with some rows, by their 1-based place, as rejects."""
    rows = batch.frame[ROW]
    refused = rejects_of({rows[place - 1]: fault for place, fault in faults.items()})
    stays = ~rows.is_in(refused[ROW].implode())
    return replace(
        batch,
        frame=batch.frame.filter(stays),
        broken=pl.concat([batch.broken, refused]).sort(ROW),
        absent={name: mask.filter(stays) for name, mask in batch.absent.items()},
        quoted={name: mask.filter(stays) for name, mask in batch.quoted.items()},
        mended={name: mask.filter(stays) for name, mask in batch.mended.items()},
    )
