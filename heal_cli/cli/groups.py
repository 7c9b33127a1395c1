"""Commands and groups of commands that start at once, with help in plain text."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from heal_cli.errors import Interrupted


class GroupedCommand(TyperCommand):
    """A command that starts at once, and whose help shows the flags under their headings.

    Plain text, since rich's panels cost 0.3 s.
    """

    def get_params(self, ctx: Any) -> Any:
        """The parameters, those that Typer adds itself included."""
        return [_taken_as_it_is(parameter) for parameter in super().get_params(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, one section a heading, in order of first use."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                panel = getattr(parameter, "rich_help_panel", None)
                default = "Sources" if parameter.param_type_name == "argument" else "Other"
                sections.setdefault(panel or default, []).append(record)
        for heading, records in sections.items():
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
