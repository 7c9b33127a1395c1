"""Files that say what their columns are: each with its right answer, whatever the batch and the flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ugly import Ugly, answer, check_right, read

from heal_cli.errors import NoRecords, SourceError
from heal_cli.model import ROW, ReadOptions
from heal_cli.read import open_source

IIS = """#Software: Microsoft Internet Information Services 10.0
#Date: 2024-01-15 00:00:01
#Fields: date time cs-uri cs(Agent) sc-status
2024-01-15 00:00:01 /index.html Mozilla/5.0+(NT+10.0;+Win64) 200
2024-01-15 00:00:02 /a.css?v=1,2 - 304
"""
IIS_ROWS: list[tuple[str | None, ...]] = [
    ("2024-01-15", "00:00:01", "/index.html", "Mozilla/5.0+(NT+10.0;+Win64)", "200"),
    ("2024-01-15", "00:00:02", "/a.css?v=1,2", "-", "304"),
]
IIS_NAMES = "date time cs-uri cs(Agent) sc-status"

LOG = (
    '10.0.0.1 - - [15/Jan/2024:10:11:12 +0000] "GET /a?b=1 HTTP/1.1" 200 612 "-" "Mozilla/5.0 (X11) [en]"\n'
    '10.0.0.2 - bob [15/Jan/2024:10:11:13 +0100] "POST / HTTP/1.1" 302 0 "http://x/" "curl/8"\n'
)
LOG_NAMES = "remote_addr ident remote_user time request status bytes referer user_agent"
LOG_ROWS: list[tuple[str | None, ...]] = [
    (
        *("10.0.0.1", "-", "-", "15/Jan/2024:10:11:12 +0000", "GET /a?b=1 HTTP/1.1"),
        *("200", "612", "-", "Mozilla/5.0 (X11) [en]"),
    ),
    (
        *("10.0.0.2", "-", "bob", "15/Jan/2024:10:11:13 +0100", "POST / HTTP/1.1"),
        *("302", "0", "http://x/", "curl/8"),
    ),
]

DUMP = r"""--
-- PostgreSQL database dump
--

SET statement_timeout = 0;

COPY public.nothing (a) FROM stdin;
\.

COPY public.orders (id, "Full ""Na""me", note) FROM stdin;
1	Ann	a\tb
2	Total	\N
\.


SELECT pg_catalog.setval('public.orders_id_seq', 3, true);

COPY public.sku (sku, price) FROM stdin;
A1	2.50
\.
"""
DUMP_ROWS: list[tuple[str | None, ...]] = [("1", "Ann", "a\tb"), ("2", "Total", None)]

DECLARED: Ugly = {
    "a log of IIS": (IIS, answer(IIS_NAMES, IIS_ROWS, preamble="lines 1-2", header="line 3")),
    "a log of IIS, begun twice": (
        IIS * 2,
        answer(IIS_NAMES, IIS_ROWS * 2, comment="lines 6, 7", **{"repeated header": "line 8"}),
    ),
    "a log of IIS that has other fields further down": (
        IIS
        + "#Software: Microsoft\n#Fields: date time cs-uri s-port cs-status\n2024-01-16 00:00:01 /x 80 200\n",
        answer(IIS_NAMES, IIS_ROWS, comment="line 6", **{"another table": "lines 7-8"}),
    ),
    "a log of CloudFront": (
        "#Version: 1.0\n#Fields: date x-edge-location cs(Agent)\n2019-12-04\tLAX1\tcurl 8\n2019-12-05\tLAX1\t-\n",
        answer(
            "date x-edge-location cs(Agent)", [("2019-12-04", "LAX1", "curl 8"), ("2019-12-05", "LAX1", "-")]
        ),
    ),
    "a log of Zeek": (
        "#separator \\x09\n#fields\tts\tid.orig_h\n#types\ttime\taddr\n1300.5\t10.0.0.1\n#close\t2024-01-01\n",
        answer("ts id.orig_h", [("1300.5", "10.0.0.1")], comment="lines 3, 5"),
    ),
    "an access log": (LOG, answer(LOG_NAMES, LOG_ROWS, header="implied")),
    "an access log with a fault": (
        LOG * 2 + '10.0.0.1 - - [15/Jan/2024:10:11:12 +0000] "a "b" c" 400 0 "-" "-"\nnothing\n',
        answer(LOG_NAMES, LOG_ROWS * 2, [(5, "stray_quote"), (6, "too_few_fields")]),
    ),
    "an access log with escaped quotes": (
        LOG.replace("curl/8", 'a \\"b\\" c'),
        answer(LOG_NAMES, [LOG_ROWS[0], (*LOG_ROWS[1][:-1], 'a "b" c')], escape="backslash"),
    ),
    "an access log of several hosts, with a time behind": (
        LOG.replace("10.0.0", "x.org:80 10.0.0").replace('"\n', '" 0.1\n'),
        answer(f"host {LOG_NAMES} column_11", [("x.org:80", *row, "0.1") for row in LOG_ROWS]),
    ),
    "pg_dump": (
        DUMP,
        answer(
            'id Full_"Na"me note',
            DUMP_ROWS,
            header="line 10",
            footer="lines 13, 16",
            **{"another table": "lines 18-20"},
        ),
    ),
}


@pytest.mark.parametrize("name", DECLARED)
def test_it_is_read_right(name: str) -> None:
    """The names are those that the file says, and no line is lost."""
    text, right = DECLARED[name]
    check_right(text, right)


@pytest.mark.parametrize("batch_bytes", [64, 2**20])
def test_a_dump_ends_where_it_says_whatever_the_batch(batch_bytes: int) -> None:
    """What stands below `\\.` is counted, not read, also where it is in batches of its own."""
    body = "".join(f"{i}\tname\t\\N\n" for i in range(3, 300))
    reader = read(DUMP.replace("2\tTotal\t\\N\n", body).encode(), batch_bytes=batch_bytes)
    batches = [reader.parse(chunk) for chunk in reader.chunks()]
    assert sum(batch.frame.height for batch in batches) == 298
    assert sum(batch.broken.height for batch in batches) == 0
    found = {finding.what: finding.value for finding in reader.source.findings}
    assert (found["footer"], found["another table"]) == ("lines 309, 312", "lines 314-316")


@pytest.mark.parametrize(
    ("text", "options", "columns", "first"),
    [
        (DUMP, {"skip_rows": 17}, ("sku", "price"), ("A1", "2.50")),
        (IIS, {"columns": ("a", "b", "c", "d", "e")}, tuple("abcde"), IIS_ROWS[0]),
        ("#Fields: a b\n1|2 x\n3|4 y\n", {"delimiter": "|"}, ("a", "b"), ("1", "2 x")),
    ],
)
def test_flags_have_the_last_word(
    text: str, options: dict[str, Any], columns: tuple[str, ...], first: tuple[str, ...]
) -> None:
    """--skip-rows finds the next table of a dump; names and delimiter are as told."""
    reader = read(text.encode(), **options)
    assert reader.source.columns == columns
    assert reader.sample().frame.drop(ROW).row(0) == first


def test_a_log_without_records_has_columns() -> None:
    """It names them, so that a load of nothing can be planned."""
    with pytest.raises(NoRecords) as caught:
        read(b"#Version: 1.0\n#Fields: date time\n").sample()
    assert caught.value.columns == ("date", "time")


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        (
            "--\n-- PostgreSQL database dump\n",
            "pg_dump's COPY blocks can be read, which it writes without --inserts",
        ),
        ("-- MySQL dump 10.13\n", "What mysqldump --tab writes can be read"),
    ],
)
def test_a_dump_of_statements_is_refused(tmp_path: Path, head: str, hint: str) -> None:
    """heal runs no SQL of a file; it says what to dump instead."""
    path = tmp_path / "dump.sql"
    path.write_text(f"{head}INSERT INTO t VALUES (1);\n")
    with pytest.raises(SourceError, match="is an SQL dump without data that can be read") as caught:
        open_source(str(path), ReadOptions())
    assert caught.value.hint == hint
