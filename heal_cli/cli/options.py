"""Flags that several commands share, each spelled once; those of a load alone are in `load_flags`.

Values are texts here: `heal_cli.settings` checks them, so that a flag, its HEAL_* twin and its key in
heal.toml are held to one rule and refused in one wording.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

SOURCE: Final = "Reading"
VALUES: Final = "Values"
MAPPING: Final = "Columns and table"
WRITING: Final = "Writing"
CONNECTION: Final = "Connection"
FALLBACK: Final = "While the database is away"
OUTPUT: Final = "Output"

PANELS: Final = (MAPPING, SOURCE, VALUES, WRITING, FALLBACK, CONNECTION, OUTPUT)
"""Headings of the flags, in the order in which every command's help has them."""

TWINS: Final = (
    "Every flag has a HEAL_* twin (--max-rejects: HEAL_MAX_REJECTS) and most have a key in heal.toml."
)


MOST: Final = 10**9
"""Highest number that --limit takes of what is only shown."""


def flag(*names: str, panel: str, help: str, metavar: str | None = None, envvar: str | None = None) -> Any:
    """An option under the heading `panel`; the help text says its default, where it has one."""
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
    flag(
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
    flag(
        "-d",
        "--dsn",
        panel=CONNECTION,
        metavar="DSN",
        help="URI or key=value string of the server; a password in it shows in ps.",
    ),
]
Config = Annotated[
    str | None,
    flag("--config", panel=CONNECTION, metavar="FILE", help="Settings file in place of heal.toml."),
]
StateDir = Annotated[
    str | None,
    flag(
        "--state-dir",
        panel=OUTPUT,
        metavar="FOLDER",
        help="Where rejects, leftovers and spooled rows are kept.",
    ),
]
DataDir = Annotated[
    str | None,
    flag("--data-dir", panel=CONNECTION, metavar="FOLDER", help="Data folder of heal's own PostgreSQL."),
]
PgBin = Annotated[
    str | None,
    flag("--pg-bin", panel=CONNECTION, metavar="FOLDER", help="Programs of heal's own PostgreSQL."),
]
EmergencyLogPath = Annotated[
    str | None,
    flag(
        "--emergency-log",
        panel=FALLBACK,
        metavar="FILE",
        help="Where events wait that the database could not take.",
    ),
]
Json = Annotated[bool | None, flag("--json", panel=OUTPUT, help="Print one JSON document.")]
Quiet = Annotated[bool | None, flag("--quiet", "-q", panel=OUTPUT, help="Only errors.")]
Yes = Annotated[bool | None, flag("--yes", "-y", panel=OUTPUT, help="Answer yes to what would be asked.")]
