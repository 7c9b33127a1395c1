"""Files nobody wrote by hand: what is written comes back, what is damaged loses nothing; see fuzz.py for more."""

from __future__ import annotations

import random

from fuzz import check_conserved, check_same, damage, write
from hypothesis import example, given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)
batches = st.sampled_from([300, 2**20])


@settings(max_examples=40)
@given(seed=seeds, batch_bytes=batches)
def test_a_table_in_any_dialect_comes_back_cell_for_cell(seed: int, batch_bytes: int) -> None:
    """Delimiter, quote, escape, line end, title, remark, header again and footer are found out."""
    check_same(write(random.Random(seed)), batch_bytes)


@settings(max_examples=60)
@given(seed=seeds, batch_bytes=batches)
def test_a_damaged_file_loses_no_line(seed: int, batch_bytes: int) -> None:
    """Every line is in a record or in a finding, row numbers have no gap, and nothing is raised."""
    rng = random.Random(seed)
    check_conserved(damage(rng, write(rng).data), batch_bytes)


@settings(max_examples=60)
@given(data=st.binary(max_size=60) | st.text("a1,;\"'\n\r# \\", max_size=60).map(str.encode))
@example(b"#")
@example(b"a,b\n1,2\n#x\n")
@example(b"sep=;")
@example(b"\xff\xfe")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes at all raise anything but an error that says what is wrong."""
    check_conserved(data)
