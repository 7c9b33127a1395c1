"""The `heal` command: its verbs, and the one place where an error becomes words and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from typer.main import get_command

from heal_cli.cli import config, db, doctor, init, load, plan, rejects
from heal_cli.cli.command import masked_command
from heal_cli.cli.options import TWINS, GroupedCommand, QuickGroup
from heal_cli.cli.terminal import clean, note
from heal_cli.errors import HealError, Interrupted

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_EXIT_CODES: Final = (
    "Exit codes: 0 all rows accounted for, 1 failed, 2 usage or login, 3 done with rejects, 4 too many rejects, "
    "5 database unavailable, 6 the plan does not cover the table, 130/143 interrupted."
)
_PIPE_CLOSED: Final = 1  # as Typer and rich end where they meet it first

app = typer.Typer(
    name="heal",
    cls=QuickGroup,
    help="Messy files into PostgreSQL: healed, at COPY speed, with nothing lost.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    # Plain help: rich's costs 0.3 s, and --help has to be there at once.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_CONTEXT,
)


def _print_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"heal {version('heal-cli')}")
        raise typer.Exit


@app.callback()
def heal(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Messy files into PostgreSQL: healed, at COPY speed, with nothing lost."""


for _verb in (load.load, plan.plan):
    app.command(cls=GroupedCommand, epilog=TWINS, context_settings=_CONTEXT)(_verb)
for _verb in (init.init, doctor.doctor):
    app.command(cls=GroupedCommand, context_settings=_CONTEXT)(_verb)
app.add_typer(rejects.app, name="rejects")
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name or a value that the terminal's encoding lacks must not end the run.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    command = masked_command(arguments)
    try:
        code = get_command(app).main(list(arguments), prog_name="heal", standalone_mode=False, obj=command)
        sys.stdout.flush()
        return int(code or 0)
    except Interrupted as error:
        _tell(error.message, f"Go on with: {command}")
        return error.exit_code
    except HealError as error:
        _tell(error.message, error.hint)
        return error.exit_code
    except typer.TyperException as error:
        _tell_usage(error)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _tell("Interrupted before anything was written", None)
        return 130
    except BrokenPipeError:
        # The reader has seen enough; Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except Exception as error:
        from heal_cli.cli.crash import keep_traceback

        kept = keep_traceback(error, arguments)
        _tell(f"{type(error).__name__} inside heal; this is a defect of heal and not of your file", kept)
        return 1


def _tell(message: str, hint: str | None) -> None:
    note(f"{message}" if message.endswith((".", "?")) or not hint else f"{message}.")
    if hint:
        typer.echo(f"      {clean(hint)}", err=True)


def _tell_usage(error: typer.TyperException) -> None:
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context else "heal"
    _tell(error.format_message().rstrip("."), f"See: {path} --help")
