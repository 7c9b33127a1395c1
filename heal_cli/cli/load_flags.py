"""All flags of `heal load`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated

from heal_cli.cli.options import (
    FALLBACK,
    MAPPING,
    OUTPUT,
    SOURCE,
    VALUES,
    WRITING,
    Config,
    DataDir,
    Dsn,
    EmergencyLogPath,
    Json,
    PgBin,
    Quiet,
    StateDir,
    Yes,
    flag,
)


@dataclass(frozen=True, kw_only=True)
class LoadFlags:
    """What `heal load` and `heal plan` share; the fields are those of Settings, None where not given."""

    format: Annotated[
        str | None,
        flag(
            "-f",
            "--format",
            panel=SOURCE,
            metavar="csv|jsonl|json|parquet|arrow",
            help="Format of the sources.",
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        flag("--delimiter", panel=SOURCE, metavar="TEXT", help="Between fields: ';', '||', '\\t', '\\x01'."),
    ] = None
    quote: Annotated[
        str | None, flag("--quote", panel=SOURCE, metavar="CHAR", help="Around fields; '' for none.")
    ] = None
    escape: Annotated[
        str | None,
        flag(
            "--escape",
            panel=SOURCE,
            metavar="CHAR",
            help="Before a quote, or without quotes a backslash as COPY has it; '' for none.",
        ),
    ] = None
    encoding: Annotated[
        str | None, flag("--encoding", panel=SOURCE, metavar="NAME", help="utf-8, cp1252, utf-16, ...")
    ] = None
    header: Annotated[
        bool | None,
        flag("--header/--no-header", panel=SOURCE, help="The first record names the columns, or not."),
    ] = None
    skip_rows: Annotated[
        str | None, flag("--skip-rows", panel=SOURCE, metavar="N", help="Lines to pass over at the start.")
    ] = None
    footer: Annotated[
        str | None, flag("--footer", panel=SOURCE, metavar="N", help="Lines to pass over at the end.")
    ] = None
    comment: Annotated[
        str | None,
        flag(
            "--comment", panel=SOURCE, metavar="TEXT", help="Before lines that are no records; '' for none."
        ),
    ] = None
    columns: Annotated[
        list[str] | None,
        flag("--columns", panel=SOURCE, metavar="A,B,...", help="Names in place of the header's."),
    ] = None
    json_path: Annotated[
        str | None,
        flag(
            "--json-path",
            panel=SOURCE,
            metavar="A.B",
            help="Keys to the array of records; 'A.*' for all values of an object, '.' for none.",
        ),
    ] = None
    limit: Annotated[
        str | None,
        flag("--limit", panel=SOURCE, metavar="N", help="Only the first N rows; a later load goes on."),
    ] = None
    batch_bytes: Annotated[
        str | None,
        flag("--batch-bytes", panel=SOURCE, metavar="SIZE", help="Source per transaction [12MiB]."),
    ] = None

    null: Annotated[
        list[str] | None,
        flag("--null", panel=VALUES, metavar="TOKEN", help="A text that means NULL; repeatable."),
    ] = None
    date_order: Annotated[
        str | None,
        flag("--date-order", panel=VALUES, metavar="DMY|MDY|YMD", help="Order of dates that fit several."),
    ] = None
    decimal: Annotated[
        str | None, flag("--decimal", panel=VALUES, metavar=".|,", help="The decimal mark of numbers.")
    ] = None
    timezone: Annotated[
        str | None,
        flag("--timezone", panel=VALUES, metavar="ZONE", help="Zone of times that name none: Europe/Berlin."),
    ] = None
    percent: Annotated[
        str | None,
        flag("--percent", panel=VALUES, metavar="fraction|number", help="Whether '5%' is 0.05 or 5."),
    ] = None
    allow: Annotated[
        list[str] | None,
        flag(
            "--allow",
            panel=VALUES,
            metavar="NAME",
            help="A lossy change that may happen, such as round; repeatable.",
        ),
    ] = None

    map: Annotated[
        list[str] | None,
        flag("--map", panel=MAPPING, metavar="SRC=DST", help="This source column goes there; repeatable."),
    ] = None
    unknown_columns: Annotated[
        str | None,
        flag(
            "--unknown-columns",
            panel=MAPPING,
            metavar="rescue|drop|reject|add",
            help="Source columns that have no target [rescue].",
        ),
    ] = None
    create: Annotated[
        bool | None, flag("--create", panel=MAPPING, help="Make a missing table from the file.")
    ] = None
    plan: Annotated[
        str | None,
        flag("--plan", panel=MAPPING, metavar="FILE", help="Do exactly what this saved plan says."),
    ] = None
    ddl: Annotated[
        str | None, flag("--ddl", panel=MAPPING, metavar="FILE", help="SQL that makes a missing table.")
    ] = None
    strategy: Annotated[
        str | None,
        flag(
            "--strategy",
            panel=MAPPING,
            metavar="weighted|majority|unanimous",
            help="How evidence is weighed [weighted].",
        ),
    ] = None
    min_confidence: Annotated[
        str | None,
        flag("--min-confidence", panel=MAPPING, metavar="0-1", help="Below it a match is no match [0.7]."),
    ] = None
    min_margin: Annotated[
        str | None, flag("--min-margin", panel=MAPPING, metavar="0-1", help="Lead over the runner-up [0.1].")
    ] = None
    override_identity: Annotated[
        bool | None,
        flag("--override-identity", panel=MAPPING, help="Give values to GENERATED ALWAYS AS IDENTITY."),
    ] = None
    semantic: Annotated[
        bool | None,
        flag(
            "--semantic/--no-semantic",
            panel=MAPPING,
            help="Ask a small model about open columns [if it is installed].",
        ),
    ] = None
    patterns: Annotated[
        list[str] | None,
        flag("--patterns", panel=MAPPING, metavar="FILE", help="More patterns, as TOML; repeatable."),
    ] = None

    mode: Annotated[
        str | None,
        flag(
            "--mode",
            panel=WRITING,
            metavar="insert|upsert|update|delete|replace",
            help="What the source's rows do to the table's [insert].",
        ),
    ] = None
    restore: Annotated[
        bool | None,
        flag(
            "--restore/--no-restore",
            panel=WRITING,
            help="Keep what changed rows were before, for heal undo, or not [kept].",
        ),
    ] = None
    on_conflict: Annotated[
        str | None,
        flag(
            "--on-conflict",
            panel=WRITING,
            metavar="reject|ignore|update",
            help="What becomes of rows whose key is there [reject].",
        ),
    ] = None
    max_change: Annotated[
        str | None,
        flag("--max-change", panel=WRITING, metavar="N|N%", help="Change or delete no more rows than that."),
    ] = None
    key: Annotated[
        list[str] | None,
        flag(
            "--key", panel=WRITING, metavar="A,B,...", help="Columns that tell rows apart [the primary key]."
        ),
    ] = None
    max_rejects: Annotated[
        str | None, flag("--max-rejects", panel=WRITING, metavar="N|N%", help="Stop past so many rejects.")
    ] = None
    rejects: Annotated[
        str | None,
        flag(
            "--rejects",
            panel=WRITING,
            metavar="FILE",
            help="Where rejects go [a file of the run in the state folder].",
        ),
    ] = None
    jobs: Annotated[
        str | None,
        flag("--jobs", "-j", panel=WRITING, metavar="N", help="Connections that write at once [2]."),
    ] = None
    ordered: Annotated[
        bool | None, flag("--ordered", panel=WRITING, help="Write in file order, on one connection.")
    ] = None
    atomic: Annotated[
        bool | None, flag("--atomic", panel=WRITING, help="All or nothing, over all sources.")
    ] = None
    dry_run: Annotated[
        bool | None, flag("--dry-run", panel=WRITING, help="The whole run, rolled back at the end.")
    ] = None
    again: Annotated[
        bool | None, flag("--again", panel=WRITING, help="Load a source that was loaded before.")
    ] = None
    source_id: Annotated[
        str | None,
        flag(
            "--source-id", panel=WRITING, metavar="NAME", help="Name by which standard input is known again."
        ),
    ] = None
    timeout: Annotated[
        str | None, flag("--timeout", panel=WRITING, metavar="TIME", help="Longest a batch may take [30s].")
    ] = None
    lock_timeout: Annotated[
        str | None,
        flag("--lock-timeout", panel=WRITING, metavar="TIME", help="Longest wait for a lock [30s]."),
    ] = None

    retry: Annotated[
        str | None,
        flag("--retry", panel=FALLBACK, metavar="TIME", help="How long to try again before spooling [10s]."),
    ] = None
    spool: Annotated[
        bool | None,
        flag(
            "--spool/--no-spool", panel=FALLBACK, help="Keep rows for heal replay-fallback, or fail [kept]."
        ),
    ] = None
    spool_bytes: Annotated[
        str | None,
        flag("--spool-bytes", panel=FALLBACK, metavar="SIZE", help="Most that may be kept [10GiB]."),
    ] = None
    emergency_log: EmergencyLogPath = None

    dsn: Dsn = None
    data_dir: DataDir = None
    pg_bin: PgBin = None
    config: Config = None

    json: Json = None
    quiet: Quiet = None
    verbose: Annotated[bool | None, flag("--verbose", "-v", panel=OUTPUT, help="All details.")] = None
    progress: Annotated[
        str | None,
        flag("--progress", panel=OUTPUT, metavar="auto|bar|log|none", help="How progress is shown [auto]."),
    ] = None
    state_dir: StateDir = None
    yes: Yes = None

    def given(self) -> Mapping[str, object]:
        """The flags as settings take them; None where not given."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "config"}
