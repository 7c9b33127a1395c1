"""Two writers whose batches share keys: each key is loaded once, and every row is accounted for."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from heal_cli.model import WriteOptions


def test_two_writers_with_the_same_keys(lab) -> None:
    """What another writer commits in between is found by screening again, or by the server's word."""
    lab.conn.execute("create table t (id int primary key, a int)")
    chooser = random.Random(7)
    batches = [chooser.sample(range(3000), 2000) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        loads = list(pool.map(lambda ids: lab.load({"id": ids, "a": ids}, options=WriteOptions()), batches))
    assert lab.rows("id") == [(number,) for number in sorted(set().union(*batches))]
    assert sum(load.totals.loaded for load in loads) == len(lab.rows())
    assert all(load.totals.loaded + load.totals.rejected == 2000 for load in loads)
