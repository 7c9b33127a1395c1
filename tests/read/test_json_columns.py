"""Documents of columns, which are refused, and those that only look like them."""

from __future__ import annotations

import pytest
from json_batches import open_document

from heal_cli.errors import SourceError


@pytest.mark.parametrize(
    "document",
    [{"id": [1], "n": ["a"]}, {"id": [1, 2], "n": ["a"]}, {"id": 1, "n": ["a", "b"]}, {"n": [1, 2]}],
)
def test_lists_of_a_record_are_values(document: object) -> None:
    """Only lists alike, several and of several values, are columns."""
    assert open_document(document).sample().frame.height == 1


def test_lists_are_values_where_the_user_says_so() -> None:
    """`--json-path .` takes the document for one record."""
    assert open_document({"id": [1, 2], "n": ["a", "b"]}, json_path=".").sample().frame.height == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"id": {"0": 1, "1": 2}, "n": {"0": "a", "1": "b"}}, "holds columns, and not records"),
        ({"id": [1, 2], "n": ["a", "b"]}, "each of its 2 keys has a list of 2 values"),
        ({"columns": ["n"], "index": ["a", "b"], "data": [[1], [2]]}, "index of its rows apart from them"),
    ],
)
def test_what_cannot_be_read_in_one_pass_is_refused(document: object, message: str) -> None:
    """With the words that write it otherwise."""
    with pytest.raises(SourceError, match=message) as caught:
        open_document(document)
    assert "orient='records'" in str(caught.value.hint)
