"""The target table as its catalog describes it: looked up, read, versioned, made."""

from __future__ import annotations

from heal_cli.schema.create import create_table
from heal_cli.schema.ddl import run_ddl
from heal_cli.schema.introspect import introspect
from heal_cli.schema.version import schema_version

__all__ = ["create_table", "introspect", "run_ddl", "schema_version"]
