"""Faults between rows: keys that are taken, in the table or in the batch, and parents that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final, NamedTuple

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.model import ROW, TableSchema
from heal_cli.write.connection import table_name
from heal_cli.write.facts import Foreign, Unique
from heal_cli.write.screen_cells import ask

MOST_NULLABLE_KEYS: Final = 4
"""NULLS NOT DISTINCT is asked once for each combination of null keys: 16 of them."""

_EXACT: Final = frozenset(
    {
        "int2",
        "int4",
        "int8",
        "bool",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "uuid",
        "numeric",
        "text",
        "varchar",
    }
)
"""Types whose equality is that of the values as they travel."""

_AND: Final = sql.SQL(" AND ")
_COMMA: Final = sql.SQL(", ")


class Taken(NamedTuple):
    """Rows whose key is in the table."""

    row: int
    xmin: str  # of the row that has it
    key: str  # for people


class Shared(NamedTuple):
    """Rows whose key others of the batch have too."""

    row: int
    group: int
    key: str


class Parent(NamedTuple):
    """A row whose parent is not in the table, and the row of the batch that may be it."""

    row: int
    parent: int | None
    key: str


class Missing(NamedTuple):
    """Rows whose foreign key finds no parent in the table."""

    row: int
    key: str


def taken_keys(
    cursor: psycopg.Cursor, relation: sql.Composable, table: TableSchema, unique: Unique
) -> list[Taken] | None:
    """Staged rows that a row of the table stands in the way of; None where no query can tell."""
    if not _is_comparable(unique):
        return None
    only = sql.SQL("" if table.kind == "p" else "ONLY ")
    target = sql.SQL("{}{} AS heal_row").format(only, table_name(table.schema, table.name))
    staged = _keys(unique, relation, sql.Identifier(ROW))
    if unique.keys[0].is_ordered:
        staged = _within(unique, staged, target)
    joins = [
        sql.SQL("SELECT s.{row}, t.xmin, {key} FROM {staged} AS s JOIN {target} AS t ON {match}").format(
            row=sql.Identifier(ROW),
            key=_key_text(unique, "s"),
            staged=staged,
            target=_keys(unique, target, sql.SQL("heal_row.xmin::pg_catalog.text AS xmin")),
            match=_AND.join(match),
        )
        for match in _matches(unique)
    ]
    rows = ask(cursor, sql.SQL(" UNION ALL ").join(joins))
    return None if rows is None else [Taken(*row) for row in rows]


def equal_columns(rows: pl.DataFrame, table: TableSchema, unique: Unique) -> list[str]:
    """The columns of the key, if equal values of theirs are equal here too; otherwise none."""
    if unique.predicate or len(unique.columns) != len(unique.keys):
        return []
    for name, key in zip(unique.columns, unique.keys, strict=True):
        if name not in rows.columns or not key.is_bytewise:
            return []
        type_ = table.column(name).type
        is_rounded = type_.length is not None or (type_.scale is not None and type_.base != "numeric")
        if (
            type_.base not in _EXACT
            or is_rounded
            or (type_.base == "numeric" and rows[name].dtype == pl.String)
        ):
            return []
    return list(unique.columns)


def shared_columns(rows: pl.DataFrame, columns: list[str], unique: Unique) -> list[Shared]:
    """The same as `shared_keys`, without a query, for the columns of `equal_columns`."""
    keys = rows.select(ROW, *columns)
    if not unique.nulls_not_distinct:
        keys = keys.drop_nulls()
    shared = keys.filter(keys.select(columns).is_duplicated()).select(
        ROW,
        pl.col(ROW).min().over(columns).alias("group"),
        pl.concat_str(pl.col(columns).cast(pl.String).fill_null("null"), separator=", ").alias("key"),
    )
    return [Shared(*row) for row in shared.iter_rows()]


def shared_keys(cursor: psycopg.Cursor, relation: sql.Composable, unique: Unique) -> list[Shared] | None:
    """Staged rows that share their key, in groups; None where no query can tell."""
    if not _is_comparable(unique):
        return None
    keys = _COMMA.join(map(_name, range(len(unique.keys))))
    present = [sql.SQL("{} IS NOT NULL").format(_name(at)) for at in range(len(unique.keys))]
    query = sql.SQL(
        "SELECT s.{row}, s.first, {key} FROM (SELECT k.*, pg_catalog.min(k.{row}) OVER same AS first,"
        " pg_catalog.count(*) OVER same AS rows FROM {keyed} AS k{present}"
        " WINDOW same AS (PARTITION BY {keys})) AS s WHERE s.rows OPERATOR(pg_catalog.>) 1"
    ).format(
        row=sql.Identifier(ROW),
        key=_key_text(unique, "s"),
        keyed=_keys(unique, relation, sql.Identifier(ROW)),
        present=sql.SQL("" if unique.nulls_not_distinct else " WHERE ") + _AND.join(present)
        if not unique.nulls_not_distinct
        else sql.SQL(""),
        keys=keys,
    )
    rows = ask(cursor, query)
    return None if rows is None else [Shared(*row) for row in rows]


def missing_parents(
    cursor: psycopg.Cursor, relation: sql.Composable, foreign: Foreign
) -> list[Missing] | None:
    """Staged rows that refer to nothing in the table; None where no query can tell."""
    if foreign.is_hidden:
        return None
    rows = ask(
        cursor,
        sql.SQL("SELECT heal_row.{row}, {key} FROM {relation} WHERE {orphan}").format(
            row=sql.Identifier(ROW),
            key=_reference_text(foreign),
            relation=relation,
            orphan=_orphan(foreign),
        ),
    )
    return None if rows is None else [Missing(*row) for row in rows]


def parents_in_batch(cursor: psycopg.Cursor, relation: sql.Composable, foreign: Foreign) -> list[Parent]:
    """Staged rows whose parent is not in the table yet; none where no query can tell."""
    rows = ask(
        cursor,
        sql.SQL(
            "SELECT c.{row}, p.{row}, c.heal_key FROM"
            " (SELECT heal_row.*, {key} AS heal_key FROM {relation} WHERE {orphan}) AS c"
            " LEFT JOIN (SELECT * FROM {relation}) AS p ON {match}"
        ).format(
            row=sql.Identifier(ROW),
            key=_reference_text(foreign),
            relation=relation,
            orphan=_orphan(foreign),
            match=_is_parent(foreign, "c"),
        ),
    )
    return [Parent(*row) for row in rows or ()]


def to_frame(rows: list[Taken] | list[Shared] | list[Missing], said: pl.Expr) -> pl.DataFrame:
    """Row number and what is wrong, from `said` over the fields."""
    names = {Taken: ("xmin",), Shared: ("group",), Missing: ()}
    between = names[type(rows[0])]
    kinds = {"xmin": pl.String, "group": pl.Int64}
    schema = {ROW: pl.Int64, **{name: kinds[name] for name in between}, "key": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").select(ROW, said=said)


def _is_comparable(unique: Unique) -> bool:
    if unique.nulls_not_distinct and len(unique.keys) > MOST_NULLABLE_KEYS:
        return False
    return all(key.operator is not None for key in unique.keys)


def _name(at: int) -> sql.Identifier:
    return sql.Identifier(f"k{at}")


def _keys(unique: Unique, relation: sql.Composable, first: sql.Composable) -> sql.Composed:
    """A subquery of the index's keys k0, k1, ... over a relation, where its predicate holds."""
    keys = [
        sql.SQL("({}){} AS {}").format(sql.SQL(key.expression), _collate(key.collation), _name(at))
        for at, key in enumerate(unique.keys)
    ]
    where = sql.SQL(" WHERE {}").format(sql.SQL(unique.predicate)) if unique.predicate else sql.SQL("")
    return sql.SQL("(SELECT {} FROM {}{})").format(_COMMA.join([first, *keys]), relation, where)


def _within(unique: Unique, staged: sql.Composed, target: sql.Composed) -> sql.Composed:
    """The staged keys between the table's least and greatest, which two looks at the index tell.

    Keys that grow with the file are all past the greatest, and need not be looked up one by one.
    """
    present = sql.SQL("SELECT k0 FROM {} AS bound WHERE k0 IS NOT NULL ORDER BY k0").format(
        _keys(unique, target, sql.SQL("1 AS one"))
    )
    return sql.SQL(
        "(SELECT * FROM {} AS own WHERE {}k0 OPERATOR(pg_catalog.>=) ({} LIMIT 1)"
        " AND k0 OPERATOR(pg_catalog.<=) ({} DESC LIMIT 1))"
    ).format(staged, sql.SQL("k0 IS NULL OR " if unique.nulls_not_distinct else ""), present, present)


def _matches(unique: Unique) -> Iterator[list[sql.Composed]]:
    """Conditions under which two rows have one key: once, or for each pattern of nulls that are equal."""
    places = range(len(unique.keys))
    patterns = (
        product((False, True), repeat=len(places)) if unique.nulls_not_distinct else [(False,) * len(places)]
    )
    for nulls in patterns:
        yield [
            sql.SQL("s.{k} IS NULL AND t.{k} IS NULL").format(k=_name(at))
            if nulls[at]
            else sql.SQL("t.{k} {equals} s.{k}").format(
                k=_name(at), equals=sql.SQL(unique.keys[at].operator or "=")
            )
            for at in places
        ]


def _key_text(unique: Unique, relation: str) -> sql.Composed:
    return _text([sql.Identifier(relation, f"k{at}") for at in range(len(unique.keys))])


def _reference_text(foreign: Foreign) -> sql.Composed:
    return _text([sql.Identifier("heal_row", pair.column) for pair in foreign.pairs])


def _text(values: list[sql.Identifier]) -> sql.Composed:
    shown = [sql.SQL("coalesce({}::pg_catalog.text, 'null')").format(value) for value in values]
    return sql.SQL("pg_catalog.concat_ws(', ', {})").format(_COMMA.join(shown))


def _collate(collation: str | None) -> sql.SQL:
    return sql.SQL(f" COLLATE {collation}" if collation else "")


def _is_parent(foreign: Foreign, relation: str) -> sql.Composed:
    """The row `p` has the key that the row of the relation refers to."""
    return _AND.join(
        sql.SQL("p.{} {} {}{}").format(
            sql.Identifier(pair.referenced),
            sql.SQL(pair.operator),
            sql.Identifier(relation, pair.column),
            _collate(pair.collation),
        )
        for pair in foreign.pairs
    )


def _orphan(foreign: Foreign) -> sql.Composed:
    """No parent in the table; under MATCH FULL also keys that are null in part."""
    columns = [sql.Identifier("heal_row", pair.column) for pair in foreign.pairs]
    given = _AND.join([sql.SQL("{} IS NOT NULL").format(column) for column in columns])
    orphan = sql.SQL("({} AND NOT EXISTS (SELECT FROM {}{} AS p WHERE {}))").format(
        given,
        sql.SQL("ONLY " if foreign.only else ""),
        sql.SQL(foreign.references),
        _is_parent(foreign, "heal_row"),
    )
    if not foreign.is_full or len(columns) == 1:
        return orphan
    null = sql.SQL(" OR ").join([sql.SQL("{} IS NULL").format(column) for column in columns])
    some = sql.SQL(" OR ").join([sql.SQL("{} IS NOT NULL").format(column) for column in columns])
    return sql.SQL("({} OR (({}) AND ({})))").format(orphan, null, some)
