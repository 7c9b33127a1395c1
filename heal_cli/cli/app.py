"""The `heal` command: its verbs, and the one place where an error becomes words and an exit code."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.main import get_command

from heal_cli.cli.command import masked_command
from heal_cli.cli.groups import GroupedCommand, QuickGroup
from heal_cli.cli.options import TWINS
from heal_cli.cli.terminal import clean, note, say_json
from heal_cli.errors import HealError, Interrupted, UsageError

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_EXIT_CODES: Final = (
    "Exit codes: 0 all rows accounted for, 1 failed, 2 usage or login, 3 done with rejects, 4 too many rejects, "
    "5 database unavailable (rows spooled), 6 the plan does not cover the table, 75 another replay is at work, "
    "130/143 interrupted."
)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_PIPE_CLOSED: Final = 1  # as Typer and rich end where they meet it first

_MODULES: Final = {
    "load": "load",
    "plan": "plan",
    "init": "init",
    "doctor": "doctor",
    "replay-fallback": "replay",
    "undo": "undo",
    "runs": "runs",
    "rejects": "rejects",
    "explain": "explain",
    "patterns": "patterns",
    "fallback": "fallback",
    "config": "config",
    "db": "db",
}
"""Command -> module of this folder: with a group of commands as `app`, or a function named after the command."""

_EPILOGS: Final = {"load": TWINS, "plan": TWINS}


def _print_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"heal {version('heal-cli')}")
        raise typer.Exit


def heal(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Messy files into PostgreSQL: healed, at COPY speed, with nothing lost."""


def command_line(command: str = "") -> typer.Typer:
    """All commands; or one alone, since to make the others costs every run 0.06 s."""
    app = typer.Typer(
        name="heal",
        cls=QuickGroup,
        help=heal.__doc__,
        epilog=_EXIT_CODES,
        no_args_is_help=True,
        # Plain help: rich's costs 0.3 s, and --help has to be there at once.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_CONTEXT,
    )
    app.callback()(heal)
    for name in (command,) if command in _MODULES else _MODULES:
        module = import_module(f"heal_cli.cli.{_MODULES[name]}")
        if group := getattr(module, "app", None):
            app.add_typer(group, name=name)
        else:
            make = app.command(name, cls=GroupedCommand, epilog=_EPILOGS.get(name), context_settings=_CONTEXT)
            make(getattr(module, name.replace("-", "_")))
    return app


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name or a value that the terminal's encoding lacks must not end the run.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    _hush_psycopg()
    command = masked_command(arguments)
    try:
        app = command_line(arguments[0] if arguments else "")
        code = get_command(app).main(list(arguments), prog_name="heal", standalone_mode=False, obj=command)
        sys.stdout.flush()
        return int(code or 0)
    except Interrupted as error:
        return _end(arguments, error, hint=f"Go on with: {command}")
    except HealError as error:
        return _end(arguments, error)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # typer exports no such name
            typer.echo(error.format_message(), err=True)
            return UsageError.exit_code
        return _end(arguments, _as_usage(error))
    except (KeyboardInterrupt, typer.Abort):
        return _end(arguments, Interrupted("Interrupted before anything was written"))
    except BrokenPipeError:
        _drop_stdout()  # the reader has seen enough
        return _PIPE_CLOSED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL and _is_stdout_full():
            _drop_stdout()
            what = f"The result could not be written to standard output: {error.strerror}"
            return _end(arguments, HealError(what, hint="What was done stays done; see: heal runs list"))
        if refusal := _refusal_of_server(error, arguments):
            return _end(arguments, refusal)
        from heal_cli.cli.crash import keep_traceback

        what = f"{type(error).__name__} inside heal; this is a defect of heal and not of your file"
        return _end(arguments, HealError(what, hint=keep_traceback(error, arguments)))


def _refusal_of_server(error: Exception, arguments: Sequence[str]) -> HealError | None:
    """What the server said, where it went away, refuses the role or ran out of time; None for a defect."""
    if not type(error).__module__.startswith("psycopg."):
        return None
    import psycopg

    from heal_cli.write.sqlstate import Fault, fault_of, to_heal_error

    if not isinstance(error, (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege)) and (
        not isinstance(error, psycopg.Error) or fault_of(error) is not Fault.LIMIT
    ):
        return None
    words = [word for word in arguments[:2] if word.isalpha()]
    return to_heal_error(error, f"running {' '.join(('heal', *words))}")


def _drop_stdout() -> None:
    """Nothing more goes to stdout: Python would complain again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_stdout_full() -> bool:
    """Not even an empty line can be written: Python has dropped what it could not, so flushing it again tells nothing."""
    try:
        os.write(sys.stdout.fileno(), b"\n")
    except OSError:
        return True
    return False


def _hush_psycopg() -> None:
    """Keep to itself what psycopg logs when it cannot roll back on a lost connection: our own error says more."""
    logger = logging.getLogger("psycopg")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _end(arguments: Sequence[str], error: HealError, *, hint: str | None = None) -> int:
    """Say what went wrong: a sentence on stderr, under `--json` a document on stdout too; the exit code."""
    from heal_cli.cli.crash import without_secrets

    message, hint = (
        text and without_secrets(text, arguments) for text in (error.message, hint or error.hint)
    )
    assert message is not None
    if _wants_json(arguments):
        from heal_cli.record import error_document

        document = error_document(error)
        say_json({**document, "error": {**document["error"], "message": message, "hint": hint}})
    note(message if message.endswith((".", "?")) or not hint else f"{message}.")
    if hint:
        with suppress(OSError):
            typer.echo(f"      {clean(hint)}", err=True)
    return error.exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether one document was asked for, by flag, variable or file; what went wrong may be in any of them."""
    if "--json" in arguments:
        return True
    from heal_cli.settings import load_settings

    try:
        return load_settings({}).json
    except HealError:
        return False


def _as_usage(error: typer.TyperException) -> UsageError:
    """Typer's complaint in our words, with the nearest option where one is misspelt."""
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context else "heal"
    message = error.format_message().rstrip(".")
    misspelt = getattr(error, "option_name", None)
    if misspelt and (near := getattr(error, "possibilities", None)):
        from difflib import get_close_matches

        # without the dashes, which make all options alike
        best = get_close_matches(misspelt.lstrip("-"), [option.lstrip("-") for option in near], n=1)
        asked = f". Did you mean --{best[0]}?" if best else ""
        message = f"No such option: {misspelt}{asked}"
    return UsageError(message, hint=f"See: {path} --help")
