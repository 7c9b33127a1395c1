"""The flags that several commands share, each spelled once.

Values are texts here: `heal_cli.settings` checks them, so that a flag, its HEAL_* twin and its key in
heal.toml are held to one rule and refused in one wording.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, get_type_hints

import typer

SOURCE: Final = "Reading"
VALUES: Final = "Values"
MAPPING: Final = "Columns and table"
WRITING: Final = "Writing"
CONNECTION: Final = "Connection"
FALLBACK: Final = "While the database is away"
OUTPUT: Final = "Output"

TWINS: Final = (
    "Every flag has a HEAL_* twin (--max-rejects: HEAL_MAX_REJECTS) and most have a key in heal.toml."
)


def _flag(*names: str, panel: str, help: str, metavar: str | None = None, envvar: str | None = None) -> Any:
    return typer.Option(
        *names,
        help=help,
        metavar=metavar,
        rich_help_panel=panel,
        show_default=False,
        envvar=envvar,
        show_envvar=False,
    )


Sources = Annotated[
    list[str], typer.Argument(metavar="SOURCE", help="Files, patterns of files, or '-' for standard input.")
]
Table = Annotated[
    str,
    _flag(
        "-t",
        "--table",
        panel=MAPPING,
        metavar="TABLE",
        help="Target: TABLE or SCHEMA.TABLE.",
        envvar="HEAL_TABLE",
    ),
]
Dsn = Annotated[
    str | None,
    _flag(
        "-d",
        "--dsn",
        panel=CONNECTION,
        metavar="DSN",
        help="URI or key=value string of the server; others see a password in it (ps).",
    ),
]
Config = Annotated[
    str | None,
    _flag("--config", panel=CONNECTION, metavar="FILE", help="Settings file in place of heal.toml."),
]
StateDir = Annotated[
    str | None,
    _flag("--state-dir", panel=OUTPUT, metavar="FOLDER", help="Where rejects and leftovers are kept."),
]
DataDir = Annotated[
    str | None,
    _flag("--data-dir", panel=CONNECTION, metavar="FOLDER", help="Data folder of heal's own PostgreSQL."),
]
PgBin = Annotated[
    str | None,
    _flag("--pg-bin", panel=CONNECTION, metavar="FOLDER", help="Programs of heal's own PostgreSQL."),
]
EmergencyLogPath = Annotated[
    str | None,
    _flag(
        "--emergency-log", panel=FALLBACK, metavar="FILE", help="Where events wait that it could not take."
    ),
]
Json = Annotated[bool | None, _flag("--json", panel=OUTPUT, help="Print one JSON document.")]
Quiet = Annotated[bool | None, _flag("--quiet", "-q", panel=OUTPUT, help="Only errors.")]
Yes = Annotated[bool | None, _flag("--yes", "-y", panel=OUTPUT, help="Answer yes to what would be asked.")]


@dataclass(frozen=True, kw_only=True)
class LoadFlags:
    """What `heal load` and `heal plan` share; the fields are those of Settings, None where not given."""

    format: Annotated[
        str | None,
        _flag(
            "-f",
            "--format",
            panel=SOURCE,
            metavar="csv|jsonl|json|parquet|arrow",
            help="Format of the sources.",
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        _flag("--delimiter", panel=SOURCE, metavar="TEXT", help="Between fields: ';', '||', '\\t', '\\x01'."),
    ] = None
    quote: Annotated[
        str | None, _flag("--quote", panel=SOURCE, metavar="CHAR", help="Around fields; '' for none.")
    ] = None
    escape: Annotated[
        str | None,
        _flag(
            "--escape",
            panel=SOURCE,
            metavar="CHAR",
            help="Before a quote, or without quotes a backslash as COPY has it; '' for none.",
        ),
    ] = None
    encoding: Annotated[
        str | None, _flag("--encoding", panel=SOURCE, metavar="NAME", help="utf-8, cp1252, utf-16, ...")
    ] = None
    header: Annotated[
        bool | None,
        _flag("--header/--no-header", panel=SOURCE, help="The first record names the columns, or not."),
    ] = None
    skip_rows: Annotated[
        str | None, _flag("--skip-rows", panel=SOURCE, metavar="N", help="Lines to pass over at the start.")
    ] = None
    footer: Annotated[
        str | None, _flag("--footer", panel=SOURCE, metavar="N", help="Lines to pass over at the end.")
    ] = None
    comment: Annotated[
        str | None,
        _flag(
            "--comment", panel=SOURCE, metavar="TEXT", help="Before lines that are no records; '' for none."
        ),
    ] = None
    columns: Annotated[
        list[str] | None,
        _flag("--columns", panel=SOURCE, metavar="A,B,...", help="Names in place of the header's."),
    ] = None
    json_path: Annotated[
        str | None,
        _flag(
            "--json-path",
            panel=SOURCE,
            metavar="A.B",
            help="Keys to the array of records; 'A.*' for all values of an object, '.' for none.",
        ),
    ] = None
    limit: Annotated[
        str | None,
        _flag("--limit", panel=SOURCE, metavar="N", help="Only the first N rows; a later load goes on."),
    ] = None
    batch_bytes: Annotated[
        str | None,
        _flag("--batch-bytes", panel=SOURCE, metavar="SIZE", help="Source per transaction [8MiB]."),
    ] = None

    null: Annotated[
        list[str] | None,
        _flag("--null", panel=VALUES, metavar="TOKEN", help="A text that means NULL; repeatable."),
    ] = None
    date_order: Annotated[
        str | None,
        _flag("--date-order", panel=VALUES, metavar="DMY|MDY|YMD", help="Of dates that fit several."),
    ] = None
    decimal: Annotated[
        str | None, _flag("--decimal", panel=VALUES, metavar=".|,", help="The decimal mark of numbers.")
    ] = None
    timezone: Annotated[
        str | None,
        _flag("--timezone", panel=VALUES, metavar="ZONE", help="Of times that name none: Europe/Berlin."),
    ] = None
    percent: Annotated[
        str | None,
        _flag("--percent", panel=VALUES, metavar="fraction|number", help="Whether '5%' is 0.05 or 5."),
    ] = None
    allow: Annotated[
        list[str] | None,
        _flag("--allow", panel=VALUES, metavar="NAME", help="A lossy step that may happen: round."),
    ] = None

    map: Annotated[
        list[str] | None,
        _flag("--map", panel=MAPPING, metavar="SRC=DST", help="This source column goes there."),
    ] = None
    unknown_columns: Annotated[
        str | None,
        _flag(
            "--unknown-columns",
            panel=MAPPING,
            metavar="rescue|drop|reject|add",
            help="Source columns that have no target [rescue].",
        ),
    ] = None
    create: Annotated[
        bool | None, _flag("--create", panel=MAPPING, help="Make a missing table from the file.")
    ] = None
    plan: Annotated[
        str | None,
        _flag("--plan", panel=MAPPING, metavar="FILE", help="Do exactly what this saved plan says."),
    ] = None
    ddl: Annotated[
        str | None, _flag("--ddl", panel=MAPPING, metavar="FILE", help="SQL that makes a missing table.")
    ] = None
    strategy: Annotated[
        str | None,
        _flag(
            "--strategy",
            panel=MAPPING,
            metavar="weighted|majority|unanimous",
            help="How candidates are weighed.",
        ),
    ] = None
    min_confidence: Annotated[
        str | None,
        _flag("--min-confidence", panel=MAPPING, metavar="0-1", help="Below it a match is no match [0.7]."),
    ] = None
    min_margin: Annotated[
        str | None, _flag("--min-margin", panel=MAPPING, metavar="0-1", help="Lead over the runner-up [0.1].")
    ] = None
    override_identity: Annotated[
        bool | None,
        _flag("--override-identity", panel=MAPPING, help="Give values to GENERATED ALWAYS AS IDENTITY."),
    ] = None
    semantic: Annotated[
        bool | None,
        _flag(
            "--semantic/--no-semantic",
            panel=MAPPING,
            help="Ask a small model about open columns; needs heal-cli[semantic].",
        ),
    ] = None
    patterns: Annotated[
        list[str] | None, _flag("--patterns", panel=MAPPING, metavar="FILE", help="More patterns, as TOML.")
    ] = None

    mode: Annotated[
        str | None,
        _flag(
            "--mode",
            panel=WRITING,
            metavar="insert|upsert|update|delete|replace",
            help="What the source's rows do to the table's [insert].",
        ),
    ] = None
    restore: Annotated[
        bool | None,
        _flag(
            "--restore/--no-restore",
            panel=WRITING,
            help="Keep what changed rows were before, for heal undo, or not.",
        ),
    ] = None
    on_conflict: Annotated[
        str | None,
        _flag(
            "--on-conflict",
            panel=WRITING,
            metavar="reject|ignore|update",
            help="Rows whose key is there [reject].",
        ),
    ] = None
    max_change: Annotated[
        str | None,
        _flag("--max-change", panel=WRITING, metavar="N|N%", help="Change or delete no more rows than that."),
    ] = None
    key: Annotated[
        list[str] | None,
        _flag("--key", panel=WRITING, metavar="A,B,...", help="Columns that tell rows apart."),
    ] = None
    max_rejects: Annotated[
        str | None, _flag("--max-rejects", panel=WRITING, metavar="N|N%", help="Stop past so many rejects.")
    ] = None
    rejects: Annotated[
        str | None, _flag("--rejects", panel=WRITING, metavar="FILE", help="Where rejects go.")
    ] = None
    jobs: Annotated[
        str | None, _flag("--jobs", "-j", panel=WRITING, metavar="N", help="Connections [2].")
    ] = None
    ordered: Annotated[
        bool | None, _flag("--ordered", panel=WRITING, help="Write in file order, on one connection.")
    ] = None
    atomic: Annotated[
        bool | None, _flag("--atomic", panel=WRITING, help="All or nothing, over all sources.")
    ] = None
    dry_run: Annotated[
        bool | None, _flag("--dry-run", panel=WRITING, help="The whole run, rolled back at the end.")
    ] = None
    again: Annotated[
        bool | None, _flag("--again", panel=WRITING, help="Load a source that was loaded before.")
    ] = None
    source_id: Annotated[
        str | None,
        _flag("--source-id", panel=WRITING, metavar="NAME", help="Name by which standard input is known."),
    ] = None
    timeout: Annotated[
        str | None, _flag("--timeout", panel=WRITING, metavar="TIME", help="Longest a batch may take [30s].")
    ] = None
    lock_timeout: Annotated[
        str | None,
        _flag("--lock-timeout", panel=WRITING, metavar="TIME", help="Longest wait for a lock [30s]."),
    ] = None

    retry: Annotated[
        str | None,
        _flag("--retry", panel=FALLBACK, metavar="TIME", help="How long to try again before spooling [10s]."),
    ] = None
    spool: Annotated[
        bool | None,
        _flag("--spool/--no-spool", panel=FALLBACK, help="Keep rows for heal replay-fallback, or fail."),
    ] = None
    spool_bytes: Annotated[
        str | None,
        _flag("--spool-bytes", panel=FALLBACK, metavar="SIZE", help="Most that may be kept [10GiB]."),
    ] = None
    emergency_log: EmergencyLogPath = None

    dsn: Dsn = None
    data_dir: DataDir = None
    pg_bin: PgBin = None
    config: Config = None

    json: Json = None
    quiet: Quiet = None
    verbose: Annotated[bool | None, _flag("--verbose", "-v", panel=OUTPUT, help="All details.")] = None
    progress: Annotated[
        str | None,
        _flag("--progress", panel=OUTPUT, metavar="auto|bar|log|none", help="How progress is shown."),
    ] = None
    state_dir: StateDir = None
    yes: Yes = None

    def given(self) -> Mapping[str, object]:
        """The flags as settings take them; None where not given."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "config"}


def with_load_flags(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, whose parameter `flags: LoadFlags` is, as Typer has to see it, an option a field."""
    return with_flags(*(field.name for field in fields(LoadFlags)))(command)


def with_flags(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The same for a command that takes only these of the flags."""
    hints = get_type_hints(LoadFlags, include_extras=True)
    types = {name: hints[name] for name in names}

    def spread_flags(command: Callable[..., None]) -> Callable[..., None]:
        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in types.items()
        ]

        def spread(**values: Any) -> None:
            flags = LoadFlags(**{name: values.pop(name) for name in types})
            command(**values, flags=flags)

        signature = inspect.signature(command, eval_str=True)
        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in signature.parameters.values()
            if parameter.name != "flags"
        ]
        spread.__name__, spread.__doc__ = command.__name__, command.__doc__
        spread.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *options]}
        spread.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
        return spread

    return spread_flags
