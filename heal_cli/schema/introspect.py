"""The target table as its catalog describes it."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.rows import DictRow, dict_row

from heal_cli.errors import SchemaError
from heal_cli.model import Column, Constraint, TableSchema, Trigger
from heal_cli.schema.names import find_table
from heal_cli.schema.session import catalog_only
from heal_cli.schema.types import Types
from heal_cli.schema.version import load_sql, schema_version

_TABLE: Final = load_sql("table")

_SYSTEM_ID: Final = "SELECT system_identifier::text AS id FROM pg_catalog.pg_control_system()"
_MAY_READ_SYSTEM_ID: Final = (
    "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may, "
    "(SELECT d.oid::int8 FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) AS oid"
)

# pg_trigger.tgtype, src/include/catalog/pg_trigger.h
_ROW, _BEFORE, _INSERT, _INSTEAD = 1, 2, 4, 64


def introspect(conn: psycopg.Connection[Any], table: str) -> TableSchema:
    """The table that `table` names, with everything that decides which rows it accepts.

    Args:
        table: 'table' or 'schema.table' as typed; see `find_table` for how it is looked up.

    Returns:
        Expressions, types and referenced tables are qualified and quoted whatever the `search_path`.
        `version` is at most as new as the rest, so a change in between shows at the first check.

    Raises:
        SchemaError: There is no such table, it is no table, or the role may not use its schema.
    """
    found = find_table(conn, table)
    version = schema_version(conn, found.oid)
    with catalog_only(conn), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_TABLE, {"oid": found.oid}, prepare=False).fetchone()
        if row is None:
            raise SchemaError(f"Table {table!r} was dropped while it was read", hint="Run the command again")
        system_id = _read_system_id(cursor)
    if not row["can_enter"]:
        role, schema, name = row["role"], row["nspname"], row["relname"]
        raise SchemaError(
            f"Role {role!r} may not use schema {schema!r}, which holds {name!r}",
            hint=f'Ask its owner for GRANT USAGE ON SCHEMA "{schema}" TO "{role}"',
        )
    return _to_table(row, version, system_id)


def introspect_oid(conn: psycopg.Connection[Any], oid: int) -> TableSchema | None:
    """The table of this OID, whatever it is called by now and wherever it stands; None if it is gone."""
    found = conn.execute(
        "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s",
        (oid,),
    ).fetchone()
    return (
        introspect(conn, ".".join('"' + part.replace('"', '""') + '"' for part in found)) if found else None
    )


def identify(conn: psycopg.Connection[Any]) -> tuple[str, str]:
    """The cluster's identifier and the database's name: where a connection leads, whatever the host is called."""
    with conn.cursor(row_factory=dict_row) as cursor:
        system_id = _read_system_id(cursor)
        row = cursor.execute("SELECT pg_catalog.current_database() AS name", prepare=False).fetchone()
    return system_id, str(row["name"]) if row else ""


def _read_system_id(cursor: psycopg.Cursor[DictRow]) -> str:
    """The cluster's identifier; where that is denied to the role, what it can read of the database."""
    allowed = cursor.execute(_MAY_READ_SYSTEM_ID, prepare=False).fetchone()
    if allowed is None or not allowed["may"]:
        return f"database-{allowed['oid'] if allowed else 0}"
    row = cursor.execute(_SYSTEM_ID, prepare=False).fetchone()
    return str(row["id"]) if row else ""


def _to_table(row: DictRow, version: str, system_id: str) -> TableSchema:
    types = Types(row["types"] or ())
    return TableSchema(
        system_id=system_id,
        database=row["database"],
        oid=row["oid"],
        schema=row["nspname"],
        name=row["relname"],
        kind=row["relkind"],
        columns=tuple(_to_column(column, types) for column in row["columns"] or ()),
        constraints=_to_constraints(row["constraints"] or (), row["indexes"] or ()),
        triggers=tuple(_to_trigger(trigger) for trigger in row["triggers"] or ()),
        row_security=row["row_security"],
        can_insert=row["can_insert"],
        can_select=row["can_select"],
        server_version=row["server_version"],
        version=version,
        rules=tuple(row["rules"]),
        encoding=row["encoding"],
    )


def _to_column(fact: dict[str, Any], types: Types) -> Column:
    oid, typmod = fact["oid"], fact["typmod"]
    default = fact["default"]
    if default is None and not fact["generated"]:
        default = types.default(oid, typmod)
    return Column(
        name=fact["name"],
        position=fact["position"],
        type=types.resolve(oid, typmod),
        nullable=not (fact["not_null"] or types.is_not_null(oid, typmod)),
        default=default,
        identity=fact["identity"],
        generated=fact["generated"],
        insertable=fact["insertable"],
        comment=fact["comment"],
    )


def _to_constraints(
    constraints: list[dict[str, Any]] | tuple[()], indexes: list[dict[str, Any]] | tuple[()]
) -> tuple[Constraint, ...]:
    """Constraints first, then the unique indexes that are none."""
    by_oid = {index["oid"]: index for index in indexes}
    own = [_to_constraint(fact, by_oid.get(fact["index"])) for fact in constraints]
    bare = [_to_unique_index(index) for index in indexes if index["is_unique_only"]]
    return (*own, *bare)


def _to_constraint(fact: dict[str, Any], index: dict[str, Any] | None) -> Constraint:
    return Constraint(
        name=fact["name"],
        kind=fact["kind"],
        columns=tuple(fact["columns"]),
        definition=fact["definition"],
        expression=fact["expression"],
        predicate=index["predicate"] if index else None,
        keys=tuple(index["keys"]) if index else (),
        nulls_not_distinct=bool(index and index["nulls_not_distinct"]),
        deferrable=fact["deferrable"],
        references=fact["references"],
        referenced_columns=tuple(fact["referenced_columns"]),
        match=fact["match"].strip() or "s",
        validated=fact["validated"],
        index_oid=fact["index"],
    )


def _to_unique_index(index: dict[str, Any]) -> Constraint:
    return Constraint(
        name=index["name"],
        kind="u",
        columns=tuple(index["columns"]),
        definition=index["definition"],
        predicate=index["predicate"],
        keys=tuple(index["keys"]),
        nulls_not_distinct=index["nulls_not_distinct"],
        index_oid=index["oid"],
    )


def _to_trigger(fact: dict[str, Any]) -> Trigger:
    bits = fact["type"]
    return Trigger(
        name=fact["name"],
        timing="before" if bits & _BEFORE else "instead" if bits & _INSTEAD else "after",
        row=bool(bits & _ROW),
        on_insert=bool(bits & _INSERT),
        is_constraint=fact["is_constraint"],
        enabled=fact["enabled"],
    )
