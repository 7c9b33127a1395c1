"""Settings: flags > HEAL_* > heal.toml > pyproject.toml > DATABASE_URL > PG* > embedded server.

Read with tomllib and msgspec (0.07 s to import) rather than pydantic-settings (0.30 s): a load of
ten rows may take 1.2 s in all, and half of that is polars and psycopg.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, get_type_hints

from msgspec import Meta

from heal_cli import homes
from heal_cli.conninfo import mask, mask_text, warnings
from heal_cli.errors import UsageError
from heal_cli.setting_values import convert_setting, did_you_mean

__all__ = ["Settings", "load_settings", "mask", "mask_text"]

_LIBPQ: Final = (
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE",
)  # fmt: skip
"""The libpq variables that say where a server is or who logs in; any of them means: there is one."""

EMBEDDED: Final = "embedded server"

_NO_SETTINGS: Final = ("CONFIG", "TABLE", "TEST_DSN")
"""HEAL_ variables that mean something and are no setting."""

_PATH: Final = {"path": True}  # relative to the file that says it
_RUN: Final = {"run": True}  # a property of one run: a flag or HEAL_*, never a file

_MOST: Final = 10**15
"""More than any file has, and so little that no sum of it leaves 64 bits."""

Count = Annotated[int, Meta(ge=0, le=_MOST)]
Share = Annotated[float, Meta(ge=0, le=1)]
Time = Annotated[float, Meta(ge=0, le=20 * 24 * 3600)]  # PostgreSQL counts milliseconds in 31 bits, 24 days
Names = tuple[str, ...]
Budget = Annotated[str, Meta(pattern=r"^([0-9]{1,18}|(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%)$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, merged. The field's name is its key in heal.toml, its flag and its HEAL_* twin."""

    dsn: str | None = None  # None: PG* or the embedded server, see `conninfo`
    state_dir: str = field(default_factory=homes.state_dir, metadata=_PATH)
    data_dir: str | None = field(default=None, metadata=_PATH)  # of the embedded server
    pg_bin: str | None = field(default=None, metadata=_PATH)  # its programs; the wheel's unless given

    format: Literal["csv", "jsonl", "json", "parquet", "arrow"] | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    encoding: str | None = None
    header: bool | None = None
    skip_rows: Count | None = None
    footer: Count | None = None
    comment: str | None = None
    columns: Names = ()
    json_path: str | None = None
    batch_bytes: Annotated[int, Meta(ge=1024, le=2**40)] = 12 * 2**20

    null: Names = ()
    date_order: Literal["DMY", "MDY", "YMD"] | None = None
    decimal: Literal[".", ","] | None = None
    timezone: str | None = None
    percent: Literal["fraction", "number"] | None = None
    allow: Names = ()

    map: tuple[tuple[str, str], ...] = ()
    strategy: Literal["weighted", "majority", "unanimous"] = "weighted"
    min_confidence: Share = 0.7
    min_margin: Share = 0.1
    override_identity: bool = False
    semantic: bool | None = None
    unknown_columns: Literal["rescue", "drop", "reject", "add"] = "rescue"
    patterns: Names = field(default=(), metadata=_PATH)
    create: bool = False
    ddl: str | None = field(default=None, metadata=_PATH)

    jobs: Annotated[int, Meta(ge=1, le=256)] = 2  # a thread and a connection each
    ordered: bool = False
    atomic: bool = False
    mode: Literal["insert", "upsert", "update", "delete", "replace"] = "insert"
    max_change: Budget | None = None
    restore: bool = True
    on_conflict: Literal["reject", "ignore", "update"] = "reject"
    key: Names = ()
    timeout: Time = 30.0
    lock_timeout: Time = 30.0
    retry: Time = 10.0
    spool: bool = True
    spool_bytes: Count = 10 * 2**30
    emergency_log: str | None = field(default=None, metadata=_PATH)
    max_rejects: Budget | None = None
    rejects: str | None = field(default=None, metadata=_PATH | _RUN)

    plan: str | None = field(default=None, metadata=_PATH | _RUN)
    dry_run: bool = field(default=False, metadata=_RUN)
    limit: Annotated[int, Meta(ge=1, le=_MOST)] | None = field(default=None, metadata=_RUN)
    again: bool = field(default=False, metadata=_RUN)
    source_id: str | None = field(default=None, metadata=_RUN)
    yes: bool = field(default=False, metadata=_RUN)

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    progress: Literal["auto", "bar", "log", "none"] = "auto"

    conninfo: str | None = field(
        default=None, metadata={"computed": True}
    )  # '' is libpq's own; None: embedded
    origins: Mapping[str, str] = field(default_factory=dict, metadata={"computed": True})
    warnings: Names = field(default=(), metadata={"computed": True})

    def shown(self) -> list[tuple[str, Any, str]]:
        """(key, value, origin) of every setting, secrets masked, in the order of this class."""
        rows = [(key, getattr(self, key), self.origins.get(key, "default")) for key in KEYS]
        connection = mask(self.conninfo) if self.conninfo else None
        return [("dsn", connection, self.origins.get("dsn", EMBEDDED)), *rows[1:]]


_FIELDS: Final = {found.name: found for found in fields(Settings) if "computed" not in found.metadata}
_TYPES: Final = {
    name: kind for name, kind in get_type_hints(Settings, include_extras=True).items() if name in _FIELDS
}
KEYS: Final = tuple(_FIELDS)
"""Every key of heal.toml; the flag is `--key` and the variable HEAL_KEY."""


class _Said(NamedTuple):
    """One key as one place gave it; earlier ones count."""

    key: str
    value: Any
    origin: str
    base: Path | None = None  # of a file: the folder that relative paths start from


def load_settings(
    flags: Mapping[str, object],
    *,
    table: str | None = None,
    config: str | None = None,
    environment: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Settings:
    """All settings with their origins.

    Args:
        flags: Settings given on the command line or by a Python caller; None is not given.
        table: As typed; its `[tables."..."]` sections count before the rest of their file.
        config: A file to read in place of heal.toml and pyproject.toml in `folder`.

    Raises:
        UsageError: An unknown key, a value that cannot be what the key means, a file that is not TOML.
    """
    for key in flags:
        if key not in _TYPES:  # only a Python caller can: the command line knows its flags
            raise UsageError(f"There is no option {key!r}", hint=did_you_mean(key, KEYS))
    said = [
        *(
            _Said(key, value, f"--{key.replace('_', '-')}")
            for key, value in flags.items()
            if value not in (None, [])
        ),
        *_from_environment(environment),
        *_from_files(config or environment.get("HEAL_CONFIG"), folder or Path(), table),
    ]
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for one in said:
        if one.key not in merged:
            kind, is_typed = _TYPES[one.key], one.base is not None
            value = convert_setting(one.key, kind, one.value, one.origin, environment, is_typed=is_typed)
            merged[one.key] = _rebase(one.key, value, one.base or Path())
            origins[one.key] = one.origin
    conninfo = _connect(merged, origins, environment)
    notes = (*warnings(conninfo or ""), *_misspelt(environment))
    settings = Settings(**merged, conninfo=conninfo, origins=origins, warnings=notes)
    _refuse_contradictions(settings)
    return settings


def _from_environment(environment: Mapping[str, str]) -> list[_Said]:
    """Every HEAL_* twin that is set; an empty variable is not set."""
    names = {key: f"HEAL_{key.upper()}" for key in KEYS}
    return [_Said(key, environment[name], name) for key, name in names.items() if environment.get(name)]


def _misspelt(environment: Mapping[str, str]) -> list[str]:
    """HEAL_ variables that look like a setting and are none: other software may own the name, so no error."""
    keys = [key.upper() for key in KEYS]
    unknown = {name.removeprefix("HEAL_") for name in environment if name.startswith("HEAL_")} - {
        *keys,
        *_NO_SETTINGS,
    }
    hints = {name: did_you_mean(name, keys, "HEAL_{}") for name in sorted(unknown)}
    return [
        f"HEAL_{name} is no setting and counts for nothing. {hint}" for name, hint in hints.items() if hint
    ]


def _from_files(config: str | None, folder: Path, table: str | None) -> list[_Said]:
    """What heal.toml says, then pyproject.toml; or the one file that was asked for."""
    if config is not None and not Path(config).is_file():
        raise UsageError(f"The settings file {config!r} does not exist", hint="Write one with: heal init")
    paths = [Path(config)] if config else [folder / "heal.toml", folder / "pyproject.toml"]
    return [said for path in paths if path.is_file() for said in _from_file(path, table)]


def _from_file(path: Path, table: str | None) -> list[_Said]:
    is_project = path.name == "pyproject.toml"
    try:
        text = path.read_text("utf-8")
        if is_project and "tool.heal" not in text:
            return []  # a project's own file is read only where it speaks of heal
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise UsageError(f"The settings file {str(path)!r} cannot be read: {exc}") from exc
    place = f"{path.name} [tool.heal]" if is_project else path.name
    section = document.get("tool", {}).get("heal", {}) if is_project else document
    tables = _section(section.pop("tables", {}), f"{place} tables")
    said = []
    for name, values in tables.items():
        own = _said(_section(values, f'{place} [tables."{name}"]'), f'{place} [tables."{name}"]', path.parent)
        said += own if _is_same_table(name, table) else []
    return said + _said(section, place, path.parent)


def _section(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{place} must be a section of keys and values, not {value!r}")
    return value


def _said(values: Mapping[str, Any], place: str, base: Path) -> list[_Said]:
    """The section's keys, each known and fit to stand in a file."""
    for key in values:
        if key not in _FIELDS:
            raise UsageError(f"{place}: there is no setting {key!r}", hint=did_you_mean(key, KEYS))
        if "run" in _FIELDS[key].metadata:
            flag, twin = f"--{key.replace('_', '-')}", f"HEAL_{key.upper()}"
            raise UsageError(f"{place}: {key!r} belongs to one run", hint=f"Give it as {flag} or {twin}")
    return [_Said(key, value, place, base) for key, value in values.items()]


def _is_same_table(section: str, table: str | None) -> bool:
    """`messages` and `public.messages` are one table; other schemas have to be named."""
    return table is not None and section.removeprefix("public.") == table.removeprefix("public.")


def _rebase(key: str, value: Any, base: Path) -> Any:
    if "path" not in _FIELDS[key].metadata:
        return value
    if isinstance(value, tuple):
        return tuple(str(base / Path(path).expanduser()) for path in value)
    return str(base / Path(value).expanduser())


def _connect(
    merged: Mapping[str, Any], origins: dict[str, str], environment: Mapping[str, str]
) -> str | None:
    """The connection string and its origin; '' leaves all to libpq, None is the embedded server."""
    if "dsn" in merged:
        return str(merged["dsn"])
    if environment.get("DATABASE_URL"):
        origins["dsn"] = "DATABASE_URL"
        return str(convert_setting("dsn", str, environment["DATABASE_URL"], "DATABASE_URL", environment))
    given = [name for name in _LIBPQ if environment.get(name)]
    origins["dsn"] = ", ".join(given) or EMBEDDED
    return "" if given else None


def _refuse_contradictions(settings: Settings) -> None:
    if settings.quiet and settings.verbose:
        raise UsageError("--quiet and --verbose cannot both hold", hint="Leave one of them out")
    if settings.mode != "insert" and settings.on_conflict != "reject":
        raise UsageError(
            f"--mode {settings.mode} says what a key that is there means, and so does --on-conflict",
            hint="Leave one of them out",
        )
    if settings.on_conflict == "update" and settings.max_change is not None:
        raise UsageError(
            "--max-change cannot count the rows that --on-conflict update changes", hint="Use --mode upsert"
        )
    if settings.create and settings.ddl:
        raise UsageError(
            "--create and --ddl both say how to make a missing table", hint="Leave one of them out"
        )
