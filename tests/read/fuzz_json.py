"""JSON documents at random, whole and broken, for as long as asked: `python tests/read/fuzz_json.py --seconds 600`.

Whole documents must come back equal, in any layout, spelling and batch size. Broken ones must keep every record
that is whole and stands apart from the damage, number all records once, and show bytes that are the file's.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import time

from json_batches import check_conserved

from heal_cli.model import ROW, Format, ReadOptions
from heal_cli.read import open_source

LAYOUTS = ("array", "wrapped", "\n", "", " ", ",\n")
SPELLINGS: tuple[dict[str, object], ...] = (
    {},
    {"separators": (",", ":")},
    {"indent": 1},
    {"indent": "\t", "ensure_ascii": False},
)
PIECES = (b"", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\xff", b"//", b"nan", b"\0")


def value(chance: random.Random, depth: int = 0) -> object:
    """Anything JSON has."""
    kind = chance.randrange(9 if depth < 3 else 6)
    if kind < 2:
        return "".join(chance.choices('abc"\\{}[],:é\n\u2028 /', k=chance.randrange(12)))
    if kind < 4:
        return chance.choice([0, -1, 2**70, 1.5e300, 0.1, 12])
    if kind < 6:
        return chance.choice([None, True, False])
    if kind == 6:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice("kxéid"): value(chance, depth + 1) for _ in range(chance.randrange(4))}


def document(chance: random.Random) -> tuple[list[dict[str, object]], bytes, str]:
    """Records, a document that holds them, and the path to say."""
    rows: list[dict[str, object]] = [
        {"id": i, **{key: value(chance) for key in chance.sample("abcd", chance.randrange(4))}}
        for i in range(chance.randrange(1, 60))
    ]
    layout, spelling = chance.choice(LAYOUTS), chance.choice(SPELLINGS)
    if layout == "wrapped":
        text = json.dumps({"n": 1, "data": {"items": rows}, "z": [1]}, **spelling)  # type: ignore[arg-type]
        return rows, text.encode(), "data.items"
    if layout == "array":
        return rows, json.dumps(rows, **spelling).encode(), "."  # type: ignore[arg-type]
    return rows, layout.join(json.dumps(row, **spelling) for row in rows).encode(), "."  # type: ignore[arg-type]


def check_whole(rows: list[dict[str, object]], data: bytes, options: ReadOptions) -> None:
    """Every record comes back with its own values."""
    reader = open_source("-", options, stdin=io.BytesIO(data))
    found = []
    for chunk in reader.chunks():
        batch = reader.parse(chunk)
        assert batch.broken.is_empty(), batch.broken.to_dicts()
        for i, row in enumerate(batch.frame.drop(ROW).to_dicts()):
            record = {}
            for name, text in row.items():
                if name in batch.absent and batch.absent[name][i]:
                    continue
                kind = batch.kinds.get(name)
                is_text = kind == "string" or (kind == "mixed" and batch.quoted[name][i])
                record[name] = text if text is None or is_text else json.loads(text)
            found.append(record)
    assert found == rows


def main() -> None:
    """Run until the time is up; the seed of a failure is printed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    end, seed = time.monotonic() + arguments.seconds, arguments.seed
    while time.monotonic() < end:
        chance = random.Random(seed)
        rows, data, path = document(chance)
        size = chance.choice([1, 50, 500, 2**20])
        try:
            check_whole(rows, data, ReadOptions(format=Format.JSON, json_path=path, batch_bytes=size))
            for _ in range(4):
                broken = bytearray(data)
                for _ in range(chance.randint(1, 3)):
                    place = chance.randrange(len(broken))
                    broken[place : place + chance.randint(0, 3)] = chance.choice(PIECES)
                check_conserved(
                    bytes(broken), ReadOptions(format=Format.JSON, json_path=path, batch_bytes=size)
                )
        except BaseException:
            print(f"seed {seed}")
            raise
        seed += 1
    print(f"{seed - arguments.seed:,} documents whole, {4 * (seed - arguments.seed):,} broken")


if __name__ == "__main__":
    main()
