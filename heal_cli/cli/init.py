"""`heal init`: a settings file to start from, and schema heal where a server is at hand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from heal_cli.cli.command import shell_word
from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.options import Config, Dsn, Yes
from heal_cli.cli.terminal import clean, note, say
from heal_cli.errors import HealError, UsageError

_HEAD: Final = """\
# Settings of heal. A flag counts more than a HEAL_* variable, and that more than this file.
# `heal config show` tells which value holds and why. Lines without '#' are in force.

# A password has no place in a file: ${NAME} takes it from the environment, or use ~/.pgpass.
# dsn = "postgresql://user:${PGPASSWORD}@host:5432/database"
"""

# Where the default is to find out, or none, an example says more.
_EXAMPLES: Final[Mapping[str, Any]] = {
    "data_dir": "postgres",
    "pg_bin": "/usr/lib/postgresql/18/bin",
    "format": "csv",
    "delimiter": ";",
    "quote": '"',
    "escape": "\\",
    "skip_rows": 2,
    "footer": 1,
    "comment": "#",
    "encoding": "cp1252",
    "header": True,
    "json_path": "data.items",
    "date_order": "DMY",
    "decimal": ",",
    "timezone": "Europe/Berlin",
    "percent": "number",
    "semantic": False,
    "ddl": "schema.sql",
    "max_rejects": "5%",
    "max_change": "5%",
    "emergency_log": "emergency.jsonl",
}

_DEFAULT: Final = Path("heal.toml")

_TAIL: Final = """\

# Settings of one table:
# [tables."public.messages"]
# map = { sender = "role" }
# timezone = "Europe/Berlin"
"""


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = _DEFAULT,
    dsn: Dsn = None,
    config: Config = None,
    yes: Yes = None,
) -> None:
    """Write a commented heal.toml, and make schema heal.

    The schema only where a connection is given and works.
    """
    _demand_settings(path)
    stays = path.exists() and not yes
    again = f"heal init{'' if path == _DEFAULT else ' ' + shell_word(str(path))} --yes"
    if not stays:
        _write(path)
    from heal_cli.settings import load_settings

    settings = load_settings({"dsn": dsn}, config=config)
    if stays and settings.conninfo is None:
        raise UsageError(f"{str(path)!r} exists already", hint=f"Write it anew with: {again}")
    if stays:
        note(f"{str(path)!r} exists already and stays as it is; {again} writes it anew")
    if settings.conninfo is None:
        note("no connection is set, so schema heal is made with the first load")
        return
    _make_schema(settings.conninfo)


def template() -> str:
    """heal.toml with every key as a comment: what it means, and its default."""
    from heal_cli.settings import Settings

    helps = {
        name: hint.__metadata__[0].help
        for name, hint in get_type_hints(LoadFlags, include_extras=True).items()
    }
    defaults = Settings()
    lines = [_HEAD]
    for field in fields(Settings):
        if field.name == "dsn" or "run" in field.metadata or "computed" in field.metadata:
            continue
        lines += [
            f"\n# {helps[field.name]}",
            f"# {field.name} = {_toml(_EXAMPLES.get(field.name, getattr(defaults, field.name)))}",
        ]
    return "\n".join(lines) + "\n" + _TAIL


def _demand_settings(path: Path) -> None:
    """Return if a file of settings may stand there: none does, or one that may be broken.

    Raises:
        UsageError: It is something else, which is nothing to write over.
    """
    hint = f"Name another file, as in: heal init {shell_word(str(path.with_suffix('.toml')))}"
    if path.is_dir():
        inside = shell_word(str(path / _DEFAULT))
        raise UsageError(f"{str(path)!r} is a folder", hint=f"Name a file in it: heal init {inside}")
    if not path.is_file() or path.suffix == ".toml":
        return
    try:
        tomllib.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise UsageError(f"{str(path)!r} cannot be read: {exc.strerror}", hint=hint) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise UsageError(f"{str(path)!r} is there and is not TOML", hint=hint) from exc


def _write(path: Path) -> None:
    """Write the template.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_text(template(), "utf-8")
    except OSError as exc:
        raise UsageError(
            f"{str(path)!r} cannot be written: {exc.strerror}",
            hint="Name a file in a folder that you may write to: heal init FILE",
        ) from exc
    say(f"wrote {clean(str(path))}")


def _make_schema(conninfo: str) -> None:
    from heal_cli.patterns import ensure
    from heal_cli.write import connect, ledger_migrations, migrate

    try:
        with connect(conninfo) as connection:
            connection.autocommit = True
            applied = migrate(connection, ledger_migrations())
            can_learn = applied is not None and ensure(connection)
    except HealError as error:
        note(f"schema heal was not made: {error}")
        raise typer.Exit(error.exit_code) from error
    if not can_learn:
        note("schema heal was not made: the role may not create it; loads work, without resume and undo")
    else:
        say("schema heal is ready")


def _toml(value: Any) -> str:
    """A value as TOML spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[]"
    return f"'{value}'" if isinstance(value, str) else str(value)
