"""What it costs to read people's files: regular dialects, broken lines and detection beside a plain CSV.

    python tests/benchmarks/dialect.py --rows 2000000 --rounds 3

Each dialect is loaded just after the plain file of the same rows; speeds are medians over the pairs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

from load import fresh_table, ground, load_with_heal

_DETECTION = """
import sys, time
import polars as pl
import heal_cli.read.csv, heal_cli.read.json, heal_cli.read.dialect
from heal_cli.model import ReadOptions
from heal_cli.read import open_source
pl.select(pl.lit("warm").str.contains("a"))
began = time.process_time()
open_source(sys.argv[1], ReadOptions()).sample()
print((time.process_time() - began) * 1000)
"""


def regular(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Semicolons, cp1252, CRLF, and two lines above the header."""
    yield "Export der Nachrichten für März\r\n\r\n".encode("cp1252")
    for line in lines:
        yield line.decode().replace(",", ";").replace("\n", "\r\n").encode("cp1252")


def broken(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The plain file, with a line that lacks fields every 50,000: about one for each batch."""
    for number, line in enumerate(lines):
        yield line
        if number % 50_000 == 25_000:
            yield b"17,a line that broke off\n"


DIALECTS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {"regular": regular, "broken": broken}


def main() -> None:
    """Make the files, load them in pairs, print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rows", type=int, default=2_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    with ground(given.rows) as (folder, conninfo):
        make(folder)
        print(f"{given.rows} rows; seconds of the whole process, median; speed to the plain file's, median")
        for name in DIALECTS:
            pairs = [
                (_load(folder, conninfo, "plain.csv"), _load(folder, conninfo, f"{name}.csv"))
                for _ in range(given.rounds)
            ]
            speed = median(plain / other for plain, other in pairs)
            print(f"{name:8} {median(other for _, other in pairs):8.2f} {speed:6.2f}")
        print(f"detection of ten rows: {detection(folder):.0f} ms of CPU, median of {DETECTIONS}")


DETECTIONS = 9


def make(folder: Path) -> None:
    """The plain file, with a letter that is no ASCII in each row, and its dialects."""
    with (folder / "clean.csv").open("rb") as source, (folder / "plain.csv").open("wb") as plain:
        plain.writelines(line.replace(b" of a ", "ö of ".encode()) for line in source)
    for name, write in DIALECTS.items():
        with (folder / "plain.csv").open("rb") as lines, (folder / f"{name}.csv").open("wb") as file:
            file.writelines(write(lines))
    with (folder / "plain.csv").open("rb") as lines:
        (folder / "ten.csv").write_bytes(b"".join(next(lines) for _ in range(11)))


def detection(folder: Path) -> float:
    """Milliseconds of CPU until a file of ten rows is understood and read, imports aside."""
    command = [sys.executable, "-c", _DETECTION, str(folder / "ten.csv")]
    runs = (subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(DETECTIONS))
    return median(float(run.stdout) for run in runs)


def _load(folder: Path, conninfo: str, file: str) -> float:
    fresh_table(conninfo, "messages")
    return load_with_heal(folder, conninfo, file, ["--again"])[0]


if __name__ == "__main__":
    main()
