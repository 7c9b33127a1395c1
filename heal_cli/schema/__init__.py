"""The target table as its catalog describes it: looked up, read, versioned, made."""

from __future__ import annotations

from heal_cli.schema.create import add_columns, create_table, drop_if_empty, plan_table
from heal_cli.schema.ddl import run_ddl
from heal_cli.schema.introspect import identify, introspect, introspect_oid
from heal_cli.schema.names import parse_name
from heal_cli.schema.statistics import read_statistics
from heal_cli.schema.version import schema_version

__all__ = [
    "add_columns",
    "create_table",
    "drop_if_empty",
    "identify",
    "introspect",
    "introspect_oid",
    "parse_name",
    "plan_table",
    "read_statistics",
    "run_ddl",
    "schema_version",
]
