"""Which table a typed name means: exact, then folded, by search_path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.rows import tuple_row

from heal_cli.errors import SchemaError
from heal_cli.model import cut
from heal_cli.schema.nearest import describe_missing, type_name
from heal_cli.schema.session import catalog_only

_PART: Final = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^".]+?))\s*(\.|$)')

_LOADABLE: Final = frozenset("rpvfm")
_KINDS: Final = {"S": "a sequence", "c": "a composite type", "t": "a TOAST table"}

_HERE: Final = "SELECT pg_catalog.current_schemas(true)::pg_catalog.text[], pg_catalog.current_database()::pg_catalog.text"
_COLUMNS: Final = """
    SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
"""
_BY_NAME: Final = _COLUMNS + "WHERE c.relname = ANY (%(names)s::name[])"
_ALL: Final = (
    _COLUMNS
    + """
    WHERE c.relkind IN ('r', 'p', 'v', 'f', 'm') AND n.nspname <> 'information_schema'
        AND (NOT n.nspname::text ^@ 'pg_' OR n.nspname::text ^@ 'pg_temp_' AND n.nspname = ANY (%(path)s::name[]))
    """
)


class Found(NamedTuple):
    """A relation as the catalog knows it."""

    oid: int
    schema: str
    name: str
    kind: str  # pg_class.relkind


class TypedName(NamedTuple):
    """A table's name as typed, taken apart."""

    name: str
    name_is_quoted: bool = False  # then it is meant exactly
    schema: str | None = None
    schema_is_quoted: bool = False
    database: str | None = None


def parse_name(typed: str) -> TypedName:
    """The parts of 'table', 'schema.table', '"Odd.Name"' or 'database.schema.table'.

    What does not follow SQL's rules for identifiers is one name, taken literally; too long a part is cut
    where PostgreSQL cuts it.

    Raises:
        SchemaError: Nothing was typed, or a character that no name can hold.
    """
    if not typed.strip() or "\0" in typed:
        raise SchemaError(f"{typed!r} cannot be a table's name", hint="Name it with --table [SCHEMA.]TABLE")
    parts = _split(typed)
    if not 1 <= len(parts) <= 3:
        return TypedName(cut(typed.strip()))
    name, name_is_quoted = parts[-1]
    schema, schema_is_quoted = parts[-2] if len(parts) > 1 else (None, False)
    database = parts[0][0] if len(parts) == 3 else None
    return TypedName(name, name_is_quoted, schema, schema_is_quoted, database)


def _split(typed: str) -> list[tuple[str, bool]]:
    """Each identifier and whether it was quoted; nothing when this is no list of identifiers."""
    parts, position = [], 0
    while match := _PART.match(typed, position):
        quoted, bare, separator = match.groups()
        parts.append((cut(bare if quoted is None else quoted.replace('""', '"')), quoted is not None))
        position = match.end()
        if not separator:
            return parts
    return []


def find_table(conn: psycopg.Connection[Any], typed: str) -> Found:
    """The relation that `typed` names.

    An exact match anywhere in the `search_path` wins, then the lower-case name as SQL would read it, then
    a name that differs in case only. Quoted parts are exact. A name with a dot is a schema and a table
    first and a table of that literal name second.

    Raises:
        SchemaError: Nothing or more than one is meant, with what is near and where it is.
    """
    wanted, literal = parse_name(typed), TypedName(cut(typed.strip()))
    with conn.cursor(row_factory=tuple_row) as cursor:
        here = cursor.execute(_HERE, prepare=False).fetchone()
        path, database = here if here else ([], "")
        if wanted.database not in (None, database):
            raise SchemaError(
                f"Table {typed!r} is in database {wanted.database!r}, this connection is to {database!r}",
                hint="Name the other database in --dsn",
            )
        with catalog_only(conn):
            names = list({wanted.name, wanted.name.lower(), literal.name})
            cursor.execute(_BY_NAME, {"names": names}, prepare=False)
            near = [Found(*row) for row in cursor]
            found = _choose(wanted, near, path) or _choose(literal, near, path)
            if found is None:
                cursor.execute(_ALL, {"path": path}, prepare=False)
                tables = [Found(*row) for row in cursor]
                found = _choose(wanted, tables, path) or _choose(literal, tables, path)
    if found is None:
        schema = _schema_meant(wanted, path)
        raise describe_missing(wanted.name, schema, [(t.schema, t.name) for t in tables], path)
    return _checked(found)


def _choose(wanted: TypedName, relations: Sequence[Found], path: Sequence[str]) -> Found | None:
    """The best relation, or None; a tie between names that differ in case only is an error."""
    ranked: dict[tuple[int, int], list[Found]] = {}
    for relation in relations:
        by_name = _spelling_rank(wanted.name, relation.name, is_quoted=wanted.name_is_quoted)
        by_schema = _schema_rank(wanted, relation.schema, path)
        if by_name is not None and by_schema is not None:
            rank = (by_name, by_schema) if wanted.schema is None else (by_schema, by_name)
            ranked.setdefault(rank, []).append(relation)
    if not ranked:
        return None
    best = ranked[min(ranked)]
    if len(best) > 1:
        names = ", ".join(sorted(repr(f"{relation.schema}.{relation.name}") for relation in best))
        raise SchemaError(
            f"{wanted.name!r} means more than one table: {names} differ in case only",
            hint="Type the one that is meant in double quotes, as in --table "
            + type_name(best[0].schema, best[0].name, quote=True),
        )
    return best[0]


def _schema_rank(wanted: TypedName, schema: str, path: Sequence[str]) -> int | None:
    if wanted.schema is None:
        return path.index(schema) if schema in path else None
    return _spelling_rank(_schema_meant(wanted, path) or "", schema, is_quoted=wanted.schema_is_quoted)


def _schema_meant(wanted: TypedName, path: Sequence[str]) -> str | None:
    """The schema asked for; 'pg_temp' stands for the session's own."""
    if wanted.schema == "pg_temp":
        return next((schema for schema in path if schema.startswith("pg_temp_")), wanted.schema)
    return wanted.schema


def _spelling_rank(typed: str, name: str, *, is_quoted: bool) -> int | None:
    """0 as typed, 1 as SQL folds it, 2 in another case; None for another name."""
    if name == typed:
        return 0
    if is_quoted:
        return None
    if name == typed.lower():
        return 1
    return 2 if name.casefold() == typed.casefold() else None


def _checked(found: Found) -> Found:
    """The same relation, if rows can go into its kind at all."""
    if found.kind not in _LOADABLE:
        kind = _KINDS.get(found.kind, "an index")
        raise SchemaError(
            f"'{found.schema}.{found.name}' is {kind}, not a table", hint="Name a table with --table"
        )
    if found.schema in ("pg_catalog", "pg_toast"):
        raise SchemaError(
            f"'{found.schema}.{found.name}' belongs to PostgreSQL itself and takes no rows from anybody",
            hint="Name your own table with --table SCHEMA.TABLE",
        )
    return found
