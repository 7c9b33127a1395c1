"""Tables as tests write them: a column a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from heal_cli.model import Column, Constraint, PgType, TableSchema

_SPEC: Final = re.compile(
    r"(?P<name>\"[^\"]+\"|\S+) (?P<base>\w+)(?:\((?P<args>[^)]*)\))?(?P<words>[^#]*)(?:# (?P<comment>.*))?"
)


def read_table(name: str, specs: Sequence[str]) -> TableSchema:
    """A table of the columns that the specs describe, in their order."""
    made = [_column(spec, position) for position, spec in enumerate(specs, start=1)]
    return TableSchema.of(
        name,
        tuple(column for column, _ in made),
        tuple(constraint for _, found in made for constraint in found),
    )


def _column(spec: str, position: int) -> tuple[Column, tuple[Constraint, ...]]:
    """`name type` and the words that are true of the column -> column and constraints.

    Words: required, key, serial, always, generated, locked, `in a|b`, `to table`, and a comment behind #.
    """
    found = _SPEC.fullmatch(spec)
    assert found, spec
    words, name = found["words"].split(), found["name"].strip('"')
    column = Column(
        name,
        position,
        _type(found["base"], found["args"]),
        nullable="required" not in words and "key" not in words,
        default="nextval('s'::regclass)" if "serial" in words else None,
        identity="a" if "always" in words else "",
        generated="s" if "generated" in words else "",
        insertable="locked" not in words,
        comment=found["comment"],
    )
    constraints = []
    if "key" in words:
        constraints.append(Constraint(f"{name}_key", "u", (name,), f"UNIQUE ({name})"))
    if "in" in words:
        items = ", ".join(f"'{item}'::text" for item in words[words.index("in") + 1].split("|"))
        check = f"({name} = ANY (ARRAY[{items}]))"
        constraints.append(Constraint(f"{name}_check", "c", (name,), f"CHECK ({check})", expression=check))
    if "to" in words:
        other = words[words.index("to") + 1]
        constraints.append(
            Constraint(
                f"{name}_fkey",
                "f",
                (name,),
                f"FOREIGN KEY ({name}) REFERENCES {other}(id)",
                references=f"public.{other}",
                referenced_columns=("id",),
            )
        )
    return column, tuple(constraints)


def _type(base: str, args: str | None) -> PgType:
    if base == "enum":
        return PgType(0, "enum", "enum", "e", labels=tuple((args or "").split("|")))
    if base.startswith("_"):
        return PgType(0, f"{base[1:]}[]", base, "b", element=_type(base[1:], args))
    name = f"{base}({args})" if args else base
    base = "bpchar" if base == "char" else base  # pg_type.typname; "char" is another type, of one byte
    numbers = [int(number) for number in args.split(",")] if args else []
    if base == "numeric" and numbers:
        return PgType(0, name, base, "b", precision=numbers[0], scale=numbers[1] if len(numbers) > 1 else 0)
    return PgType(0, name, base, "b", length=numbers[0] if numbers else None)
