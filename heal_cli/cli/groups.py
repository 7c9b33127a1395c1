"""Commands and groups of commands that start at once, with help in plain text."""

from __future__ import annotations

import re
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from heal_cli.cli.options import PANELS
from heal_cli.errors import Interrupted

_HEADINGS: Final = ("Arguments", "Options", *PANELS, "Other")
_TYPE: Final = re.compile(r" <[^>]+>$")
_DEFAULT: Final = re.compile(r"\s*\[default: ([^;\]]+)[^\]]*\]$")


def _heading(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    if parameter.name == "help":
        return "Other"
    return getattr(parameter, "rich_help_panel", None) or "Options"


def _in_one_style(name: str, help: str) -> tuple[str, str]:
    """An argument without its Python type; a default as the flags of a load say theirs: `At most N rows [20].`"""
    found = _DEFAULT.search(help)
    if found is not None:
        help = f"{help[: found.start()].removesuffix('.')} [{found[1]}]."
    return _TYPE.sub("", name), help


class GroupedCommand(TyperCommand):
    """A command that starts at once, and whose help shows the flags under their headings.

    Plain text, since rich's panels cost 0.3 s.
    """

    def get_params(self, ctx: Any) -> Any:
        """The parameters, those that Typer adds itself included."""
        return [_taken_as_it_is(parameter) for parameter in super().get_params(ctx)]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The arguments as manual pages write them: `SOURCE...`, and optional ones in brackets."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, one section a heading, in the same order for all commands."""
        sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in _HEADINGS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections[_heading(parameter)].append(_in_one_style(*record))
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


class QuickGroup(TyperGroup):
    """A group of commands that starts at once, and says so when Ctrl-C ends one."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Typer itself would end without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("Interrupted before anything was written") from None

    def get_params(self, ctx: Any) -> Any:
        """The parameters, those that Typer adds itself included."""
        return [_taken_as_it_is(parameter) for parameter in super().get_params(ctx)]


def _taken_as_it_is(parameter: Any) -> Any:
    """The parameter; a text or a switch is spared the way through pydantic, which costs a command 0.15 s of its 1.2."""
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if annotation not in (str, bool, list[str]) or "process_value" in vars(parameter):
        return parameter
    checked = parameter.process_value

    def process_value(context: Any, value: Any) -> Any:
        if parameter.required and parameter.value_is_missing(value):
            return checked(context, value)
        taken = list(value) if isinstance(value, tuple) else value
        return parameter.callback(context, parameter, taken) if parameter.callback else taken

    parameter.process_value = process_value
    return parameter
