"""What reaches a terminal: nothing that it would act on."""

from __future__ import annotations

import json

import pytest

from heal_cli.cli.terminal import CONTROL, clean, json_line, say_json

HOSTILE = "a\x1b[31m\x7f\x9b31m\u202egnp.exe\u2066\u2028"


def test_json_keeps_its_meaning_and_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """C1 controls, DEL and marks of direction are written as escapes. Previously they stood there raw."""
    say_json({"name": HOSTILE})
    said = capsys.readouterr().out.removesuffix("\n")
    assert not CONTROL.search(said)
    assert json.loads(said) == {"heal": 1, "name": HOSTILE}


def test_a_line_of_a_file_is_shown_as_escaped_json() -> None:
    """A record's line end is not part of it."""
    assert json_line('{"raw":"\x9b"}\n'.encode()) == '{"raw":"\\u009b"}'


def test_text_shows_controls_as_escapes() -> None:
    """A person sees what is there."""
    assert clean(HOSTILE) == "a\\x1b[31m\\x7f\\x9b31m\\u202egnp.exe\\u2066\\u2028"
